"""Operations with several results, written into tensors given for them."""

from ..catalogue import dim, family, operation, real, regular

family("Several results written")

FLOATING = {"dtypes": ("float32", "float64")}  # some examples have memory of the right dtype
ANY = real("...", **FLOATING)
WRITTEN = {"only": (), "exact": True}
for name, title in (("max", "max (dim)"), ("min", "min (dim)"), ("cummax", ""), ("cummin", ""), ("sort", "")):
    operation(title or name, f"torch.{name}(x, {{dim}})", x=ANY, dim=dim("x"), out=("", "int64"), **WRITTEN)
for name in ("median", "nanmedian", "mode"):
    operation(
        f"{name} (dim)",
        f"torch.{name}(x, {{dim}}, {{keep}})",
        x=real("...", layouts=False, **FLOATING),  # torch misreads expanded tensors
        dim=dim("x"),
        keep=[False, True],
        out=("", "int64"),
        **WRITTEN,
    )
operation("topk", "torch.topk(x, {k}, {dim})", x=ANY, k=[1, 2], dim=dim("x"), out=("", "int64"), **WRITTEN)
operation("aminmax", "torch.aminmax(x)", x=ANY, out=("", ""), **WRITTEN)
operation("frexp", "torch.frexp(x)", x=ANY, out=("", "int32"), **WRITTEN)
operation("unbind_copy", "torch.unbind_copy(x)", x=real("2 n", **FLOATING), out=("", ""), **WRITTEN)
for call, results in (
    ("qr(x)", ("", "")),
    ("eigh(x + x.mH)", ("", "")),
    ("slogdet(x)", ("", "")),
    ("inv_ex(x)", ("", "int32")),
    ("cholesky_ex(x)", ("", "int32")),
):
    operation(
        f"linalg.{call.partition('(')[0]}",
        f"torch.linalg.{call}",
        x=regular("n n", **FLOATING),
        sizes={"n": (1, 3)},
        out=results,
        only=(),
        accumulates=True,
    )
