"""What an implementation comes to, whoever made it."""

from collections.abc import Sequence

from gatewright.domain.edit import Applied
from gatewright.domain.errors import GatewrightError
from gatewright.domain.findings import Finding, Frozen
from gatewright.domain.plan import Plan, Step
from graph.edges import all_approved
from graph.state import Json, RunState


class Made(Frozen):
    """A change that is a commit, waiting for its review."""

    applied: Applied
    author: str
    """The model or engine that made it, as actually used."""
    title: str
    attempt: Json | None = None
    """The `Attempt` that it came of."""
    digest: str = ""
    """The repair engine's name for the change, so that a rejected one is not tried again."""

    def summary(self) -> str:
        """One line for a person."""
        files = ", ".join(self.applied.files) or "nothing to change"
        return f"{self.title} ({files} +{self.applied.lines_added} -{self.applied.lines_deleted})"


class NothingApplies(GatewrightError):
    """No change came of an attempt, and the attempt's own tries are used up."""

    def __init__(
        self, author: str, reason: str, findings: Sequence[Finding] = (), *, repeats: bool = False
    ) -> None:
        self.author = author
        self.findings = tuple(findings)
        self.repeats = repeats
        """Whether the tries were not used up, but led nowhere."""
        super().__init__(reason)


def current_step(state: RunState) -> Step:
    """The plan's step at hand, or the repair of what the gate found."""
    plan = Plan.model_validate(state.plan)
    if not all_approved(state):
        return plan.steps[state.step]
    return Step(
        title="Repair what the gate found",
        what="The change so far failed the quality gate. Mend what its findings say, "
        "and keep what is right: " + "; ".join(step.title for step in plan.steps)[:3000],
        files=tuple(dict.fromkeys(path for step in plan.steps for path in step.files)),
    )


def words(step: Step) -> str:
    """What a step is about, to find the files that matter by."""
    return f"{step.title}\n{step.what}"


def commit_message(step: Step, title: str, author: str) -> str:
    """Subject and body of a step's commit."""
    subject = title if len(title) <= 72 else title[:69].rstrip() + "..."
    return f"{subject}\n\n{step.what}\n\nGatewright-Author: {author}"
