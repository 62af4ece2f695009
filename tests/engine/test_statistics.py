"""Statistics, differences, distances and searches against the installed torch, by the means of `test_operations`."""

from __future__ import annotations

import pytest
import torch

import reference_engine

from . import test_operations as operations

STATISTICS = (
    "x.aminmax()[0] x.aminmax(dim=1)[1] z.aminmax(dim=0,keepdim=True)[1] x.nansum() x.nansum(0) x.nansum((0,1),True) "
    "x.nanmean() x.nanmean(1) x.nanmedian() z.nanmedian() x.nanmedian(1)[0] x.kthvalue(2)[0] z.kthvalue(3,1)[0] "
    "x.kthvalue(1,0,True)[0] z.mode()[0] z.mode(0)[0] z.mode(1,True)[0] x.msort() b.quantile(0.3) b.quantile(0.3,1) "
    "b.quantile(0.25,2,keepdim=True) b.quantile(0.6,0,interpolation='nearest') b.nanquantile(0.3,1) "
    "b.quantile(0.3,1,interpolation='midpoint') b.quantile(torch.tensor([.3,.7],dtype=torch.float64),1) "
    "torch.std_mean(x)[0] torch.std_mean(x,0)[1] torch.var_mean(x,1,keepdim=True)[0] torch.var_mean(x)[0] "
    "torch.var_mean(b,(0,2),correction=0)[0] x.logcumsumexp(0) x.logcumsumexp(1) s.logcumsumexp(0) x.cov() v.cov() "
    "x.cov(correction=0) x.corrcoef() v.corrcoef()"
)
CALCULUS = (
    "x.diff() x.diff(2) b.diff(dim=1) x.diff(0) v.diff(prepend=v[:1]) x.diff(append=y) torch.trapezoid(x) "
    "torch.trapezoid(x,y) torch.trapezoid(x,v) torch.trapezoid(x,dx=0.5) torch.trapezoid(b,dim=1) "
    "torch.cumulative_trapezoid(x) torch.cumulative_trapezoid(x,y,dim=0) torch.cumulative_trapezoid(x,dx=2.) "
    "torch.gradient(x)[0] torch.gradient(x,spacing=2.,dim=1)[0] torch.gradient(v,edge_order=2)[0] "
    "torch.gradient(b,dim=(1,2))[1]"
)
DISTANCES = (
    "torch.dist(x,y) torch.dist(x,y,1) torch.dist(x,y,3) torch.dist(x,row,float('inf')) x.renorm(2,0,1.) "
    "x.renorm(1,1,2.) b.renorm(3,1,0.5)"
)
PAIRWISE = "torch.cdist(x,y) torch.cdist(x,y,1.) torch.cdist(b,x,3.) torch.cdist(x,b,float('inf')) torch.pdist(x)"
EXPRESSIONS = [e for group in (STATISTICS, CALCULUS, DISTANCES) for e in group.split()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_agrees_with_torch(expression):
    operations.test_agrees_with_torch(expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_forward_mode_agrees_with_backward(expression):
    operations.test_forward_mode_agrees_with_backward(expression)


@pytest.mark.parametrize("expression", PAIRWISE.split())
def test_distances_of_pairs_agree_but_have_no_second_derivative(expression):
    seen = []
    for library in (torch, reference_engine):
        inputs, result = operations.evaluate(library, expression)
        seed = library.tensor(operations.seeds(tuple(result.shape), 1), dtype=library.float64)
        grads = library.autograd.grad(result, list(inputs.values()), seed, create_graph=True)
        with pytest.raises(NotImplementedError) as refused:
            grads[0].sum().backward()
        seen.append([result.tolist(), result.grad_fn.name(), operations.saved_by(result.grad_fn),
                     [g.tolist() for g in grads], grads[0].grad_fn.name(), str(refused.value)])  # fmt: skip
    assert operations.close(*seen)


SEARCHES = """
torch.unique(k, return_inverse=True, return_counts=True)
torch.unique(k, dim=1, return_inverse=True)
torch.unique_consecutive(k, return_inverse=True, return_counts=True)
torch.unique_consecutive(k, dim=0, return_counts=True)
torch.isin(k, 2)
torch.isin(k, i, invert=True)
torch.searchsorted(k.sort(1)[0], l)
torch.searchsorted(i.sort()[0], l, right=True, out_int32=True)
torch.searchsorted(x.detach().sort(1)[0], y.detach(), side="left")
torch.bucketize(x, torch.tensor([-1.0, 0.0, 0.5]))
x.histc(4)
x.histc(5, -1, 1)
torch.histogram(x.detach(), 4)
torch.histogram(x.detach(), torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64), density=True)
torch.bincount(i, minlength=5)
torch.bincount(i, weights=v[:3].detach())
torch.count_nonzero(z)
torch.count_nonzero(z, 0)
torch.count_nonzero(z, (0, 1))
torch.argwhere(mask)
torch.nonzero_static(mask, size=3)
torch.nonzero_static(mask, size=12, fill_value=7)
torch.unravel_index(k, (2, 2))
torch.mode(k)
torch.kthvalue(k, 2, 0)
torch.nanmedian(torch.tensor([[1.0, float("nan"), 3.0], [float("nan")] * 3]), 1)
torch.nanquantile(torch.tensor([1.0, float("nan"), 3.0]), 0.4)
torch.quantile(torch.tensor([1.0, float("nan"), 3.0]), 0.4)
torch.unique(x).grad_fn.name()
torch.unique_consecutive(x, dim=0).grad_fn.name()
torch.quantile(x, 1.5)
torch.quantile(k, 0.5)
torch.kthvalue(x, 9)
torch.trapezoid(s)
torch.gradient(x[:1])
torch.cov(b)
torch.pdist(v)
torch.cdist(x, v)
torch.cdist(x, b[:, :, :2])
torch.renorm(v, 2, 0, 1.0)
torch.std_mean(k)
torch.nanmean(k)
torch.histc(k, 4)
torch.logcumsumexp(k, 0)
torch.aminmax(x[:, :0])
"""


@pytest.mark.parametrize("expression", SEARCHES.strip().splitlines())
def test_answers_and_refusals_agree(expression):
    def attempt(library):
        inputs, _ = operations.evaluate(library, "x+y+z+b+v+s")
        scope = {"torch": library, **inputs}
        exec(operations.CONSTANTS, scope)
        try:
            result = eval(expression, scope)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            return type(error).__name__, str(error)
        parts = result if isinstance(result, tuple) else (result,)
        return [str(part) if isinstance(part, str) else (str(part.dtype), part.tolist()) for part in parts]

    wanted, found = attempt(torch), attempt(reference_engine)
    assert operations.close(wanted, found), (wanted, found)
