"""Restricted Python: what programs may be, checked before anything runs.

`surface` reads what they may use of torch, `check` goes through a spec file, `names`, `expressions` and
`statements` are the walk, `state` what is known of a case on the way, `refusals` what is left out and
the mends. `conformance.worker.sandbox` closes at run time what a text cannot show.
"""

from conformance.program.check import check_case, check_file, check_source
from conformance.program.surface import Surface, surface

__all__ = ["Surface", "check_case", "check_file", "check_source", "surface"]
