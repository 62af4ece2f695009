"""The table of differentiable operations, in files by family, and what happens when one is called.

:mod:`.table` says what a row is, :mod:`.dispatch` runs one; the other modules are rows, or plain functions made of
rows. Adding an operation means adding a row to one of them.
"""


def __getattr__(name: str):
    """``torch.ops.aten`` and its kin: operations below autograd, which this engine leaves out."""
    if name in ("aten", "prim", "prims", "quantized", "torchvision", "higher_order"):
        from ..errors import NameNotModelled

        raise NameNotModelled(f"torch.ops.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
