"""From a pasted snippet to a proposed case: split, run on real torch, written as YAML for review.

`snippet` reads what people paste, `draft` groups it into steps by what happened, `writing` puts YAML
together. A proposal says what one engine did, which is no proof of what it should do: titles begin with
`REVIEW`, and lint refuses them until somebody has written them anew.
"""

from conformance.propose.draft import propose
from conformance.propose.writing import REVIEW

__all__ = ["REVIEW", "propose"]
