"""Operations on positions of signals, images and volumes: padding, resampling, pooling, patches.

:mod:`.stencils` is the idea most of them share: every output is a weighted sum of a few inputs at the same sample and
channel, so one table of places and weights gives the operation, its derivative and its tangent.
"""

from . import grid_sampling, padding, patches, pooling, resampling, shuffling

__all__ = ["grid_sampling", "padding", "patches", "pooling", "resampling", "shuffling"]
