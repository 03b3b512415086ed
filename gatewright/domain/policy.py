"""How strict the gate is, by risk; a task may say otherwise in its `gate` section."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatewright.domain.findings import Severity
from gatewright.domain.task import GateSpec, Risk


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Thresholds of one run of the gate."""

    changed_lines: int
    """Added and deleted together; a larger change blocks."""
    changed_files: int
    coverage: float
    """Share in [0, 1] of the changed lines that the tests must run; 0: not measured."""
    mutants: int
    """How many mutants of the changed lines the tests are tried on; 0: none."""
    killed: float
    """Share in [0, 1] of these that the tests must notice."""
    repeat_all: bool
    """Whether every test is run a second time, backwards; else those that decide are."""
    dependencies: Severity
    """Of a changed dependency."""
    scope: Severity
    """Of a changed file that the plan does not name."""
    security: Severity = "warning"
    """Of a less serious finding about security; the serious ones always block."""


POLICIES: Mapping[Risk, Policy] = {
    "low": Policy(
        changed_lines=200,
        changed_files=5,
        coverage=0.0,
        mutants=0,
        killed=0.0,
        repeat_all=False,
        dependencies="warning",
        scope="note",
    ),
    "medium": Policy(
        changed_lines=800,
        changed_files=20,
        coverage=0.5,
        mutants=0,
        killed=0.0,
        repeat_all=False,
        dependencies="blocking",
        scope="warning",
    ),
    "high": Policy(
        changed_lines=2000,
        changed_files=50,
        coverage=0.8,
        mutants=12,
        killed=0.6,
        repeat_all=True,
        dependencies="blocking",
        scope="blocking",
        security="blocking",
    ),
}
"""Size grows with risk because riskier tasks are larger ones; all else becomes stricter."""


def policy_for(risk: Risk, spec: GateSpec) -> Policy:
    """The risk's thresholds with what the task sets itself."""
    usual = POLICIES[risk]
    return replace(
        usual,
        coverage=usual.coverage if spec.coverage is None else spec.coverage,
        mutants=usual.mutants if spec.mutants is None else spec.mutants,
        changed_lines=usual.changed_lines if spec.changed_lines is None else spec.changed_lines,
    )
