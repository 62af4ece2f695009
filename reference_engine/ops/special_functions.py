"""Special functions on arrays of float64, to about its precision; NumPy has none of them.

Gamma and its relatives, the error function and its inverses, modified Bessel functions, the incomplete gamma function
and Hurwitz' zeta. Values at poles and beyond a domain are those of ``torch.special``.
"""

from __future__ import annotations

import math

import numpy as np

_QUIET = {"divide": "ignore", "invalid": "ignore", "over": "ignore", "under": "ignore"}


def each(function):
    """A function of one number as one of arrays, element by element."""

    def compute(array: np.ndarray) -> np.ndarray:
        flat = [function(value) for value in np.asarray(array, np.float64).ravel().tolist()]
        return np.array(flat, np.float64).reshape(np.shape(array))

    return compute


# -- gamma ---------------------------------------------------------------------------------------------------------


def _lgamma(x: float) -> float:
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


lgamma = each(_lgamma)
erf, erfc = each(math.erf), each(math.erfc)

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def digamma(x: np.ndarray) -> np.ndarray:
    """The logarithmic derivative of gamma: reflection below 0, recurrence up to 10, then Stirling's series."""
    with np.errstate(**_QUIET):
        x = np.asarray(x, np.float64)
        below = x < 0
        shifted = np.where(below, 1 - x, x)
        total = np.zeros_like(shifted)
        for _ in range(10):
            small = shifted < 10
            total = np.where(small, total - 1 / shifted, total)
            shifted = np.where(small, shifted + 1, shifted)
        series = sum(b / (2 * k) / shifted ** (2 * k) for k, b in enumerate(_BERNOULLI, 1))
        total = total + np.log(shifted) - 0.5 / shifted - series
        fraction = x - np.trunc(x)
        total = np.where(below, total - math.pi / np.tan(math.pi * fraction), total)
        total = np.where(below & (fraction == 0), np.nan, total)
        total = np.where(np.isposinf(x), np.inf, total)
        return np.where(x == 0, np.copysign(np.inf, -x), total)


