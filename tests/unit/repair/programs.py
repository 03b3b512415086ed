"""Arbitrary small functions that are whole, in which every name is bound before it is read."""

from random import Random

from hypothesis import strategies as st

_NAMES = ("alpha", "beta", "gamma", "delta")
_LITERALS = ("0", "1", "2", "[]", "''", "True")


def programs() -> st.SearchStrategy[str]:
    """One function; made from a number, for nested strategies are slow."""
    return st.integers(0, 100_000).map(lambda seed: _program(Random(seed)))


def _program(chance: Random) -> str:
    names = chance.sample(_NAMES, chance.randint(1, 3))
    lines = [f"def work({', '.join(names)}):"]
    _block(chance, list(names), lines, "    ", 2)
    lines.append(f"    return {_expression(chance, names, 2)}")
    return "\n".join(lines) + "\n"


def _expression(chance: Random, names: list[str], depth: int) -> str:
    atom = chance.choice([*names, chance.choice(_LITERALS)])
    name = chance.choice(names)
    if depth == 0:
        return atom
    one, other = (_expression(chance, names, depth - 1) for _ in range(2))
    return chance.choice(
        [
            atom,
            f"{one} {chance.choice(['+', '-', '*', '//'])} {atom}",
            f"({one} {chance.choice(['<', '==', 'in'])} {atom})",
            f"({one} {chance.choice(['and', 'or'])} {other})",
            f"({one}, {other})",
            f"(not {name})",
            f"{name}[{one}]",
            f"{name}[{atom}:]",
            f"{name}.size",
            f"{chance.choice(['len', 'max', 'list', 'range'])}({one})",
            f"[{one} for each in {name}]",
        ]
    )


def _block(chance: Random, names: list[str], lines: list[str], indent: str, depth: int) -> None:
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice(["set", "add", "call", "if", "for", "while"][: 6 if depth else 3])
        value, name = _expression(chance, names, 2), chance.choice(_NAMES)
        if kind == "set":
            lines.append(f"{indent}{name} = {value}")
            names.append(name)
        elif kind == "add":
            lines.append(f"{indent}{names[0]} += {value}")
        elif kind == "call":
            lines.append(f"{indent}{names[-1]}.append({value})")
        else:
            head = f"for {name} in {value}" if kind == "for" else f"{kind} {value}"
            lines.append(f"{indent}{head}:")
            inner = [*names, name] if kind == "for" else list(names)
            _block(chance, inner, lines, indent + "    ", depth - 1)
