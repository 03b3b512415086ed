"""The small doors through which the graph reaches the world.

Adapters are built by `gatewright.app`; doubles for tests are in `gatewright.testing`. All methods
that wait are coroutines, and none blocks the event loop.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from gatewright.domain.command import Command, Completed, SandboxKind
from gatewright.domain.conversation import Message, Reply
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.delivery import Account, Delivered
from gatewright.domain.edit import Applied, ChangeSet, Merged
from gatewright.domain.errors import ModelFault
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.metrics import RunMetrics
from gatewright.domain.outcome import Outcome
from gatewright.domain.task import GateSpec, Risk, Site


class Estimate(NamedTuple):
    """What a call may come to, before it is made."""

    input_tokens: int
    """Counted with a tokenizer that is near the model's own; rather too many than too few."""
    input_usd: float | None
    """None: the price is not known."""
    output_token_usd: float | None
    most_output_tokens: int
    """What the answer is limited to when the caller sets no limit of its own."""

    def most_usd(self, output_tokens: int) -> float | None:
        """What the call costs at most with so long an answer; None: not known."""
        if self.input_usd is None or self.output_token_usd is None:
            return None
        return self.input_usd + output_tokens * self.output_token_usd


class Model(Protocol):
    """Something that answers a conversation."""

    @property
    def name(self) -> str:
        """As in the catalogue and in every table: `openai/gpt-5-mini`."""
        ...

    async def estimate(
        self, messages: Sequence[Message], *, schema: type[BaseModel] | None = None
    ) -> Estimate:
        """What asking this would take; nothing is sent."""
        ...

    async def count(self, text: str) -> int:
        """Tokens of a text, rather too many than too few."""
        ...

    async def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: type[BaseModel] | None = None,
        max_output_tokens: int | None = None,
    ) -> Reply:
        """Answer once; with a schema, `Reply.text` is meant to be JSON of that schema.

        The answer is cut off at `max_output_tokens`, or at the model's own limit if that is less.
        Raises: ModelFault when no answer came, after the retries that its kind allows.
        """
        ...


class Models(Protocol):
    """The catalogue, as models that can be called."""

    def get(self, name: str) -> Model:
        """Raises: ModelFault(kind="not_configured") for a name that is not in the catalogue."""
        ...


class Router(Protocol):
    """Chooses who answers."""

    async def choose(self, request: RoutingRequest) -> Decision:
        """Raises: EnvironmentFault when nobody may answer; it never falls through."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Take a verdict into account from now on; whoever keeps it for later is another."""
        ...


class Circuits(Protocol):
    """One circuit breaker for each model of each provider, in this process."""

    def admit(self, model: str) -> None:
        """Before each HTTP attempt.

        Raises: ModelFault(kind="circuit_open") with the seconds until it may be tried again.
        """
        ...

    def succeeded(self, model: str) -> None:
        """An admitted attempt brought an answer."""
        ...

    def failed(self, fault: ModelFault) -> None:
        """An admitted attempt ended in a fault; only those that may pass by themselves count."""
        ...

    def abandoned(self, model: str) -> None:
        """An admitted attempt was cancelled: it says nothing."""
        ...

    def is_open(self, model: str) -> bool:
        """Whether it would be refused now; nothing changes by asking."""
        ...


class Purse(Protocol):
    """The money of all tasks of a home, over all processes: reserved before it is spent."""

    async def reserve(self, key: str, task_id: str, usd: float) -> None:
        """Set money aside; what stands under the key and was never settled stays, beside it: its
        process died in the middle of a call that was perhaps billed.

        Raises: BudgetExhausted("day_usd" or "month_usd") when the house's budgets do not allow it;
        nothing is set aside then.
        """
        ...

    async def settle(self, key: str, usd: float | None) -> None:
        """What it came to; None (not known): what was set aside stays."""
        ...

    async def left_usd(self) -> float | None:
        """What the house's budgets leave; None: there are none."""
        ...

    async def pace(self) -> float:
        """From 0 (nothing is left) to 1 (the house's budgets last): see `RoutingRequest.pace`."""
        ...


class Journal(Protocol):
    """Answers that were paid for, so that no one pays for them again after a crash."""

    async def recall(self, key: str) -> Reply | None:
        """The answer recorded under this key, if there is one."""
        ...

    async def record(self, key: str, task_id: str, reply: Reply) -> None:
        """Durable on return; a second record of the same key changes nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A text file of the repository as it is in one commit."""

    path: str
    text: str
    """Line ends as in the file."""
    encoding: str
    """`utf-8` or `utf-8-sig`; files of other encodings and binary files are not shown."""


