"""Asking a person question by question: what is shown, which keys do what."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from rich.console import Console
from rich.markup import escape

from gatewright.cli.review_terminal import Terminal
from gatewright.cli.review_text import print_asked, print_diff
from gatewright.cli.task_answer import Given, as_yaml, edited, label, parse_budget
from gatewright.domain.errors import EnvironmentFault, GatewrightError, InputError
from gatewright.domain.human import Choice
from gatewright.domain.plain import plain
from gatewright.tasks.reviewing import Waiting, edits_plan

_KEYS: dict[str, Choice] = {"a": "approve", "r": "reject", "e": "edit", "t": "retry"}
_SCREEN = 60
"""Lines of a diff that are shown unasked."""

Proposal = Callable[[Waiting], str]
"""The change that a question is about, as the diff that an edit would give."""
Keep = Callable[[Waiting, Given], None]
"""Keeps an answer. Raises: GatewrightError where it is not taken."""


class Session:
    """One person going through the queue."""

    def __init__(
        self,
        terminal: Terminal,
        console: Console,
        *,
        proposal: Proposal,
        keep: Keep,
        now: Callable[[], datetime],
    ) -> None:
        self._terminal = terminal
        self._console = console
        self._proposal = proposal
        self._keep = keep
        self._now = now
        self._drafts: dict[str, str] = {}
        """What was edited and is not right yet, by question."""

    def go_through(self, queue: Sequence[Waiting]) -> list[str]:
        """Ask question after question; the tasks that got an answer, which is kept at once.

        One that is not taken (somebody else was faster, say) is told, and the next one is asked.
        """
        answered = []
        for number, one in enumerate(queue, start=1):
            self._console.rule(f"{number} of {len(queue)}")
            if one.answered is not None:
                self._console.print(f"{one.task_id}: {one.answered.action} is recorded already.")
                answered.append(one.task_id)
                continue
            said = self.ask(one)
            if said == "quit":
                break
            if said != "skip" and self._kept(one, said):
                answered.append(one.task_id)
        return answered

    def _kept(self, one: Waiting, given: Given) -> bool:
        try:
            self._keep(one, given)
        except GatewrightError as error:
            self._console.print(f"[red]{escape(plain(str(error)))}[/]")
            return False
        self._console.print(f"[green]Kept:[/] {label(given['action'])}.")
        return True

    def ask(self, one: Waiting) -> Given | Literal["skip", "quit"]:
        """Show the question and take keys until there is an answer to it."""
        print_asked(one, self._console, now=self._now(), most_lines=_SCREEN)
        while True:
            self._console.print(self._prompt(one), end="", highlight=False)
            try:
                key = self._terminal.key().lower()
                self._console.print(key if key.isprintable() else "", markup=False)
                said = self._pressed(key, one)
            except (EOFError, KeyboardInterrupt):
                self._console.print()
                return "quit"
            except (InputError, EnvironmentFault) as error:
                self._console.print(f"[red]{escape(plain(str(error)))}[/]")
                continue
            if said is not None:
                return said

    def _prompt(self, one: Waiting) -> str:
        open_to = one.question.stop.choices
        said = [f"[bold]{key}[/] {label(c)}" for key, c in _KEYS.items() if c in open_to]
        if one.question.commit:
            said.append("[bold]d[/] whole diff")
        return ", ".join([*said, "[bold]s[/] skip", "[bold]q[/] quit"]) + ": "

    def _pressed(self, key: str, one: Waiting) -> Given | Literal["skip", "quit"] | None:
        """None: the question stands."""
        if key in ("q", "\x1b"):
            return "quit"
        if key == "s":
            return "skip"
        if key == "d" and one.question.commit:
            print_diff(self._proposal(one), self._console)
            return None
        choice = _KEYS.get(key)
        if choice is None or choice not in one.question.stop.choices:
            return None
        return self._answer(choice, one)

    def _answer(self, choice: Choice, one: Waiting) -> Given | None:
        match choice:
            case "approve":
                return {"action": "approve", "note": ""}
            case "reject":
                reason = self._terminal.line("Why (empty: back): ").strip()
                return {"action": "reject", "note": reason} if reason else None
            case "retry":
                return self._again(one)
            case "edit":
                return self._edit(one)

    def _again(self, one: Waiting) -> Given | None:
        if one.question.stop.kind != "budget":
            note = self._terminal.line("Note to the next attempt (may be empty): ").strip()
            return {"action": "retry", "note": note}
        limits = self._terminal.line("New limits, like usd=2,tokens=none (empty: back): ").strip()
        if not limits:
            return None
        return {"action": "retry", "note": "", "budget": parse_budget(limits)}

    def _edit(self, one: Waiting) -> Given | None:
        """What is no plan or diff yet is kept, and comes back into the editor."""
        question = one.question
        suffix = ".yaml" if edits_plan(question.stop) else ".diff"
        draft = self._drafts.get(one.question_id)
        text = self._terminal.edit(draft or self._start(one), suffix=suffix) or draft
        if text is None:
            self._console.print("Left as it was: nothing is answered.")
            return None
        self._drafts[one.question_id] = text
        return {"action": "edit", "note": "", **edited(question, text)}

    def _start(self, one: Waiting) -> str:
        if edits_plan(one.question.stop):
            return as_yaml(one.question.plan or {"why": "", "steps": [{"title": "", "what": ""}]})
        return self._proposal(one)
