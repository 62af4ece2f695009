"""Sample results: hand-made traces, judged and compared by the real judge, written by the real writer.

`python -m tests.report.sample FOLDER` writes `results.jsonl` and the reports, to be looked at;
`--cases 1500` makes it large.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.judge import Ran, TargetInfo, Waiver, judge
from conformance.judge.diff import diverge
from conformance.load import instances, load_text
from conformance.load.ledger import Ledger, load_ledgers
from conformance.load.model import Instance, SpecFile
from conformance.report import write_reports
from conformance.run.results import Results, ResultsWriter, make_header, read_results

TARGETS = (
    TargetInfo("torch:cpu", "torch", "cpu", "2.13.0+cpu", "2.13.0", attestation={"python": "3.12.4"}),
    TargetInfo(
        "torch:cuda",
        "torch",
        "cuda",
        "2.13.0+cu126",
        "2.13.0",
        state="recorded",
        recorded={
            "when": "2026-01-31T12:00:00Z",
            "device_name": "NVIDIA H100 80GB HBM3",
            "driver": "560.35.03",
        },
    ),
    TargetInfo("reference:cpu", "reference", "cpu", "0.1.0", "2.13.0"),
    TargetInfo("reference:cuda", "reference", "cuda", "0.1.0", "2.13.0", attestation={"device_name": "simulated"}),
    TargetInfo("torch:xpu", "torch", "xpu", state="not-run", reason="torch was built without XPU support"),
)
HOSTILE = (
    "<script>window.hacked=1</script>",
    "</script><img src=x onerror=window.hacked=1>",
    "]]>&lt;",
    "::error file=x::pwned\n::set-output name=a::b",
    "100%0A::error title=a,line=7::b",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe\u2066",
    "nul\x00byte",
    "a|b`c``d [x](/y) ![x](/y) @user #1 {{ 7*7 }} *b* www.example.org https://example.org",
    "lone \ud800 surrogate",
)
FILES = {
    "backward/retain_graph.yaml": """\
title: Backward frees the graph's buffers unless the graph is retained
cites:
  - doc: torch.Tensor.backward
  - claim: 001-03
given: |
  w = torch.tensor([1.], requires_grad=True)
  x = torch.tensor([2.], requires_grad=True)
  y = torch.mul(torch.add(w, x), torch.add(w, 1))
cases:
  - case: accumulates-when-retained
    title: two backward calls add up, 5 then 10
    cites: [{claim: 001-04}]
    steps:
      - run: y.backward(retain_graph=True)
        expect:
          w.grad: [5.]
          x.grad: [2.]
      - run: y.backward()
        expect:
          w.grad: [10.]
  - case: raises-when-freed
    title: a second backward through a freed graph raises, and loses nothing
    cites: [{claim: 001-12}]
    steps:
      - run: y.backward()
      - run: y.backward()
        raises:
          RuntimeError: Trying to backward through the graph a second time ...
        expect:
          w.grad: [5.]
""",
    "grad_mode/no_grad.yaml": """\
title: Nothing is recorded under no_grad
cites:
  - doc: torch.no_grad
given: |
  x = torch.tensor([1., 2.], requires_grad=True)
cases:
  - case: result-requires-no-grad
    title: a result made under no_grad requires no gradient
    cites: [{claim: 004-01}, {claim: 004-02}, {claim: 004-03}, {claim: 004-09}]
    steps:
      - run: |
          with torch.no_grad():
              # nothing of this line is remembered
              y = x * 2
        expect:
          y: [2., 4.]
          y.requires_grad: false
          y.grad_fn: null
  - case: exotic-level
    title: the name of the node is what it is
    level: observed
    cites: [{claim: 004-02}]
    steps:
      - run: y = x.exp()
        expect:
          y.grad_fn.name(): ExpBackward0
  - case: crashes-in-a-hook
    title: a hook on a view changed through an alias
    steps:
      - run: |
          v = x.clone().view(2)
          v[:].add_(1)
          v.register_hook(lambda g: g)
        expect:
          v: [2., 3.]
  - case: runs-for-ever
    title: a loop that ends only by its time limit
    steps:
      - run: |
          for i in range(10 ** 12):
              pass
  - case: needs-an-accelerator
    title: a copy to the accelerator leaves the source alone
    needs: [cuda]
    steps:
      - run: y = x.to(accelerator)
        expect:
          x.device.type: cpu
