"""The Beta distribution's quantile function, for draws that can be repeated and compared.

A draw is the quantile of a number that the seed alone decides. So more passes never lower a draw of
the same seed: Beta distributions are ordered by their parameters, and quantiles keep the order. A
sampler that rejects (`random.betavariate`) has no such property.

Sources: the incomplete beta function by its continued fraction (NIST DLMF 8.17.22,
https://dlmf.nist.gov/8.17#E22), evaluated by Lentz's method; the root by Newton's method on the
logarithm of the distribution of log(x / (1 - x)), which is concave, so that Newton's steps cannot
leave it.
"""

from hashlib import blake2b
from math import exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300
_CLOSE = 1e-11
"""Where the continued fraction ends."""
_SETTLED = 1e-5
"""Of log(x / (1 - x)); Newton's error is then about its square."""
_MOST_STEPS = 60


def uniform(*words: object) -> float:
    """A number between 0 and 1 (neither of them) that the words alone decide."""
    digest = blake2b("\x1f".join(map(str, words)).encode(), digest_size=8).digest()
    return ((int.from_bytes(digest) >> 12) + 0.5) / 2**52


def quantile(u: float, alpha: float, beta: float) -> float:
    """The x below which Beta(alpha, beta) has the share u; 0 < u < 1, both parameters above 0."""
    log_b = lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)
    if u <= 0.5:
        return _sigmoid(_lower(u, alpha, beta, log_b))
    return _sigmoid(-_lower(1 - u, beta, alpha, log_b))


def share_below(x: float, alpha: float, beta: float) -> float:
    """The regularised incomplete beta function: how much of Beta(alpha, beta) is below x."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_b = lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)
    return exp(_log_share(log(x), log1p(-x), alpha, beta, log_b))


def interval(alpha: float, beta: float, *, share: float = 0.95) -> tuple[float, float]:
    """The middle `share` of Beta(alpha, beta)."""
    rest = (1 - share) / 2
    return quantile(rest, alpha, beta), quantile(1 - rest, alpha, beta)


def _lower(u: float, alpha: float, beta: float, log_b: float) -> float:
    """log(x / (1 - x)) of the quantile u."""
    log_u = log(u)
    y = _guess(u, alpha, beta, log_b)
    for _ in range(_MOST_STEPS):
        log_x, log_rest = -_softplus(-y), -_softplus(y)
        log_share = _log_share(log_x, log_rest, alpha, beta, log_b)
        log_density = alpha * log_x + beta * log_rest - log_b
        step = (log_u - log_share) * exp(min(log_share - log_density, 300.0))
        y += step
        if abs(step) < _SETTLED:
            break
    return y


def _guess(u: float, alpha: float, beta: float, log_b: float) -> float:
    tail = (log(u) + log(alpha) + log_b) / alpha
    if alpha < 1 or beta < 1:
        return min(tail, 30.0)
    near = log(alpha / beta) + _NORMAL.inv_cdf(u) * sqrt(1 / alpha + 1 / beta)
    return max(near, min(tail, 30.0))


def _log_share(log_x: float, log_rest: float, alpha: float, beta: float, log_b: float) -> float:
    front = alpha * log_x + beta * log_rest - log_b
    x = exp(log_x)
    if x <= (alpha + 1) / (alpha + beta + 2):
        return front + log(_fraction(x, alpha, beta) / alpha)
    above = exp(front) * _fraction(exp(log_rest), beta, alpha) / beta
    return log1p(-above) if above < 1 else -inf


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, without its front."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or _TINY)
    value = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / ((1 + even * d) or _TINY)
        c = (1 + even / c) or _TINY
        value *= c * d
        d = 1 / ((1 + odd * d) or _TINY)
        c = (1 + odd / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value


def _softplus(y: float) -> float:
    """log(1 + e^y) without overflow."""
    return y + log1p(exp(-y)) if y > 0 else log1p(exp(y))


def _sigmoid(y: float) -> float:
    return 1 / (1 + exp(-y)) if y > 0 else exp(max(y, -700.0)) / (1 + exp(max(y, -700.0)))
