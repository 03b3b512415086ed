"""Python source as a tree, from any number of threads."""

import ast
import threading

_PARSING = threading.Lock()


def parse(source: str | bytes) -> ast.Module:
    """`ast.parse`, by one thread at a time.

    CPython 3.11 and 3.12 keep one depth for all threads while they build a tree: where the
    collector lets another thread in that parses as well, one of them raises SystemError.
    Raises: as `ast.parse` (SyntaxError, ValueError, RecursionError, MemoryError).
    """
    with _PARSING:
        return ast.parse(source)


def parse_expression(source: str) -> ast.Expression:
    """The same for one expression."""
    with _PARSING:
        return ast.parse(source, mode="eval")
