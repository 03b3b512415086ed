"""One sentence that a person can read, made of the numbers that the decision was made with.

Rates are posterior means, not the drawn chances that a sampling strategy compared: a person asks
what is known. The interval beside a rate is Wilson's of 95 % [1], over the posterior's counts
(prior and outcomes): near enough to the Beta quantiles to be read, and it needs no iteration.

[1] E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association 22 (1927), 209-212.
"""

from collections.abc import Mapping, Sequence
from math import floor, log10

from gatewright.domain.decision import Considered, Level, RoutingRequest
from gatewright.domain.intervals import wilson
from gatewright.domain.plain import plain

_MOST_REFUSED = 3
_LEAST_USD = 1e-9
"""Below it is nothing that anybody pays."""
_MOST_AREA = 40
"""Characters: an area is a task's word, and a task may say much."""

_WHY = {
    "baseline": "the next in its row",
    "performance": "the likeliest to pass",
    "cost": "the cheapest that is worth trying",
}
"""For the strategies that make no plan by worth."""

_NUMBERS = ("no", "one", "two")


def sentence(
    plan: Sequence[Considered],
    *,
    request: RoutingRequest,
    best: Considered | None = None,
    expected_usd: float | None = None,
    refused: Mapping[str, str] | None = None,
    strategy: str = "learning",
    alone: bool = False,
    escalates: bool = False,
) -> str:
    """Why the first of the plan answers.

    `best` is who would be asked at once if money did not matter; `expected_usd` is the whole
    plan's; `alone`: nobody else may answer; `escalates`: it is stronger than the one before.
    Raises: ValueError for a plan without attempts.
    """
    if not plan:
        raise ValueError("a plan without attempts cannot be explained")
    first = plan[0]
    if best is not None and best.model in request.tried:
        best = None  # it failed: nobody would ask it at once now
    head = _head(first, request, strategy, alone, escalates)
    known = first.passed + first.failed > 0 or bool(first.usd)
    parts = [f"{head}: {_record(first, request)}" if known or not alone else head]
    if not alone:
        parts += _break_even(first, best)
        parts += [f"on failure {_later(arm)}" for arm in plan[1:2]]
        parts += [f"then {_later(arm)}" for arm in plan[2:]]
    parts += _money(plan, best, expected_usd, alone)
    parts += _left_out(refused or {})
    return plain("; ".join(parts) + ".")


def dollars(usd: float) -> str:
    """Cents from ten cents on, two digits that tell something below: `$1.20`, `$0.0031`, `$0`."""
    if usd >= 0.0995:
        return f"${usd:.2f}"
    if usd < _LEAST_USD:
        return "$0"
    text = f"{usd:.{1 - floor(log10(usd))}f}"
    return f"${text.rstrip('0').rstrip('.')}"


def _head(
    first: Considered, request: RoutingRequest, strategy: str, alone: bool, escalates: bool
) -> str:
    words = first.model
    if request.stage:
        words += f"{' again' if first.again else ''} {_after(request.stage)}"
    elif not alone:
        words += " first"
    notes = ["with the findings"] if first.again else []
    notes += ["a stronger model than the one before"] if escalates else []
    notes += ["the only one that may answer"] if alone else []
    notes += [_WHY[strategy]] if strategy in _WHY and not alone else []
    words = ", ".join([words, *notes])
    if not request.faulted:
        return words
    return f"{' and '.join(request.faulted)} did not answer, so {words}"


def _record(arm: Considered, request: RoutingRequest) -> str:
    usd = "cost not known" if arm.usd is None else dollars(arm.usd)
    counted = arm.passed + arm.failed
    if counted <= 0:
        return f"no attempts yet, taken as {_percent(_mean(arm))}, {usd}"
    low, high = wilson(arm.alpha, arm.beta)
    rate = f"{_percent(_mean(arm))}, {100 * low:.0f}-{100 * high:.0f}"
    passed = f"{_count(arm.passed)} of {_count(counted)} passed {_where(request, arm.level)}"
    return f"{passed} ({rate}), {usd}"


def _where(request: RoutingRequest, level: Level) -> str:
    """Where the attempts were counted: the narrowest place that holds any."""
    area = " ".join(request.area.split())[:_MOST_AREA]
    match level:
        case "area" if area:
            return f"on {request.risk} {area}"
        case "area" | "risk":
            return f"at {request.risk} risk"
        case "role":
            return f"as {request.role}"
        case "all":
            return "in all roles"


def _break_even(first: Considered, best: Considered | None) -> list[str]:
    """A cheap attempt before a dear one pays when its chance is above the ratio of the costs."""
    if best is None or best.model == first.model or first.usd is None or not best.usd:
        return []
    if first.usd >= best.usd:
        return []
    return [f"break-even needs {_percent(first.usd / best.usd)}"]


def _later(arm: Considered) -> str:
    again = " again" if arm.again else ""
    return f"{arm.model}{again} ({_percent(_mean(arm))} {_after(arm.stage)})"


def _money(
    plan: Sequence[Considered], best: Considered | None, expected_usd: float | None, alone: bool
) -> list[str]:
    if expected_usd is None or (alone and len(plan) == 1):
        return []
    words = f"expected {dollars(expected_usd)}"
    if best is None or best.usd is None:
        return [words]
    if best.model == plan[0].model and not plan[0].again:
        return [f"{words}, and nobody passes more often"]
    return [f"{words} against {dollars(best.usd)} for the best at once"]


def _left_out(refused: Mapping[str, str]) -> list[str]:
    if not refused:
        return []
    named = [f"{name} ({why})" for name, why in list(refused.items())[:_MOST_REFUSED]]
    if len(refused) > _MOST_REFUSED:
        named.append(f"{len(refused) - _MOST_REFUSED} more")
    return [f"not asked: {', '.join(named)}"]


def _mean(arm: Considered) -> float:
    return arm.alpha / (arm.alpha + arm.beta) if arm.alpha + arm.beta > 0 else arm.chance


def _after(stage: int) -> str:
    number = _NUMBERS[stage] if stage < len(_NUMBERS) else str(stage)
    return f"after {number} failure{'' if stage == 1 else 's'}"


def _percent(rate: float) -> str:
    return f"{rate:.0%}"


def _count(count: float) -> str:
    """Forgetting makes counts fractions."""
    return f"{count:.1f}".removesuffix(".0")
