"""Every differentiable operation against finite differences, on the engine alone: first and second derivatives.

The points are smooth ones (no ties, no whole numbers), in float64, and in complex128 where the operation takes it.
"""

from __future__ import annotations

import functools

import pytest
from hypothesis import Phase, given

import reference_engine
from reference_engine.autograd import gradcheck, gradgradcheck

from .drawing import Example, examples
from .families import catalogue
from .observing import flat
from .running import quiet

OPERATIONS = {
    name: operation
    for name, operation in catalogue().items()
    if operation.differentiable and operation.smooth and operation.form == "function"
}
EXAMPLES = {"float64": 2, "complex128": 1}


def as_function(example: Example):
    """The example's call as a function of its tensors that require grad, and those tensors."""
    scope = {"torch": reference_engine, "F": reference_engine.nn.functional, "inf": float("inf"), "nan": float("nan")}
    for name, text in example.tensors.items():
        scope[name] = eval(text, scope)
    inputs = [scope[name].requires_grad_() for name in example.requires_grad]

    def function(*given):
        local = scope | dict(zip(example.requires_grad, given, strict=True))
        reference_engine.manual_seed(0)
        if example.operation.prepare:
            exec(example.operation.prepare, local)
        results = flat(reference_engine, eval(example.call, local))
        return tuple(r for r in results if isinstance(r, reference_engine.Tensor) and r.requires_grad)

    return function, inputs


def second_derivatives(function, inputs) -> bool:
    """Whether they agree, or are refused: test_agreement compares with what torch refuses."""
    try:
        return gradgradcheck(function, inputs, atol=1e-4)
    except (RuntimeError, NotImplementedError) as error:
        if "is not implemented" in str(error):
            return True
        raise


def check(operation, dtype: str) -> int:
    """How many examples were differentiable, each of which passed."""
    checked = []

    @quiet(10, phases=(Phase.generate,))
    @given(examples(operation, smooth=True, dtype=dtype))
    def run(example):
        if len(checked) >= EXAMPLES[dtype]:
            return
        try:
            function, inputs = as_function(example)
            outputs = function(*inputs)
        except Exception:
            return  # arguments that the operation does not take: test_agreement compares what it says
        # Where a result is not finite (the deviation of one element), no difference of two values is.
        if inputs and outputs and all(output.numel() and output.isfinite().all() for output in outputs):
            assert gradcheck(function, inputs), example.program()
            assert second_derivatives(function, inputs), example.program()
            checked.append(example)

    run()
    return len(checked)


@pytest.mark.parametrize("name", OPERATIONS)
def test_derivatives_agree_with_finite_differences(name):
    operation = OPERATIONS[name]
    checked = check(operation, "float64") + check(operation, "complex128")
    recorded = any(spec.grad and "float64" in spec.dtypes for spec in operation.inputs.values())
    assert checked or not recorded, "no example could be differentiated: declare the operation not differentiable"


def test_a_wrong_derivative_is_noticed():
    operation = OPERATIONS["sin"]
    row = reference_engine.sin.row
    formula, right = row.formulas[0], row.formulas[0].function
    formula.function = functools.wraps(right)(lambda grad, self: grad * self.sin())
    try:
        with pytest.raises(Exception, match="Jacobian mismatch"):
            check(operation, "float64")
    finally:
        formula.function = right
