"""The recorded graph: nodes and edges, what they save, how gradients arrive, and the engine that walks it.

Read in this order: :mod:`.metadata`, :mod:`.node`, :mod:`.saved`, :mod:`.accumulate`, :mod:`.edges`,
:mod:`.engine`, :mod:`.inplace`, :mod:`.hooks`. The public functions built on it are in :mod:`reference_engine.autograd`.
"""