def zeta(s: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Hurwitz' zeta, the sum of ``(k + q)**-s``: the first terms, the rest by Euler and Maclaurin.

    NaN for ``s < 1``, at an infinite ``q``, and for a negative ``q`` with ``s`` no integer; infinite at ``s == 1`` and
    at poles.
    """
    with np.errstate(**_QUIET):
        s, q = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(q, np.float64))
        negative = q[np.isfinite(q) & (q < 0)]
        terms = 12 + (math.ceil(-negative.min()) if negative.size else 0)
        total = np.zeros(s.shape)
        for k in range(terms):
            total = total + np.power(q + k, -s)
        end = q + terms
        sufficient = (np.power(end, -s) == 0) & (total != 0)
        found = total
        total = total + np.power(end, 1 - s) / (s - 1) + 0.5 * np.power(end, -s)
        rising, factorial = s, 2.0
        for k, b in enumerate(_BERNOULLI, 1):
            total = total + b / factorial * rising * np.power(end, -s - 2 * k + 1)
            rising = rising * (s + 2 * k - 1) * (s + 2 * k)
            factorial *= (2 * k + 1) * (2 * k + 2)
        total = np.where(sufficient, found, total)
        whole = np.floor(q) == q
        total = np.where(q <= 0, np.where(whole, np.inf, np.where(np.floor(s) == s, total, np.nan)), total)
        total = np.where(np.isinf(np.power(q, -s)), np.inf, total)
        return np.where(s == 1, np.inf, np.where((s < 1) | (q == np.inf), np.nan, total))


def polygamma(n: int, x: np.ndarray) -> np.ndarray:
    """The ``n``-th derivative of :func:`digamma`."""
    if n == 0:
        return digamma(x)
    if n == 1:
        # Reflection, which keeps both sides of the poles apart.
        with np.errstate(**_QUIET):
            low = np.asarray(x) < 0.5
            high = zeta(np.float64(2), np.where(low, 1 - x, x))
            return np.where(x == np.inf, 0, np.where(low, (math.pi / np.sin(math.pi * x)) ** 2 - high, high))
    return (-1.0) ** (n + 1) * math.gamma(n + 1) * zeta(np.float64(n + 1), x)


def _upper_fraction(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularised upper incomplete gamma by its continued fraction (Lentz), for ``x > a + 1``."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = np.full_like(x, 1 / tiny), 1 / b
    h = d
    for k in range(1, 400):
        numerator = -k * (k - a)
        b = b + 2
        d, c = numerator * d + b, b + numerator / c
        d, c = np.where(np.abs(d) < tiny, tiny, d), np.where(np.abs(c) < tiny, tiny, c)
        d = 1 / d
        h = h * d * c
        if np.all(~np.isfinite(d * c) | (np.abs(d * c - 1) < 1e-16)):
            break
    return np.exp(a * np.log(x) - x - lgamma(a)) * h


def _lower_series(a: np.ndarray, x: np.ndarray, lowest: float) -> np.ndarray:
    """The regularised lower incomplete gamma by its power series, for ``x <= a + 1``.

    As in PyTorch its factor is 0 below ``lowest``, the least logarithm, though what is divided by ``a`` may be near 1.
    """
    term = 1 / a
    total, place = term, a
    for _ in range(2000):
        place = place + 1
        term = term * x / place
        total = total + term
        if np.all(~np.isfinite(total) | (np.abs(term) <= np.abs(total) * 1e-17)):
            break
    log = a * np.log(x) - x - lgamma(a)
    return np.where(log < lowest, 0.0, total * np.exp(log))


def _upper_near(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularised upper incomplete gamma for a large ``a`` and ``x`` close to it: Temme's uniform expansion."""
    ratio = (x - a) / a
    excess = ratio * ratio * sum((-ratio) ** k / (k + 2) for k in range(12))  # ratio - log(1 + ratio)
    eta = np.copysign(np.sqrt(2 * excess), ratio)
    first = -1 / 3 + eta / 12 - 2 * eta**2 / 135 + eta**3 / 864
    second = -1 / 540 - eta / 288
    return 0.5 * erfc(eta * np.sqrt(a / 2)) + np.exp(-a * excess) / np.sqrt(2 * math.pi * a) * (first + second / a)


def _upper_series(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The regularised upper incomplete gamma for small ``a`` and ``x``, where one minus the lower has no digits left.

    As in PyTorch 2.13 the logarithm of gamma is that of ``1 + a`` rounded: 0 where ``a`` is tiny.
    """
    factor, total = np.ones_like(x), np.zeros_like(x)
    for k in range(1, 60):
        factor = factor * -x / k
        total = total + factor / (a + k)
    log = a * np.log(x)
    return -np.expm1(log - lgamma(1 + a)) - np.exp(log - lgamma(a)) * total


def _incomplete(a, x, upper: bool, lowest: float) -> np.ndarray:
    with np.errstate(**_QUIET):
        a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
        far = x > a + 1
        usual = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
        near_part = _lower_series(np.where(usual & ~far, a, 1.0), np.where(usual & ~far, x, 1.0), lowest)
        far_part = _upper_fraction(np.where(usual & far, a, 1.0), np.where(usual & far, x, 3.0))
        lower = np.where(far, 1 - far_part, near_part)
        higher = np.where(far, far_part, 1 - near_part)
        small = usual & (x <= 1.1) & (a <= np.where(x <= 0.5, -0.4 / np.log(x), 1.1 * x))
        higher = np.where(small, _upper_series(np.where(small, a, 0.5), np.where(small, x, 0.5)), higher)
        close = usual & (a > 1e5) & (np.abs(x - a) < 4.5 * np.sqrt(a))
        near = _upper_near(np.where(close, a, 1e6), np.where(close, x, 1e6))
        result = np.where(close, near if upper else 1 - near, higher if upper else lower)
        nothing, all_of_it = (1.0, 0.0) if upper else (0.0, 1.0)
        # In this order: what is no number counts only where nothing before has decided.
        return np.select(
            [(x < 0) | (a < 0), a == 0, x == 0, np.isinf(a), np.isinf(x), usual],
            [
                np.nan,
                np.where(x > 0, all_of_it, np.nan),
                nothing,
                np.where(np.isinf(x), np.nan, nothing),
                all_of_it,
                result,
            ],
            np.nan,
        )


def gammainc(a, x, lowest: float = -709.78) -> np.ndarray:
    """The regularised lower incomplete gamma function; ``lowest`` is the least logarithm of the precision asked for."""
    return _incomplete(a, x, False, lowest)


def gammaincc(a, x, lowest: float = -709.78) -> np.ndarray:
    """The regularised upper incomplete gamma function."""
    return _incomplete(a, x, True, lowest)


# -- error function ------------------------------------------------------------------------------------------------


def erfcinv(y: np.ndarray) -> np.ndarray:
    """The inverse of ``erfc`` on (0, 1], by Halley's steps from a rational start."""
    with np.errstate(**_QUIET):
        t = np.sqrt(-2 * np.log(y / 2))
        x = -math.sqrt(0.5) * ((2.30753 + t * 0.27061) / (1 + t * (0.99229 + t * 0.04481)) - t)
        for _ in range(4):
            error = erfc(x) - y
            step = error / (2 / math.sqrt(math.pi) * np.exp(-x * x) - x * error)
            x = x + np.where(np.isfinite(step), step, 0)
        return np.where(y == 0, np.inf, x)


def erfinv(y: np.ndarray) -> np.ndarray:
    """The inverse of ``erf``; infinite at -1 and 1, NaN beyond."""
    with np.errstate(**_QUIET):
        y = np.asarray(y, np.float64)
        size = np.abs(y)
        x = erfcinv(np.where(size <= 1, 1 - size, 1.0))
        # Near 0 the complement has lost what matters; the steps go on with erf itself.
        small = size < 0.5
        for _ in range(3):
            error = erf(x) - size
            step = error / (2 / math.sqrt(math.pi) * np.exp(-x * x) + x * error)
            x = np.where(small & np.isfinite(step), x - step, x)
        x = np.where(small & (size < 1e-8), size * math.sqrt(math.pi) / 2, x)
        return np.where(size <= 1, np.copysign(x, y), np.nan)


def _erfcx(x: float) -> float:
    if x < 8:
        return math.exp(x * x) * math.erfc(x) if x > -26.6 else math.inf
    total = term = 1.0
    for k in range(1, 40):
        smaller = -term * (2 * k - 1) / (2 * x * x)
        if abs(smaller) >= abs(term) or smaller == 0:
            break
        term = smaller
        total += term
    return total / (x * math.sqrt(math.pi))


erfcx = each(_erfcx)  # exp(x**2) * erfc(x), also where erfc underflows


def ndtri(p: np.ndarray) -> np.ndarray:
    """The quantile function of the standard normal distribution; infinite at 0 and 1, NaN beyond."""
    with np.errstate(**_QUIET):
        p = np.asarray(p, np.float64)
        inside = (p >= 0) & (p <= 1)
        middle = math.sqrt(2) * erfinv(np.where(inside, 2 * p - 1, 0.0))
        tail = -math.sqrt(2) * erfcinv(np.where(inside & (p < 0.1), 2 * p, 1.0))
        return np.where(inside, np.where(p < 0.1, tail, middle), np.nan)


def log_ndtr(x: np.ndarray) -> np.ndarray:
    """The logarithm of the standard normal distribution function, also where that underflows."""
    with np.errstate(**_QUIET):
        x = np.asarray(x, np.float64)
        scaled = x * math.sqrt(0.5)
        low = x < -1
        left = np.log(erfcx(np.where(low, -scaled, 1.0)) / 2) - scaled * scaled
        return np.where(low, left, np.log1p(-erfc(np.where(low, 0.0, scaled)) / 2))


# -- modified Bessel functions of the first kind -------------------------------------------------------------------

_ANGLES = 2 * math.pi * np.arange(96) / 96


def _bessel_scaled(order: int, x: np.ndarray) -> np.ndarray:
    """``exp(-abs(x)) * I_order(x)``: a mean over the circle, which converges geometrically, or for large arguments
    the asymptotic series."""
    with np.errstate(**_QUIET):
        x = np.asarray(x, np.float64)
        size = np.abs(x)
        near = np.where(size <= 30, size, 1.0)[..., None]
        circle = (np.exp(near * (np.cos(_ANGLES) - 1)) * np.cos(order * _ANGLES)).mean(-1)
        if order:
            # Near 0 the mean of positive and negative parts cancels; the power series does not.
            term, series = np.where(size < 1, size / 2, 0.0), 0.0
            for k in range(1, 16):
                series = series + term
                term = term * (size / 2) ** 2 / (k * (k + 1))
            circle = np.where(size < 1, series * np.exp(-size), circle)
        far = np.where(size > 30, size, 100.0)
        term = total = np.ones_like(far)
        for k in range(1, 25):
            term = -term * (4 * order * order - (2 * k - 1) ** 2) / (k * 8 * far)
            total = total + term
        result = np.where(size <= 30, circle, total / np.sqrt(2 * math.pi * far))
        result = np.where(np.isinf(size), 0.0, np.where(np.isnan(x), np.nan, result))
        return np.copysign(result, x) if order else result


def i0e(x):
    return _bessel_scaled(0, x)


def i1e(x):
    return _bessel_scaled(1, x)


def i0(x):
    with np.errstate(**_QUIET):
        return _bessel_scaled(0, x) * np.exp(np.abs(x))


def i1(x):
    with np.errstate(**_QUIET):
        return _bessel_scaled(1, x) * np.exp(np.abs(x))
