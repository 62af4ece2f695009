"""What becomes of random words: the distributions that factories, fillers and dropout draw from.

The rule: each distribution takes a fixed number of 32-bit words per element and turns them into a number by
a fixed recipe, so a seed determines every element (the recipes: ATen/core/DistributionsHelper.h).

All functions are `(generator, shape, dtype, ...) -> array` on NumPy arrays, `dtype` being a NumPy dtype and
the elements drawn in memory order. Only normals of 16 elements and more, in float32, may differ from torch
in the last places: torch uses vectorised approximations of logarithm, sine and cosine there.
"""

import math

import numpy as np

from .arithmetic import multiply_add
from .memory_order import dense_like

# ---------------------------------------------------------------- continuous distributions

_UNSUPPORTED = "\"{kernel}\" not implemented for '{kind}'"
_SCALAR_NAMES = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}


def _demand_floating(dtype, kernel):
    if dtype.kind in "biu":
        kind = _SCALAR_NAMES[dtype.name]
        raise NotImplementedError(_UNSUPPORTED.format(kernel=kernel, kind=kind))


def demand(dtype, kinds: str, kernel: str, shape=(1,)) -> None:
    """Refuse a kind of number that the kernel does not draw; it is not asked where nothing is to be drawn."""
    if dtype.kind in kinds and math.prod(shape):
        raise NotImplementedError(_UNSUPPORTED.format(kernel=kernel, kind=_SCALAR_NAMES[dtype.name]))


_CPP_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "long int", "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def _demand_continuous(title: str, dtype, names: dict) -> None:
    if dtype.name in names:
        raise RuntimeError(
            f"{title} distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {names[dtype.name]}"
        )


def _fractions(generator, count, bits):
    """`count` numbers in [0, 1) with 24 or 53 random bits, as float64."""
    words = generator.words(count) if bits == 24 else generator.long_words(count)
    return (words & np.uint64((1 << bits) - 1)).astype(np.float64) * 2.0**-bits


def _through_real(draw, generator, shape, dtype, *arguments):
    """Complex elements are drawn as pairs of reals."""
    real = np.dtype(np.float32 if dtype == np.complex64 else np.float64)
    return draw(generator, (*shape, 2), real, *arguments).view(dtype).reshape(shape)


def in_memory_order(draw, generator, array, *arguments, **options):
    """A draw for each element of ``array``, as they lie in memory, whatever order the dimensions have."""
    order = sorted(range(array.ndim), key=lambda dim: -array.strides[dim])
    shape = tuple(array.shape[dim] for dim in order)
    arguments = [entry.transpose(order) if isinstance(entry, np.ndarray) else entry for entry in arguments]
    return draw(generator, shape, array.dtype, *arguments, **options).transpose(np.argsort(order))


