"""Derivatives of functions: vjp, jvp, jacobian, hessian, vhp, hvp (torch.autograd.functional).

The rule: the function is run on detached inputs (on views of them with `create_graph`, so that the
result can be differentiated with respect to the originals) and differentiated backwards. A product with
the Jacobian itself, J v, needs no forward mode: the vector-Jacobian product is linear in its vector,
and its derivative with respect to that vector is J (the double backward trick). Parts on which the
outputs do not depend give zeros, or raise in strict mode.
"""

import reference_engine as torch

from . import forward_ad

_STRATEGIES = 'Expected strategy to be either "forward-mode" or "reverse-mode".'
_VECTOR_NEEDED = "The vector v can only be None if {what} a single Tensor with a single element."
_FUNCTION_RETURNS = "the user-provided function returns"
_INPUT_IS = "the input to the user-provided function is"
_STRICT = "This is not allowed in strict mode"


# ---------------------------------------------------------------- arguments and results


def _as_tuple(value, what, where):
    """(whether it was a tuple, the tuple). Raises TypeError for anything but tensors."""
    is_tuple = isinstance(value, tuple)
    values = value if is_tuple else (value,)
    for index, entry in enumerate(values):
        if not isinstance(entry, torch.Tensor):
            found = f"value at index {index}" if is_tuple else f"given {what}"
            raise TypeError(
                f"The {what} given to {where} must be either a Tensor or a tuple of Tensors but the {found} "
                f"has type {type(entry)}."
            )
    return is_tuple, values


def _like(is_tuple, values):
    return values if is_tuple else values[0]


def _fresh(inputs, create_graph, requires_grad=True):
    """Tensors to differentiate with respect to, apart from the user's own graph unless one is to be
    created.
    """
    return tuple(
        tensor.view_as(tensor)
        if create_graph and tensor.requires_grad
        else tensor.detach().requires_grad_(requires_grad)
        for tensor in inputs
    )


def _released(values, create_graph):
    """Results as the caller gets them: cut off from the graph unless it was asked for."""
    if isinstance(values, tuple):
        return tuple(_released(value, create_graph) for value in values)
    return values if create_graph else values.detach()


def _call(func, inputs, where):
    return _as_tuple(func(*inputs), "outputs of the user-provided function", where)


def _scalar_output(func, inputs, where, strict):
    """Run a function that must return one tensor of one element."""
    is_tuple, outputs = _call(func, inputs, where)
    _demand_grad(outputs, "outputs", strict)
    if is_tuple:
        raise RuntimeError(f"The function given to {where} should return a single Tensor")
    if outputs[0].nelement() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {where} should contain a single element")
    return outputs


