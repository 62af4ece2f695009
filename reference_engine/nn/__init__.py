"""Neural network modules (torch.nn), written on the engine's public functions."""

from . import functional as functional
from . import init as init
from . import modules as modules
from . import parameter as parameter
from . import utils as utils
from .modules import *  # noqa: F403 (the module classes, as torch.nn has them)
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
