"""gradcheck's fast mode: instead of whole Jacobians J, one number v J u per pair of input and output.

``u`` moves the input along a random direction, ``v`` weighs the output's elements; two function evaluations and one
backward pass give the number in two ways. Where they disagree, the whole Jacobians are computed for the message.

Rule: ``fast_mode`` of ``torch.autograd.gradcheck``.
"""

from __future__ import annotations

import reference_engine as torch

from . import forward_ad
from .gradcheck import Check, mismatch
from .jacobians import GradcheckError, agree, analytical, forward_columns, numerical

_RECOMPUTED = (
    "\nThe above quantities relating the numerical and analytical jacobians are computed \n"
    "in fast mode. See: https://github.com/pytorch/pytorch/issues/53876 for more background \n"
    "about fast mode. Below, we recompute numerical and analytical jacobians in slow mode:\n\n"
    "Numerical:\n {}\nAnalytical:\n{}\n\nThe max per-element difference (slow mode) is: {}.\n"
)
_SLOW_WOULD_PASS = (
    "Fast gradcheck failed but element-wise differences are small. This means that the\n"
    "test might've passed in slow_mode!\n\n"
    "If you are adding a new operator, please file an issue and then use one of the\n"
    "workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck:\n\n"
    "If the test\n"
    "- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck\n"
    "  with `fast_mode=False` as a keyword argument.\n"
    "- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test\n"
    "  to have `gradcheck_fast_mode=False`\n"
    "- is a Module test (e.g., in common_nn.py), then modify the corresponding\n"
    "  module_test entry to have `gradcheck_fast_mode=False`"
)


def _direction(tensor, generator):
    """A random direction among a tensor's elements, of length 1; for complex elements their real parts only."""
    dtype = torch.view_as_real(tensor.detach().resolve_conj()).dtype if tensor.is_complex() else tensor.dtype
    vector = torch.rand(tensor.numel(), generator=generator, device="cpu").to(dtype=dtype, device=tensor.device)
    return vector / vector.norm()


def _input_directions(inputs, generator):
    """Per input a direction, or one for the real and one for the imaginary parts."""
    return [
        (_direction(x, generator), _direction(x, generator)) if x.is_complex() else (_direction(x, generator),)
        for x in inputs
    ]


def _moved(function, inputs, index, delta, eps):
    """The central difference of every output when an input moves by ``delta`` both ways, per ``2 eps``."""
    data = inputs[index].data
    kept = data.clone()
    data.copy_(kept - delta)
    below = [output.detach().clone() for output in function(inputs)]
    data.copy_(kept + delta)
    above = [output.detach().clone() for output in function(inputs)]
    data.copy_(kept)
    return [((a - b) / (2 * eps)).reshape(-1) for a, b in zip(above, below, strict=True)]


def _numerical(function, inputs, index, u, eps):
    """J u per output; for a complex input the derivatives by real and imaginary parts as one complex number."""
    shape = inputs[index].shape
    along_real = _moved(function, inputs, index, u[0].reshape(shape) * eps, eps)
    if len(u) == 1:
        return along_real
    along_imaginary = _moved(function, inputs, index, u[1].reshape(shape) * eps * 1j, eps)
    return [a + b * 1j for a, b in zip(along_real, along_imaginary, strict=True)]


def _dot(a, b):
    wide = torch.promote_types(a.dtype, b.dtype)
    return (a.to(wide) * b.to(wide)).sum()


