"""What is wrong with a plan file, all of it at once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gatewright.domain.errors import InputError

MOST_PROBLEMS = 100
"""That are kept; how many more there are is said in one line."""

_TOLD = 50
"""Problems in the words of the error."""
_LOOKED_THROUGH = 2_000
"""Candidates for "did you mean": looking through more takes tens of milliseconds a name."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do."""

    file: str
    path: str
    """JSON path, such as `$.steps[2].depends_on[0]`."""
    line: int | None
    """1-based; None when the plan came from no text."""
    message: str
    fix: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}. {self.fix}"


class PlanInvalid(InputError):
    """A plan, or what it is given for its variables, is not acceptable."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.path, first.file, first.message, first.fix)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:_TOLD]]
        if len(self.problems) > _TOLD:
            lines.append(f"and {len(self.problems) - _TOLD} more problems")
        return "\n".join(lines)


def json_path(keys: Iterable[str | int]) -> str:
    """`("steps", 2, "env", "a b")` is `$.steps[2].env["a b"]`."""
    parts = ["$"]
    for key in keys:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif _NAME.fullmatch(key):
            parts.append(f".{key}")
        else:
            parts.append(f"[{_quoted(key)}]")
    return "".join(parts)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean 'x'? ` with a space behind it, or nothing."""
    candidates = [name for _, name in zip(range(_LOOKED_THROUGH), known, strict=False)]
    near = get_close_matches(word[:100], candidates, n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


def short(text: str, *, most: int = 80) -> str:
    """A text from a file as it may stand in a message, quoted, on one line."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")


def _quoted(key: str) -> str:
    return '"' + short(key)[1:-1].replace('"', '\\"') + '"'
