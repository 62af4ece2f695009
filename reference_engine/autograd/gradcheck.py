"""Derivatives against finite differences: gradcheck, gradgradcheck (torch.autograd.gradcheck).

The rule: every element of every input that requires grad is moved by eps both ways, which gives the numerical
Jacobian; one backward pass per output element gives the analytical one; they must agree within
atol + rtol |numerical|, a second run of the backward passes must repeat the first, and zero
output gradients must give zero input gradients. A complex output is checked as two real ones.

`fast_mode` compares the Jacobians along one random direction only (:mod:`.fast_gradcheck`).
"""

import warnings

import reference_engine as torch

from .function import Function
from .jacobians import (
    GradcheckError,
    agree,
    analytical,
    forward_columns,
    get_analytical_jacobian,
    get_numerical_jacobian,
    numerical,
)

__all__ = ["GradcheckError", "get_analytical_jacobian", "get_numerical_jacobian", "gradcheck", "gradgradcheck"]

_NOT_REENTRANT = (
    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
    "different values, although analytical gradient matches numerical gradient."
    "The tolerance for nondeterminism was {}.\n"
    "\nNOTE: If your op relies on non-deterministic operations i.e., it is listed here:\n"
    "https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html\n"
    "this failure might be expected.\n"
    "\nIf you are adding a new operator, please file an issue and then use one of the\n"
    "workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.\n"
    "If the test\n"
    "- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck\n"
    "  with `nondet_tol=<tol>` as a keyword argument.\n"
    "- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test\n"
    "  to have `gradcheck_nondet_tol=<tol>`.\n"
    "- is a Module test (e.g., in common_nn.py), then modify the corresponding\n"
    "  module_test entry to have `gradcheck_nondet_tol=<tol>`\n"
)
_UNDEFINED = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'

_NEW_FEATURE = (
    "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may "
    "break existing callers of this function. If this is true for you, you can call this function with "
    '"check_undefined_grad=False" to disable the feature'
)


class _Undefined(Function):
    """The identity, whose backward hands on no gradient at all."""

    @staticmethod
    def forward(ctx, tensor):
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx, grad):
        return None


# ---------------------------------------------------------------- inputs and outputs


def _listed(value):
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _differentiable(tensors):
    return [t for t in tensors if isinstance(t, torch.Tensor) and (t.is_floating_point() or t.is_complex())]


def _checked_inputs(inputs):
    """The numbers of the inputs to differentiate. Raises ValueError if there are none."""
    chosen = [i for i, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]
    for index in chosen:
        x = inputs[index]
        if x.dtype not in (torch.float64, torch.complex128):
            warnings.warn(
                f"Input #{index} requires gradient and is not a double precision floating point or complex. "
                "This check will likely fail if all the inputs are not of double precision floating point "
                "or complex. ",
                stacklevel=3,
            )
        if any(step == 0 and size > 1 for step, size in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"The {index}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                ".contiguous on the input before passing it to gradcheck."
            )
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    return chosen


# ---------------------------------------------------------------- the checks

_FORWARD = "Jacobian computed with forward mode mismatch"


def _considering(part, of, split):
    return f"While considering the {part} part of complex {of} only, " if split else ""


def mismatch(prefix, words, output, at, found, wanted):
    """What two derivatives that do not agree are reported as."""
    return f"{prefix}{words} for output {output} with respect to input {at},\nnumerical:{wanted}\nanalytical:{found}\n"


