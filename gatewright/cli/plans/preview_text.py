"""A dry run, as text for a terminal."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from gatewright.cli.plans.intents import Intent, Will
from gatewright.cli.plans.text import console
from gatewright.cli.plans.words import count
from gatewright.domain.plain import plain

_WORDS: dict[Will, tuple[str, str]] = {
    "run": ("run", "cyan"),
    "maybe": ("perhaps", "yellow"),
    "same": ("unchanged", "green"),
    "done": ("done", "green"),
    "skip": ("skip", "dim"),
    "out": ("leave out", "dim"),
}
_RUN: tuple[Will, ...] = ("run", "maybe")
"""Whose commands are shown."""


def print_preview(intents: Sequence[Intent], *, plan_id: str) -> None:
    """Each step with what would become of it, why, and the command."""
    out = console()
    wide = max((len(one.step) for one in intents), default=0)
    for one in intents:
        word, style = _WORDS[one.will]
        head = (f"{word:<9}", style), "  ", f"{plain(one.step):<{wide}}", "  ", plain(one.why)
        out.print(Text.assemble(*head), soft_wrap=True)
        for line in _command(one) if one.will in _RUN else ():
            out.print(Text(f"           {plain(line)}", style="dim"), soft_wrap=True)
    counts = Counter(_WORDS[one.will][0] for one in intents)
    said = ", ".join(f"{number} {word}" for word, number in counts.items())
    out.print(f"{plain(plan_id)}: {count(len(intents), 'step')}: {said}. Nothing was run.")


def _command(one: Intent) -> Iterator[str]:
    """As a shell would take it; words of several lines follow below."""
    words = " ".join("'...'" if "\n" in word else shlex.quote(word) for word in one.argv)
    yield words + (f"  (in {one.cwd})" if one.cwd is not None else "")
    for word in one.argv:
        if "\n" in word:
            yield from (f"  {line}" for line in word.splitlines())
