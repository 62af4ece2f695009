"""Playing a program on one engine: each statement, what it raised and warned, and every tensor afterwards."""

from __future__ import annotations

import contextlib
import functools
import re
import warnings

from conformance.worker.observe import Observer, TensorReader, storage_key

from ..differential.observing import strides
from .vocabulary import vocabulary

CHAIN = 3
"""How many nodes deep the history of a tensor is compared after each statement."""
_TAIL = re.compile(r" \(Triggered internally at .*|\nException raised from .*", re.S)
_LOADING = "DeprecationWarning: `torch.jit.script` is deprecated"
"""torch loads its forward-mode decompositions with a function that it has deprecated itself."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@functools.lru_cache(8192)
def _compiled(statement: str):
    return compile(statement, "<statement>", "exec")


def play(torch, program: tuple[str, ...], look_often: bool) -> list[dict]:
    """What each statement did: ``raised``, ``warned``, ``noted``, and, of the last one or with ``look_often`` of all
    of them, the ``tensors`` by name."""
    noted: list = []
    scope = vocabulary(torch, lambda event, tensor: noted.append((event, _brief(torch, tensor))))
    given = set(scope)
    reader = TensorReader(torch)
    observer = Observer(reader, reader.brief)
    played = []
    _clean(torch)
    try:
        for number, statement in enumerate(program):
            noted.clear()
            seen: dict = {"raised": None}
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    exec(_compiled(statement), scope)
                except Exception as error:
                    seen["raised"] = _ADDRESS.sub("0x", _TAIL.sub("", f"{type(error).__name__}: {error}"))
            seen["warned"] = [text for entry in caught if not (text := _heard(entry)).startswith(_LOADING)]
            seen["noted"] = list(noted)
            seen["modes"] = (torch.is_grad_enabled(), torch.is_inference_mode_enabled())
            if look_often or number == len(program) - 1:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    variables = [(n, v) for n, v in scope.items() if n not in given and n[0] != "_"]
                    seen["tensors"] = _state(torch, observer, scope, variables)
            played.append(seen)
        return played
    finally:
        _clean(torch)


def _heard(entry) -> str:
    return f"{entry.category.__name__}: {_TAIL.sub('', str(entry.message))}"


def _clean(torch) -> None:
    """Modes that a program may have left switched."""
    torch.set_grad_enabled(True)
    with contextlib.suppress(RuntimeError):  # none was open
        torch.autograd.forward_ad.exit_dual_level()
    torch.set_warn_always(True)


def _brief(torch, value):
    """What a hook was given, when it was given it."""
    if not isinstance(value, torch.Tensor):
        return repr(value)
    return {
        "data": value.tolist(),
        "requires_grad": value.requires_grad,
        "type": str(value.dtype),
        "recording": torch.is_grad_enabled(),
    }


def _state(torch, observer: Observer, scope: dict, variables: list) -> dict:
    seen, pairs = observer.tensors(variables)
    holder: dict = {}
    for name, tensor in pairs:
        holder.setdefault(storage_key(tensor), name)
    for name, tensor in pairs:
        seen[name] |= _more(torch, scope, tensor, holder)
    return seen


def _more(torch, scope: dict, tensor, holder: dict) -> dict:
    """What the specs' observation leaves out: layout, history in depth, tangents, where gradients lie."""
    seen = {
        "stride": strides(tensor),
        "offset": tensor.storage_offset() if tensor.numel() else 0,  # where nothing is stored, nothing begins
        "is_view": tensor._is_view(),
        "inference": tensor.is_inference(),
    }
    try:
        node = tensor.grad_fn
        seen["history"] = None if node is None else (_history(node, CHAIN), tensor.output_nr)
    except RuntimeError as error:
        seen["history"] = str(error)
    try:
        grad = tensor.grad
        if grad is not None:
            seen["grad layout"] = (strides(grad), grad.storage_offset(), holder.get(storage_key(grad)))
    except RuntimeError as error:
        seen["grad layout"] = str(error)
    tangent = _tangent(scope["forward_ad"], tensor)
    seen["tangent"] = None if tangent is None else _brief(torch, tangent)
    return seen


def _tangent(forward_ad, tensor):
    try:
        return forward_ad.unpack_dual(tensor).tangent
    except (RuntimeError, ValueError):
        return None


def _history(node, depth: int):
    if node is None:
        return None
    if not depth:
        return type(node).__name__
    behind = tuple((_history(following, depth - 1), number) for following, number in node.next_functions)
    return type(node).__name__, behind
