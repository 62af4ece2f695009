"""What programs of the tests print: a result with its history, or what was raised."""

SHOWN = """
def names(node):
    return None if node is None else (type(node).__name__, [names(n) for n, _ in node.next_functions])

def show(label, call):
    try:
        result = call()
    except Exception as error:
        print(label, type(error).__name__, error)
        return
    if isinstance(result, torch.Tensor):
        result = (result.tolist(), result.requires_grad, names(result.grad_fn), result._is_view())
    print(label, result)
"""
