"""A case as a short plain script: the engine alone, none of this package.

It shows, step by step, what happened: the value of each expression that the case states something about,
the exception and the warnings. A person attaches it to a bug report, so it judges nothing.
"""

from __future__ import annotations

from conformance.load.model import Instance, Step

ENGINES = {"torch": "import torch", "reference": "import reference_engine as torch"}

HELPERS = {
    "shares_memory": """
def shares_memory(*tensors):
    return len({t.untyped_storage().data_ptr() for t in tensors}) == 1
""",
    "weak": """
from weakref import ref as weak
""",
    "frames": """
def frames(error):
    names, at = [], error.__traceback__.tb_next
    while at:
        names.append(at.tb_frame.f_code.co_name)
        at = at.tb_next
    return names
""",
    "check_listing": """
def check_listing(text):
    try:
        exec(compile(text, "listing", "exec"), {})
    except Exception as error:
        return f"{type(error).__name__}: {getattr(error, 'msg', error)}"
""",
    "in_thread": """
def in_thread(function):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
""",
}


def script(instance: Instance, target: str) -> str:
    """Python text that carries out the instance's program on `target` and prints what is asked.

    `target` is ENGINE:DEVICE; an engine that is neither torch nor the reference is imported by its name.
    """
    engine, _, device = target.partition("+")[0].partition(":")
    device = device or "cpu"
    lines = [
        f"# {instance.id} on {target}: {instance.case.title}",
        f"# {instance.shown}:{instance.case.mark.line}",
        "import warnings",
        ENGINES.get(engine, f"import {engine} as torch"),
        "",
        'warnings.simplefilter("always")',
        "torch.set_warn_always(True)",
        f'device, host = torch.device("{device}"), torch.device("cpu")',
    ]
    if device != "cpu":
        lines.append("torch.set_default_device(device)")
    if "cuda" in instance.case.needs:
        lines.append(f'accelerator = torch.device("{device if device != "cpu" else "cuda"}")')
    body = [part for step in instance.case.steps for part in _step(step)]
    given = [source.text.rstrip() for source in instance.case.given]
    used = "\n".join([*given, *body])
    for name, text in HELPERS.items():
        if f"{name}(" in used:
            lines.append(text.rstrip())
    lines.append("")
    lines.extend(f"{name} = {text}" for name, text in instance.bindings)
    lines.extend(f"{name} = {_plain(value)}" for name, value in instance.row)
    return "\n".join([*lines, *given, *body]) + "\n"


def _step(step: Step) -> list[str]:
    text = step.run.text.rstrip()
    asked = [f"print({a.expression.text!r}, '=', {a.expression.text})" for a in step.expect]
    if step.raises is None:
        return ["", text, *asked]
    indented = "\n".join(f"    {line}" if line.strip() else line for line in text.split("\n"))
    return [
        "",
        "try:",
        indented,
        "except Exception as error:",
        '    print(f"{type(error).__name__}: {error}")',
        *asked,
    ]


def _plain(value: object) -> str:
    """A row's value as Python: tuples stand for the lists that the YAML file has."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, float):
        return {"nan": "float('nan')", "inf": "float('inf')", "-inf": "-float('inf')"}.get(str(value), repr(value))
    return repr(value)
