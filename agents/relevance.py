"""Which files of a repository a piece of work is about, as far as words and imports tell."""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from math import log
from pathlib import PurePosixPath
from threading import Lock

from gatewright.domain.protected import is_test
from gatewright.domain.syntax import parse

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MOST_TEXT = 40_000
"""Characters that words are taken of."""
_MOST_SOURCE = 200_000
"""Characters of a file that is parsed; longer ones were made by a program."""
_LEAST_WORD = 3
_STOP = frozenset(
    re.findall(
        r"\w+",
        "the and for with that this from not are was has have all any its into when where which "
        "must should will can add fix make use test tests src lib init main file files code "
        "python txt none true false error line def class return import assert self",
    )
)
_PARSING = Lock()
"""What is done about warnings is the whole process's, and files are read in threads."""
_IMPORTED = 6.0
"""As much as two rare words in a file's name."""
_ROOTS = frozenset({"src", "lib", "python"})


def words(text: str) -> frozenset[str]:
    """Words and pieces of identifiers, in lower case: `LedgerBook` is also `ledger` and `book`."""
    found: set[str] = set()
    for identifier in set(_IDENTIFIER.findall(text[:_MOST_TEXT])):
        found.add(identifier.lower())
        found.update(piece.lower() for piece in _PIECE.findall(identifier))
    return frozenset(word for word in found if len(word) >= _LEAST_WORD and word not in _STOP)


def ranked(
    paths: Sequence[str], *, about: Collection[str], imported: Collection[str] = ()
) -> list[str]:
    """The paths, the most relevant first; equal ones code first, tests last, then by name.

    A word counts the more the fewer paths have it.
    """
    wanted, near = frozenset(about), frozenset(imported)
    hits = {path: _of_path(path) & wanted for path in paths} if wanted else {}
    common = Counter(word for found in hits.values() for word in found)
    weight = {word: log(1 + len(paths) / number) for word, number in common.items()}

    def place(path: str) -> tuple[float, bool, bool, str]:
        score = sum(weight[word] for word in sorted(hits.get(path, ())))
        score += _IMPORTED if path in near else 0.0
        test = is_test(path)
        return (-(score / 2 if test else score), test, not path.endswith(".py"), path)

    return sorted(paths, key=place)


def imported_paths(files: Iterable[tuple[str, str]], paths: Sequence[str]) -> list[str]:
    """Which of `paths` the Python files of these (path, text) import, each once, in order."""
    by_module = _by_module(paths)
    found: dict[str, None] = {}
    for path, text in files:
        if path.endswith((".py", ".pyi")):
            for module in _modules(path, text):
                found.update(dict.fromkeys(by_module.get(module, ())))
    return list(found)


def parsed(text: str) -> ast.Module | None:
    """The file's syntax tree; None for what is no Python, or too much of it."""
    if len(text) > _MOST_SOURCE:
        return None
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _of_path(path: str) -> frozenset[str]:
    return frozenset().union(*map(_of_part, path.split("/")))


@lru_cache(maxsize=20_000)
def _of_part(part: str) -> frozenset[str]:
    """Folders are on many paths."""
    return words(part)


def _by_module(paths: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """Files by every name that they may be imported by: the folder above may be on the path."""
    found: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        pure = PurePosixPath(path)
        if pure.suffix not in (".py", ".pyi"):
            continue
        parts = pure.parts[:-1] if pure.stem == "__init__" else (*pure.parts[:-1], pure.stem)
        while parts:
            found.setdefault(parts, []).append(path)
            if len(parts) > 2 or parts[0] in _ROOTS:
                parts = parts[1:]
            else:
                break
    return found


def _modules(path: str, text: str) -> list[tuple[str, ...]]:
    tree = parsed(text)
    if tree is None:
        return []
    here = PurePosixPath(path).parts[:-1]
    found: list[tuple[str, ...]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: max(0, len(here) - node.level + 1)] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            found.append(module)
            found += [(*module, alias.name) for alias in node.names]
    return list(dict.fromkeys(found))
