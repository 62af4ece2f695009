"""Targets: what `--target` may say, who serves it, what a stranger's adapter must bring, where results lie."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from conformance.exceptions import UsageError
from conformance.load.features import FEATURES
from conformance.run.session import Session
from conformance.targets import registry
from conformance.targets.registry import known_engines, parse_target
from tests.absent import need_torch
from tests.run.build import answers, case, error, run_all, seen

HERE = "tests.run.adapters"


@pytest.mark.parametrize(
    ("text", "engine", "device", "mode"),
    [
        ("torch:cpu", "torch", "cpu", None),
        ("torch:cuda:1", "torch", "cuda:1", None),
        ("torch:mps", "torch", "mps", None),
        ("torch:privateuseone:0", "torch", "privateuseone:0", None),
        ("reference:cuda", "reference", "cuda", None),
        ("some.module:attribute", "some.module", None, None),
        ("some.module:Class.method", "some.module", None, None),
    ],
)
def test_a_target_is_understood(text, engine, device, mode):
    target = parse_target(text)
    assert (target.name, target.engine, target.device, target.mode) == (text, engine, device, mode)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("torch", "'torch' is not a target; write torch:cpu (engines: torch, reference"),
        ("", "'' is not a target; write ENGINE:DEVICE, for example torch:cpu"),
        (":cpu", "':cpu' is not a target"),
        ("torch:", "'torch:' is not a target; write torch:cpu"),
        ("torhc:cpu", "there is no engine 'torhc'; did you mean torch:cpu? (engines: torch, reference"),
        ("jax:cpu", "there is no engine 'jax' (engines: torch, reference"),
        ("torch:CPU!", "'torch:CPU!' is not a target; write ENGINE:DEVICE[+MODE]"),
        ("torch:cpu+", "'torch:cpu+' is not a target"),
        ("torch:cpu+warp", "the engine 'torch' has no mode 'warp'; it has none"),
        ("reference:cpu+fast", "the engine 'reference' has no mode 'fast'; it has none"),
        ("some.module:not-a-name", "there is no engine 'some.module'"),
    ],
)
def test_a_slip_is_answered_with_the_mend(text, says):
    with pytest.raises(UsageError) as told:
        parse_target(text)
    assert str(told.value).startswith(says)
    with pytest.raises(UsageError):
        Session([text])


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a made-up distribution that registers entry points."""

    def install(name: str, lines: str) -> None:
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[torch_conformance.targets]\n{lines}\n")

    monkeypatch.syspath_prepend(str(tmp_path))
    known_engines.cache_clear()
    yield install
    known_engines.cache_clear()


def test_entry_points_are_engines(installed):
    installed("strange", f"strange = {HERE}:Full\nabsent = no.such.module:Thing")
    assert known_engines()["strange"] == f"{HERE}:Full"
    assert "no" not in sys.modules
    target = parse_target("strange:cuda:0+turbo")
    assert (target.adapter, target.device, target.mode) == (f"{HERE}:Full", "cuda:0", "turbo")
    with pytest.raises(UsageError, match="did you mean strange:cpu"):
        parse_target("strangr:cpu")
    with Session(["absent:cpu"]) as session:
        (info,) = session.probe()
    assert info.reason == "the adapter no.such.module:Thing cannot be used: No module named 'no'"


def test_a_name_that_two_packages_claim(installed):
    installed("one", "mine = a.b:C")
    installed("two", "mine = x.y:Z")
    with pytest.raises(UsageError, match=r"'mine' is taken twice: by a\.b:C and by x\.y:Z"):
        known_engines()


def test_built_in_names_cannot_be_taken(installed):
    installed("thief", "torch = evil.module:Adapter")
    with pytest.raises(UsageError, match="'torch' is taken twice"):
        known_engines()


@pytest.mark.parametrize("fixture", ["torch_cpu", "reference_cpu"])
def test_declared_features_are_of_the_closed_list(fixture, request):
    (info,) = request.getfixturevalue(fixture).probe()
    assert set(info.features) <= set(FEATURES)
    assert {"nn", "hooks", "double_backward"} <= set(info.features)


