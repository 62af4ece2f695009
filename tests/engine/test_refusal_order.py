"""Calls with more than one thing wrong: which of them PyTorch speaks of."""

import pytest

from .twin import agree

_SHOW = """
inf, nan = float('inf'), float('nan')
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).partition(chr(10) + 'Exception raised from ')[0])
"""


def agreed(calls, given=""):
    """Whether both engines answer each call alike."""
    engine, wanted = agree(_SHOW + given + "\n" + "\n".join(f"show(lambda: {call})" for call in calls))
    assert engine == wanted


_ALONG = """amax(%d) max(%d) min(%d) median(%d) nanmedian(%d) aminmax(dim=%d) argmax(%d) sort(%d) argsort(%d) mode(%d)
    all(%d) cummax(%d) kthvalue(1,%d) topk(1,%d) sort(stable=True,dim=%d) any((%d,)) amin((%d,)) logcumsumexp(%d)
    nansum(%d)"""
_WHOLE = "amax() max() median() nanmedian() aminmax() mode() amax(()) amin((0,0)) all((0,0)) all(()) any(keepdim=True)"


@pytest.mark.parametrize("shape", ["()", "(0,)", "(0, 2)", "(2, 0)", "(2,)"])
@pytest.mark.parametrize("tensor", ["dtype=torch.bool", "dtype=torch.complex64",
                                    "dtype=torch.complex64, requires_grad=True"])  # fmt: skip
def test_dimensions_come_before_dtypes_and_empty_ones_before_both(shape, tensor):
    calls = [f"x.{call % dim}" for call in _ALONG.split() for dim in (0, -1, 1, 5)] + [
        f"x.{call}" for call in _WHOLE.split()
    ]
    agreed(calls, f"x = torch.zeros({shape}, {tensor})")


def test_truth_is_written_into_bool_or_uint8():
    dtypes = ("float32", "uint8", "int64", "bool")
    given = ("torch.ones(2, 3)", "torch.ones(2, 3), (0, 1)", "torch.ones(2, dtype=torch.uint8), 0")
    agreed(
        f"torch.{name}({one}, out=torch.empty(0, dtype=torch.{dtype}))"
        for name in ("all", "any")
        for dtype in dtypes
        for one in given
    )


_PLACED = [  # the tensor's shape, the source's, the indices
    ("(2, 2)", "(1, 2)", "[1]"),
    ("(2, 2)", "(1, 2)", "[5]"),
    ("(2, 0)", "(1, 0)", "[5]"),
    ("(0, 2)", "(1, 2)", "[0]"),
    ("(2, 2)", "(0, 2)", "[]"),
    ("()", "()", "[0]"),
    ("(3,)", "(1,)", "[4]"),
    ("(0,)", "(1,)", "[0]"),
]


@pytest.mark.parametrize("tensor", ["dtype=torch.bool", "dtype=torch.complex64", "dtype=torch.float32",
                                    "dtype=torch.complex64, requires_grad=True"])  # fmt: skip
@pytest.mark.parametrize(("shape", "given", "index"), _PLACED)
def test_reductions_by_index_find_kernels_missing_one_after_the_other(shape, given, index, tensor):
    made = f"x, y = torch.ones({shape}, {tensor}), torch.ones({given}, {tensor})"
    made += f"; i = torch.tensor({index}, dtype=torch.int64); j = torch.zeros({given}, dtype=torch.int64)"
    calls = [f"{x}(0, {i}, y, '{reduce}', include_self={include})"
             for x, i in (("x.index_reduce", "i"), ("x.clone().index_reduce_", "i"), ("x.scatter_reduce", "j"),
                          ("x.scatter_reduce", "j + 4"), ("x.clone().scatter_reduce_", "j"))
             for reduce in ("prod", "mean", "amax", "amin") for include in (True, False)]  # fmt: skip
    agreed(calls, made)


