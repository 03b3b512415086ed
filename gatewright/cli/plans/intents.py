"""What a run would do with each step, and why, as far as it can be known before."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Literal

from gatewright.cli.plans.words import how
from gatewright.domain.plan_run import StepResult
from gatewright.plans.conditions.condition import parse
from gatewright.plans.documents.document import WHENS, PlanStep
from gatewright.plans.engine.selection import carried
from gatewright.plans.variables.bound import Bound

Will = Literal["run", "maybe", "same", "done", "skip", "out"]
"""`same`: not run, for nothing has changed; `done`: it succeeded before; `out`: not asked for."""

Kept = Literal["no", "new", "changed", "unknown", "same"]
"""Of a step with `inputs`: it declares none; it never succeeded here; something changed since;
what it reads of others is to come; or nothing changed, and its outputs are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """One step."""

    step: str
    will: Will
    why: str
    argv: tuple[str, ...]
    """Values of secrets are `***`; what another step writes stays `${steps...}`."""
    cwd: str | None
    """None: the run's folder."""
    env: Mapping[str, str]


class Intents:
    """Looks at the steps of a plan, each after those that it depends on."""

    def __init__(
        self,
        bound: Bound,
        *,
        earlier: Mapping[str, StepResult],
        chosen: Collection[str] | None,
        kept: Callable[[PlanStep], Kept],
    ) -> None:
        """`earlier`: what the run that is resumed came to, which is empty for a new one; `chosen`:
        the steps that are asked for, None: all."""
        self._bound = bound
        self._earlier = earlier
        succeeded = {n: one for n, one in earlier.items() if one.status == "succeeded"}
        self._done = carried(bound.plan.steps, succeeded)
        self._chosen = None if chosen is None else frozenset(chosen)
        self._kept = kept
        self._wills: dict[str, Will] = {}
        self._results = {step.id: _pending(step) for step in bound.plan.steps} | dict(self._done)

    def all(self) -> tuple[Intent, ...]:
        """In the order of the plan."""
        steps = {step.id: step for step in self._bound.plan.steps}
        order = TopologicalSorter({n: one.depends_on for n, one in steps.items()}).static_order()
        found = {name: self._intent(steps[name]) for name in order}
        return tuple(found[name] for name in steps)

    def _intent(self, step: PlanStep) -> Intent:
        will, why = self._will(step)
        self._wills[step.id] = will
        call = self._bound.call(step, self._results, _unwritten)
        mask = self._bound.mask
        return Intent(
            step=step.id,
            will=will,
            why=mask(why),
            argv=tuple(map(mask, call.argv)),
            cwd=None if call.cwd is None else mask(call.cwd),
            env={name: mask(value) for name, value in call.env.items()},
        )

    def _will(self, step: PlanStep) -> tuple[Will, str]:
        if self._chosen is not None and step.id not in self._chosen:
            return "out", "not asked for"
        if step.id in self._done:
            return "done", "it succeeded before"
        decided = None if self._is_alone(step) else self._by_condition(step)
        if decided is not None and decided[0] == "skip":
            return decided
        planned: tuple[Will, str] = decided or ("run", self._before(step))
        return self._by_inputs(step, decided=decided is not None) or planned

    def _by_inputs(self, step: PlanStep, *, decided: bool) -> tuple[Will, str] | None:
        """What the files that it reads say of it; None: nothing."""
        kept = self._kept(step)
        if kept == "changed" and not decided:
            return "run", "its command, inputs or outputs changed"
        if kept == "unknown":
            return "maybe", "unless what it reads of other steps, and its files, are as they were"
        if kept != "same":
            return None
        for above in self._with(step, "run", "maybe"):
            return "maybe", f"unchanged so far, but {above} is run before"
        return "same", "its inputs and outputs are as they were after its last success"

    def _by_condition(self, step: PlanStep) -> tuple[Will, str] | None:
        """What `when` says of it; None: it is run, for it depends on nothing uncertain."""
        if step.when == "always":
            return "run", "whatever happens before it"
        if step.when == "failure":
            return "maybe", "only if a step before it fails"
        if step.when not in WHENS:
            return self._by_expression(step)
        for parent in self._with(step, "skip"):
            return "skip", f"{parent} is skipped"
        for parent in self._with(step, "maybe"):
            return "maybe", f"only if {parent} is run and succeeds"
        return None

    def _is_alone(self, step: PlanStep) -> bool:
        """Asked for, and nothing before it is: then no end of another is a reason not to run it."""
        if self._chosen is None or not self._chosen.isdisjoint(step.depends_on):
            return False
        return bool(step.depends_on) or len(self._chosen) == 1

    def _by_expression(self, step: PlanStep) -> tuple[Will, str]:
        condition = parse(step.when)
        if not condition.mentions <= self._done.keys():
            return "maybe", f"only if {step.when}"
        if condition.holds(self._done, self._bound.values):
            return "run", f"{step.when} holds"
        return "skip", f"{step.when} does not hold"

    def _before(self, step: PlanStep) -> str:
        earlier = self._earlier.get(step.id)
        if earlier is None:
            return "new"
        if earlier.status == "failed":
            end = how(earlier)
            return f"failed before ({end})" if end else "failed before"
        if earlier.attempts and earlier.status in ("pending", "running"):
            return "it was cut off before"
        return f"{earlier.status} before" if earlier.status in ("skipped", "cancelled") else "new"

    def _with(self, step: PlanStep, *wills: Will) -> Iterator[str]:
        return (name for name in step.depends_on if self._wills.get(name) in wills)


def _pending(step: PlanStep) -> StepResult:
    captures = {name: f"${{steps.{step.id}.captures.{name}}}" for name in step.captures}
    return StepResult(status="pending", captures=captures)


def _unwritten(step: str, stream: str) -> str:
    return f"${{steps.{step}.{stream}}}"
