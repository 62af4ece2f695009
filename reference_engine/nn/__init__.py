"""Neural network modules (torch.nn), written on the engine's public functions."""

from . import functional as functional
from . import init as init
from . import modules as modules
from . import parameter as parameter
from . import utils as utils
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .parameter import UninitializedBuffer as UninitializedBuffer
from .parameter import UninitializedParameter as UninitializedParameter
from .publishing import defined_in

defined_in(parameter)
globals().update(modules.CLASSES)
