"""The whole develop graph on a real repository, with scripted models and a scripted gate.

It stops before anything is delivered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from gatewright.domain.conversation import Reply, Usage
from gatewright.domain.decision import Decision, RoutingRequest
from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.human import Question
from gatewright.domain.outcome import Outcome
from gatewright.domain.task import GateSpec, Risk, Site
from gatewright.testing import ScriptedModel, ScriptedModels
from gatewright.workspace.worktrees import GitWorkspace
from graph.context import Context, Limits
from graph.develop import build
from graph.state import RunState
from tests.support.projects import git
from tests.unit.nodes.desk_support import Notes, Till

ROLES = ("planner", "plan_reviewer", "implementer", "code_reviewer")

START = "one\ntwo\nthree\n"
PLAN: dict[str, Any] = {
    "why": "Lines are wrong.",
    "steps": [
        {"title": "Mend a", "what": "Mend the lines.", "files": ["a.txt"], "depends_on": None}
    ],
    "risks": [],
}
TWO_STEPS: dict[str, Any] = {
    **PLAN,
    "steps": [*PLAN["steps"], {"title": "Add b", "what": "Add a file.", "files": ["b.txt"]}],
}
APPROVED: dict[str, Any] = {"verdict": "approved", "why": "It does what it should."}


def rejected(*said: str) -> dict[str, Any]:
    """A reviewer's verdict with these concerns."""
    return {
        "verdict": "rejected",
        "why": "It does not do.",
        "concerns": [{"message": one} for one in said],
    }


def steps(*each: tuple[str, list[int] | None]) -> dict[str, Any]:
    """A plan of steps, each a name and what it depends on; it makes a file of its name."""
    made = [
        {"title": f"Step {name}", "what": f"Make {name}.", "files": [], "depends_on": needs}
        for name, needs in each
    ]
    return {**PLAN, "steps": made}


def planned(what: str) -> dict[str, Any]:
    """A plan of one step that says this."""
    return {**PLAN, "steps": [{**PLAN["steps"][0], "what": what}]}


def written(text: str, path: str = "a.txt") -> str:
    """An implementer's answer: a whole file."""
    return f"{path}\n```\n{text}```\n"


BROKE_DOWN = (Finding(check="pytest", message="the check took longer than 600 s"),)
"""What a gate says that came to no verdict."""


def failed(*said: str) -> tuple[Finding, ...]:
    """What a gate finds."""
    return tuple(Finding(check="pytest", rule="t.py::test", message=one) for one in said)


@dataclass
class ScriptedGate:
    """Plays its verdicts in order, each the findings; what is not in the script passes."""

    verdicts: Sequence[tuple[Finding, ...]] = ()
    checked: list[str] = field(default_factory=list)

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
        number = len(self.checked)
        self.checked.append(commit)
        findings = self.verdicts[number] if number < len(self.verdicts) else ()
        check = CheckResult(
            check="pytest",
            status="error" if findings == BROKE_DOWN else "failed" if findings else "passed",
            summary=f"{len(findings)} failed",
            duration_s=0.1,
            findings=findings,
        )
        return GateReport(
            passed=not findings, commit=commit, checks=(check,), sandbox="none", environment="none"
        )


@dataclass
class KeptJournal:
    """A journal in memory."""

    kept: dict[str, Reply] = field(default_factory=dict)

    async def recall(self, key: str) -> Reply | None:
        return self.kept.get(key)

    async def record(self, key: str, task_id: str, reply: Reply) -> None:
        self.kept.setdefault(key, reply)