""",
}
LEDGERS = {
    "001.yaml": """\
source: "001"
title: Autograd, and one argument of backward
file: 001_article.txt
claims:
  001-03: {claim: A second backward call works if the first one retained the graph., verdict: confirmed}
  001-04: {claim: The gradients of both calls add up in the leaves., verdict: confirmed}
  001-12:
    claim: The error names one function and one line of the engine.
    verdict: outdated
    why: The entry moved to another module in torch 2.0.
""",
    "004.yaml": """\
source: "004"
title: What no_grad does, and what it does not
file: 004_article.txt
claims:
  004-01: {claim: Under no_grad nothing is recorded., verdict: confirmed}
  004-02:
    claim: A tensor made under no_grad is always a leaf.
    verdict: qualified
    why: Views of tensors made outside keep what they were.
  004-03:
    claim: no_grad makes requires_grad false on every tensor in the block.
    verdict: refuted
    why: Existing tensors keep their flag; only results change.
  004-09:
    claim: It is needed for every evaluation.
    verdict: qualified
    why: Without backward it only saves memory.
  004-N01:
    claim: A factory under no_grad may still be asked for requires_grad.
    verdict: confirmed
    neighbour: true
""",
}


def tensor(data: Any, device: str = "cpu", **more: Any) -> dict[str, Any]:
    """An OBSERVATION of `docs/protocol.md`."""
    shape, part = [], data
    while isinstance(part, list):
        shape.append(len(part))
        part = part[0] if part else None
    where = f"{device}:0" if device == "cuda" else device
    plain = {"requires_grad": False, "is_leaf": True, "retains_grad": False, "grad": None, "version": 0}
    return {
        "data": data, "dtype": "float32", "shape": shape, "device": where, **plain,
        "grad_fn": None, "storage": 0, "view_of": None, **more,
    }  # fmt: skip


def value(data: Any, device: str = "cpu") -> dict[str, Any]:
    """A VALUE of `docs/protocol.md`."""
    if data is None:
        return {"k": "none"}
    if isinstance(data, bool):
        return {"k": "bool", "v": data}
    if isinstance(data, str):
        return {"k": "text", "v": data}
    return {"k": "tensor", "v": tensor(data, device)}


def step(tensors: dict[str, Any], answers: list[Any], device: str, raised: str | None = None) -> dict[str, Any]:
    exception = {"type": "RuntimeError", "message": raised} if raised else None
    found = [value(answer, device) for answer in answers]
    return {"exception": exception, "warnings": [], "answers": found, "tensors": tensors, "printed": ""}


def trace(*steps: dict[str, Any]) -> Ran:
    given = {"exception": None, "warnings": []}
    return Ran("trace", {"seconds": 0.0004, "error": None, "given": given, "steps": list(steps)}, None, 0.0004)


def _retained(info: TargetInfo, *, second: float) -> Ran:
    device = info.device
    steps = []
    for number, total in ((1, 5.0), (2, second)):
        grads = {"w": [total], "x": [2.0 * number]}
        tensors = {
            name: tensor([start], device, requires_grad=True, storage=place, grad=tensor(grads[name], device))
            for place, (name, start) in enumerate((("w", 1.0), ("x", 2.0)))
        }
        tensors["y"] = tensor([6.0], device, requires_grad=True, is_leaf=False, grad_fn="MulBackward0", storage=2)
        steps.append(step(tensors, [grads["w"], grads["x"]] if number == 1 else [grads["w"]], device))
    return trace(*steps)


FREED = "Trying to backward through the graph a second time (or directly access saved tensors)."


def _freed(info: TargetInfo, *, message: str = FREED) -> Ran:
    w = tensor([1.0], info.device, requires_grad=True, grad=tensor([5.0], info.device))
    return trace(step({"w": w}, [], info.device), step({"w": w}, [[5.0]], info.device, message))


def _no_grad(info: TargetInfo) -> Ran:
    x = tensor([1.0, 2.0], info.device, requires_grad=True)
    y = tensor([2.0, 4.0], info.device, storage=1)
    return trace(step({"x": x, "y": y}, [[2.0, 4.0], False, None], info.device))


def _name(info: TargetInfo, *, name: str = "ExpBackward0", flag: bool = True) -> Ran:
    y = tensor([2.7182817, 7.389056], info.device, requires_grad=flag, is_leaf=False, grad_fn=name, storage=1)
    return trace(step({"y": y}, [name], info.device))


def behave(name: str, info: TargetInfo) -> Ran:
    """What the target did in a case of `FILES`."""
    reference, cuda = info.engine == "reference", info.device == "cuda"
    match name:
        case "accumulates-when-retained":
            return _retained(info, second=5.0 if reference else 10.0)
        case "raises-when-freed":
            return _freed(info, message="Graph is gone." if info.name == "reference:cuda" else FREED)
        case "result-requires-no-grad":
            return _no_grad(info)
        case "exotic-level":
            return _name(info, flag=not (cuda and reference))
        case "crashes-in-a-hook" if info.name == "torch:cpu":
            return Ran("crash", None, "killed by signal 11 (SIGSEGV)", 0.1)
        case "crashes-in-a-hook":
            v = tensor([2.0, 3.0], info.device, requires_grad=True, is_leaf=False, version=1)
            return trace(step({"v": v}, [[2.0, 3.0]], info.device))
        case "runs-for-ever":
            return Ran("timeout", None, "no answer within 10 s", 10.0)
    return Ran("not-applicable", None, "the target has no feature 'cuda'")


def waivers() -> list[Waiver]:
    """One waiver, for the recorded loop."""
    return [
        Waiver(
            case="grad_mode/no_grad::runs-for-ever", target="torch:cuda", observed="no answer within 10 s",
            reason="a known limit", issue="https://example.org/1", owner="maintainers", outcome="timeout",
            review_by=datetime.date(2030, 1, 1), at="reports/waivers.yaml:3",
        )
    ]  # fmt: skip


def spec_files() -> list[SpecFile]:
    """The sample's spec files."""
    return [load_text(text, path, f"spec/{path}", check_programs=False) for path, text in FILES.items()]


