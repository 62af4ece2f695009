"""The table of differentiable operations, in files by family, and what happens when one is called.

:mod:`.table` says what a row is, :mod:`.dispatch` runs one; the other modules are rows, or plain functions made of
rows. Adding an operation means adding a row to one of them.
"""
