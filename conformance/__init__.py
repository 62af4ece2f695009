"""Executable conformance specs of PyTorch's documented autograd behaviour.

This module stays empty of imports on purpose: workers load `conformance.worker` and
`conformance.targets` in interpreters that have nothing but the standard library and an engine.
"""

__version__ = "0.1.0"
