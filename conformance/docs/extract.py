"""Docstrings and signatures of an installed torch, as JSON: a script for any interpreter that has torch.

Standard library only, Python 3.9 and later. Reads from standard input a list of areas, each
`{"area": .., "scope": [patterns], "mentions": [patterns], "except": [patterns]}`, and writes
`{"torch": version, "symbols": [{"area", "name", "mentions", "doc", "signature"}, ..], "missing": [names]}`.

A pattern is a symbol, or a symbol and `.*` for its documented public members. An object that has several
names is read once, under the first: `scope` comes before `mentions`, and a symbol before a pattern.
"""

import importlib
import inspect
import json
import re
import sys
import warnings

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
OF_PYTHON = {object, type, Exception, BaseException, RuntimeError, tuple, dict, int, property}


def find(name):
    """The object called `name`, or None. Raises nothing."""
    parts = name.split(".")
    found, path = importlib.import_module(parts[0]), parts[0]
    for part in parts[1:]:
        path += "." + part
        try:
            found = getattr(found, part)
        except Exception:
            try:
                found = importlib.import_module(path)
            except Exception:
                return None
    return found


def members(owner):
    """Public names of a module or class, in alphabetical order; a class's inherited ones too."""
    if inspect.ismodule(owner):
        names = getattr(owner, "__all__", None)
        if names is None:
            ours = owner.__name__.partition(".")[0]
            names = [n for n in dir(owner) if _from(ours, getattr(owner, n, None))]
    else:
        names = [n for cls in inspect.getmro(owner) if cls not in OF_PYTHON for n in vars(cls)]
    return sorted({n for n in names if not n.startswith("_")})


def _from(package, found):
    """Whether the object is no module, and made by `package` or by its compiled part."""
    where = getattr(found, "__module__", None) or package
    return callable(found) and not inspect.ismodule(found) and where.partition(".")[0] == package


def docstring(found):
    """The docstring that is the object's own, "" without one."""
    doc = getattr(found, "__doc__", None)
    if not isinstance(doc, str) or not doc.strip():
        return ""
    if not inspect.isclass(found) and doc == getattr(type(found), "__doc__", None):
        return ""  # an instance that shows its class's text
    if inspect.isclass(found) and any(doc == base.__doc__ for base in OF_PYTHON):
        return ""
    return doc


def signature(found):
    """Argument names and defaults of a callable, "" where Python cannot tell them."""
    if not callable(found):
        return ""
    try:
        told = inspect.signature(found)
    except (TypeError, ValueError):
        return ""
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in told.parameters.values()]
    try:
        return ADDRESS.sub("", str(told.replace(parameters=bare, return_annotation=inspect.Signature.empty)))
    except ValueError:
        return ""


def expand(patterns):
    """(names that the patterns stand for, those of them that stand for nothing)."""
    names, missing = [], []
    for pattern in patterns:
        if not pattern.endswith(".*"):
            names.append(pattern)
            continue
        owner = find(pattern[:-2])
        if owner is None:
            missing.append(pattern)
            continue
        names += [pattern[:-1] + member for member in members(owner)]
    return names, missing


def main():
    """Answer the request on standard input."""
    warnings.simplefilter("ignore")
    areas = json.load(sys.stdin)
    torch = importlib.import_module("torch")
    symbols, missing, seen = [], [], set()
    for key, many in (("scope", False), ("scope", True), ("mentions", False), ("mentions", True)):
        for area in areas:
            left_out, _ = expand(area["except"])
            names, lost = expand([p for p in area[key] if p.endswith(".*") is many])
            missing += lost
            for name in names:
                found = find(name)
                if found is None and not many:
                    missing.append(name)
                if found is None or name in left_out or (inspect.ismodule(found) and many):
                    continue
                doc = docstring(found)
                same = (name.rpartition(".")[2], doc)
                if not doc or same in seen:
                    continue
                seen.add(same)
                symbols.append(
                    {
                        "area": area["area"],
                        "name": name,
                        "mentions": key == "mentions",
                        "doc": doc,
                        "signature": signature(found),
                    }
                )
    json.dump({"torch": torch.__version__.split("+")[0], "symbols": symbols, "missing": missing}, sys.stdout)


if __name__ == "__main__":
    main()
