"""Derivatives against finite differences: gradcheck, gradgradcheck (torch.autograd.gradcheck).

The rule: every element of every input that requires grad is moved by eps both ways, which gives the numerical
Jacobian; one backward pass per output element gives the analytical one; they must agree within
atol + rtol |numerical|, a second run of the backward passes must repeat the first, and zero
output gradients must give zero input gradients. A complex output is checked as two real ones.

`fast_mode` asks for the same answer from fewer passes; here the full check always runs.
"""

import itertools
import warnings

import reference_engine as torch

from . import forward_ad
from .function import Function

_NOT_REENTRANT = (
    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
    "different values, although analytical gradient matches numerical gradient."
    "The tolerance for nondeterminism was {}.\n"
    "\nNOTE: If your op relies on non-deterministic operations i.e., it is listed here:\n"
    "https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html\n"
    "this failure might be expected.\n"
    "\nIf you are adding a new operator, please file an issue and then use one of the\n"
    "workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.\n"
    "If the test\n"
    "- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck\n"
    "  with `nondet_tol=<tol>` as a keyword argument.\n"
    "- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test\n"
    "  to have `gradcheck_nondet_tol=<tol>`.\n"
    "- is a Module test (e.g., in common_nn.py), then modify the corresponding\n"
    "  module_test entry to have `gradcheck_nondet_tol=<tol>`\n"
)
_UNDEFINED = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'

_NEW_FEATURE = (
    "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may "
    "break existing callers of this function. If this is true for you, you can call this function with "
    '"check_undefined_grad=False" to disable the feature'
)


class GradcheckError(RuntimeError):
    """Derivatives that do not agree."""


GradcheckError.__module__ = "torch.autograd.gradcheck"


class _Undefined(Function):
    """The identity, whose backward hands on no gradient at all."""

    @staticmethod
    def forward(ctx, tensor):
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx, grad):
        return None


# ---------------------------------------------------------------- inputs and outputs


def _listed(value):
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _differentiable(tensors):
    return [t for t in tensors if isinstance(t, torch.Tensor) and (t.is_floating_point() or t.is_complex())]


def _checked_inputs(inputs):
    """The numbers of the inputs to differentiate. Raises ValueError if there are none."""
    chosen = [i for i, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]
    for index in chosen:
        x = inputs[index]
        if x.dtype not in (torch.float64, torch.complex128):
            warnings.warn(
                f"Input #{index} requires gradient and is not a double precision floating point or complex. "
                "This check will likely fail if all the inputs are not of double precision floating point "
                "or complex. ",
                stacklevel=3,
            )
        if any(step == 0 and size > 1 for step, size in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"The {index}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                ".contiguous on the input before passing it to gradcheck."
            )
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    return chosen


# ---------------------------------------------------------------- Jacobians


def _directions(tensor):
    """Index and unit of every real direction of a tensor's elements."""
    units = (1, 1j) if tensor.is_complex() else (1,)
    return itertools.product(itertools.product(*map(range, tensor.shape)), units)


def _numerical(function, inputs, index, eps):
    """Central differences: one Jacobian (input elements x output elements) per output of `function`.

    For a complex input the entries are d/dx + i d/dy, the convention of gradients.
    """
    data = inputs[index].data
    columns: dict = {}
    for position, unit in _directions(data):
        kept = data[position].item()
        data[position] = kept + eps * unit
        above = [output.detach().clone() for output in function(inputs)]
        data[position] = kept - eps * unit
        below = [output.detach().clone() for output in function(inputs)]
        data[position] = kept
        slopes = [((a - b) / (2 * eps)).reshape(-1) for a, b in zip(above, below, strict=True)]
        before = columns.get(position)
        columns[position] = slopes if before is None else [x + y * unit for x, y in zip(before, slopes, strict=True)]
    return [torch.stack(rows) for rows in zip(*columns.values(), strict=True)]


