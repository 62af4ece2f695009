"""Functions of neural networks (torch.nn.functional), by family.

Nothing here has a derivative of its own: what is a single operation in torch is a row of the operation tables,
what torch composes is composed here of the same operations, so that graphs have the same nodes.
"""

from ...ops.attention import scaled_dot_product_attention as scaled_dot_product_attention
from ...ops.convolution import conv1d as conv1d
from ...ops.convolution import conv2d as conv2d
from ...ops.convolution import conv3d as conv3d
from ...ops.convolution import conv_transpose1d as conv_transpose1d
from ...ops.convolution import conv_transpose2d as conv_transpose2d
from ...ops.convolution import conv_transpose3d as conv_transpose3d
from ...ops.linalg import linear as linear
from ...ops.normalization import batch_norm as batch_norm
from ...ops.normalization import group_norm as group_norm
from ...ops.normalization import instance_norm as instance_norm
from ...ops.normalization import layer_norm as layer_norm
from ...ops.normalization import normalize as normalize
from ...ops.normalization import rms_norm as rms_norm
from ...ops.pooling import avg_pool1d as avg_pool1d
from ...ops.pooling import avg_pool2d as avg_pool2d
from ...ops.pooling import max_pool1d as max_pool1d
from ...ops.pooling import max_pool2d as max_pool2d
from ...ops.spatial.patches import fold as fold
from ...ops.spatial.patches import unfold as unfold
from ...ops.spatial.shuffling import channel_shuffle as channel_shuffle
from ...ops.spatial.shuffling import pixel_shuffle as pixel_shuffle
from ...ops.spatial.shuffling import pixel_unshuffle as pixel_unshuffle
from ..publishing import defined_in as _defined_in
from ..publishing import publish_functions as _publish_functions
from . import activation, attention, dropout, loss, pooling, sequence, sparse, vision

globals().update(_defined_in(activation, attention, loss, sparse, dropout, pooling, vision, sequence))

# Messages name a function by its home: most are written in Python there, some are the native functions themselves.
_NATIVE = "avg_pool2d avg_pool3d scaled_dot_product_attention gelu linear logsigmoid one_hot softplus softshrink"
_ALSO_IN_TORCH = (
    "adaptive_avg_pool1d avg_pool1d conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d "
    "cosine_similarity hardshrink "
    "pairwise_distance prelu relu_"
)
_publish_functions(globals(), "torch.nn.functional", {"torch._C._nn": _NATIVE, "torch": _ALSO_IN_TORCH})
