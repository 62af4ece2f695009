"""The same memory, seen otherwise; and shapes that may need a copy."""

from ..catalogue import dim, dims, family, operation, real, size

family("Views")


def whole(of="x", parts=2):
    """Sizes whose product is that of the input named."""

    def choose(drawer):
        count = 1
        for length in drawer.shapes[of]:
            count *= length
        options = [(count,), (-1,), (count, 1), (1, -1)]
        options += [(d, count // d) for d in range(2, 4) if count and count % d == 0] + [(5, -1)]
        return drawer.choose(options)

    return choose


operation("view", "x.view({shape})", "x.view(*{shape})", x=real("..."), shape=whole(), exact=True)
operation(
    "view (dtype)",
    "x.view({t})",
    x=real("..."),
    t=["torch.int32", "torch.float32", "torch.int64", "torch.uint8"],
    exact=True,
    smooth=False,
)
operation("view_as", "x.view_as(y)", x=real("..."), y=real("...", grad=False), exact=True)
operation("reshape", "x.reshape({shape})", "torch.reshape(x, {shape})", "x.reshape(*{shape})", x=real("..."),
          shape=whole(), exact=True)  # fmt: skip
operation("reshape_as", "x.reshape_as(y)", x=real("..."), y=real("...", grad=False), exact=True)
operation("flatten", "x.flatten()", "torch.flatten(x, {dim})", "x.flatten({dim}, {to})", x=real("..."), dim=dim("x"),
          to=dim("x"), exact=True)  # fmt: skip
operation("unflatten", "x.unflatten({dim}, {parts})", "torch.unflatten(x, {dim}, {parts})", x=real("..."), dim=dim("x"),
          parts=[(-1, 1), (1, -1), (2, -1), (2, 1)], exact=True)  # fmt: skip
operation("ravel", "x.ravel()", "torch.ravel(x)", x=real("..."), exact=True)
operation("t", "x.t()", "torch.t(x)", x=real("n m"), exact=True, in_place=True)
operation("T", "x.T", x=real("n m"), exact=True)
operation("mT", "x.mT", x=real("... n m"), exact=True)
operation("H", "x.H", x=real("n m"), exact=True)
operation("adjoint", "x.adjoint()", "torch.adjoint(x)", "x.mH", x=real("... n m"), exact=True)
operation("transpose", "x.transpose({a}, {b})", "torch.transpose(x, {a}, {b})", "x.swapaxes({a}, {b})",
          "torch.swapdims(x, {a}, {b})", x=real("..."), a=dim("x"), b=dim("x"), exact=True, in_place=True)  # fmt: skip
operation("permute", "x.permute({order})", "torch.permute(x, {order})", x=real("..."),
          order=lambda drawer: tuple(drawer.permutation(len(drawer.shapes["x"]))), exact=True)  # fmt: skip
operation("movedim", "x.movedim({a}, {b})", "torch.movedim(x, {a}, {b})", x=real("..."), a=dim("x"), b=dim("x"),
          exact=True)  # fmt: skip
operation("squeeze", "x.squeeze()", "torch.squeeze(x)", x=real("~"), exact=True, in_place=True)
operation("squeeze (dim)", "x.squeeze({dim})", "torch.squeeze(x, {dim})", x=real("..."), dim=dim("x"), exact=True,
          in_place=True)  # fmt: skip
operation("squeeze (dims)", "x.squeeze({dims})", x=real("..."), dims=dims("x"), exact=True, in_place=True)
operation("unsqueeze", "x.unsqueeze({dim})", "torch.unsqueeze(x, {dim})", x=real("..."), dim=dim("x"), exact=True,
          in_place=True)  # fmt: skip
operation("expand", "x.expand(2, *x.shape)", "x.expand({n}, *[-1] * x.dim())", x=real("..."), n=[2, 1, 0], exact=True)
operation("expand_as", "x.expand_as(y)", x=real("~"), y=real("...", grad=False), exact=True)
operation("broadcast_to", "torch.broadcast_to(x, (2, *x.shape))", x=real("..."), exact=True)
operation("broadcast_tensors", "torch.broadcast_tensors(x, y)", x=real(), y=real(), exact=True)
operation("select", "x.select({dim}, {i})", "torch.select(x, {dim}, {i})", x=real("..."), dim=dim("x"), i=[0, -1, 1],
          exact=True)  # fmt: skip
operation("narrow", "x.narrow({dim}, 0, {length})", "torch.narrow(x, {dim}, 0, {length})", x=real("..."), dim=dim("x"),
          length=size("x", "dim"), exact=True)  # fmt: skip
operation("diagonal", "x.diagonal({k})", "torch.diagonal(x, {k}, {a}, {b})", x=real("... n m"), k=[0, 1, -1], a=[-2, 0],
          b=[-1, 1], exact=True)  # fmt: skip
operation("linalg.diagonal", "torch.linalg.diagonal(x, offset={k})", x=real("... n m"), k=[0, 1, -1], exact=True)
operation("as_strided", "x.as_strided({shape}, {steps})", "torch.as_strided(x, {shape}, {steps}, 1)", x=real("4 4"),
          shape=[(2, 2), (3,), (), (2, 3)], steps=[(1, 2), (2,), (), (1, 1)], exact=True, in_place=True)  # fmt: skip
operation("unfold", "x.unfold({dim}, {length}, {step})", x=real("..."), dim=dim("x"), length=size("x", "dim"),
          step=[1, 2], exact=True)  # fmt: skip
operation("unbind", "x.unbind()", "torch.unbind(x, {dim})", x=real("..."), dim=dim("x"), exact=True)
operation("split", "x.split({n})", "torch.split(x, {n}, {dim})", x=real("..."), dim=dim("x"), n=[1, 2, 3], exact=True)
operation("split_with_sizes", "x.split_with_sizes([1, n - 1])", "torch.split(x, [1, n - 1])", x=real("n ..."),
          sizes={"n": (1, 3)}, prepare="n = x.shape[0]", exact=True)  # fmt: skip
operation("chunk", "x.chunk({n})", "torch.chunk(x, {n}, {dim})", x=real("..."), dim=dim("x"), n=[1, 2, 3], exact=True)
operation("tensor_split", "x.tensor_split({n})", "torch.tensor_split(x, {n}, {dim})", x=real("..."), dim=dim("x"),
          n=[1, 2, 3, (1,), (1, 2)], exact=True)  # fmt: skip
operation("unsafe_split", "torch.unsafe_split(x, {n}, {dim})", "x.unsafe_split({n})", x=real("..."), dim=dim("x"),
          n=[1, 2], exact=True)  # fmt: skip
operation("unsafe_chunk", "torch.unsafe_chunk(x, {n}, {dim})", "x.unsafe_chunk({n})", x=real("..."), dim=dim("x"),
          n=[1, 2], exact=True)  # fmt: skip
operation("unsafe_split_with_sizes", "torch.unsafe_split_with_sizes(x, [1, n - 1])", x=real("n ..."),
          sizes={"n": (1, 3)}, prepare="n = x.shape[0]", exact=True)  # fmt: skip
operation("resolve_conj", "x.conj().resolve_conj()", "torch.resolve_conj(x)", x=real("..."), exact=True)
operation("resolve_neg", "x.resolve_neg()", "torch.resolve_neg(x)", x=real("..."), exact=True)
operation("hsplit", "x.hsplit({n})", "torch.hsplit(x, {n})", x=real("..."), n=[1, 2], exact=True)
operation("vsplit", "x.vsplit({n})", "torch.vsplit(x, {n})", x=real("n m ..."), n=[1, 2], exact=True)
operation("detach", "x.detach()", "torch.detach(x)", x=real("..."), exact=True, in_place=True, smooth=False,
          no={"function: gradient": "cuts the graph", "function: double backward": "cuts the graph",
              "function: saved": "cuts the graph", "in place: gradient": "cuts the graph",
              "in place: double backward": "cuts the graph", "in place: saved": "cuts the graph"})  # fmt: skip
operation("detach_copy", "torch.detach_copy(x)", x=real("..."), exact=True, smooth=False)
operation("alias by [...]", "x[...]", "x[:]", x=real("..."), exact=True)

family("Copies and conversions")

operation("clone", "x.clone()", "torch.clone(x)", "x.clone(memory_format=torch.contiguous_format)", x=real("..."),
          exact=True)  # fmt: skip
operation("contiguous", "x.contiguous()", x=real("..."), exact=True)
operation(
    "to (dtype)",
    "x.to({t})",
    "x.to({t}, copy=True)",
    x=real("..."),
    exact=True,
    smooth=False,
    t=["torch.float64", "torch.float32", "torch.bfloat16", "torch.complex64", "torch.int64", "torch.bool"],
)
operation("to (like)", "x.to(y)", "x.type_as(y)", x=real("..."), y=real("...", grad=False), exact=True)
for name in [
    "double",
    "float",
    "half",
    "bfloat16",
    "cfloat",
    "cdouble",
    "long",
    "int",
    "short",
    "char",
    "byte",
    "bool",
]:
    operation(name, f"x.{name}()", x=real("..."), exact=True, smooth=name in ("double", "cdouble"))
operation(
    "type", "x.type({t})", x=real("..."), smooth=False, t=["torch.float64", "torch.int64", "torch.bfloat16"], exact=True
)
operation("copy_", "x.clone().copy_(y)", x=real("..."), y=real("~"), exact=True)
operation("fill", "torch.fill(x, {n})", x=real("..."), n=[1, 0.5, 0, True], exact=True,
          in_place="x.clone().fill_({n})")  # fmt: skip
operation("fill (tensor)", "torch.fill(x, y)", x=real("..."), y=real(""), exact=True,
          in_place="x.clone().fill_(y)")  # fmt: skip
operation("zero_", "x.clone().zero_()", "torch.zero_(x.clone())", x=real("..."), exact=True)