class FastCheck(Check):
    """The checks of :class:`Check`, along one direction."""

    def _tolerance(self, u, v):
        """A tolerance for each element of J, as the tolerance for one number: it grows with the weights."""
        scale = sum(float(vector.sum()) for vector in u)
        return self.options["atol"] * scale * (1.0 if v is None else float(v.sum()))

    def _expect_zero_slopes(self):
        generator = torch.Generator()
        inputs = [self.inputs[index] for index in self.chosen]
        for index, u in zip(self.chosen, _input_directions(inputs, generator), strict=True):
            for slope in _numerical(self.outputs, self.inputs, index, u, self.options["eps"]):
                if slope.numel() and slope.abs().max() > self.options["nondet_tol"]:
                    raise GradcheckError("Numerical gradient for function expected to be zero")

    def _backward_agrees(self, name, function, outputs, split):
        eps, generator = self.options["eps"], torch.Generator()
        inputs = [self.inputs[index] for index in self.chosen]
        directions = _input_directions(inputs, generator)
        weights = [_direction(output, generator) for output in outputs]
        slopes = [
            _numerical(function, self.inputs, index, u, eps) for index, u in zip(self.chosen, directions, strict=True)
        ]
        found = [self._weighted(name, split, number, output, inputs, v, directions)
                 for number, (output, v) in enumerate(zip(outputs, weights, strict=True))]  # fmt: skip
        for at, u in enumerate(directions):
            for number, v in enumerate(weights):
                wanted, value = _dot(v, slopes[at][number]), found[number][at]
                if agree(value, wanted, self.options["rtol"], self._tolerance(u, v)):
                    continue
                prefix = f"While considering the {name} part of complex outputs only, " if split[number] else ""
                jacobian = analytical(outputs[number], inputs, False)[at]
                whole = numerical(function, self.inputs, self.chosen[at], eps)[number]
                text = mismatch(prefix, "Jacobian mismatch", number, at, value, wanted)
                raise GradcheckError(text + self._recomputed(whole, jacobian))

    def _weighted(self, name, split, number, output, inputs, v, directions):
        """v J u by one backward pass, per input; run twice, which must give the same."""
        first, again = (self._one_pass(output, inputs, v, types) for types in (True, False))
        prefix = f"While considering the {name} part of complex outputs only, " if split[number] else ""
        self._repeats(prefix, first, again)
        values = []
        for row, u in zip(first, directions, strict=True):
            if row.is_complex():
                values.append(row.real.dot(u[0]) + 1j * row.imag.dot(u[1]))
            else:
                values.append(row.dot(u[0]))
        return values

    def _one_pass(self, output, inputs, v, types):
        grads = torch.autograd.grad(output, inputs, v.reshape(output.shape), retain_graph=True, allow_unused=True)
        for grad, x in zip(grads, inputs, strict=True):
            if grad is not None and grad.size() != x.size():
                raise GradcheckError("Analytical gradient has incorrect size")
            if grad is not None and types and self.options["check_grad_dtypes"] and grad.dtype != x.dtype:
                raise GradcheckError("Analytical gradient has incorrect type")
        return [
            torch.zeros_like(x).reshape(-1).detach() if grad is None else grad.detach().reshape(-1).to(x.dtype)
            for grad, x in zip(grads, inputs, strict=True)
        ]

    def _forward(self, name, function, inputs, split):
        eps, generator = self.options["eps"], torch.Generator()
        moved = [inputs[index] for index in self.chosen]
        for at, (index, u) in enumerate(zip(self.chosen, _input_directions(moved, generator), strict=True)):
            slopes = _numerical(function, inputs, index, u, eps)
            duals = list(inputs)
            with forward_ad.dual_level():
                duals[index] = forward_ad.make_dual(inputs[index].detach(), u[0].reshape(inputs[index].shape))
                pairs = [forward_ad.unpack_dual(output) for output in function(duals)]
                found = [(torch.zeros_like(p) if t is None else t).detach().reshape(-1) for p, t in pairs]
            for number, (value, wanted) in enumerate(zip(found, slopes, strict=True)):
                if agree(value, wanted, self.options["rtol"], self._tolerance(u, None)):
                    continue
                prefix = f"While considering the {name} part of complex inputs only, " if split[index] else ""
                whole = numerical(function, inputs, index, eps)[number]
                jacobian = forward_columns(function, inputs, index)[number]
                words = "Jacobian computed with forward mode mismatch"
                raise GradcheckError(mismatch(prefix, words, number, at, value, wanted)
                                     + self._recomputed(whole, jacobian))  # fmt: skip

    def _recomputed(self, wanted, found):
        text = _RECOMPUTED.format(wanted, found, (wanted - found).abs().max())
        same = agree(found, wanted, self.options["rtol"], self.options["atol"])
        return text + _SLOW_WOULD_PASS if same else text
