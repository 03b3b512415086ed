"""A map of the repository: its files, the most relevant first, and what some of them define."""

import ast
import json
from collections.abc import Iterable, Mapping, Sequence

from agents.relevance import parsed

MOST_CHARACTERS = 12_000
"""About 4,000 tokens by estimate."""
_MOST_ENTRIES = 40
"""Of one file's outline."""
_MOST_LINE = 110
_HEADER = "# Files of the repository"
_INDENT = "    "
_CUT = f"\n{_INDENT}..."
_LEAST_ENTRIES = 5
"""Of an outline of which only the beginning is shown."""


def outline(text: str) -> tuple[str, ...]:
    """The signatures of a Python file's classes, functions and methods, one a line.

    Empty for what is no Python, or too long to be written by hand.
    """
    tree = parsed(text)
    if tree is None:
        return ()
    try:
        lines = _definitions(tree.body)
    except RecursionError:
        return ()
    more = len(lines) - _MOST_ENTRIES
    return (*lines[:_MOST_ENTRIES], f"... {more} more") if more > 0 else tuple(lines)


def map_text(
    paths: Sequence[str], outlines: Mapping[str, Sequence[str]], *, most: int = MOST_CHARACTERS
) -> str:
    """The paths in their order and the outlines of the first of them, in so many characters.

    Half of it may go to outlines; "" when not one path fits.
    """
    # No path is shorter than one character.
    lines = {path: one_line(path) for path in paths[: max(0, most)]}
    left = most - len(_HEADER) - len(f"\n... and {len(paths)} more")
    sure = _first(paths, lines, left - left // 2 if outlines else left)
    left -= sum(len(lines[path]) + 1 for path in sure)
    shown: dict[str, str] = {}
    for path in sure:
        shown[path] = _indented(outlines.get(path, ()), left)
        left -= len(shown[path])
    sure += _first(paths[len(sure) :], lines, left)
    if not sure:
        return ""
    more = f"\n... and {len(paths) - len(sure)} more" if len(paths) > len(sure) else ""
    return _HEADER + "".join(f"\n{lines[path]}{shown.get(path, '')}" for path in sure) + more


def one_line(path: str) -> str:
    """A file's name is anybody's text; one that is not plain is quoted, to stay on its line."""
    return path if path.isprintable() else json.dumps(path)


def _first(paths: Sequence[str], lines: Mapping[str, str], most: int) -> list[str]:
    taken = []
    for path in paths:
        if path not in lines or (most := most - len(lines[path]) - 1) < 0:
            break
        taken.append(path)
    return taken


def _indented(outline: Sequence[str], most: int) -> str:
    """An outline, or its beginning where a good part of it fits."""
    text = "".join(f"\n{_INDENT}{line}" for line in outline)
    if len(text) <= most:
        return text
    whole = text[: max(0, most - len(_CUT) + 1)].rpartition("\n")[0]
    return whole + _CUT if whole.count("\n") >= _LEAST_ENTRIES else ""


def _definitions(body: Iterable[ast.stmt], *, depth: int = 0) -> list[str]:
    lines = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = ", ".join(ast.unparse(base) for base in node.bases)
            lines.append(_cut(f"class {node.name}({bases})" if bases else f"class {node.name}"))
            if depth < 1:
                lines += [f"  {line}" for line in _definitions(node.body, depth=depth + 1)]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines.append(_cut(_signature(node)))
    return lines


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{kind} {node.name}({ast.unparse(node.args)}){returns}"


def _cut(line: str) -> str:
    whole = " ".join(line.split())
    return whole if len(whole) <= _MOST_LINE else whole[: _MOST_LINE - 3] + "..."
