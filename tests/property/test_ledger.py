"""The ledger, its runs, cancels and answers do what a plain model of them does, in any order."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from gatewright.domain.entry import Entry, Happening, Process, RunEnd
from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.task import Task, TaskState
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.processes import this_process

pytestmark = pytest.mark.slow

OVER = ("done", "failed", "cancelled")
# Few of each, so that one step often meets what another left.
TASKS = st.sampled_from(["t1", "t1", "t1", "t2"])
QUESTIONS = st.sampled_from(["q1", "q2"])
PEOPLE = st.sampled_from(["ada@mill", "bob@mill"])
STATES: st.SearchStrategy[TaskState] = st.sampled_from(
    ["implementing", "awaiting_human", "implementing", "awaiting_human", "done", "failed"]
)
TEXTS = st.sampled_from(["", "the disk was full"])
ENDS: st.SearchStrategy[RunEnd] = st.sampled_from(["done", "drained", "killed"])
ANSWERS = st.builds(Answer, action=st.sampled_from(["approve", "retry", "reject"]), note=TEXTS)
CONNECTIONS = st.sampled_from([0, 1])

ALIVE = this_process()
DEAD = replace(ALIVE, started="0")
ELSEWHERE = Process(host="elsewhere", pid=1, started="0", boot="another")
PROCESSES = st.sampled_from([ALIVE, DEAD, ELSEWHERE])


@dataclass
class Known:
    """What the model knows of a task."""

    task: Task
    by: str
    noted: tuple[TaskState, str] | None = None
    before: TaskState = "new"
    """The state that it goes on in when it is reopened."""
    wish: str | None = None
    history: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def state(self) -> TaskState:
        return self.noted[0] if self.noted else "new"

    def enter(self, state: TaskState, detail: str) -> None:
        self.noted = (state, detail)
        if state in OVER:
            self.wish = None
        if state != "cancelled":
            self.before = state


class LedgerAndModel(RuleBasedStateMachine):
    """Two connections to one file, as two processes have them, each opened anew at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.stacks = [AsyncExitStack(), AsyncExitStack()]
        self.ledgers: list[Ledger] = []
        self.process = ALIVE
        self.turn = 0
        for stack in self.stacks:
            self.ledgers.append(self._open(stack))
        self.tasks: dict[str, Known] = {}
        self.open: dict[int, tuple[str, Process]] = {}
        self.ended: set[int] = set()
        self.answers: dict[str, tuple[Answer, str]] = {}
        self.seen: dict[str, tuple[Happening, ...]] = {}

    def _open(self, stack: AsyncExitStack) -> Ledger:
        opening = stack.enter_async_context(open_database(Path(self.folder.name) / "s.sqlite"))
        return Ledger(self.loop.run(opening), process=lambda: self.process)

    def do(self, coroutine: Any) -> Any:
        return self.loop.run(coroutine)

    def refused(self, coroutine: Any, *said: str) -> None:
        with pytest.raises(InputError) as caught:
            self.do(coroutine)
        assert [word for word in said if word not in str(caught.value)] == []

    def teardown(self) -> None:
        try:
            self.do(self._check_all(self.ledgers[0]))
        finally:
            for stack in self.stacks:
                self.do(stack.aclose())
            self.loop.close()
            self.folder.cleanup()

    # Tasks

    @initialize()
    def a_task_is_there(self) -> None:
        self.accept(0, "t1", "ada@mill")

    @rule(at=CONNECTIONS, name=TASKS, by=PEOPLE)
    def accept(self, at: int, name: str, by: str) -> None:
        task = Task(id=name, goal="Fix paging", repo=Path("/src/shop"))
        known = self.tasks.setdefault(name, Known(task, by))
        entry = self.do(self.ledgers[at].accept(task, "a", by=by))
        assert (entry.accepted_by, entry.state) == (known.by, known.state)

    @rule(at=CONNECTIONS, name=TASKS)
    def accept_another_of_the_same_name(self, at: int, name: str) -> None:
        other = Task(id=name, goal="Something else", repo=Path("/src/shop"))
        if name in self.tasks:
            self.refused(self.ledgers[at].accept(other, "a", by="eve@mill"), "another task")

    @rule(at=CONNECTIONS, name=TASKS, state=STATES, detail=TEXTS)
    def note(self, at: int, name: str, state: TaskState, detail: str) -> None:
        known = self.tasks.get(name)
        if known is None:
            return
        self.do(self.ledgers[at].note(name, state, detail))
        if known.state != "cancelled" and known.noted != (state, detail):
            known.enter(state, detail)
            known.history.append(("state", "", state, detail))

    # Runs

    @rule(at=CONNECTIONS, name=TASKS, by=PEOPLE, process=PROCESSES)
    def begin(self, at: int, name: str, by: str, process: Process) -> None:
        known = self.tasks.get(name)
        if known is None:
            return
        self.process = process
        if known.state == "cancelled":
            self.refused(self.ledgers[at].begin(name, by=by), "was cancelled")
            return
        run = self.do(self.ledgers[at].begin(name, by=by))
        assert run not in self.open.keys() | self.ended
        self.open[run] = (name, process)
        known.history.append(("began", by, run))

    @precondition(lambda self: self.open or self.ended)
    @rule(at=CONNECTIONS, how=ENDS, detail=TEXTS, data=st.data())
    def finish(self, at: int, how: RunEnd, detail: str, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(sorted(self.open.keys() | self.ended)))
        self.do(self.ledgers[at].finish(run, how, detail))
        if run in self.open:
            self._ended(run, how, detail)

    @rule(at=CONNECTIONS)
    def bury(self, at: int) -> None:
        dead = [run for run, (_, process) in sorted(self.open.items()) if process == DEAD]
        killed = self.do(self.ledgers[at].bury())
        assert [(each.run, each.task_id) for each in killed] == [
            (run, self.open[run][0]) for run in dead
        ]
        for run in dead:
            self._ended(run, "killed", f"process {DEAD.pid} on {DEAD.host} was gone")

    def _ended(self, run: int, how: RunEnd, detail: str) -> None:
        name, _ = self.open.pop(run)
        self.ended.add(run)
        self.tasks[name].history.append(("ended", run, how, detail))

    # Wishes

    @rule(at=CONNECTIONS, name=TASKS, by=PEOPLE, reason=TEXTS)
    def request_cancel(self, at: int, name: str, by: str, reason: str) -> None:
        known = self.tasks.get(name)
        asking = self.ledgers[at].request_cancel(name, by=by, reason=reason)
        if known is None or known.state in OVER:
            self.refused(asking, repr(name), "is not known" if known is None else "is over")
            return
        self.do(asking)
        known.wish = reason
        known.history.append(("cancel_asked", by, reason))

    @rule(at=CONNECTIONS, name=TASKS)
    def cancelled(self, at: int, name: str) -> None:
        known = self.tasks.get(name)
        if known is None:
            return
        assert self.do(self.ledgers[at].cancelled(name)) == (known.state not in OVER)
        if known.state not in OVER:
            reason = known.wish or ""
            known.enter("cancelled", reason)
            known.history.append(("state", "", "cancelled", reason))

    @rule(at=CONNECTIONS, name=TASKS, by=PEOPLE)
    def reopen(self, at: int, name: str, by: str) -> None:
        known = self.tasks.get(name)
        asking = self.ledgers[at].reopen(name, by=by)
        if known is None or (known.state != "cancelled" and known.wish is None):
            self.refused(asking, repr(name), "is not known" if known is None else "not cancelled")
            return
        self.do(asking)
        known.wish = None
        known.enter(known.before, "")
        known.history.append(("reopened", by, known.before))

    @rule(at=CONNECTIONS, question=QUESTIONS, name=TASKS, answer=ANSWERS, by=PEOPLE)
    def answer(self, at: int, question: str, name: str, answer: Answer, by: str) -> None:
        answering = self.ledgers[at].answer(question, name, answer, by=by)
        if name not in self.tasks:
            self.refused(answering, repr(name), "is not known")
        elif question in self.answers:
            first, whom = self.answers[question]
            self.refused(answering, f"{whom} answered {first.action!r}")
        else:
            self.do(answering)
            self.answers[question] = (answer, by)
            self.tasks[name].history.append(("answered", by, question, answer))

    # Everything else

    @rule(at=CONNECTIONS)
    def open_anew(self, at: int) -> None:
        self.do(self.stacks[at].aclose())
        self.stacks[at] = AsyncExitStack()
        self.ledgers[at] = self._open(self.stacks[at])

    @invariant()
    def either_connection_says_what_the_model_says(self) -> None:
        self.turn += 1
        if self.turn % 3 == 0:  # what is wrong once stays so, in a history that only grows
            self.do(self._check_all(self.ledgers[self.turn % 2]))

    async def _check_all(self, ledger: Ledger) -> None:
        entries = {entry.task.id: entry for entry in await ledger.entries()}
        assert entries.keys() == self.tasks.keys()
        runs = await ledger.open_runs()
        assert {run.run: (run.task_id, run.process) for run in runs} == self.open
        for name, known in self.tasks.items():
            await self._check(ledger, entries[name], known)
        kept = {question: await ledger.answer_to(question) for question in self.answers}
        assert kept == {question: answer for question, (answer, _) in self.answers.items()}

    async def _check(self, ledger: Ledger, entry: Entry, known: Known) -> None:
        name = known.task.id
        history = await ledger.history(name)
        assert [_short(each) for each in history] == [("accepted", known.by), *known.history]
        before = self.seen.get(name, ())
        assert history[: len(before)] == before, "a history may only grow"
        self.seen[name] = history
        assert (entry.task, entry.state) == (known.task, known.state)
        assert entry.detail == (known.noted[1] if known.noted else "")
        assert entry.runs == len([each for each in history if each.kind == "began"])
        assert entry.awaiting_since == _awaiting_since(history)
        assert await ledger.cancel_requested(name) == known.wish


def _short(happening: Happening) -> tuple[Any, ...]:
    """What the model says of a happening."""
    parts: dict[str, tuple[str, ...]] = {
        "accepted": ("kind", "by"),
        "began": ("kind", "by", "run"),
        "ended": ("kind", "run", "how", "detail"),
        "state": ("kind", "by", "state", "detail"),
        "cancel_asked": ("kind", "by", "detail"),
        "reopened": ("kind", "by", "state"),
        "answered": ("kind", "by", "interrupt_id", "answer"),
    }
    return tuple(getattr(happening, part) for part in parts[happening.kind])


def _awaiting_since(history: tuple[Happening, ...]) -> str | None:
    """By walking through it: since it came to wait, or since it was answered meanwhile."""
    since = None
    for each in history:
        if each.state is not None and each.state != "awaiting_human":
            since = None
        elif (each.state == "awaiting_human" and since is None) or (
            each.kind == "answered" and since is not None
        ):
            since = each.at
    return since


# Without shrinking, which takes longer here than a test may: 100 steps can be read as they are.
LedgerAndModel.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=100,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
test_the_ledger_is_its_model = LedgerAndModel.TestCase