def test_the_parent_imports_no_engine():
    program = textwrap.dedent(
        """
        import sys
        from conformance.run.session import Session
        with Session(["reference:cpu"]) as session:
            assert session.probe()[0].state == "run"
        print([m for m in ("torch", "numpy", "reference_engine") if m in sys.modules])
        """
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_missing_device_is_a_reason():
    with Session(["torch:cuda:77", "torch:warpdrive", "reference:mps"]) as session:
        infos = {info.name: info for info in session.probe()}
        ran = session.run_one(case("any", "pass"), "reference:mps")
    assert ran.status == "not-run"
    assert ran.reason == "the reference engine has no device 'mps', only cpu and cuda"
    assert infos["torch:warpdrive"].state == "not-run"
    reason = infos["torch:cuda:77"].reason
    assert infos["torch:cuda:77"].state == "not-run"
    assert "CUDA" in reason or "cuda:77" in reason or "cannot be imported" in reason


def test_a_torch_that_is_not_installed_is_a_reason(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    with Session(["torch:cpu"], python={"torch:cpu": str(script)}) as session:
        (info,) = session.probe()
    assert info.state == "not-run"
    assert info.reason.startswith("torch cannot be imported: ")


def test_the_same_interpreter_by_another_path(tmp_path):
    script = tmp_path / "another python"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -X utf8 "$@"\n')
    script.chmod(0o755)
    with Session(["reference:cpu"], python={"reference": str(script)}) as session:
        ran = session.run_one(case("any", ("x = torch.ones(1)", "x")), "reference:cpu")
    assert ran.trace["steps"][0]["answers"][0]["v"]["data"] == [1.0]


def test_a_needed_feature_that_is_missing(reference_cpu):
    rans = run_all(reference_cpu, [case("compiles", "pass", needs=("nn", "compile")), case("other", "pass")])
    assert rans["compiles"].status == "not-applicable"
    assert rans["compiles"].reason == "reference:cpu lacks compile"
    assert rans["other"].status == "trace"


def test_stray_modules_of_the_working_directory_are_not_imported(tmp_path, monkeypatch):
    for name in ("json", "numpy", "torch", "reference_engine"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module was imported')\n")
    monkeypatch.chdir(tmp_path)
    with Session(["reference:cpu"]) as session:
        (info,) = session.probe()
    assert (info.state, info.reason) == ("run", None)


# --- strangers' adapters --------------------------------------------------------------------------------


def test_the_smallest_adapter():
    target = f"{HERE}:Smallest"
    with Session([target]) as session:
        told = seen(session, "w = torch.tensor([1.], requires_grad=True)\n(w * 2).backward()")
        (info,) = session.probe()
    assert told["w"]["grad"]["data"] == [2.0]
    assert (info.name, info.engine, info.version, info.models) == (target, "smallest", "0.1", "0.1")
    assert (info.device, info.features, info.attestation["name"]) == ("cpu", ("nn",), "smallest:cpu")


def test_an_adapter_with_its_own_ways():
    target = f"{HERE}:Full"
    with Session([target]) as session:
        (info,) = session.probe()
        given = "x = torch.ones(2)\nv = x[:1]\nhere = torch.ones(1, device=host)"
        one = case("full", ("pass", "accelerator", "device"), given=given, needs=("cuda",))
        ran = session.run_one(one, target)
        fails = session.run_one(case("unsupported", "1 / 0"), target)
    assert (info.models, info.device, info.attestation["device_name"]) == ("2.4.0", "cuda:0", "Imagined X1")
    tensors = ran.trace["steps"][0]["tensors"]
    assert [t["device"] for t in tensors.values()] == ["cuda:0", "cuda:0", "cpu"]
    assert {t["storage"] for t in tensors.values()} == {0}
    assert tensors["v"]["view_of"] == "x"
    assert tensors["x"]["version"] == 1, "reset came before the case"
    assert [a["str"] for a in ran.trace["steps"][0]["answers"]] == ["cuda:0", "cuda:0"]
    assert error(fails) == ("unsupported", "step 1: division by zero")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Absent", "the accelerator is switched off"),
        ("Broken", "the adapter {} cannot be used: ValueError: no licence file"),
        ("Nothing", "the adapter {} cannot be used: {}: the adapter needs `namespace`"),
        ("TextDevice", "the adapter {} cannot be used: {}: the adapter's `device` is a text"),
        ("Missing", "the adapter {} cannot be used: AttributeError: module"),
    ],
)
def test_an_adapter_that_cannot_be_used_says_why(name, reason):
    target = f"{HERE}:{name}"
    with Session([target]) as session:
        rans = answers(session.run([case("a", "pass"), case("b", "pass")]))
    assert [ran.status for ran in rans.values()] == ["not-run"] * 2
    assert rans["a"].reason.startswith(reason.replace("{}", target))


def test_an_adapter_that_fails_while_looking_costs_the_case():
    with Session([f"{HERE}:Faulty"]) as session:
        leaves = "torch.set_grad_enabled(False)\nx = torch.ones(2)"
        rans = run_all(session, [case("fails", leaves), case("fine", ("x = 1", "torch.is_grad_enabled()"))])
    kind, message = error(rans["fails"])
    assert (kind, message.partition(" (at ")[0]) == ("worker", "KeyError: 'two'")
    assert rans["fine"].trace["steps"][0]["answers"] == [{"k": "bool", "v": True}]


# --- where results lie ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulated():
    with Session(["reference:cuda"]) as session:
        yield session


def test_results_lie_on_the_target(simulated):
    told = seen(simulated, "w = torch.ones(1, requires_grad=True)\n(w * 2).backward()")
    assert told["w"]["device"] == told["w"]["grad"]["device"] == "cuda:0"


@pytest.mark.parametrize(
    "program", ["x = torch.ones(1, device=host)", "x = torch.ones(1).cpu()", "x = torch.ones(1).to('cpu')"]
)
def test_a_program_may_put_things_on_the_host(simulated, program):
    assert seen(simulated, program)["x"]["device"] == "cpu"


def test_new_threads_create_on_the_target_too(simulated):
    one = case("thread", "x = in_thread(lambda: torch.ones(1))", needs=("threads",))
    ran = simulated.run_one(one, "reference:cuda")
    assert ran.trace["steps"][0]["tensors"]["x"]["device"] == "cuda:0"


def test_a_program_may_choose_another_default_device(simulated):
    told = seen(simulated, "torch.set_default_device('cpu')\nx = torch.ones(1, device='cpu')\ny = torch.ones(1)")
    assert told["y"]["device"] == "cpu"
    assert seen(simulated, "x = torch.ones(1)")["x"]["device"] == "cuda:0"


def test_torch_creates_on_a_device_that_is_not_the_host():
    need_torch()
    with Session(["torch:meta"]) as session:
        (info,) = session.probe()
        assert info.state == "run", info.reason
        told = seen(session, "x = torch.ones(1, requires_grad=True)\ny = x * 2\ny.backward()")
        ran = session.run_one(case("thread", "x = in_thread(lambda: torch.ones(1))"), "torch:meta")
    assert info.device == "meta"
    assert [told["x"]["device"], told["x"]["grad"]["device"], told["y"]["device"]] == ["meta"] * 3
    assert ran.trace["steps"][0]["tensors"]["x"]["device"] == "meta"


def test_a_result_that_strays_to_the_host_is_an_error():
    target = f"{HERE}:on_the_host"
    with Session([target]) as session:
        fine = session.run_one(case("fine", "w = torch.tensor([1.], requires_grad=True)"), target)
        strays = "w = torch.tensor([1.], requires_grad=True)\n(w * 2).backward()"
        ran = session.run_one(case("strays", strays), target)
    assert error(fine) is None
    assert error(ran) == ("device", "step 1: w is on the host, though the program names none")


def test_the_registry_knows_its_built_in_engines():
    for place in registry.BUILT_IN.values():
        module, _, attribute = place.partition(":")
        source = (registry.Path(registry.__file__).parent / f"{module.rpartition('.')[2]}.py").read_text()
        assert f"class {attribute}(Adapter)" in source