def ledgers(folder: Path) -> dict[str, Ledger]:
    """The sample's ledgers, written below `folder` and loaded."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    for name, text in LEDGERS.items():
        (folder / "sources" / name).write_text(text, encoding="utf-8")
    return load_ledgers(folder)


def write_results(
    file: Path,
    files: list[SpecFile] | None = None,
    infos: tuple[TargetInfo, ...] = TARGETS,
    act: Callable[[Instance, TargetInfo], Ran] = lambda instance, info: behave(instance.case.name, info),
    interrupted: bool = False,
) -> Results:
    """Judge what `act` says each target did, write the results file, and read it back."""
    files = spec_files() if files is None else files
    everything = [instance for spec in files for instance in instances(spec)]
    accepted, divergences = waivers(), []
    with ResultsWriter(file, make_header(files, everything, infos)) as writer:
        for instance in everything:
            rans = {i.name: act(instance, i) for i in infos if i.state != "not-run"}
            for info in infos:
                ran = rans.get(info.name) or Ran("not-run", None, info.reason)
                writer.write(judge(instance, info, ran, accepted), ran)
            divergences += diverge(instance, {info.name: info for info in infos}, rans)
        writer.close(divergences, interrupted=interrupted)
    return read_results(file)


def many(count: int) -> list[SpecFile]:
    """`count` cases, ten a file, each with three steps."""
    head = """\
title: Rule number {n} of a large suite
given: |
  x = torch.tensor([1., 2., 3., 4.], requires_grad=True)
cases:
"""
    body = """\
  - case: case-{m}
    title: the variant {m} of the rule doubles what it is given and remembers it
    cites: [{{claim: 001-03}}, {{claim: 004-02}}]
    steps:
      - run: y = x * {m}
        expect:
          y: [{a}., {b}.]
      - run: y.backward(torch.ones(2))
        expect:
          y: [{a}., {b}.]
      - run: z = y.detach()
        expect:
          y: [{a}., {b}.]