def test_strides_are_kept_where_there_are_no_elements():
    agreed(
        [
            *(f"{x}.stride()" for x in ("a", "a.clone()", "b", "b.clone()", "c", "c[1:]", "c[:, ::3]")),
            "c.view(torch.int32)",
            "a.index_fill(0, i, 2.5)",
            "b.clone().index_fill_(0, i, 2.5)",
            "a.clone().index_copy_(0, i, torch.ones(1, 1, 3))",
            "b.clone().index_reduce_(0, i, torch.ones(1, 3, 3, 1), 'amax', include_self=False)",
        ],
        "a = torch.zeros(3, 1, 0).permute(2, 1, 0); b = torch.zeros(0, 3, 3, 2)[..., ::2]; i = torch.tensor([0])\n"
        "c = torch.zeros(2, 0, dtype=torch.float64)[..., ::2]",
    )


@pytest.mark.parametrize("out", ["bool", "int64", "complex64"])
@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "complex64"])
def test_memory_given_is_judged_after_shapes_and_kinds_and_before_kernels(out, dtype):
    one = "neg sign floor abs signbit isneginf conj_physical isnan isfinite relu square bitwise_not"
    two = "heaviside fmax fmin maximum add div pow copysign remainder gcd nextafter"
    memory = f"out=torch.empty(0, dtype=torch.{out})"
    agreed(
        [f"torch.{name}(x, {memory})" for name in one.split()]
        + [f"torch.{name}({x}, {y}, {memory})" for name in two.split() for x in ("x", "z") for y in ("y", "y.float()")],
        f"x = y = torch.ones(2, dtype=torch.{dtype}); z = torch.ones(3, dtype=torch.{dtype})",
    )


_PAIRED = (
    "torch.isclose(x, y) torch.allclose(x, y) torch.masked_select(x, y > 0) torch.complex(x, y) torch.polar(x, y) "
    "torch.normal(x, y) torch.normal(x, -y).shape torch.normal(x.long(), y) torch.fmax(x, y) torch.cross(x, y, dim=1) "
    "torch.linalg.cross(x, y) F.cosine_similarity(x, y) F.bilinear(x, y, w) F.bilinear(x.long(), y, w) "
    "F.bilinear(x, y, w, x[0]) torch.linalg.householder_product(w, y) torch.bucketize(x, y) x.size(0) x.stride(0)"
)
_THREE = (
    "F.cosine_embedding_loss({}, y, y) torch.triplet_margin_loss({}, x, y) F.margin_ranking_loss({}, x, y) "
    "torch.margin_ranking_loss({}, x, y) F.hinge_embedding_loss({}, y)"
)


@pytest.mark.parametrize("shape", ["()", "(3,)", "(4, 2)"])
@pytest.mark.parametrize("other", ["(3,)", "(2, 2)", "(1, 4, 1)"])
def test_pairs_that_do_not_broadcast(shape, other):
    calls = _PAIRED.replace(") ", ")\n").splitlines()
    for first in ("x", "x.bool()", "x.to(torch.complex64)"):
        calls += _THREE.format(*[first] * 5).replace(") ", ")\n").splitlines()
    agreed(calls, f"x, y, w = torch.full({shape}, 0.5), torch.full({other}, 0.5), torch.ones(4, 2, 2)")


@pytest.mark.parametrize("dtype", ["bool", "int64", "float16", "complex64"])
@pytest.mark.parametrize("other", ["bool", "int64", "float16", "float64", "complex64"])
def test_normal_draws_are_refused_in_order(dtype, other):
    calls = [
        f"torch.normal(torch.ones({one}, dtype=torch.{dtype}), {sign}torch.ones({two}, dtype=torch.{other})).shape"
        for one in ("2", "0", "3")
        for two in ("2", "2, 1", "1, 0, 1")
        for sign in ("", "-1. * ")
    ]
    agreed(calls)