def uniform(generator, shape, dtype, low=0.0, high=1.0):
    """Uniform on [low, high): 53 random bits for float64, 24 for the narrower types (rounded to them).

    Raises RuntimeError when low > high, NotImplementedError for integral types.
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return _through_real(uniform, generator, shape, dtype, low, high)
    _demand_floating(dtype, "check_uniform_bounds")
    if not low <= high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={_number(low)} > to={_number(high)}"
        )
    fractions = _fractions(generator, math.prod(shape), 53 if dtype == np.float64 else 24)
    working = np.float64 if dtype == np.float64 else np.float32
    scaled = multiply_add(fractions.astype(working), working(high - low), working(low))
    values = scaled.astype(dtype)
    values[values == dtype.type(high)] = low  # rounding must not reach the excluded end
    return values.reshape(shape)


def normal(generator, shape, dtype, mean=0.0, std=1.0, contiguous=True):
    """Normal of the given mean and standard deviation, by Box and Muller's transform.

    Fewer than 16 elements (or a strided destination) are drawn one by one in float64, and the unused half
    of a pair waits in the generator for the next call. From 16 on whole blocks of 16 are filled in the
    element type.
    Raises RuntimeError for a negative std, NotImplementedError for integral types.
    """
    dtype = np.dtype(dtype)
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {_number(std)}")
    if dtype.kind == "c":
        return _through_real(normal, generator, shape, dtype, mean, std / math.sqrt(2), contiguous)
    count = math.prod(shape)
    if not count:
        return np.zeros(shape, dtype)
    _demand_floating(dtype, "normal_kernel_cpu")
    if count >= 16 and contiguous:
        return _normal_blocks(generator, count, dtype, mean, std).reshape(shape)
    values = np.array([_next_normal(generator) for _ in range(count)], dtype=np.float64)
    return _narrowed(values * std + mean, dtype).reshape(shape)


def _next_normal(generator):
    spare, generator._spare_normal = generator._spare_normal, None
    if spare is not None:
        return spare
    angle, length = _fractions(generator, 2, 53).tolist()
    radius = math.sqrt(-2.0 * math.log1p(-length))
    angle *= 2.0 * math.pi
    generator._spare_normal = radius * math.sin(angle)
    return radius * math.cos(angle)


def _normal_blocks(generator, count, dtype, mean, std):
    """Blocks of 16. When the last one is not full it reaches back over elements that were already drawn."""
    whole, rest = count // 16 * 16, count % 16
    narrow = dtype.itemsize == 2
    working = np.dtype(np.float32) if narrow else dtype
    bits = 53 if dtype == np.float64 else 24
    # The narrow types draw block by block, the others one fraction per element before any block is made.
    fractions = _fractions(generator, whole if narrow else count, bits)[:whole]
    values = _box_muller(fractions, working, mean, std)
    if rest:
        last = _box_muller(_fractions(generator, 16, bits), working, mean, std)
        values = np.concatenate([values[: count - 16], last])
    return values.astype(dtype)


def _box_muller(fractions, dtype, mean, std):
    """Normals from whole blocks: the first 8 fractions give the lengths, the last 8 the angles of 8 pairs."""
    blocks = fractions.astype(dtype).reshape(-1, 2, 8)
    length = _each(math.log, 1 - blocks[:, 0]).astype(dtype)
    radius = np.sqrt(-2 * length)
    angle = (2 * math.pi * blocks[:, 1].astype(np.float64)).astype(dtype)
    cosine, sine = _each(math.cos, angle).astype(dtype), _each(math.sin, angle).astype(dtype)
    pairs = np.stack([radius * cosine, radius * sine], axis=1)
    return (pairs * dtype.type(std) + dtype.type(mean)).ravel()


def _narrowed(values, dtype):
    """float64 to the element type; the 16-bit types are reached by way of float32."""
    return (values.astype(np.float32) if dtype.itemsize == 2 else values).astype(dtype)


def _each(function, array):
    """The C library's function on each element, in float64: the same last place on every machine."""
    return np.array([function(value) for value in array.ravel().tolist()], np.float64).reshape(array.shape)


def exponential(generator, shape, dtype, rate=1.0):
    """Exponential with the given rate. Raises RuntimeError unless rate > 0."""
    dtype = np.dtype(dtype)
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={_number(rate)}")
    if math.prod(shape):
        _demand_continuous("Exponential", dtype, _SCALAR_NAMES)
    fractions = _fractions(generator, math.prod(shape), 53)
    return _narrowed(-1.0 / rate * _each(math.log1p, -fractions), dtype).reshape(shape)


def cauchy(generator, shape, dtype, median=0.0, sigma=1.0):
    """Cauchy around the median with the given scale, by the tangent of a uniform angle."""
    _demand_continuous("Cauchy", np.dtype(dtype), _CPP_NAMES)
    fractions = _fractions(generator, math.prod(shape), 53)
    return _narrowed(median + sigma * _each(math.tan, math.pi * (fractions - 0.5)), np.dtype(dtype)).reshape(shape)


def log_normal(generator, shape, dtype, mean=1.0, std=2.0):
    """The exponential of a normal with this mean and deviation, each drawn by itself in float64."""
    demand(np.dtype(dtype), "biuc", "log_normal_cpu", shape)
    drawn = normal(generator, shape, np.dtype(np.float64), mean, std, contiguous=False)
    return _narrowed(_each(math.exp, drawn), np.dtype(dtype)).reshape(shape)


# ---------------------------------------------------------------- discrete distributions