"""
    texts = [
        head.format(n=n) + "".join(body.format(m=m, a=n, b=m) for m in range(n * 10, min(n * 10 + 10, count)))
        for n in range((count + 9) // 10)
    ]
    return [
        load_text(text, f"area{n % 9}/rule_{n}.yaml", f"spec/area{n % 9}/rule_{n}.yaml", check_programs=False)
        for n, text in enumerate(texts)
    ]


def act_many(instance: Instance, info: TargetInfo) -> Ran:
    """Nearly everything as expected; one case in a hundred wrong on the reference."""
    m = int(instance.case.name.rpartition("-")[2])
    n = float(m // 10)
    seen = [n, m + 1.0] if m % 100 == 7 and info.engine == "reference" else [n, float(m)]
    x = tensor([1.0, 2.0, 3.0, 4.0], info.device, requires_grad=True, grad=tensor([n, n, n, m + 0.5], info.device))
    y = tensor(seen, info.device, requires_grad=True, is_leaf=False, grad_fn="MulBackward0", storage=1)
    return trace(*[step({"x": x, "y": y, "z": y}, [seen], info.device)] * 3)


def act_unflagged(instance: Instance, info: TargetInfo) -> Ran:
    """Every expectation of `many` holds, and only torch sets a flag that no spec speaks of."""
    m = int(instance.case.name.rpartition("-")[2])
    x = tensor([1.0], info.device, requires_grad=info.engine == "torch")
    return trace(*[step({"x": x}, [[float(m // 10), float(m)]], info.device)] * 3)


def act_long(instance: Instance, info: TargetInfo) -> Ran:
    """A long tensor, whose last element only the reference has wrong: further than any text shows."""
    m = int(instance.case.name.rpartition("-")[2])
    x = tensor([0.125] * 99 + [1.0 if info.engine == "torch" else 2.0], info.device)
    return trace(*[step({"x": x}, [[float(m // 10), float(m)]], info.device)] * 3)


def hostile_spec() -> list[SpecFile]:
    """A spec file whose every free text is hostile."""
    texts = [text for text in HOSTILE if "\ud800" not in text]
    title = json.dumps(" ".join(texts))
    text = f"""\
title: {title}
cites: [{{doc: torch.no_grad}}, {{claim: 009-01}}]
cases:
  - case: hostile
    title: {title}
    params: {{p: [{json.dumps("'<b>|`'")}]}}
    steps:
      - run: "t = 1  # {texts[0]} {texts[1]}"
        expect:
          t: {json.dumps(texts[2])}
  - case: hostile-crash
    title: {title}
    steps:
      - run: t = 1
"""
    return [load_text(text, "hostile.yaml", "spec/hostile.yaml", check_programs=False)]


def hostile_infos() -> tuple[TargetInfo, ...]:
    """Targets that say hostile things of themselves; the last one has a hostile name."""
    said = " ".join(HOSTILE[:-1])
    return (
        TargetInfo("torch:cpu", "torch", "cpu", said, "2.13.0", attestation={"device_name": said}),
        TargetInfo("evil<i>:cpu", "evil<i>", "cpu", said, "2.13.0", recorded={"when": said}, state="recorded"),
        TargetInfo("gone:cpu", "gone", "cpu", state="not-run", reason=said),
    )


def act_hostile(instance: Instance, info: TargetInfo) -> Ran:
    """Every text that an engine can say, hostile."""
    said = "\n".join(HOSTILE)
    if instance.case.name == "hostile-crash":
        return Ran("crash", None, said, 0.1)
    seen = step({"t": tensor([1.0], grad_fn=said, view_of=said)}, [said], "cpu", said)
    seen["warnings"] = [{"type": "UserWarning", "message": said}]
    seen["printed"] = said
    return trace(seen)


HOSTILE_LEDGER = f"""\
source: "009"
title: {json.dumps(HOSTILE[0])}
file: 009.txt
claims:
  009-01: {{claim: {json.dumps(" ".join(HOSTILE[:-1]))}, verdict: refuted, why: {json.dumps(HOSTILE[1])}}}
"""


def hostile_results(folder: Path) -> tuple[Results, dict[str, Ledger]]:
    """Results and ledgers in which everything that can be hostile is."""
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "009.yaml").write_text(HOSTILE_LEDGER, encoding="utf-8")
    results = write_results(folder / "results.jsonl", hostile_spec(), hostile_infos(), act_hostile)
    return results, load_ledgers(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=0)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    file = arguments.folder / "results.jsonl"
    large = {"files": many(arguments.cases), "infos": TARGETS[:4], "act": act_many} if arguments.cases else {}
    results = write_results(file, **large)
    for path in write_reports(results, arguments.folder, ledgers=ledgers(arguments.folder)):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