def test_batches_of_equations_that_do_not_broadcast():
    agreed(
        [
            "torch.linalg.solve(a, b)",
            "torch.linalg.solve(a, b, left=False)",
            "torch.linalg.solve_triangular(a, b, upper=True)",
            "torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b)",
            "torch.linalg.lu_solve(*torch.linalg.lu_factor(a[:, 0, :1]), b)",
        ],
        "a, b = torch.eye(2).expand(3, 3, 1, 2, 2), torch.eye(2).expand(4, 3, 1, 2, 2)",
    )


def test_sizes_must_be_given_once_and_complex_numbers_have_a_truth():
    agreed(
        [
            *(f"torch.{name}({size})" for name in ("ones", "zeros") for size in ("", "size=2", "2, size=(2,)", "[]")),
            *(f"torch.ones(2).new_{name}({size})" for name in ("ones", "zeros") for size in ("", "size=2", "size=[2]")),
            *(f"torch.tensor({data}, dtype=torch.{dtype})" for data in ("1j", "[0j]")
              for dtype in ("bool", "int32", "float32")),
        ]
    )  # fmt: skip


_SLOPES = (
    "trapezoid(x) cumulative_trapezoid(x) trapezoid(x,y) cumulative_trapezoid(x,y) trapezoid(x,dim=3) "
    "cumulative_trapezoid(x,dim=3) trapezoid(x,y,dim=3) cumulative_trapezoid(x,y,dim=3) cdist(x,x) cdist(x,y) pdist(x) "
    "renorm(x,3,4,1.) renorm(x,2,0,1.) renorm(x,-1,0,1.) renorm(x,2,0,-1.) "
    "cdist(x[:,:0],y[:,:0],inf) pdist(x[:,:0],inf)"
)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float16", "float32"])
@pytest.mark.parametrize("shape", ["()", "(2, 3)", "(0, 3)"])
def test_distances_and_slopes(dtype, shape):
    for other in (dtype, "float64"):
        agreed(
            (f"torch.{call}" for call in _SLOPES.split()),
            f"x, y = torch.ones({shape}, dtype=torch.{dtype}), torch.ones({shape}, dtype=torch.{other})",
        )


_POOLED = (
    "max_pool1d(x,2) max_pool1d(x,2,return_indices=True) max_pool2d(x,2) max_pool3d(x,2) avg_pool1d(x,2) "
    "avg_pool2d(x,2) avg_pool3d(x,2) adaptive_avg_pool1d(x,2) adaptive_avg_pool2d(x,2) adaptive_avg_pool3d(x,2) "
    "adaptive_max_pool1d(x,2) adaptive_max_pool2d(x,2) adaptive_max_pool3d(x,2) lp_pool1d(x,2,2) "
    "interpolate(x,2) interpolate(x,scale_factor=0.3) interpolate(x,2,mode='linear') interpolate(x,2,mode='bilinear') "
    "interpolate(x,2,mode='bicubic') interpolate(x,2,mode='area') interpolate(x,2,mode='bilinear',antialias=True) "
    "dropout1d(x,0.5).shape dropout1d(x,0.5,False) dropout(x,1.0) alpha_dropout(x,0.25,True).shape "
    "max_pool1d(x.detach(),2) prelu(x,w) prelu(x,w.double()) prelu(x,w[:1])"
)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "complex64"])
@pytest.mark.parametrize("shape", ["(2, 3)", "(1, 2, 3)", "(2, 2, 2, 3)", "(2, 2, 2, 2, 2)"])
def test_pools_count_dimensions_before_they_look_for_a_kernel(dtype, shape):
    track = ", requires_grad=True" if dtype in ("float16", "complex64") else ""
    agreed(
        [
            *(f"F.{call}" for call in _POOLED.split()),
            "torch.max_pool1d(x, 2)",
            "torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False)",
            "x[:, :0].bernoulli()",
        ],
        f"x = torch.ones({shape}, dtype=torch.{dtype}{track}); w = torch.ones(2, dtype=torch.{dtype})",
    )


