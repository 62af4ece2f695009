"""The recorded graph: nodes and edges, what they save, how gradients arrive, and the engine that walks it.

Read in this order: metadata, node, saved, accumulate (and ownership), edges, engine, inplace, hooks. The public
functions built on it are in :mod:`reference_engine.autograd`.
"""
