"""Every operation of the table against the installed torch: value, layout, history, what is saved, derivatives.

A case is an expression over the tensors of :data:`INPUTS`. It is evaluated with torch and with the engine; compared
are the result's dtype, shape, strides and values, the name of its ``grad_fn`` and what that saves, the gradient, the
gradient of the gradient, and the forward-mode derivative.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

import reference_engine

_RNG = np.random.default_rng(7)
INPUTS = {
    "x": _RNG.uniform(-2, 2, (3, 4)),
    "y": _RNG.uniform(-2, 2, (3, 4)),
    "p": _RNG.uniform(0.2, 0.9, (3, 4)),
    "q": _RNG.uniform(1.1, 3, (3, 4)),
    "row": _RNG.uniform(-2, 2, (4,)),
    "col": _RNG.uniform(-2, 2, (3, 1)),
    "v": _RNG.uniform(-2, 2, (4,)),
    "m": _RNG.uniform(-2, 2, (4, 2)),
    "b": _RNG.uniform(-2, 2, (2, 3, 4)),
    "c": _RNG.uniform(-2, 2, (2, 4, 2)),
    "s": np.array(1.5),
    "o": _RNG.uniform(-2, 2, (1, 3, 1)),
    "z": np.array([[0.0, 1.0, -1.0, 0.0], [2.0, 2.0, 0.0, 1.0], [1.0, 3.0, 3.0, 3.0]]),
}
CONSTANTS = """
i = torch.tensor([0, 2, 0])
k = torch.tensor([[0, 1, 1, 3], [2, 2, 0, 1], [3, 0, 0, 0]])
l = torch.tensor([[0, 1, 1, 2], [2, 2, 0, 1], [1, 0, 0, 0]])
mask = torch.tensor([[True, False, True, True], [False, False, True, False], [True, True, False, False]])
"""

UNARY = (
    "x.neg() x.exp() x.exp2() x.expm1() q.log() q.log2() q.log10() q.log1p() q.sqrt() q.rsqrt() q.reciprocal() "
    "x.sin() "
    "x.cos() x.tan() p.asin() p.acos() x.atan() x.sinh() x.cosh() x.tanh() x.asinh() q.acosh() p.atanh() x.sigmoid() "
    "x.relu() x.abs() x.sign() x.sgn() x.floor() x.ceil() x.trunc() x.frac() x.round() x.erf() x.square() "
    "z.relu() z.abs() z.clamp(min=0) z.clamp(0,2) x.clamp(-1,1) x.clamp_min(0.5) x.clamp_max(0.5) z.clamp_min(0) "
    "x.nan_to_num() x.clone() x.t().contiguous() torch.relu(x) torch.sigmoid(x) torch.exp(x)"
)
BINARY = (
    "x+y x-y x*y x/q x+row x*row x-col x/q[0] x*col x+1 1+x x-1 1-x x*2 2*x x/2 2/q x**2 x**3 q**0.5 q**-1 q**2.5 "
    "x**0 q**y "
    "2**x q**row x%q x%2 x.fmod(q) torch.add(x,y,alpha=2) torch.sub(x,row,alpha=3) x.add(1,alpha=2) "
    "torch.maximum(x,y) "
    "torch.minimum(x,y) torch.maximum(z,z*1) torch.minimum(z,col) torch.atan2(x,q) x.lerp(y,0.25) x.lerp(y,0.75) "
    "x.lerp(y,p) "
    "torch.addcmul(x,y,p,value=2) torch.addcdiv(x,y,q,value=2) torch.where(mask,x,y) torch.where(mask,x,row) "
    "torch.where(mask,x,0.) x.clamp(min=y) x.clamp(p,q) x.masked_fill(mask,5.) x*s s*x x+s s**x.abs() "
    "x.mul(y).div(q) "
    "x.div(q,rounding_mode='floor') x.div(q,rounding_mode='trunc')"
)
REDUCTIONS = (
    "x.sum() x.sum(0) x.sum(1,keepdim=True) x.sum((0,1)) b.sum((0,2)) x.mean() x.mean(0) b.mean((0,1),keepdim=True) "
    "x.prod() "
    "x.prod(0) x.prod(1,keepdim=True) z.prod() z.prod(1) x.max() x.min() x.max(1)[0] x.min(0)[0] z.max() "
    "z.max(0)[0] x.amax() "
    "x.amax(1) z.amax(1) x.amin(0,keepdim=True) x.std() x.std(0) x.var() x.var(1,keepdim=True) "
    "x.var(unbiased=False) x.norm() "
    "x.norm(dim=1) x.norm(1) x.norm(3) x.norm(float('inf')) x.logsumexp(0) x.logsumexp((0,1)) x.softmax(1) "
    "x.log_softmax(0) "
    "x.cumsum(0) x.cumsum(1) x.cumprod(1) z.cumprod(1) x.sort(1)[0] x.sort(0,descending=True)[0] x.topk(2)[0] "
    "x.cummax(1)[0] "
    "x.cummin(0)[0] x.median() x.median(1)[0] s.sum() s.mean() s.max() s.prod() s.norm() x.sum_to_size(1,4) "
    "b.sum_to_size(3,1)"
)
VIEWS = (
    "x.view(4,3) x.view(-1) x.reshape(2,6) x.t() x.t().reshape(12) x.T x.mT x.permute(1,0) b.permute(2,0,1) "
    "b.transpose(0,2) "
    "x[0] x[1:] x[:,1] x[:,::2] x[0,1] x[...,1] x[None] x[:,None] x[-1] b[1,:,2:] x.select(1,2) x.narrow(1,1,2) "
    "x.unsqueeze(0) "
    "x.unsqueeze(-1) o.squeeze() o.squeeze(0) o.squeeze(1) o.squeeze((0,2)) row.expand(3,4) col.expand(3,4) "
    "o.expand(2,3,4) "
    "x.expand(2,-1,-1) x.diagonal() b.diagonal(0,1,2) x.diagonal(1) x.as_strided((2,2),(4,1)) "
    "x.as_strided((2,3),(1,1),1) "
    "x.split(2)[0] x.split(2,1)[1] x.split([1,3],1)[1] x.chunk(2)[1] x.unbind()[1] x.unbind(1)[2] "
    "x.tensor_split(2)[0] "
    "x.hsplit(2)[0] x.vsplit(3)[1] x.flatten() b.flatten(1) x.unflatten(1,(2,2)) x.movedim(0,1) "
    "b.movedim((0,1),(2,0)) "
    "x.swapaxes(0,1) x.unfold(1,2,1) x.view_as(y) x.expand_as(b) x.ravel() x.adjoint() x.reshape(3,4) x.squeeze()"
)
INDEXING = (
    "x[i] x[i,i] x[:,i] x[mask] x[mask[:,0]] x[[0,2]] x[i,1] x[i][:,None] b[:,i] b[:,:,i] b[0,i] x.gather(1,k) "
    "x.gather(0,l) "
    "x.index_select(0,i) x.index_select(1,i) x.index_add(0,i,y) x.index_copy(0,torch.tensor([0,2]),y[:2]) "
    "x.index_fill(1,i,0.) "
    "x.scatter(1,k,y) x.scatter(1,k,2.) x.scatter_add(0,l,y) x.take(k) x.masked_select(mask) "
    "x.masked_scatter(mask,y) "
    "x.select_scatter(row,0,1) x.slice_scatter(y[:1],0,1,2) x.diagonal_scatter(col.view(3),0) "
    "x.index_put((i,),y[:1]) x.index_put((i,),y,accumulate=True)"
)
LINEAR = (
    "x@m x@v v@v b@m b@c x@x.t() v@m b@v torch.mm(x,m) torch.mv(x,v) torch.dot(v,row) torch.bmm(b,c) "
    "torch.outer(v,row) "
    "torch.addmm(row[:2],x,m) torch.addmm(row[:2],x,m,beta=2,alpha=3) torch.addmv(col.view(3),x,v) "
    "torch.baddbmm(b[:,:,:2],b,c) "
    "torch.einsum('ij,jk->ik',x,m) torch.einsum('ij->j',x) torch.einsum('bij,bjk->bik',b,c)"
)
JOINING = (
    "torch.cat([x,y]) torch.cat([x,y],1) torch.stack([x,y]) torch.stack([x,y],-1) x.repeat(2,1) x.repeat(2,1,2) "
    "x.tile(2) "
    "x.flip(0) x.flip(0,1) x.roll(1) x.roll(1,0) x.roll((1,2),(0,1)) x.tril() x.triu(1) v.diag() x.diag() "
    "torch.diag_embed(v) "
    "torch.hstack([x,y]) torch.vstack([x,y])"
)
EXPRESSIONS = [e for group in (UNARY, BINARY, REDUCTIONS, VIEWS, INDEXING, LINEAR, JOINING) for e in group.split()]
# Names of the last node that differ because torch composes the operation of others than the engine.
OTHER_NAME = {
    "x.diag()", "v.diag()", "torch.diag_embed(v)", "torch.einsum('ij,jk->ik',x,m)", "torch.einsum('ij->j',x)",
    "torch.einsum('bij,bjk->bik',b,c)",
}  # fmt: skip
# Places are written twice: backward credits every writer, which only the last of them deserves.
WRITES_TWICE = {"x.scatter(1,k,y)", "x.index_put((i,),y[:1])"}


def evaluate(library, expression: str, dtype: str = "float64", requires_grad: bool = True, stored=INPUTS):
    """The tensors of the expression and its result."""
    names = {name: library.tensor(array.tolist(), dtype=getattr(library, dtype)) for name, array in stored.items()}
    used = {}
    scope = {"torch": library}
    exec(CONSTANTS, scope)
    for name, tensor in names.items():
        if requires_grad and _uses(expression, name):
            used[name] = tensor.requires_grad_()
        scope[name] = tensor
    return used, eval(expression, scope)


def _uses(expression: str, name: str) -> bool:
    import re

    return re.search(rf"(?<![\w.'\"]){name}(?![\w('\"])", expression) is not None


def seeds(shape, salt: int) -> list:
    return np.random.default_rng(salt).uniform(-1, 1, shape).tolist()


def saved_by(node) -> dict:
    found = {}
    for name in dir(node):
        if name.startswith("_saved_"):
            value = getattr(node, name)
            found[name] = str(tuple(value.shape)) if hasattr(value, "shape") else _plain(value)
    return found


def _plain(value):
    if isinstance(value, (tuple, list)):
        return [str(tuple(v.shape)) if hasattr(v, "shape") else _plain(v) for v in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def observe(library, expression: str) -> dict:
    inputs, result = evaluate(library, expression)
    seen = {
        "dtype": str(result.dtype), "shape": tuple(result.shape), "stride": tuple(result.stride()),
        "value": result.tolist(), "node": result.grad_fn.name(), "is_view": result._is_view(),
        "saved": saved_by(result.grad_fn),
        "next": len(result.grad_fn.next_functions),
    }  # fmt: skip
    seed = library.tensor(seeds(tuple(result.shape), 1), dtype=library.float64, requires_grad=True)
    grads = library.autograd.grad(result, list(inputs.values()), seed, create_graph=True, allow_unused=True)
    seen["grads"] = [None if g is None else (tuple(g.shape), dense(library, g)) for g in grads]
    second = [g for g in grads if g is not None and g.requires_grad]
    if second:
        weights = [library.tensor(seeds(tuple(g.shape), 2), dtype=library.float64) for g in second]
        twice = library.autograd.grad(second, [*inputs.values(), seed], weights, allow_unused=True)
        seen["double"] = [None if g is None else dense(library, g) for g in twice]
    return seen


def dense(library, tensor) -> list:
    """The elements, also of the tensors without memory by which torch represents some zeros."""
    return (library.zeros(tuple(tensor.shape), dtype=tensor.dtype) + tensor).tolist()


def close(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=1e-9, atol=1e-11, equal_nan=True))
    return a == b or (_is_zero(a) and _is_zero(b))


def _is_zero(value) -> bool:
    """A gradient that is not there counts as zero: formulas may prune differently."""
    if value is None:
        return True
    if isinstance(value, (list, tuple)):
        return all(map(_is_zero, value))
    return value == 0


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_agrees_with_torch(expression):
    wanted, found = observe(torch, expression), observe(reference_engine, expression)
    if expression in OTHER_NAME:
        for seen in (wanted, found):
            for key in ("node", "saved", "next", "is_view"):
                seen.pop(key)
    for key in wanted:
        if key == "double" and key not in found:
            assert _is_zero(wanted[key])
        elif key in ("grads", "double"):
            pairs = [(_values(a), _values(b)) for a, b in zip(wanted[key], found[key], strict=True)]
            same = all(close(a, b) or (_is_zero(a) and _is_zero(b)) for a, b in pairs)
            assert same, (key, wanted[key], found[key])
        else:
            assert close(wanted[key], found[key]), (key, wanted[key], found[key])


def _values(entry):
    return entry[1] if isinstance(entry, tuple) else entry


@pytest.mark.parametrize("expression", [e for e in EXPRESSIONS if e not in WRITES_TWICE])
def test_forward_mode_agrees_with_backward(expression):
    """The tangent along a direction is the gradient's product with it."""
    plain, _ = evaluate(reference_engine, expression)
    forward = reference_engine.autograd.forward_ad
    directions = {n: reference_engine.tensor(seeds(INPUTS[n].shape, 3), dtype=reference_engine.float64) for n in plain}
    with forward.dual_level():
        scope = {"torch": reference_engine}
        exec(CONSTANTS, scope)
        for name, array in INPUTS.items():
            tensor = reference_engine.tensor(array.tolist(), dtype=reference_engine.float64)
            scope[name] = forward.make_dual(tensor, directions[name]) if name in plain else tensor
        result, tangent = forward.unpack_dual(eval(expression, scope))
        tangent = None if tangent is None else tangent.clone()
    inputs, result = evaluate(reference_engine, expression)
    seed = reference_engine.tensor(seeds(tuple(result.shape), 4), dtype=reference_engine.float64)
    grads = reference_engine.autograd.grad(result, list(inputs.values()), seed, allow_unused=True)
    product = sum((g * directions[n]).sum().item() for n, g in zip(inputs, grads, strict=True) if g is not None)
    along = 0.0 if tangent is None else (tangent * seed).sum().item()
    assert along == pytest.approx(product, rel=1e-9, abs=1e-11)


DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool", "complex64")
TYPED = (
    "a+a", "a*a", "a-a", "a/a", "a+1", "a+1.5", "a*2", "2*a", "a/2", "a**2", "a.sum()", "a.sum(0)", "a.mean()",
    "a.exp()", "a.sqrt()", "a.abs()", "-a", "a==a", "a>1", "a.max()", "a.prod()", "a.cumsum(0)", "a@a.t()",
    "a.clamp(0,1)", "a//2", "a%2", "torch.cat([a,a])", "a.float()", "a.double()+a", "a*True", "a+f", "a*f0",
    "f0*a", "a+d0", "a.relu()", "a.sigmoid()", "a.neg()", "a.sign()", "a.floor()", "a.square()",
    "torch.where(a>1,a,1.5)", "a.sort(1)[0]", "a.var()", "a.softmax(0)",
)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("expression", TYPED)
def test_dtypes_agree_with_torch(expression, dtype):
    """The result's dtype and value, or the exception's type and text."""

    def attempt(library):
        a = library.tensor([[0, 1], [2, 3]]).to(getattr(library, dtype))
        scope = {"torch": library, "a": a, "f": library.ones(2), "f0": library.tensor(2.0),
                 "d0": library.tensor(2.0, dtype=library.float64)}  # fmt: skip
        try:
            result = eval(expression, scope)
        except (RuntimeError, TypeError, IndexError) as error:
            return (type(error).__name__, str(error).split("\n")[0])
        return (str(result.dtype), result.to(library.complex128 if result.is_complex() else library.float64).tolist())

    wanted, found = attempt(torch), attempt(reference_engine)
    assert wanted[0] == found[0], (wanted, found)
    if isinstance(wanted[1], str) or isinstance(found[1], str):
        assert wanted[1] == found[1]
    else:
        tolerance = {"float16": 2e-3, "bfloat16": 2e-2}.get(dtype, 1e-6)
        np.testing.assert_allclose(np.array(found[1]), np.array(wanted[1]), rtol=tolerance, atol=tolerance)