def test_more_than_one_thing_wrong_elsewhere():
    agreed(
        [
            *(f"torch.cat([torch.{a}, torch.{b}], {dim})" for a in ("ones(0)", "ones(())", "ones(2)", "ones(2, 2)")
              for b in ("ones(0)", "ones(())", "ones(0, 2)") for dim in (0, 1, 3)),
            *(f"torch.{f}([torch.zeros(0, 2), torch.ones(0, 2) * 1j], {dim}, out=torch.ones(0))"
              for f in ("cat", "stack") for dim in (0, 1, 4)),
            *(f"torch.ones({shape}).norm({order})" for shape in ("3, 3", "3", "1, 3, 3")
              for order in ("'inf'", "'nuc'", "'fro'", "'foo', 0", "'fro', (0, 1, 1)", "'nuc', (0, 1)", "None")),
            *(f"torch.mv(torch.ones(0, 0), torch.ones(0).int(){out})" for out in ("", ", out=torch.ones(0)")),
            *(f"F.nll_loss(torch.ones(3, 0), torch.zeros(3).long(), {weight}, ignore_index=0, reduction={reduction!r})"
              for weight in ("None", "torch.ones(0)") for reduction in ("none", "sum", "mean")),
            *(f"F.multilabel_margin_loss(torch.ones({shape}), torch.zeros({target}, dtype=torch.int64))"
              for shape in ("3", "2, 3", "2, 0", "2, 1, 3", "1", "()") for target in ("3", "1, 3", "2, 3", "1", "()")),
            "F.ctc_loss(torch.ones(4, 1, 3).log_softmax(2), torch.tensor([2, 2]), [4], [1])",
            "F.linear(torch.ones(0, 2, 3, dtype=torch.float16)[:, ::2], torch.ones(4, 3, dtype=torch.float16), "
            "torch.ones(4) * 1j)",
            "torch.poisson(torch.tensor([inf, 1., 5., 3e38]))",
            "torch.binomial(torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.int64))",
            "torch.complex(torch.ones(3, dtype=torch.int64), torch.ones(2))",
        ]
    )  # fmt: skip


@pytest.mark.parametrize("function", ["conv1d", "conv2d", "conv_transpose1d"])
@pytest.mark.parametrize("shape", ["2, 3", "1, 2, 3", "1, 2, 3, 3", "3"])
@pytest.mark.parametrize("kernel", ["2, 2, 1", "2, 2", "2, 2, 1, 1", "2, 2, 1, 1, 1"])
def test_kernels_of_other_dimensions(function, shape, kernel):
    rest = ["", ", torch.ones(3)", ", stride=2", ", stride=(1, 1)", ", padding=(0, 0)", ", dilation=(1, 1)"]
    agreed(f"F.{function}(torch.ones({shape}), torch.ones({kernel}){more})" for more in rest)


@pytest.mark.parametrize(
    "tensor",
    ["torch.arange(6.)", "torch.arange(12.)[::2]", "torch.arange(12.)[3:]", "torch.arange(6.).view(2, 3).t()",
     "torch.ones(1).expand(6)", "torch.ones(2, dtype=torch.uint8)", "torch.zeros(0)", "torch.arange(6)"],
)  # fmt: skip
def test_strided_places_lie_within_the_memory_that_is_copied(tensor):
    calls = [f"x.as_strided_scatter(torch.full({shape}, 7.{track}), {where})"
             for shape, where in (("(2, 2)", "(2, 2), (2, 1)"), ("(2, 2)", "(2, 2), (2, 1), 1"),
                                  ("(2,)", "(2,), (3,), 0"), ("(0,)", "(0,), (1,)"), ("(2,)", "(2,), (-1,)"),
                                  ("(2,)", "(3,), (1,)"))
             for track in ("", ", requires_grad=True")]  # fmt: skip
    agreed([*calls, *(f"{call}.stride()" for call in calls)], f"x = {tensor}")