def _analytical(output, inputs, dtypes_checked):
    """One backward pass per element of `output`: a Jacobian (input elements x output elements) per input."""
    columns = [[] for _ in inputs]
    for position in range(output.numel()):
        seed = torch.zeros_like(output).reshape(-1)
        seed[position] = 1
        grads = torch.autograd.grad(output, inputs, seed.view_as(output), retain_graph=True, allow_unused=True)
        for column, grad, x in zip(columns, grads, inputs, strict=True):
            if grad is not None and grad.size() != x.size():
                raise GradcheckError("Analytical gradient has incorrect size")
            if grad is not None and dtypes_checked and grad.dtype != x.dtype:
                raise GradcheckError("Analytical gradient has incorrect type")
            column.append(torch.zeros_like(x).reshape(-1) if grad is None else grad.detach().reshape(-1))
    return [
        torch.stack(column, dim=1) if column else torch.zeros(x.numel(), 0, dtype=x.dtype)
        for column, x in zip(columns, inputs, strict=True)
    ]


def _forward_columns(function, inputs, index):
    """The Jacobians of all outputs with respect to one input, by forward mode."""
    rows = []
    for position, unit in _directions(inputs[index]):
        tangent = torch.zeros_like(inputs[index]).detach()
        tangent[position] = unit
        with forward_ad.dual_level():
            duals = list(inputs)
            duals[index] = forward_ad.make_dual(inputs[index].detach(), tangent)
            unpacked = [forward_ad.unpack_dual(output) for output in function(duals)]
            rows.append(
                [
                    (torch.zeros_like(primal) if slope is None else slope).detach().reshape(-1)
                    for primal, slope in unpacked
                ]
            )
    return [torch.stack(column) for column in zip(*rows, strict=True)]


def _agree(analytical, numerical, rtol, atol):
    """Whether analytical is within atol + rtol |numerical|, in the wider of the two types."""
    wide = torch.promote_types(analytical.dtype, numerical.dtype)
    return torch.allclose(analytical.to(wide), numerical.to(wide), rtol, atol)


# ---------------------------------------------------------------- the checks


class _Check:
    """One run of gradcheck: the function, its inputs and the tolerances."""

    def __init__(self, func, inputs, chosen, options):
        self.func, self.inputs, self.chosen, self.options = func, inputs, chosen, options

    def outputs(self, inputs):
        return _differentiable(_listed(self.func(*inputs)))

    def run(self):
        found = _listed(self.func(*self.inputs))
        outputs = [output for output in _differentiable(found) if output.requires_grad]
        if not any(output.requires_grad for output in found):
            self._expect_zero_slopes()
            return
        parts = [("", lambda output: output)]
        if any(output.is_complex() for output in outputs):
            parts = [
                ("While considering the imaginary part of complex outputs only, ", torch.imag),
                ("While considering the real part of complex outputs only, ", torch.real),
            ]
        for prefix, part in parts:
            self._compare(prefix, part, outputs)
        if self.options["check_backward_ad"]:
            self._zero_grads_give_zero(outputs)
            if self.options["check_undefined_grad"]:
                self._undefined_grads_give_zero()

    def _expect_zero_slopes(self):
        for index in self.chosen:
            for jacobian in _numerical(self.outputs, self.inputs, index, self.options["eps"]):
                if not (jacobian == 0).all():
                    raise GradcheckError("Numerical gradient for function expected to be zero")

    def _compare(self, prefix, part, outputs):
        def function(inputs):
            return [
                part(output) if output.is_complex() else output
                for output, reference in zip(self.outputs(inputs), self.kept, strict=True)
                if reference
            ]

        self.kept = [output.requires_grad for output in _differentiable(_listed(self.func(*self.inputs)))]
        eps = self.options["eps"]
        numerical = [_numerical(function, self.inputs, index, eps) for index in self.chosen]
        if self.options["check_forward_ad"]:
            for at, index in enumerate(self.chosen):
                for number, jacobian in enumerate(_forward_columns(function, self.inputs, index)):
                    words = "Jacobian computed with forward mode mismatch"
                    self._demand(prefix, words, number, at, jacobian, numerical[at][number])
        if not self.options["check_backward_ad"]:
            return
        inputs = [self.inputs[index] for index in self.chosen]
        for number, output in enumerate(outputs):
            real = part(output) if output.is_complex() else output
            first = _analytical(real, inputs, self.options["check_grad_dtypes"])
            again = _analytical(real, inputs, False)
            tolerance = self.options["nondet_tol"]
            for jacobian, repeated in zip(first, again, strict=True):
                if jacobian.numel() and (jacobian - repeated).abs().max() > tolerance:
                    raise GradcheckError(prefix + _NOT_REENTRANT.format(tolerance))
            for at, jacobian in enumerate(first):
                self._demand(prefix, "Jacobian mismatch", number, at, jacobian, numerical[at][number])

    def _demand(self, prefix, words, output, at, analytical, numerical):
        if not _agree(analytical, numerical, self.options["rtol"], self.options["atol"]):
            raise GradcheckError(
                f"{prefix}{words} for output {output} with respect to input {at},\n"
                f"numerical:{numerical}\nanalytical:{analytical}\n"
            )

    def _zero_grads_give_zero(self, outputs):
        inputs = [self.inputs[index] for index in self.chosen]
        zeros = [torch.zeros_like(output) for output in outputs]
        results = torch.autograd.grad(outputs, inputs, zeros, retain_graph=True, allow_unused=True)
        if not all(grad is None or (grad == 0).all() for grad in results):
            raise GradcheckError("backward not multiplied by grad_output")

    def _undefined_grads_give_zero(self):
        """Backward must take undefined gradients for zeros: all of them at once, then one output's at a time."""
        inputs = [self.inputs[index] for index in self.chosen]
        count = len(self.outputs(self.inputs))
        for missing in [range(count)] + [(number,) for number in range(count) if count > 1]:
            outputs = self.outputs(self.inputs)
            roots = [_Undefined.apply(o) if number in missing else o for number, o in enumerate(outputs)]
            zeros = [torch.zeros_like(root) for root in roots]
            try:
                results = torch.autograd.grad(roots, inputs, zeros, allow_unused=True)
            except RuntimeError as error:
                warnings.warn(_NEW_FEATURE, stacklevel=2)
                raise GradcheckError(
                    f"Expected backward function to handle undefined output grads. {_UNDEFINED}"
                ) from error
            if not all(grad is None or (grad == 0).all() for grad in results):
                warnings.warn(_NEW_FEATURE, stacklevel=2)
                raise GradcheckError(
                    "Expected all input grads to be undefined or zero when all output grads are undefined or "
                    f"zero. {_UNDEFINED}"
                )


