"""Bounds on what a spec file may hold. A file beyond one of them is refused before anything is built."""

from __future__ import annotations

FILE_BYTES = 1 << 20
"""Size of one file."""

DEPTH = 32
"""Nesting of YAML collections; deeper ones could exhaust the stack of whoever walks them."""

DIGITS = 320
"""Characters of one number: enough for every finite float64 written in full."""

INSTANCES = 1000
"""Instances of one case: the product of its `params`, times its `rows`."""

PROBLEMS = 100
"""Problems reported of one file; the rest would follow from them or wait for the next run."""

FILE_INSTANCES = 10_000
"""Instances of all cases of one file."""

K_EXPRESSION = 2000
"""Characters of a `-k` expression, and with it the depth of its parentheses."""
