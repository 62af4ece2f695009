"""The surface holds what exists, is what it says, and hands out nothing that cases would share."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import types
import warnings

import pytest

from conformance.exceptions import SpecError
from conformance.program.surface import CLASSES, Entry, parse, surface
from conformance.worker import sandbox
from conformance.worker.vocabulary import INSTANCE_ONLY
from tests.absent import need_torch

need_torch(whole_module=True)
import torch  # noqa: E402

PATHS = [entry for entry in surface().entries if entry.holder == "torch"]
AREAS = [name for name, _ in surface().areas]
MEMBERS = [entry for entry in surface().entries if entry.holder not in ("torch", "classes")]


def resolve(path: str, engine=torch) -> object:
    value = engine
    for part in path.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("area", AREAS)
def test_every_path_exists_and_is_what_it_says(area):
    for entry in PATHS:
        if entry.area == area:
            check_path(entry)


def check_path(entry: Entry) -> None:
    value = resolve(entry.name)
    assert not isinstance(value, types.ModuleType)
    # A shared container could be changed by one case and seen by the next.
    assert not isinstance(value, (list, dict, set))
    if entry.right in ("classes", "bases"):
        assert isinstance(value, type)
    elif entry.right in ("functions", "effects", "methods", "decorators"):
        assert callable(value)
        assert not isinstance(value, type)
    elif entry.right == "constants":
        assert not callable(value)


def objects() -> dict[str, list[object]]:
    """One or more of each kind of value that the surface gives members of."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            kept.append(ctx)
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g

    kept: list[object] = []
    x = torch.ones(2, 2, requires_grad=True)
    Double.apply(x)
    node = (x * x).exp().grad_fn
    leaf = (x * 2).grad_fn.next_functions[0][0]
    layers = [torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1), torch.nn.Flatten(), torch.nn.MSELoss()]
    layers.append(torch.nn.UninitializedParameter)  # an instance does not even list its attributes
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.unpack_dual(torch.ones(1))
    return {
        "tensor": [x, x.max(0), x.detach()],
        "dtype": [torch.float32, torch.finfo(torch.float32), torch.iinfo(torch.int32)],
        "device": [torch.device("cpu")],
        "storage": [x.untyped_storage()],
        "generator": [torch.Generator()],
        "node": [node, leaf, (x * x).grad_fn._raw_saved_self, torch.autograd.graph.get_gradient_edge(x)],
        "handle": [layers[0].register_forward_hook(print)],
        "ctx": kept,
        "function": [Double],
        "dual": [dual],
        "module": layers,
        "optimizer": [torch.optim.SGD([x], lr=0.1)],
        "text": [""],
        "container": [[], {}, set()],
        "exception": [Exception()],
        "slice": [slice(1)],
        "callable": [torch.autograd.backward],
    }


def real_attributes(value: object) -> set[str]:
    """Attributes as they are, whatever `__dir__` says of them."""
    names = set(dir(value)) | {name for kind in type(value).__mro__ for name in vars(kind)}
    if isinstance(value, type):
        names |= {name for kind in value.__mro__ for name in vars(kind)}
    return names


@pytest.fixture(scope="module")
def held():
    return objects()


@pytest.mark.parametrize("area", AREAS)
def test_every_member_exists(area, held):
    missing = [entry.name for entry in MEMBERS if entry.area == area and not exists(entry, held[entry.holder])]
    assert missing == []


def exists(entry: Entry, values: list[object]) -> bool:
    if entry.name.endswith("*"):
        return any(name.startswith(entry.name[:-1]) for value in values for name in dir(value))
    return any(entry.name in real_attributes(value) for value in values)


def test_absent_names_are_absent(held):
    names = {name for values in held.values() for value in values for name in real_attributes(value)}
    assert surface().absent
    assert not surface().absent & names


def test_in_place_members_are_known_to_write():
    for entry in MEMBERS:
        if entry.holder == "tensor" and entry.name.endswith("_") and not entry.name.startswith("_"):
            assert entry.right == "writes", entry.name
    for path in surface().paths:
        if path.endswith("_"):
            assert surface().paths[path] in ("effects", "methods"), path


