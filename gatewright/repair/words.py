"""What the engine answers and why, said so that a person can act on it."""

import re
from collections.abc import Sequence

from gatewright.repair.answers import Observation
from gatewright.repair.choice import Choice
from gatewright.repair.search import Search

SHORT = 80
"""Characters of a value within a sentence."""
_USAGE = 4
_NONE_COLLECTED = 5


def why_not_startable(seen: Observation, tests: Sequence[str]) -> str:
    """What stands in the way before any edit is tried; empty when nothing does."""
    if seen.failing:
        return ""
    named = ", ".join(tests) or "the whole suite"
    if seen.errors and seen.exit != _USAGE:
        where, message = sorted(seen.errors.items())[0]
        return f"{where} cannot be collected: {_last_line(message)}{_missing(message)}"
    if seen.exit is None:
        return f"pytest did not come to its end: {_last_line(seen.tail)}"
    if seen.targets and seen.exit in (0, 1):
        return f"no test fails: {len(seen.targets)} tests of {named} were run"
    if seen.exit in (0, 1, _NONE_COLLECTED):
        return f"no tests were collected from {named}; the engine needs one that fails"
    return f"pytest could not run {named} (exit code {seen.exit}): {_last_line(seen.tail)}"


def why_not_found(search: Search) -> str:
    """What the search did and where it ended."""
    count = len(search.seen.failing)
    failing = f"{count} failing test{'s' * (count > 1)} ({search.seen.failing[0]})"
    if search.flaky:
        return f"{failing} passed when run again, with nothing changed: they are flaky"
    if search.total == 0:
        return f"{failing} run no code of the repository in which a single edit could be tried"
    paired = search.tried - search.singles
    tried = f"{search.singles} single edits" + f" and {paired} pairs of edits" * (paired > 0)
    if search.tried < search.total:
        tried += f", of {search.total} candidates,"
    parts = [f"{tried} tried for {failing}"]
    if search.stopped:
        parts.append(f"then {search.stopped}")
    if search.timeouts:
        parts.append(f"{search.timeouts} ran too long")
    if search.broken:
        parts.append(f"{search.broken} made them pass but broke other tests")
    elif not search.stopped:
        parts.append("none makes them pass: the bug needs more edits, or another kind")
    return "; ".join(parts)


def why_chosen(name: str, choice: Choice, search: Search) -> str:
    """One sentence on the answer: what it is, what it does, and what else would have passed."""
    count = len(search.seen.failing)
    tests = f"{count} failing tests pass" if count > 1 else f"{search.seen.failing[0]} passes"
    said = f"{name}: {tests}, and none is broken"
    said += f"; {search.tried} candidates tried, {search.survivors} of which pass"
    if not choice.others:
        if choice.compared > 1 and choice.inputs:
            said += f" and do the same on {choice.inputs} inputs"
        return said
    other = choice.others[0]
    alike = f"{choice.differing} of {choice.compared - 1} others"
    if choice.compared == 2:
        alike = "the other one"
    return (
        f"{said}; on other inputs {alike} would do something else: for {_short(other.on.shown())} "
        f"this change gives {_short(other.chosen_gives)}, {_other_name(choice)} "
        f"{_short(other.gives)}"
    )


def _other_name(choice: Choice) -> str:
    """The likeliest of the others, as it is called in the sentence."""
    return "the other" if len(choice.others) == 1 else "the next best"


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _missing(message: str) -> str:
    """What to do about a module that is not there."""
    if "ModuleNotFoundError" not in message:
        return ""
    return (
        "; install it into the repository's .venv, together with pytest (the repository itself by "
        "`pip install -e .`), or set `pythonpath` in its pytest settings"
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^E\s+", "", lines[-1]) if lines else "(it said nothing)"
