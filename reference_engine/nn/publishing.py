"""Gathering families of classes or functions into one namespace, under the names that PyTorch gives them."""

from types import FunctionType


def defined_in(*modules):
    """Public name to class or function for all that the modules define themselves.

    Each is renamed to the module where PyTorch has it, which is what its repr and messages show.
    """
    found = {}
    for module in modules:
        for name, value in vars(module).items():
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
                value.__module__ = module.__name__.replace("reference_engine", "torch", 1)
                found[name] = value
    return found


def publish_functions(namespace: dict, home: str, elsewhere: dict) -> None:
    """Give the public functions of a namespace the module and name that PyTorch shows for them.

    ``elsewhere`` maps modules to the names, separated by spaces, of functions that only pass through.
    """
    module_of = {name: module for module, names in elsewhere.items() for name in names.split()}
    for name, function in namespace.items():
        if name.startswith("_") or not isinstance(function, FunctionType) or hasattr(function, "row"):
            continue
        function.__module__ = module = module_of.get(name, home)
        if module == "torch":
            function.__qualname__ = f"_VariableFunctionsClass.{name}"