class Rows:
    """A router by rows: each failed attempt moves one place along, who did not answer is out."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self._rows = rows

    async def choose(self, request: RoutingRequest) -> Decision:
        out = {*request.exclude, *request.faulted}
        allowed = [model for model in self._rows[request.role] if model not in out]
        if not allowed:
            raise EnvironmentFault("Nobody is left", "Name somebody.")
        place = min(request.stage, len(allowed) - 1)
        return Decision(
            model=allowed[place],
            candidates=tuple(allowed),
            plan=tuple(allowed[place:]),
            reason="the next in its row",
            policy_version="rows",
        )

    def learn(self, outcome: Outcome) -> None:
        return None


class Bench:
    """One task `t` on a repository of one file, `a.txt`."""

    def __init__(
        self,
        folder: Path,
        *,
        gate: Sequence[tuple[Finding, ...]] = (),
        limits: Limits | None = None,
        task: dict[str, Any] | None = None,
        second: Sequence[Any] = (),
        **replies: Sequence[Any] | Mapping[str, Sequence[Any]],
    ) -> None:
        """`replies` by role, or by words of what it is asked; `second` are those of another
        implementer, asked after the first."""
        self.repo = _repository(folder / "repo")
        self.models = {role: _model(role, replies.get(role)) for role in ROLES}
        rows = {role: [role] for role in ROLES}
        if second:
            self.models["second"] = _model("second", second)
            rows["implementer"].append("second")
        self.gate = ScriptedGate(gate)
        self.notes = Notes()
        self.workspace = GitWorkspace(folder / "home")
        self._task = {"goal": "Mend it.", "repo": str(self.repo), "id": "t", **(task or {})}
        self._graph = build().compile(
            checkpointer=InMemorySaver(), interrupt_before=["deliver"], name="develop"
        )
        self._config: Any = {"configurable": {"thread_id": "t", "__pregel_strict_resume": True}}
        ports: dict[str, Any] = {
            "workspace": self.workspace,
            "gate": self.gate,
            "journal": KeptJournal(),
            "purse": Till(),
            "telemetry": self.notes,
            "router": Rows(rows),
            "models": ScriptedModels(*self.models.values()),
            "runner": None,
            "toolchain": None,
        }
        self._context = Context(limits=limits or Limits(), **ports)

    async def run(self) -> Question | None:
        """From the start to a question; None: the gate passed."""
        return await self._go({"task": self._task})

    async def answer(self, action: str, **fields: Any) -> Question | None:
        """Answer the question that is open, and go on to the next."""
        [asked] = (await self._graph.aget_state(self._config)).interrupts
        return await self._go(Command(resume={asked.id: {"action": action, **fields}}))

    async def go_on(self) -> Question | None:
        """As after a crash: from the last checkpoint, and with what was answered."""
        return await self._go(None)

    async def state(self) -> RunState:
        """As in the checkpoint."""
        return RunState(**(await self._graph.aget_state(self._config)).values)

    async def passed(self) -> bool:
        """Whether it is to be delivered next."""
        return (await self._graph.aget_state(self._config)).next == ("deliver",)

    def calls(self, role: str) -> int:
        """How often a role's model was asked."""
        return len(self.models[role].calls)

    def told(self, role: str, number: int = -1) -> str:
        """The last message of a call."""
        return self.models[role].calls[number].messages[-1].content

    async def _go(self, given: Any) -> Question | None:
        await self._graph.ainvoke(given, self._config, context=self._context, durability="sync")
        asked = (await self._graph.aget_state(self._config)).interrupts
        return Question.model_validate(asked[0].value) if asked else None


def _model(role: str, replies: Sequence[Any] | Mapping[str, Sequence[Any]] | None) -> ScriptedModel:
    default: dict[str, list[Any]] = {
        "planner": [PLAN],
        "plan_reviewer": [APPROVED],
        "implementer": [written("one\n2\nthree\n")],
        "code_reviewer": [APPROVED] * 8,
    }
    return ScriptedModel(
        role,
        default[role] if replies is None else replies,
        usage=Usage(input_tokens=100, output_tokens=10, source="provider"),
        cost_usd=0.25,
        input_token_usd=0.00001,
        output_token_usd=0.00001,
    )


def _repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(START)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=T", "-c", "user.email=t@t", "commit", "-qm", "start")
    return folder
