"""torch.utils.hooks: the handle that registering a hook returns."""

from ..graph.hooks import RemovableHandle, unserializable_hook

__all__ = ["RemovableHandle", "unserializable_hook"]
