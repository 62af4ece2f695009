"""The catalogue of errors and warnings: which texts the specs state, what triggers each, what to do instead.

`catalogue` collects the texts from the specs, `explanations` reads `spec/messages.yaml`, `page` writes
`docs/errors.md`. The page is made by `torch-conformance errors`.
"""

from conformance.messages.catalogue import Message, collect
from conformance.messages.explanations import Explanation, load_explanations
from conformance.messages.page import errors_page

__all__ = ["Explanation", "Message", "collect", "errors_page", "load_explanations"]
