"""torch.utils.hooks: the handle that registering a hook returns."""

from ..autograd.hooks import RemovableHandle, unserializable_hook

__all__ = ["RemovableHandle", "unserializable_hook"]