def geometric(generator, shape, dtype, p):
    """The number of trials until the first success of probability p. Raises RuntimeError unless 0 < p < 1."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={_number(p)}")
    demand(np.dtype(dtype), "bc", "geometric_cpu", shape)
    fractions = _fractions(generator, math.prod(shape), 53)
    return np.ceil(_each(math.log, fractions) / math.log1p(-p)).astype(dtype).reshape(shape)


def poisson_count(generator, rate):
    """One count of a Poisson distribution: by products of uniforms for small rates, else by rejection (Hoermann)."""
    if rate == 0:
        return 0
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, 0
        while True:
            product *= float(_fractions(generator, 1, 53)[0])
            if product <= limit:
                return count
            count += 1
    width = 0.931 + 2.53 * math.sqrt(rate)
    tail = -0.059 + 0.02483 * width
    inverse = 1.1239 + 1.1328 / (width - 3.4)
    bound = 0.9277 - 3.6224 / (width - 2)
    while True:
        offset, height = float(_fractions(generator, 1, 53)[0]) - 0.5, float(_fractions(generator, 1, 53)[0])
        room = 0.5 - abs(offset)
        found = (2 * tail / room + width) * offset + rate + 0.43
        count = math.floor(found) if -(2.0**63) <= found < 2.0**63 else -(2**63)  # what int64 makes of others
        if room >= 0.07 and height <= bound:
            return count
        if count < 0 or (room < 0.013 and height > room):
            continue
        accepted = math.log(height) + math.log(inverse) - math.log(tail / (room * room) + width)
        if accepted <= -rate + count * math.log(rate) - math.lgamma(count + 1):
            return count


def binomial_count(generator, trials, chance):
    """Successes among ``trials`` of probability ``chance``, which is a NumPy number of the element type.

    By waiting times for few expected successes, else by rejection (Hoermann). NaN for a chance that is NaN.
    """
    if trials <= 0 or chance <= 0:
        return 0
    if chance >= 1:
        return trials
    if math.isnan(chance):
        return math.nan
    if chance > 0.5:  # count the failures, which are the rarer outcome; rounded to the element type as PyTorch does
        return trials - _rare_successes(generator, float(trials), float(type(chance)(1) - chance))
    return _rare_successes(generator, float(trials), float(chance))


def _rare_successes(generator, trials, chance):
    if trials * chance >= 10:
        return _successes_by_rejection(generator, trials, chance)
    waited, count, scale = 0, -1, math.log1p(-chance)
    while waited <= trials:
        fraction = float(_fractions(generator, 1, 53)[0])
        waited += math.ceil(math.log(fraction) / scale) if fraction else math.inf
        count += 1
    return count


def _successes_by_rejection(generator, trials, chance):
    deviation = math.sqrt(trials * chance * (1 - chance))
    width = 1.15 + 2.53 * deviation
    tail = -0.0873 + 0.0248 * width + 0.01 * chance
    bound, alpha = 0.92 - 4.2 / width, (2.83 + 5.1 / width) * deviation
    odds, mode = chance / (1 - chance), math.floor((trials + 1) * chance)
    while True:
        offset, height = float(_fractions(generator, 1, 53)[0]) - 0.5, float(_fractions(generator, 1, 53)[0])
        room = 0.5 - abs(offset)
        count = math.floor((2 * tail / room + width) * offset + trials * chance + 0.5)
        if room >= 0.07 and height <= bound:
            return count
        if not 0 <= count <= trials:
            continue
        accepted = math.log(height * alpha / (tail / (room * room) + width))
        ways = [math.lgamma(k + 1) + math.lgamma(trials - k + 1) for k in (mode, count)]
        if accepted <= ways[0] - ways[1] + (count - mode) * math.log(odds):
            return count


def randint(generator, shape, dtype, low, high):
    """Integers of [low, high): one word each below a span of 2**28, a long word from there.

    Raises RuntimeError for an empty range or one that the type cannot hold.
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    if not low < high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={_number(low)} >= to={_number(high)}"
        )
    if dtype.kind in "biu":
        _demand_range(dtype, low, "from")
        _demand_range(dtype, high - 1, "to - 1")
    count, span = math.prod(shape), high - low
    words = generator.words(count) if span < 1 << 28 else generator.long_words(count)
    if span < 1 << 64:
        words = words % np.uint64(span)
    drawn = words.astype(np.int64) + np.int64(low)
    return drawn.astype(dtype).reshape(shape)


