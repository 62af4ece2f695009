"""`torch.typename`: the name that messages give to a value's type, or to a class or function itself."""


def typename(value):
    """ "torch.FloatTensor" for tensors, else the qualified name of what the value is; built-ins go without module."""
    from ._tensor import Tensor

    if isinstance(value, Tensor):
        return value.type()
    home = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if name is None:
        name = type(value).__qualname__
    return name if home in (None, "", "builtins") else f"{home}.{name}"