def _vector(v, references, is_tuple, create_graph, where, what):
    """The vector of a product, one tensor per reference; one where the reference is a single element.

    `what` begins the text about the reference. Raises RuntimeError where it is missing or does not fit.
    """
    if v is None:
        if len(references) != 1 or references[0].nelement() != 1:
            raise RuntimeError(_VECTOR_NEEDED.format(what=what))
        return (torch.ones_like(references[0]),)
    _, vectors = _as_tuple(v, "v", where)
    vectors = _fresh(vectors, create_graph, requires_grad=False)
    if len(vectors) != len(references):
        if is_tuple:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(references)} but got {len(vectors)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for index, (vector, reference) in enumerate(zip(vectors, references, strict=True)):
        if vector.size() != reference.size():
            entry = f"Entry {index} in " if is_tuple else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {reference.size()} but got {vector.size()}.")
    return vectors


# ---------------------------------------------------------------- differentiation and strictness


def _grad(outputs, inputs, grad_outputs=None, create_graph=False, retain_graph=None):
    """`torch.autograd.grad` with None for all that is not connected."""
    grad_outputs = grad_outputs or (None,) * len(outputs)
    pairs = [
        (output, grad)
        for output, grad in zip(outputs, grad_outputs, strict=True)
        if output is not None and output.requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    roots, seeds = zip(*pairs, strict=True)
    return torch.autograd.grad(
        roots, inputs, seeds, allow_unused=True, create_graph=create_graph, retain_graph=retain_graph
    )


_NOT_CONNECTED = {
    "outputs": (
        "Output {i} of the user-provided function does not require gradients. The outputs must be "
        "computed in "
        "a differentiable manner from the input when running in strict mode."
    ),
    "grad_inputs": (
        "The gradient with respect to input {i} is independent of the inputs of the user-provided function. "
        "This is not allowed in strict mode."
    ),
    "jacobian": (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to "
        "input {i} is independent of the input. This is not allowed in strict mode. You should ensure "
        "that your "
        "function is twice differentiable and that the jacobian depends on the inputs (this would be "
        "violated by "
        "a linear function for example)."
    ),
}


def _demand_grad(tensors, stage, strict):
    """In strict mode, raise RuntimeError for a tensor through which nothing can be differentiated."""
    for index, tensor in enumerate(tensors if strict else ()):
        if tensor is None:
            raise RuntimeError(f"The output of the user-provided function is independent of input {index}. {_STRICT}.")
        if not tensor.requires_grad:
            raise RuntimeError(_NOT_CONNECTED[stage].format(i=index))


_MISSING = {
    "back": "The output of the user-provided function is independent of input {i}. {strict}.",
    "back_trick": (
        "The gradient with respect to the input is independent of entry {i} in the grad_outputs when using "
        "the double backward trick to compute forward mode gradients. {strict}."
    ),
    "double_back": "The jacobian of the user-provided function is independent of input {i}. {strict}.",
    "double_back_trick": (
        "The hessian of the user-provided function is independent of entry {i} in the grad_jacobian. "
        "{strict} as it prevents from using the double backward trick to replace forward mode AD."
    ),
}


def _completed(grads, references, strict, create_graph, stage):
    """Zeros in place of None; in strict mode RuntimeError instead, also for what has no graph of its own."""
    subject = "hessian" if "double" in stage else "jacobian"
    completed = []
    for index, (grad, reference) in enumerate(zip(grads, references, strict=True)):
        if grad is None:
            if strict:
                raise RuntimeError(_MISSING[stage].format(i=index, strict=_STRICT))
            grad = torch.zeros_like(reference)
        elif strict and create_graph and not grad.requires_grad:
            raise RuntimeError(
                f"The {subject} of the user-provided function is independent of input {index}. {_STRICT} "
                "when create_graph=True."
            )
        completed.append(grad)
    return tuple(completed)


def _recording(create_graph):
    return torch.set_grad_enabled(create_graph or torch.is_grad_enabled())


# ---------------------------------------------------------------- products


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), v^T J): `v` has the outputs' shapes, the product the inputs'.

    Raises TypeError for what are no tensors, RuntimeError for a vector that does not fit and in strict mode
    for outputs that do not depend on an input.
    """
    with torch.enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph)
        is_outputs_tuple, outputs = _call(func, inputs, "vjp")
        _demand_grad(outputs, "outputs", strict)
        v = _vector(v, outputs, is_outputs_tuple, create_graph, "vjp", _FUNCTION_RETURNS)
    with _recording(create_graph):
        grads = _grad(outputs, inputs, v, create_graph=create_graph)
        products = _completed(grads, inputs, strict, create_graph, "back")
    return (
        _like(is_outputs_tuple, _released(outputs, create_graph)),
        _like(is_inputs_tuple, _released(products, create_graph)),
    )


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), J v): `v` has the inputs' shapes, the product the outputs'. Raises as `vjp`."""
    with torch.enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "jvp")
        inputs = _fresh(inputs, create_graph)
        v = _vector(v, inputs, is_inputs_tuple, create_graph, "jvp", _INPUT_IS)
        is_outputs_tuple, outputs = _call(func, inputs, "jvp")
        _demand_grad(outputs, "outputs", strict)
        # The vector-Jacobian product's own vector; its value does not matter, its derivative is taken.
        seeds = tuple(torch.zeros_like(output, requires_grad=True) for output in outputs)
        grads = _grad(outputs, inputs, seeds, create_graph=True)
        _demand_grad(grads, "grad_inputs", strict)
    with _recording(create_graph):
        tangents = _grad(grads, seeds, v, create_graph=create_graph)
        products = _completed(tangents, outputs, strict, create_graph, "back_trick")
    return (
        _like(is_outputs_tuple, _released(outputs, create_graph)),
        _like(is_outputs_tuple, _released(products, create_graph)),
    )


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), v^T H) of a function with one element as result. Raises as `vjp`."""
    with torch.enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "vhp")
        inputs = _fresh(inputs, create_graph)
        v = _vector(v, inputs, is_inputs_tuple, create_graph, "vhp", _INPUT_IS)
        outputs = _scalar_output(func, inputs, "vhp", strict)
        jacobian_rows = _grad(outputs, inputs, create_graph=True)
        _demand_grad(jacobian_rows, "jacobian", strict)
    with _recording(create_graph):
        grads = _grad(jacobian_rows, inputs, v, create_graph=create_graph)
        products = _completed(grads, inputs, strict, create_graph, "double_back")
    return (
        _released(outputs[0], create_graph),
        _like(is_inputs_tuple, _released(products, create_graph)),
    )


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(*inputs), H v) of a function with one element as result. Raises as `vjp`."""
    with torch.enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "hvp")
        inputs = _fresh(inputs, create_graph)
        v = _vector(v, inputs, is_inputs_tuple, create_graph, "hvp", _INPUT_IS)
        outputs = _scalar_output(func, inputs, "hvp", strict)
        jacobian_rows = _grad(outputs, inputs, create_graph=True)
        _demand_grad(jacobian_rows, "jacobian", strict)
        seeds = tuple(torch.zeros_like(tensor, requires_grad=True) for tensor in inputs)
        products_of_seeds = _grad(jacobian_rows, inputs, seeds, create_graph=True)
    with _recording(create_graph):
        grads = _grad(products_of_seeds, seeds, v, create_graph=create_graph)
        products = _completed(grads, inputs, strict, create_graph, "double_back_trick")
    return (
        _released(outputs[0], create_graph),
        _like(is_inputs_tuple, _released(products, create_graph)),
    )