def test_matrices_and_numbers_that_do_not_fit():
    agreed(
        [
            *(f"torch.linalg.{f}(torch.ones({shape}, dtype=torch.{dtype}))"
              for f in ("eig", "eigvals", "matrix_exp", "eigvalsh") for shape in ("2", "2, 3")
              for dtype in ("bool", "int64", "complex64")),
            *(f"torch.linalg.matrix_norm(torch.ones(2, 3, dtype=torch.float16), {order})" for order in ("2", "'nuc'")),
            "torch.linalg.eigh(torch.ones(2, 3), UPLO='X')",
            "torch.linalg.eigh(torch.ones(2, 2), UPLO='X')",
            "torch.geqrf(torch.ones(2))",
            "torch.geqrf(torch.zeros(2, 0, dtype=torch.int64))",
            "torch.mm(torch.ones(2, 3), torch.ones(3, 2).long(), out=torch.ones(0, dtype=torch.float64))",
            "torch.mm(torch.ones(2, 3), torch.ones(3, 2).long())",
            *(f"F.pad(torch.ones({shape}), {pad})" for shape in ("2, 0", "0", "2, 3")
              for pad in ("(0, -1)", "(-1, 0)", "(1, -1)", "(0, -4)", "(-2, -2)")),
            *(f"F.binary_cross_entropy(torch.tensor({one}), torch.tensor({other}))"
              for one in ("[.5, 2.]", "[2., .5]", "[.5, .5]") for other in ("[.5, 2.]", "[2., .5]")),
            *(f"torch.{f}(*[torch.ones(2, dtype=torch.{dtype})] * 3, value={value})" for f in ("addcmul", "addcdiv")
              for dtype in ("uint8", "int64", "float32")
              for value in ("-0.5", "-1", "300", "255.5", "1e30", "1j", "nan")),
            *(f"torch.ones(3, 2, 2).index_add({dim}, torch.tensor([5]), torch.ones({shape}))"
              for dim, shape in enumerate(("1, 2, 2", "3, 1, 2", "3, 2, 1"))),
        ]
    )  # fmt: skip


def test_searches_join_dtypes_and_pieces_are_counted():
    agreed(
        [
            *(f"torch.repeat_interleave(torch.ones({shape}), {n}, {dim})" for shape in ("()", "2, 3")
              for n in (0, 2, -2) for dim in (0, -1, 5)),
            *(f"torch.split(torch.ones(2, 3), {sizes}, {dim})" for sizes in ([3, -1], [5, -1], [1, 1], [1, 2])
              for dim in (0, 1, 5)),
            *(f"torch.diff(torch.ones({shape}), {n}, {dim})" for shape in ("2, 3", "()") for n in (0, -1, 1)
              for dim in (0, 5)),
            *(f"torch.searchsorted(torch.ones(2, dtype=torch.{one}), torch.ones({count}, dtype=torch.{other}))"
              for one in ("uint8", "bool", "float32", "float64", "complex64", "bfloat16")
              for other in ("bool", "complex64", "uint8") for count in (0, 2)),
            *(f"torch.isin(torch.ones(2, dtype=torch.{one}), torch.ones(1, dtype=torch.{other}))"
              for one in ("bfloat16", "int64", "bool") for other in ("int32", "float32", "complex64")),
            *(f"torch.histogram(torch.ones(2, dtype=torch.{dtype}), torch.ones({shape}))"
              for dtype in ("float32", "float64", "int64") for shape in ("2, 2", "()", "0", "3")),
            "torch.corrcoef(torch.ones(2, 2, 2))",
            "torch.corrcoef(torch.ones(2, 2, dtype=torch.bool))",
        ]
    )  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "complex64"])
def test_normalisations_judge_dtypes_of_parameters_before_shapes(dtype):
    agreed(
        f"F.layer_norm(torch.ones(2, 3, dtype=torch.{dtype}), ({size},), torch.ones({count}, dtype=torch.{other}))"
        for size in (3, 5)
        for count in (2, 3)
        for other in ("float16", "float32", "float64")
    )
