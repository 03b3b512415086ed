"""The check `suppressions`: comments that tell a checker to look away."""

import ast
import re
from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.static import source
from gatewright.workspace.gate.static.look import Look

CHECK = "suppressions"

_ALIKE = 0.6
"""How much of an edited line must have stood there before for its old suppression to be old."""

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("type-ignore", r"#\s*type:\s*ignore"),
        ("mypy-config", r"#\s*mypy:\s*\S"),
        ("noqa", r"#\s*((ruff|flake8)\s*:\s*)?noqa\b"),
        ("ruff-disable", r"#\s*ruff\s*:\s*(file-)?(disable|ignore)\b"),
        ("no-cover", r"#\s*pragma[:\s]?\s*no\s*(cover|branch|mutate)"),
        ("pyright", r"#\s*pyright:\s*(ignore|basic|off|(strict|report\w*)\s*=\s*(?!true|error))"),
        ("pylint", r"#\s*pylint:\s*(disable|skip-file)"),
        ("nosec", r"#\s*(nosec|nosemgrep|nosonar)\b"),
        ("type-checker", r"#\s*(ty:\s*ignore|pyre-(ignore|fixme|unsafe)|pytype:\s*(disable|skip))"),
        ("secrets", r"#\s*(pragma:\s*allowlist|gitleaks:\s*allow)"),
    )
)
_DECORATORS = frozenset({"no_type_check", "no_type_check_decorator"})


class _Place(NamedTuple):
    path: str
    line: int
    rule: str
    code: str
    """The line without its comment, stripped."""
    text: str
    """The suppression, with its blanks made alike."""

    @property
    def key(self) -> tuple[str, str]:
        return self.code, self.text


def suppressions(look: Look) -> list[Finding]:
    """Those that are new in the change: lines that only moved bring none."""
    changes = [change for change in look.changes if source.is_python(change.path)]
    gone = Counter(place.key for change in changes for place in _places(change, "before"))
    fresh: list[_Place] = []
    for change in changes:
        for place in _places(change, "after"):
            if place.line in change.added:
                fresh.append(place)
            elif gone[place.key]:
                gone[place.key] -= 1
    new = [place for place in fresh if not _taken(gone, place.key)]
    return [_finding(place) for place in new if not _edited(gone, place)]


def _taken(gone: Counter[tuple[str, str]], key: tuple[str, str]) -> bool:
    if not gone[key]:
        return False
    gone[key] -= 1
    return True


def _edited(gone: Counter[tuple[str, str]], place: _Place) -> bool:
    """Whether a line that is gone was much the same, and suppressed in the same way."""
    alike = [key for key, many in gone.items() if many and key[1] == place.text]
    ratios = {key: SequenceMatcher(None, key[0], place.code).ratio() for key in alike}
    best = max(ratios, key=ratios.__getitem__, default=None)
    return best is not None and ratios[best] >= _ALIKE and _taken(gone, best)


def _places(change: FileChange, side: str) -> list[_Place]:
    text = source.before(change) if side == "before" else source.after(change)
    if not text:
        return []
    found = []
    for comment in source.comments(text):
        rule = next((name for name, kind in _KINDS if kind.search(comment.text)), None)
        if rule is not None:
            said = " ".join(comment.text.split())
            found.append(_Place(change.path, comment.line, rule, comment.code, said))
    return found + _decorated(change.path, text)


def _decorated(path: str, text: str) -> list[_Place]:
    if not any(name in text for name in _DECORATORS):
        return []
    tree = source.parsed(text)
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for each in node.decorator_list:
            name = each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", None)
            if name in _DECORATORS:
                found.append(_Place(path, each.lineno, "no-type-check", node.name, f"@{name}"))
    return found


def _finding(place: _Place) -> Finding:
    return Finding(
        check=CHECK,
        message=(
            f"{place.text[:80]!r} is new: it hides what a check would say of this line. "
            "Remove it and mend what the check says; a task that needs it allows suppressions."
        ),
        file=place.path,
        line=place.line,
        rule=place.rule,
    )