class Workspace(Protocol):
    """Git, seen from a task: a worktree, commits on private refs, a branch at the end.

    The user's checkout, index, HEAD, branches and untracked files are never touched.
    """

    async def resolve(self, repo: Path, base: str | None) -> str:
        """The commit that a task on this base would start from; nothing is made.

        Raises: InputError as `open` does.
        """
        ...

    async def open(self, task_id: str, repo: Path, base: str | None, base_commit: str = "") -> Site:
        """Resolve the base, and make the task's worktree unless it is there.

        With `base_commit` (a resumed task) the base is not resolved anew.
        Raises: InputError for a path that is no repository, a base that is no commit, or a base
        that was not named while the checkout has uncommitted changes.
        """
        ...

    async def tree(self, site: Site, commit: str) -> str:
        """The object id of a commit's tree: the same for the same files."""
        ...

    async def files(self, site: Site, commit: str) -> Sequence[str]:
        """Paths of the regular files of a commit, sorted."""
        ...

    async def read(self, site: Site, commit: str, path: str) -> SourceFile | None:
        """A text file of a commit; None when there is none, or it is binary or not UTF-8."""
        ...

    async def apply(
        self,
        site: Site,
        parent: str,
        changes: ChangeSet,
        *,
        ref: str,
        key: str,
        message: str,
        show: bool = True,
    ) -> Applied:
        """Apply all edits on top of `parent` and commit to `refs/gatewright/<task>/<ref>`.

        The same `key` a second time gives the first one's commit. Nothing is written when an edit
        is refused. With `show`, the task's worktree is brought to it.
        Raises: EditRefused (EditMismatch, UnsafePath).
        """
        ...

    async def merge(
        self, site: Site, head: str, commit: str, *, parent: str, ref: str, key: str
    ) -> Merged:
        """Make what `commit` changed of its `parent` anew on top of `head`, with its message.

        `head` descends from `parent`; where it is that, `commit` itself is the result. Nothing is
        written where both changed the same lines. The same `key` a second time gives the first
        one's commit. The task's worktree is brought to the result.
        """
        ...

    def checkout(self, site: Site, commit: str) -> AbstractAsyncContextManager[Path]:
        """A disposable copy of a commit's files, without `.git`, gone at the end."""
        ...

    async def diff(self, site: Site, commit: str, *, since: str | None = None) -> str:
        """A unified diff from `since` (default: the base) to `commit`."""
        ...

    async def deliver(self, site: Site, commit: str, branch: str) -> None:
        """Create the branch, or find it there already at this commit.

        Raises: WorkspaceError when the branch exists and is at another commit.
        """
        ...

    async def publish(self, site: Site, commit: str, account: Account) -> Delivered:
        """Deliver a finished task as the settings say, with an account of it in the messages.

        The commits are made anew for that, with the same trees. A second time, what the first
        one made is found.
        Raises: WorkspaceError when a name is taken; InputError for a name that git does not allow;
        EnvironmentFault when the user's own command fails.
        """
        ...

    async def close(self, site: Site) -> None:
        """Remove the task's worktree; refs and commits stay."""
        ...


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """The Python that runs a repository's tests, and what must be readable for it."""

    python: Path
    readable: tuple[Path, ...]
    source: str
    """For people: `repository (.venv)`, `setting gate.python`, `clean environment (...)`."""
    roots: tuple[str, ...] = ()
    """Folders of the repository that its tests import from, besides its top; relative to it."""
    note: str = ""
    """For people: what the repository asks for and this environment does not have, and why."""
    tools: Path | None = None
    """The Python whose mypy and ruff are taken where this one has none; None: our own."""


class Runner(Protocol):
    """Runs untrusted commands in the sandbox."""

    @property
    def kind(self) -> SandboxKind:
        """As it stands in every `Completed`."""
        ...

    @property
    def label(self) -> str:
        """For reports: `bubblewrap`, `landlock (weak)`, `none (unsafe)`."""
        ...

    async def run(self, command: Command) -> Completed:
        """Run to the end, the limit or the timeout; nothing of it is alive on return.

        Raises: SandboxUnavailable.
        """
        ...


class Gate(Protocol):
    """The quality gate: deterministic, no model."""

    async def check(
        self,
        site: Site,
        commit: str,
        spec: GateSpec,
        *,
        risk: Risk = "medium",
        scope: Sequence[str] = (),
        on_check: Callable[[CheckResult], None] | None = None,
    ) -> GateReport:
        """Run the checks on a commit and compare them with the base; `on_check` hears each.

        `scope` are the paths that the plan names; empty when it names none.
        """
        ...


class Mutant(NamedTuple):
    """A small change of a change, and whether the tests noticed it."""

    path: str
    line: int
    """1-based, in the file as it is after the change."""
    what: str
    """For people: ``Change `<` to `<=` in shop.py:12``."""
    killed: bool


class MutationSample(NamedTuple):
    """What came of a bounded sample of mutants."""

    mutants: tuple[Mutant, ...]
    why: str = ""
    """Why there are none, or fewer than were asked for."""
    duration_s: float = 0.0


class Mutation(Protocol):
    """Tries whether tests would notice that a change is wrong."""

    async def __call__(
        self,
        root: Path,
        lines: Mapping[str, Collection[int]],
        *,
        toolchain: Toolchain,
        run: Callable[[Command], Awaitable[Completed]],
        most: int,
        seconds: float,
    ) -> MutationSample:
        """Mutants of these lines (by path, 1-based) of a disposable copy, run by its tests.

        Raises: SandboxUnavailable, from `run`.
        """
        ...


class Telemetry(Protocol):
    """The sidecar as nodes see it; no method blocks or raises."""

    def record(self, table: str, row: Mapping[str, Any]) -> None:
        """Queue one row of `gate_checks`, `llm_calls` or `events`."""
        ...

    def decided(
        self, request: RoutingRequest, decision: Decision, *, task_id: str, node: str
    ) -> None:
        """Queue a row of `routing_decisions`."""
        ...

    def judged(self, outcome: Outcome, *, node: str) -> None:
        """Queue a row of `routing_outcomes`."""
        ...

    def metrics(self) -> RunMetrics | None:
        """The machine during the run whose code is calling, so far; None where nobody looks."""
        ...