class Check:
    """One run of gradcheck: the function, its inputs and the tolerances."""

    def __init__(self, func, inputs, chosen, options):
        self.func, self.inputs, self.chosen, self.options = func, inputs, chosen, options

    def outputs(self, inputs):
        return _differentiable(_listed(self.func(*inputs)))

    def run(self):
        found = _listed(self.func(*self.inputs))
        outputs = [output for output in _differentiable(found) if output.requires_grad]
        if not any(output.requires_grad for output in found):
            self._expect_zero_slopes()
            return
        self.kept = [output.requires_grad for output in _differentiable(found)]
        if self.options["check_backward_ad"]:
            parts = [("", lambda output: output)]
            if any(output.is_complex() for output in outputs):
                parts = [("imaginary", torch.imag), ("real", torch.real)]
            for name, part in parts:
                self._backward(name, part, outputs)
        if self.options["check_forward_ad"]:
            self._forward_in_parts()
        if self.options["check_backward_ad"]:
            self._zero_grads_give_zero(outputs)
            if self.options["check_undefined_grad"]:
                self._undefined_grads_give_zero()

    def _expect_zero_slopes(self):
        for index in self.chosen:
            for jacobian in numerical(self.outputs, self.inputs, index, self.options["eps"]):
                if not (jacobian == 0).all():
                    raise GradcheckError("Numerical gradient for function expected to be zero")

    def _differentiated(self, inputs):
        return [output for output, kept in zip(self.outputs(inputs), self.kept, strict=True) if kept]

    # -- backward mode: complex outputs by their parts, so that all outputs are real

    def _backward(self, name, part, outputs):
        def function(inputs):
            return [part(output) if output.is_complex() else output for output in self._differentiated(inputs)]

        self._backward_agrees(name, function, [part(output) if output.is_complex() else output for output in outputs],
                              [output.is_complex() for output in outputs])  # fmt: skip

    def _backward_agrees(self, name, function, outputs, split):
        slopes = [numerical(function, self.inputs, index, self.options["eps"]) for index in self.chosen]
        inputs = [self.inputs[index] for index in self.chosen]
        for number, output in enumerate(outputs):
            first = analytical(output, inputs, self.options["check_grad_dtypes"])
            prefix = _considering(name, "outputs", split[number])
            self._repeats(prefix, first, analytical(output, inputs, False))
            for at, jacobian in enumerate(first):
                self._demand(prefix, "Jacobian mismatch", number, at, jacobian, slopes[at][number])

    def _repeats(self, prefix, first, again):
        """Demand that a second run of the passes gives the same."""
        tolerance = self.options["nondet_tol"]
        for jacobian, repeated in zip(first, again, strict=True):
            if jacobian.numel() and (jacobian - repeated).abs().max() > tolerance:
                raise GradcheckError(prefix + _NOT_REENTRANT.format(tolerance))

    # -- forward mode: complex inputs by their parts, so that all inputs are real

    def _forward_in_parts(self):
        split = [isinstance(x, torch.Tensor) and x.is_complex() for x in self.inputs]
        if not any(split):
            self._forward("", self._differentiated, self.inputs, split)
            return
        fixed = [x.detach() if of_parts else x for x, of_parts in zip(self.inputs, split, strict=True)]
        for name, part, joined in (
            ("imaginary", torch.imag, lambda moved, whole: torch.complex(torch.real(whole), moved)),
            ("real", torch.real, lambda moved, whole: torch.complex(moved, torch.imag(whole))),
        ):

            def function(inputs, joined=joined):
                return self._differentiated(
                    [joined(x, w) if of_parts else x for x, w, of_parts in zip(inputs, fixed, split, strict=True)]
                )

            parts = [
                part(x).detach().clone().requires_grad_(x.requires_grad) if of_parts else x
                for x, of_parts in zip(self.inputs, split, strict=True)
            ]
            self._forward(name, function, parts, split)

    def _forward(self, name, function, inputs, split):
        for at, index in enumerate(self.chosen):
            slopes = numerical(function, inputs, index, self.options["eps"])
            prefix = _considering(name, "inputs", split[index])
            for number, jacobian in enumerate(forward_columns(function, inputs, index)):
                self._demand(prefix, _FORWARD, number, at, jacobian, slopes[number])

    def _demand(self, prefix, words, output, at, found, wanted):
        if not agree(found, wanted, self.options["rtol"], self.options["atol"]):
            raise GradcheckError(mismatch(prefix, words, output, at, found, wanted))

    def _zero_grads_give_zero(self, outputs):
        inputs = [self.inputs[index] for index in self.chosen]
        zeros = [torch.zeros_like(output) for output in outputs]
        results = torch.autograd.grad(outputs, inputs, zeros, retain_graph=True, allow_unused=True)
        if not all(grad is None or (grad == 0).all() for grad in results):
            raise GradcheckError("backward not multiplied by grad_output")

    def _undefined_grads_give_zero(self):
        """Backward must take undefined gradients for zeros: all of them at once, then one output's at a time."""
        inputs = [self.inputs[index] for index in self.chosen]
        count = len(self._differentiated(self.inputs))
        for missing in [range(count)] + [(number,) for number in range(count) if count > 1]:
            outputs = self._differentiated(self.inputs)
            roots = [_Undefined.apply(o) if number in missing else o for number, o in enumerate(outputs)]
            zeros = [torch.zeros_like(root) for root in roots]
            try:
                results = torch.autograd.grad(roots, inputs, zeros, allow_unused=True)
            except RuntimeError as error:
                warnings.warn(_NEW_FEATURE, stacklevel=2)
                raise GradcheckError(
                    f"Expected backward function to handle undefined output grads. {_UNDEFINED}"
                ) from error
            if not all(grad is None or (grad == 0).all() for grad in results):
                warnings.warn(_NEW_FEATURE, stacklevel=2)
                raise GradcheckError(
                    "Expected all input grads to be undefined or zero when all output grads are undefined or "
                    f"zero. {_UNDEFINED}"
                )


def gradcheck(
    func,
    inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the derivatives of `func` at `inputs` agree with finite differences.

    Raises GradcheckError for those that do not (returns False if `raise_exception` is False), ValueError when no
    input requires grad, AssertionError when neither mode is to be checked.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    options = {
        "eps": eps,
        "atol": atol,
        "rtol": rtol,
        "nondet_tol": nondet_tol,
        "check_undefined_grad": check_undefined_grad,
        "check_grad_dtypes": check_grad_dtypes,
        "check_forward_ad": check_forward_ad,
        "check_backward_ad": check_backward_ad,
    }
    try:
        inputs = _listed(inputs)
        kind = Check
        if fast_mode:
            from .fast_gradcheck import FastCheck as kind
        kind(func, inputs, _checked_inputs(inputs), options).run()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient: of `func`'s backward as a function of inputs and output gradients.

    Output gradients are drawn from the normal distribution unless given. Raises as `gradcheck`.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    inputs = _listed(inputs)
    if grad_outputs is None:
        outputs = _differentiable(_listed(func(*inputs)))
        grad_outputs = tuple(_random_like(output, gen_non_contig_grad_outputs) for output in outputs)
    else:
        grad_outputs = _listed(grad_outputs)
    count = len(grad_outputs)
    differentiated = [index for index, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]

    def gradient(*args):
        args, seeds = args[: len(args) - count], args[len(args) - count :]
        args = tuple(x.requires_grad_() if index in differentiated and x.is_leaf else x for index, x in enumerate(args))
        outputs = _differentiable(_listed(func(*args)))
        grads = torch.autograd.grad(
            outputs,
            [args[index] for index in differentiated],
            seeds,
            create_graph=True,
            allow_unused=True,
        )
        return tuple(grad for grad in grads if grad is not None)

    return gradcheck(
        gradient,
        inputs + grad_outputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
    )


def _random_like(output, strided):
    if not strided:
        return torch.randn_like(output).requires_grad_()
    wide = torch.randn(*output.shape, 2, dtype=output.dtype, device=output.device)
    return wide[..., 0].detach().requires_grad_()