_C_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long",
}


def _demand_range(dtype, value, what):
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not low <= value <= high:
        raise RuntimeError(f"{what} is out of bounds for {_C_NAMES[dtype.name]}")


def random_full(generator, shape, dtype):
    """`random_()` without bounds: non-negative integers up to the type's largest exactly held one."""
    dtype = np.dtype(dtype)
    count = math.prod(shape)
    demand(dtype, "c", "random_kernel_cpu", shape)
    if not count:
        return np.zeros(shape, dtype)
    if dtype.kind in "biu":
        largest = 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
    else:
        largest = 1 << _SIGNIFICANT_BITS[dtype.name]
    words = generator.words(count) if dtype.itemsize < 8 else generator.long_words(count)
    return (words % np.uint64(largest + 1)).astype(dtype).reshape(shape)


_SIGNIFICANT_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def randperm(generator, count, dtype):
    """The integers below `count` in random order, by exchanging each with itself or a later one.

    Raises RuntimeError for a negative count.
    """
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    order = list(range(count))
    words = generator.words(max(count - 1, 0)).tolist()
    for position, word in enumerate(words):
        other = position + word % (count - position)
        order[position], order[other] = order[other], order[position]
    return np.array(order, dtype=dtype)


def bernoulli(generator, shape, dtype, probability=0.5):
    """Ones with the given probability: a Python number is compared in float64, an array in its own type.

    Raises RuntimeError for a probability outside [0, 1].
    """
    if not isinstance(probability, np.ndarray):
        wide, limit = True, probability
        if not 0 <= probability <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={_number(probability)}")
        demand(dtype, "c", "bernoulli_scalar_cpu_", shape)
    elif math.prod(shape):
        demand(dtype, "c", "bernoulli_tensor_cpu_self_")
        demand(probability.dtype, "biuc", "bernoulli_tensor_cpu_p_")
        wide = probability.dtype == np.float64
        limit = np.broadcast_to(probability.astype(np.float64), shape).ravel()
        if not ((limit >= 0) & (limit <= 1)).all():
            raise RuntimeError(
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
                "be improved?  If so, please report an enhancement request to PyTorch.)"
            )
    else:
        return np.zeros(shape, dtype)
    fractions = _fractions(generator, math.prod(shape), 53 if wide else 24)
    return (fractions < limit).astype(dtype).reshape(shape)


def multinomial(generator, weights, count, replacement=False):
    """Indices drawn by weight from each row of `weights` (1-d or 2-d, floating), int64.

    Without replacement (and for one draw) by the exponential race: the largest weight / Exp(1) come first.
    Raises RuntimeError for weights that are negative, not finite or all zero, and for a count that cannot
    be drawn.
    """
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if weights.dtype.kind in "biuc":
        kind = _SCALAR_NAMES[weights.dtype.name]
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {kind}")
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and count > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if replacement and count > 1:
        _check_drawable(weights)
    elif weights.ndim == 2 and not len(weights):
        return np.zeros((0, count), np.int64)
    elif not weights.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.sum(axis=-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if not replacement or count == 1:
        race = weights / in_memory_order(exponential, generator, dense_like(weights))
        return np.ascontiguousarray(np.argsort(-race, axis=-1, kind="stable")[..., :count])
    rows = np.atleast_2d(weights).astype(np.float64)
    bounds = np.cumsum(rows, axis=1) / rows.sum(axis=1, keepdims=True)
    fractions = _fractions(generator, len(rows) * count, 53).reshape(len(rows), count)
    drawn = [np.searchsorted(bound, row) for bound, row in zip(bounds, fractions, strict=True)]
    return np.array(drawn, dtype=np.int64).reshape(*weights.shape[:-1], count)


def _check_drawable(weights) -> None:
    """Each weight of each row in turn, as the drawing with replacement meets them. Raises RuntimeError."""
    for value in weights.reshape(-1).astype(np.float64).tolist():
        if not value >= 0:
            raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
        if value == math.inf:
            raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)")


def _number(value):
    """A number as C++ streams print it: no fraction where there is none, six significant digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)