# ---------------------------------------------------------------- whole matrices


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """The Jacobian: one tensor of shape (*output, *input) per output and input, in tuples where those are.

    `vectorize` only promises speed and changes no value here. Raises AssertionError for an unknown strategy,
    NotImplementedError or RuntimeError for combinations that torch does not offer, and as `vjp`.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            f'{_STRATEGIES} Hint: If your function has more outputs than inputs, "forward-mode" tends '
            f"to be more "
            'performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        return _jacobian_forward(func, inputs, create_graph, strict, vectorize)
    with torch.enable_grad():
        is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph)
        is_outputs_tuple, outputs = _call(func, inputs, "jacobian")
        _demand_grad(outputs, "outputs", strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported "
                "together. Please either set `strict=False` or `vectorize=False`."
            )
        blocks = tuple(
            _output_rows(number, output, inputs, create_graph, strict) for number, output in enumerate(outputs)
        )
    return _arranged(_released(blocks, create_graph), is_outputs_tuple, is_inputs_tuple)


def _arranged(blocks, is_outputs_tuple, is_inputs_tuple):
    """Blocks indexed [output][input], without the levels that the caller had no tuple for."""
    return _like(is_outputs_tuple, tuple(_like(is_inputs_tuple, row) for row in blocks))


def _output_rows(number, output, inputs, create_graph, strict):
    """The Jacobian of one output: differentiate each of its elements."""
    rows = tuple([] for _ in inputs)
    for position in range(output.nelement()):
        grads = _grad((output.reshape(-1)[position],), inputs, retain_graph=True, create_graph=create_graph)
        for index, (row, grad, tensor) in enumerate(zip(rows, grads, inputs, strict=True)):
            if grad is None:
                if strict:
                    raise RuntimeError(
                        f"Output {number} of the user-provided function is independent of input {index}. {_STRICT}."
                    )
                grad = torch.zeros_like(tensor)
            elif strict and create_graph and not grad.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {number}. {_STRICT} "
                    "when create_graph=True."
                )
            row.append(grad)
    return tuple(
        torch.stack(row, dim=0).view(output.size() + tensor.size()) for row, tensor in zip(rows, inputs, strict=True)
    )


def _jacobian_forward(func, inputs, create_graph, strict, vectorize):
    """Column by column in forward mode: one pass for each element of the inputs."""
    where = "torch.autograd.functional.jacobian"
    if strict:
        raise RuntimeError(
            f'{where}: `strict=True` and `strategy="forward-mode"` are not supported together (yet). Please '
            'either set `strict=False` or `strategy="reverse-mode"`.'
        )
    if create_graph:
        raise NotImplementedError(
            f'{where}: `create_graph=True` and `strategy="forward-mode"` are not supported together (yet). '
            'Please either set `create_graph=False` or `strategy="reverse-mode"`.'
        )
    is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "jacobian")
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is"
            "only implemented for `vectorize=True`."
        )
    columns, is_outputs_tuple = [], False
    for index, tensor in enumerate(inputs):
        of_input = []
        for position in range(tensor.nelement()):
            direction = torch.zeros_like(tensor).reshape(-1)
            direction[position] = 1
            tangents = {index: direction.view_as(tensor)}
            is_outputs_tuple, products = _forward_product(func, inputs, tangents)
            of_input.append(products)
        columns.append(of_input)
    blocks = tuple(
        tuple(
            torch.stack([products[number] for products in of_input], dim=-1).reshape(
                of_input[0][number].size() + tensor.size()
            )
            for of_input, tensor in zip(columns, inputs, strict=True)
        )
        for number in range(len(columns[0][0]))
    )
    if is_inputs_tuple:  # torch builds lists here, and tuples in all other cases
        return _like(is_outputs_tuple, [list(row) for row in blocks])
    return _arranged(blocks, is_outputs_tuple, False)


def _forward_product(func, inputs, tangents):
    """(whether the outputs are a tuple, tangents of the outputs) for tangents by input number."""
    with forward_ad.dual_level():
        duals = tuple(
            forward_ad.make_dual(tensor, tangents.get(index, torch.zeros_like(tensor)))
            for index, tensor in enumerate(inputs)
        )
        is_tuple, outputs = _call(func, duals, "jacobian")
        unpacked = [forward_ad.unpack_dual(output) for output in outputs]
        return is_tuple, [torch.zeros_like(primal) if tangent is None else tangent for primal, tangent in unpacked]


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """The Hessian of a function with one element as result: one tensor (*input i, *input j) per pair of
    inputs.

    Raises as `jacobian` and `vhp`.
    """
    is_inputs_tuple, inputs = _as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(_STRATEGIES)

    def checked(*args):
        return _scalar_output(func, args, "hessian", strict)[0].squeeze()

    def gradient(*args):
        if outer_jacobian_strategy == "forward-mode":  # the inner graph must exist for the outer pass
            args = tuple(arg.requires_grad_() for arg in args)
        rows = jacobian(checked, args, create_graph=True)
        _demand_grad(rows, "jacobian", strict)
        return rows

    result = jacobian(gradient, inputs, create_graph, strict, vectorize=vectorize, strategy=outer_jacobian_strategy)
    return result if is_inputs_tuple else result[0][0]
