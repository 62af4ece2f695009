"""What `needs` may name: features that a target declares, or a case does not apply to it.

The list is closed, so that a slip in a spec is an error and never a silent `not-applicable`.
"""

from __future__ import annotations

FEATURES = {
    "anomaly": "anomaly mode: `torch.autograd.set_detect_anomaly` and `detect_anomaly`",
    "checkpoint": "recomputing in backward: `torch.utils.checkpoint`",
    "compile": "`torch.compile`",
    "complex": "complex dtypes and their derivatives",
    "cuda": "the program itself moves tensors between host and accelerator; gives the name `accelerator`",
    "custom_function": "subclassing `torch.autograd.Function`",
    "double_backward": "derivatives of derivatives: `create_graph=True`",
    "forward_ad": "forward mode: `torch.autograd.forward_ad`, `jvp`",
    "functional": "`torch.autograd.functional`: jacobian, hessian, vjp, jvp and their kin",
    "func": "function transforms: `torch.func.grad`, `vmap`, `functional_call` and their kin",
    "gradcheck": "numerical checking: `torch.autograd.gradcheck` and `gradgradcheck`",
    "graph": "walking the graph: `next_functions`, `torch.autograd.graph` nodes and edges",
    "half": "float16 and bfloat16 tensors",
    "hooks": "hooks on tensors, nodes and accumulation",
    "inference_mode": "`torch.inference_mode` and inference tensors",
    "init": "`torch.nn.init`",
    "meta": "tensors on the `meta` device, without data",
    "multi_device": "more than one accelerator",
    "named_tensors": "tensors with named dimensions",
    "nested": "nested tensors",
    "nn": "`torch.nn` modules, parameters and losses",
    "nn_functional": "`torch.nn.functional`",
    "optim": "`torch.optim` optimizers",
    "profiler": "`torch.autograd.profiler`",
    "random": "seeded random numbers equal to torch's own",
    "saved_tensors_hooks": "`torch.autograd.graph.saved_tensors_hooks` and its kin",
    "sparse": "sparse layouts",
    "subclass": "`__torch_function__` and tensor subclasses",
    "threads": "gradients and modes across threads; gives the helper `in_thread`",
    "weakrefs": "memory is freed when the last reference goes; the helper `weak` sees it",
}
