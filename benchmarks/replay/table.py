"""What was measured, for people and for programs."""

from typing import Any

from benchmarks.replay.deciding import Deciding
from benchmarks.replay.measured import Measured, Options
from benchmarks.replay.scoring import Score

OURS = "production"


def record(measured: Measured, options: Options, thinking: Deciding) -> dict[str, Any]:
    """All of it; shares are of always-best on the same streams, 1 being as much as it."""
    policies = {
        name: score._asdict() | _drifted(measured, name)
        for name, score in measured.policies.items()
    }
    found: dict[str, Any] = measured.production._asdict() | _drifted(measured, OURS)
    found |= {"target": options.target, "strategy": options.strategy}
    found |= {"seeds": options.seeds, "tasks": options.tasks, "delay": options.delay}
    found |= {"gate": options.gate._asdict(), "best": measured.known.best}
    if measured.tuned is not None:
        found["value"] = measured.tuned.value
        found["value_usd"] = measured.tuned.value * measured.known.best_usd
        found["dev"] = measured.tuned.score._asdict()
    if measured.spending is not None:
        found["budget"] = measured.spending._asdict()
    if measured.drift is not None:
        found["drift"] = measured.drift._asdict()
    median, p99, longest = measured.think_ms
    found["decision_ms"] = {"median": median, "p99": p99, "longest": longest}
    found["decision_ms_100k_outcomes"] = thinking._asdict()
    return {**found, "policies": policies}


def lines(measured: Measured, options: Options, thinking: Deciding) -> list[str]:
    """A table in percent of always-best, and what was chosen."""
    head = f"{'% of always-best':20}{'quality':>9}{'cost':>9}{'quality':>11}{'cost':>9}"
    shown = [
        f"{'':20}{'all tasks':>18}{'first 100':>20}{'bad shipped':>14}",
        head + f"{'% of tasks':>14}",
        _row("gatewright", measured.production),
        *(_row(name.replace("_", "-"), score) for name, score in measured.policies.items()),
        "",
        f"best on dev: {measured.known.best}, ${measured.known.best_usd:.4g} an attempt",
    ]
    if measured.tuned is not None:
        dev = measured.tuned.score
        shown.append(
            f"target {options.target}: a solved task is worth {measured.tuned.value:g} attempts of"
            f" it (on dev {100 * dev.quality:.1f} % at {100 * dev.cost:.1f} %)"
        )
    shown += _spending(measured) + _after_drift(measured)
    shown.append(
        f"a decision takes {measured.think_ms[0]:.2f} ms (99 %: {measured.think_ms[1]:.2f} ms);"
        f" with 100,000 outcomes {thinking.median_ms:.2f} ms (99 %: {thinking.p99_ms:.2f} ms)"
    )
    return shown


def _row(name: str, score: Score) -> str:
    return (
        f"{name:20}{100 * score.quality:9.1f}{100 * score.cost:9.1f}"
        f"{100 * score.quality_first100:11.1f}{100 * score.cost_first100:9.1f}"
        f"{100 * score.bad_shipped:14.1f}"
    )


def _spending(measured: Measured) -> list[str]:
    kept = measured.spending
    if kept is None:
        return []
    return [
        f"budget {100 * kept.budget:.1f} % of always-best: {100 * kept.spent:.1f} % of it spent"
        f" (streams {100 * kept.least:.1f} to {100 * kept.most:.1f} %)"
    ]


def _after_drift(measured: Measured) -> list[str]:
    if measured.drift is None:
        return []
    shown = [f"after {measured.drift.model} became bad, at task {measured.drift.at}: quality"]
    for name, found in measured.drifted.items():
        shown.append(
            f"{name.replace('_', '-').replace(OURS, 'gatewright'):20}"
            f"{100 * found.quality_next150:9.1f} in the next 150 tasks,"
            f"{100 * found.quality_after300:7.1f} after 300"
        )
    return shown


def _drifted(measured: Measured, name: str) -> dict[str, float]:
    return measured.drifted[name]._asdict() if name in measured.drifted else {}
