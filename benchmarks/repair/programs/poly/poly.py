"""Polynomials as lists of coefficients, the constant first."""


def trimmed(p):
    end = len(p)
    while end > 0 and p[end - 1] == 0:
        end -= 1
    return list(p[:end])


def value(p, x):
    result = 0
    for c in reversed(p):
        result = result * x + c
    return result


def added(p, q):
    length = max(len(p), len(q))
    out = [0] * length
    for n, c in enumerate(p):
        out[n] += c
    for n, c in enumerate(q):
        out[n] += c
    return trimmed(out)


def times(p, q):
    if not p or not q:
        return []
    out = [0] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return trimmed(out)


def slope(p):
    """The derivative."""
    return [n * c for n, c in enumerate(p)][1:]


def power(p, exponent):
    if exponent == 0:
        return [1]
    half = power(p, exponent // 2)
    square = times(half, half)
    return times(square, p) if exponent % 2 else square


def text(p):
    """As people write it, the highest power first."""
    parts = []
    for n in range(len(p) - 1, -1, -1):
        c = p[n]
        if c == 0:
            continue
        sign = "-" if c < 0 else "+"
        digits = "" if abs(c) == 1 and n > 0 else str(abs(c))
        letter = "" if n == 0 else "x" if n == 1 else f"x^{n}"
        parts.append((sign, digits + letter))
    if not parts:
        return "0"
    first, rest = parts[0], parts[1:]
    out = ("-" if first[0] == "-" else "") + first[1]
    for sign, body in rest:
        out += f" {sign} {body}"
    return out


def zero_between(p, low, high, steps=60):
    """Where it crosses zero, by halving. Raises: ValueError without a change of sign."""
    a, b = value(p, low), value(p, high)
    if a * b > 0:
        raise ValueError("no change of sign")
    for _ in range(steps):
        middle = (low + high) / 2
        here = value(p, middle)
        if a * here <= 0:
            high = middle
        else:
            low, a = middle, here
    return (low + high) / 2