def gradcheck(
    func,
    inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the derivatives of `func` at `inputs` agree with finite differences.

    Raises GradcheckError for those that do not (returns False if `raise_exception` is False), ValueError when no
    input requires grad, AssertionError when neither mode is to be checked.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    options = {
        "eps": eps,
        "atol": atol,
        "rtol": rtol,
        "nondet_tol": nondet_tol,
        "check_undefined_grad": check_undefined_grad,
        "check_grad_dtypes": check_grad_dtypes,
        "check_forward_ad": check_forward_ad,
        "check_backward_ad": check_backward_ad,
    }
    try:
        inputs = _listed(inputs)
        _Check(func, inputs, _checked_inputs(inputs), options).run()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient: of `func`'s backward as a function of inputs and output gradients.

    Output gradients are drawn from the normal distribution unless given. Raises as `gradcheck`.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    inputs = _listed(inputs)
    if grad_outputs is None:
        outputs = _differentiable(_listed(func(*inputs)))
        grad_outputs = tuple(_random_like(output, gen_non_contig_grad_outputs) for output in outputs)
    else:
        grad_outputs = _listed(grad_outputs)
    count = len(grad_outputs)
    differentiated = [index for index, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]

    def gradient(*args):
        args, seeds = args[: len(args) - count], args[len(args) - count :]
        args = tuple(x.requires_grad_() if index in differentiated and x.is_leaf else x for index, x in enumerate(args))
        outputs = _differentiable(_listed(func(*args)))
        grads = torch.autograd.grad(
            outputs,
            [args[index] for index in differentiated],
            seeds,
            create_graph=True,
            allow_unused=True,
        )
        return tuple(grad for grad in grads if grad is not None)

    return gradcheck(
        gradient,
        inputs + grad_outputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
    )


def _random_like(output, strided):
    if not strided:
        return torch.randn_like(output).requires_grad_()
    wide = torch.randn(*output.shape, 2, dtype=output.dtype, device=output.device)
    return wide[..., 0].detach().requires_grad_()
