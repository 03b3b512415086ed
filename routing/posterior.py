"""What is believed of an arm: its chance as a Beta distribution, its cost and time as means.

Levels, from wide to narrow: the model in all, in the role, at the risk, in the area. Each level
adds the counts that the next narrower one does not hold, and hands on at most KAPPA attempts' worth
of belief: a cell is believed by its own verdicts, and by its neighbours' as long as it has few.

A later stage starts from a share of the stage before: tasks that one model failed are harder for
all (on SWE-bench Verified Opus 4.5 passes 74 %, and 43 % of what GPT-5 mini failed).
"""

from collections.abc import Iterable
from itertools import pairwise
from math import sqrt
from typing import NamedTuple, get_args

from gatewright.domain.catalogue import Card
from gatewright.domain.decision import Level
from gatewright.domain.outcome import Arm, Tally
from gatewright.domain.task import Risk, Role
from routing.history import LAST_STAGE, History

KAPPA = 8.0
"""Attempts that a wider level counts for in a narrower one, at most."""
COLD_MASS = 2.0
"""Attempts that a guess counts for."""
COLD_RATE = 0.5
LATER_MASS = 2.0
"""The same, for what a later stage takes over from the one before."""
LATER = 0.7
"""Chance after one more failure of another model, as a share of the chance before it, until it was
seen. Recorded runs have 0.5 to 0.6; on replays a little more hope found the pairs that go well
together sooner, and cost nothing."""
AGAIN = 0.4
"""The same, of the same model with the findings: between 4-18 % (LiveCodeBench's self-repair) and
38 % (the median of Aider's polyglot runs) of what it failed, for first attempts of about 50 %."""
INPUT_TOKENS = 20_000
"""Of an attempt, where nothing else is known."""
OUTPUT_TOKENS = 4_000
GUESS_MASS = 2.0
"""Attempts that the guess of a cost by tokens counts for."""


LEVELS: tuple[Level, ...] = get_args(Level)
"""From wide to narrow, as `History.levels` gives them."""


class Belief(NamedTuple):
    """What is believed of one arm."""

    model: str
    again: bool
    stage: int
    passed: float
    """Counted in the narrowest level that holds any."""
    failed: float
    level: Level
    """Where these were counted."""
    alpha: float
    beta: float
    usd: float | None
    seconds: float | None

    @property
    def mean(self) -> float:
        """The expected chance."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def hopeful(self) -> float:
        """The chance if it is a standard deviation better than expected."""
        return self.mean + sqrt(self.mean * (1 - self.mean) / (self.alpha + self.beta + 1))


def beliefs(
    card: Card,
    *,
    history: History,
    role: Role,
    risk: Risk,
    area: str = "",
    input_tokens: int | None = None,
    scale: float = 1.0,
) -> list[Belief]:
    """Of a model in one cell: stages 0, 1 and 2, then its second tries at stages 1 and 2.

    `scale` is what attempts really cost, as a share of what they are guessed to cost by tokens.
    """
    usd, seconds = card.attempt_usd, card.attempt_s
    if usd is None:
        guess = _guessed_usd(card, input_tokens)
        usd = None if guess is None else scale * guess
    weight, rate = _start(card)
    fresh: list[Belief] = []
    again: list[Belief] = []
    for stage in range(LAST_STAGE + 1):
        arm = Arm(role, risk, area, stage, card.name, False)
        levels = history.levels(arm)[: 4 if area else 3]
        if fresh:
            before = fresh[-1]
            usd, seconds, weight = before.usd, before.seconds, LATER_MASS
            rate = LATER * before.mean
            retry = arm._replace(again=True)
            again.append(
                _believe(
                    retry,
                    history.levels(retry)[: 4 if area else 3],
                    rate=AGAIN * before.mean,
                    weight=LATER_MASS,
                    usd=usd,
                    seconds=seconds,
                )
            )
        fresh.append(_believe(arm, levels, rate=rate, weight=weight, usd=usd, seconds=seconds))
    return fresh + again


def guess_scale(
    cards: Iterable[Card], *, history: History, role: Role, input_tokens: int | None = None
) -> float:
    """What the role's first attempts really cost, as a share of what their tokens were guessed to.

    A guess that is wrong for one model is as wrong for the others: without this, whoever was never
    asked would look dear for ever beside those whose cost was measured.
    """
    amount = mass = GUESS_MASS
    for card in cards:
        guess = None if card.attempt_usd is not None else _guessed_usd(card, input_tokens)
        if guess:
            tally = history.levels(Arm(role, "low", "", 0, card.name, False))[1]
            amount += tally.cost_usd / guess
            mass += tally.priced
    return max(amount, 0.0) / mass


def _start(card: Card) -> tuple[float, float]:
    """How many attempts what is known of a first attempt counts for, and the chance."""
    if card.prior is None:
        return COLD_MASS, COLD_RATE
    guessed = max(COLD_MASS - card.prior.weight, 0.0)
    weight = card.prior.weight + guessed
    return weight, (card.prior.weight * card.prior.rate + guessed * COLD_RATE) / weight


def _believe(
    arm: Arm,
    levels: tuple[Tally, ...],
    *,
    rate: float,
    weight: float,
    usd: float | None,
    seconds: float | None,
) -> Belief:
    alpha, beta = max(rate, 1e-3) * weight, max(1 - rate, 1e-3) * weight
    cap = max(KAPPA, weight)
    for wide, narrow in pairwise(levels):
        alpha += max(wide.passed - narrow.passed, 0.0)
        beta += max(wide.failed - narrow.failed, 0.0)
        if alpha + beta > cap:
            alpha, beta = alpha * cap / (alpha + beta), beta * cap / (alpha + beta)
    own = levels[-1]
    near = max((i for i, t in enumerate(levels) if t.passed + t.failed > 0), default=0)
    nearest = levels[near]
    return Belief(
        model=arm.model,
        again=arm.again,
        stage=arm.stage,
        passed=nearest.passed,
        failed=nearest.failed,
        level=LEVELS[near],
        alpha=alpha + max(own.passed, 0.0),
        beta=beta + max(own.failed, 0.0),
        usd=_mean(usd, [(t.cost_usd, t.priced) for t in levels]),
        seconds=_mean(seconds, [(t.seconds, t.timed) for t in levels]),
    )


def _mean(prior: float | None, sums: Iterable[tuple[float, float]]) -> float | None:
    """The expected amount by the same descent; None when nothing is known."""
    pairs = list(sums)
    amount, mass = (0.0, 0.0) if prior is None else (COLD_MASS * prior, COLD_MASS)
    for (wide, wide_count), (narrow, count) in pairwise(pairs):
        amount += max(wide - narrow, 0.0)
        mass += max(wide_count - count, 0.0)
        if mass > KAPPA:
            amount, mass = amount * KAPPA / mass, KAPPA
    amount, mass = amount + max(pairs[-1][0], 0.0), mass + max(pairs[-1][1], 0.0)
    return amount / mass if mass > 0 else None


def _guessed_usd(card: Card, input_tokens: int | None) -> float | None:
    """Of an attempt, by prices of tokens."""
    if card.input_usd is None or card.output_usd is None:
        return None
    tokens = INPUT_TOKENS if input_tokens is None else input_tokens
    return tokens * card.input_usd + OUTPUT_TOKENS * card.output_usd
