"""Products of matrices and vectors."""

from ..catalogue import family, operation, real

family("Matrix products")

operation("mm", "x.mm(y)", "torch.mm(x, y)", x=real("n k"), y=real("k m"), out=True, accumulates=True)
operation("mv", "x.mv(y)", "torch.mv(x, y)", x=real("n k"), y=real("k"), out=True, accumulates=True)
operation("dot", "x.dot(y)", "torch.dot(x, y)", x=real("k"), y=real("k"), out=True, accumulates=True)
operation("bmm", "x.bmm(y)", "torch.bmm(x, y)", x=real("b n k"), y=real("b k m"), out=True, accumulates=True)
operation("outer", "x.outer(y)", "torch.outer(x, y)", "x.ger(y)", x=real("n"), y=real("m"), out=True, exact=True)
for title, left, right in (
    ("matrices", "n k", "k m"),
    ("matrix and vector", "n k", "k"),
    ("vector and matrix", "k", "k m"),
    ("vectors", "k", "k"),
    ("batches", "... n k", "... k m"),
    ("batch and matrix", "... n k", "k m"),
    ("batch and vector", "... n k", "k"),
):
    operation(f"matmul ({title})", "x.matmul(y)", "x @ y", "torch.matmul(x, y)", "torch.linalg.matmul(x, y)",
              x=real(left), y=real(right), accumulates=True)  # fmt: skip
operation("addmm", "x.addmm(y, z)", "torch.addmm(x, y, z, beta={b}, alpha={a})", x=real("n m"), y=real("n k"),
          z=real("k m"), a=[1, 2, 0.5], b=[1, 2, 0], in_place=True, out=True, accumulates=True,
          differs={"out=: errors": "which of two refusals comes first"})  # fmt: skip
operation("addmv", "x.addmv(y, z)", "x.addmv(y, z, beta={b}, alpha={a})", x=real("n"), y=real("n k"), z=real("k"),
          a=[1, 2], b=[1, 2, 0], in_place=True, accumulates=True)  # fmt: skip
operation("baddbmm", "x.baddbmm(y, z)", "torch.baddbmm(x, y, z, beta={b}, alpha={a})", x=real("b n m"), y=real("b n k"),
          z=real("b k m"), a=[1, 2], b=[1, 2, 0], in_place=True, accumulates=True)  # fmt: skip
operation("linear", "F.linear(x, y)", x=real("... k"), y=real("m k"), accumulates=True)
operation("linear (bias)", "F.linear(x, y, z)", x=real("... k"), y=real("m k"), z=real("m"), accumulates=True)
operation("einsum (product)", "torch.einsum('ij,jk->ik', x, y)", x=real("n k"), y=real("k m"), accumulates=True)
operation("einsum (batches)", "torch.einsum('bij,bjk->bik', x, y)", x=real("b n k"), y=real("b k m"), accumulates=True)
operation("einsum (sum)", "torch.einsum('ij->j', x)", "torch.einsum('ij->', x)", x=real("n m"), accumulates=True)
operation("einsum (diagonal)", "torch.einsum('ii->i', x)", "torch.einsum('ii', x)", x=real("n n"), accumulates=True)
operation("einsum (ellipsis)", "torch.einsum('...ij,...jk->...ik', x, y)", "torch.einsum('...ij,...jk', x, y)",
          x=real("~ n k"), y=real("~ k m"), accumulates=True)  # fmt: skip
operation("einsum (outer)", "torch.einsum('i,j->ij', x, y)", "torch.einsum('i,j->ji', x, y)", x=real("n"), y=real("m"),
          accumulates=True)  # fmt: skip