@pytest.fixture(scope="module", params=["torch", "reference_engine"])
def engine(request):
    return importlib.import_module(request.param)


def classes(engine) -> set[type]:
    """The classes of an engine that programs may name, and those whose methods they meet besides."""
    paths = [path for path, kind in surface().paths.items() if kind in CLASSES]
    paths += ["autograd.function.FunctionCtx", "nn.Module", "optim.Optimizer"]
    found = {resolve(path, engine) for path in paths if has(path, engine)}
    return {value for value in found if isinstance(value, type)}


def has(path: str, engine) -> bool:
    try:
        resolve(path, engine)
    except AttributeError:
        return False
    return True


def test_no_member_of_a_class_is_shared_state(engine):
    """`Class.name` is reachable through a program's own subclass: no container, no module behind it."""
    for owner in classes(engine):
        for name in surface().members & set(dir(owner)):
            found = inspect.getattr_static(owner, name)
            assert not isinstance(found, (list, dict, set, types.ModuleType)), (owner, name)


def test_methods_that_write_on_any_self_are_kept_to_instances(engine):
    """Unbound, with a victim as `self`: which methods of the surface set attributes on it?"""
    found = set()
    for owner in classes(engine):
        for name in surface().members & set(dir(owner)):
            method = inspect.getattr_static(owner, name)
            if inspect.isfunction(method) and writes_on_self(method, engine):
                found.add(name)
    assert found
    assert found <= INSTANCE_ONLY


def writes_on_self(method, engine) -> bool:
    for values in ((), (engine.ones(1),), (True,), ("name", engine.ones(1)), (print,)):

        def victim():
            pass

        with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):
            method(victim, *values)  # what it does before it notices is what counts
        if vars(victim):
            return True
    return False


def test_the_guard_finds_every_type_that_programs_write_on(engine):
    assert len(sandbox.engine_types(engine)) == 5


def test_constants_cannot_be_written(engine):
    for entry in PATHS:
        if entry.right == "constants" and has(entry.name, engine):
            with pytest.raises((AttributeError, TypeError)):
                resolve(entry.name, engine).mine = 1


# Each mistake stands in the text at the place of `^`, which is not part of it.
BAD = {
    "areas: ^1": "`areas` is not a list; begin each area with `- area:`",
    "^area: []": "unknown key `area`; did you mean `areas`?",
    "areas: [{area: a, about: b, ^tensr: {reads: []}}]": "unknown key `tensr`; did you mean `tensor`?",
    "areas: [^{about: b}]": "an area without `area`; add `area:`",
    "areas: [^{area: a}]": "an area without `about`; add `about:`",
    "areas: [{area: a, about: b}, ^{area: a, about: b}]": "area `a` twice; merge the two",
    "areas: [{area: a, about: b, tensor: {^red: [x]}}]": "unknown key `red`; did you mean `reads`?",
    "areas: [{area: a, about: b, tensor: {reads: ^x}}]": "`reads` is not a list; write `[name, name]`",
    "areas: [{area: a, about: b, tensor: {reads: [^a b]}}]": "`a b` is not a name; write a plain name",
    "areas: [{area: a, about: b, tensor: {reads: [^a.b]}}]": "`a.b` is not a name; write a plain name",
    "areas: [{area: a, about: b, tensor: {reads: [x, ^x]}}]": "`x` is listed twice; remove one",
    "areas: [{area: a, about: b, tensor: {reads: [x], deletable: [x, ^x]}}]": "`x` is listed twice; remove one",
    "areas: [{area: a, about: b, torch: {functions: [^[x]]}}]": "not a name; write a plain name",
    "areas: [^x]": "an area is not a mapping; its keys: area, about, torch, ",
}


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_in_the_surface_has_its_place(text):
    with pytest.raises(SpecError) as caught:
        parse(text.replace("^", "") + "\n", "surface.yaml")
    place = f"surface.yaml:1:{text.index('^') + 1}: surface: "
    assert str(caught.value).split("\n")[0].startswith(place + BAD[text])
