"""Gathering families of classes or functions into one namespace, under the names that PyTorch gives them."""


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
