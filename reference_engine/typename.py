"""`torch.typename`: the name that messages give to a value's type."""


def typename(value):
    """ "torch.FloatTensor" for tensors, else the type's qualified name; built-in types go without a
    module.
    """
    from ._tensor import Tensor

    if isinstance(value, Tensor):
        return value.type()
    kind = type(value)
    home = kind.__module__
    return kind.__qualname__ if home in ("", "builtins") else f"{home}.{kind.__qualname__}"
