"""What the router knows of the past: counts by arm, summed at each level of the hierarchy.

Everything is derived at read from verdicts that are only ever appended (`Counted`), plus what this
process saw itself since; nothing learned is ever saved, so nothing wrong can be loaded.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gatewright.domain.outcome import Arm, Counted, Outcome, Tally
from gatewright.domain.task import Role
from routing.drift import KEPT_MASS, Drift, Watch

KINDS = ("review", "gate", "human", "revert")
"""In rising order: whose word counts."""
COUNTED_AFTER = timedelta(hours=1)
"""After so long an outcome of ours is in every read; `Counted.known` names the younger ones."""
MOST_KEPT = 20_000
"""Decisions of this process whose verdicts may still be corrected."""
AUDIT_MASS = 50.0
"""What the assumed rate of false accepts weighs, in changes that somebody looked at."""
LAST_STAGE = 2

_NOTHING = Tally()

Level = tuple[str | int, ...]
"""Key of a sum; levels differ in length."""


class _Own(NamedTuple):
    """A decision whose verdict this process saw."""

    outcome: Outcome
    tally: Tally
    """What it added."""
    turn: int
    """How many verdicts its arm had had; old ones weigh less where forgetting is on."""
    read: bool = False
    """Whether the counts that were read hold it, too."""


class History:
    """Counts of verdicts; `replace` and `learn` may be called in any thread, and are fast.

    `half_life` (in outcomes of an arm) makes old verdicts count for less; None: they count alike.
    `on_drift` hears once of each change that is noticed, in the thread that learned it.
    """

    def __init__(
        self,
        counted: Counted | None = None,
        *,
        half_life: float | None = None,
        on_drift: Callable[[Drift], None] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        """Held by whoever reads or changes it, where several threads do."""
        self._keep = 1.0 if half_life is None else 0.5 ** (1 / half_life)
        self._on_drift = on_drift
        self._sums: dict[Level, Tally] = {}
        self._leaves: dict[tuple[Role, str], set[Arm]] = {}
        self._turns: dict[Arm, int] = {}
        self._own: dict[str, _Own] = {}
        self._watches: dict[tuple[Role, str], Watch] = {}
        self._drifts: dict[tuple[Role, str, datetime], Drift] = {}
        self._reads = 0
        self._learned: dict[str, int] = {}
        if counted is not None:
            self.replace(counted)

    @property
    def drifts(self) -> tuple[Drift, ...]:
        """The changes noticed, oldest first."""
        return tuple(sorted(self._drifts.values(), key=lambda drift: drift.since))

    def levels(self, arm: Arm) -> tuple[Tally, Tally, Tally, Tally]:
        """Counts of the arm's model at its stage: in all, in the role, at the risk, in the area."""
        get = self._sums.get
        model, role, risk, area = _levels(arm)
        return (
            get(model, _NOTHING),
            get(role, _NOTHING),
            get(risk, _NOTHING),
            get(area, _NOTHING),
        )

    def replace(self, counted: Counted, *, now: datetime | None = None) -> None:
        """Take a newer read, and keep on top of it what this process saw and the read did not.

        `now` (default: the clock) tells which of our own outcomes are old enough to be in it.
        A read without anything changes nothing: it is a new home's, or one that failed.
        """
        if not counted.tallies and not counted.recent:
            return
        with self.lock:
            self._replace(counted, now or datetime.now(UTC))

    def version(self, model: str) -> tuple[int, int]:
        """Another one after each change of the model's counts, for what is computed from them."""
        return self._reads, self._learned.get(model, 0)

    def learn(self, outcome: Outcome) -> None:
        """Count a verdict; of one decision only the last of the highest kind counts."""
        with self.lock:
            self._learn(outcome)

    def false_accept(self, role: Role, *, assumed: float) -> float:
        """The share of bad changes that the gate lets pass, from audits; `assumed` without any.

        People and reverts say how many of the changes that passed are bad, b; with g passed and
        f failed by the gate that is g·b of the g·b + f bad ones.
        """
        tally = self._sums.get((role,), _NOTHING)
        audited, found = tally.audited, tally.false_accepts
        if audited <= 0:
            return assumed
        bad = (tally.passed + found) * found / audited
        caught = max(tally.failed - found, 0.0)
        rate = bad / (bad + caught) if bad else 0.0
        return (AUDIT_MASS * assumed + audited * rate) / (AUDIT_MASS + audited)

    def _replace(self, counted: Counted, now: datetime) -> None:
        own = list(self._own.items())
        self._sums, self._leaves, self._turns, self._watches = {}, {}, {}, {}
        self._own = {}
        for arm, tally in counted.tallies.items():
            self._put(arm, tally)
        for verdict in counted.recent:
            if verdict.stage == 0:
                self._watch(verdict.role, verdict.model, passed=verdict.passed, at=verdict.at)
        for key, entry in own:
            old = entry.outcome.at < now - COUNTED_AFTER
            if entry.read or old or key in counted.known:
                self._own[key] = entry._replace(read=True, turn=0)
            else:
                self._learn(entry.outcome)
        self._reads += 1

    def _learn(self, outcome: Outcome) -> None:
        arm = _arm(outcome)
        earlier = self._own.get(outcome.decision_id)
        if earlier is not None and KINDS.index(earlier.outcome.kind) > KINDS.index(outcome.kind):
            return
        tally = _tally(outcome, earlier)
        if earlier is None:
            self._turns[arm] = self._turns.get(arm, 0) + 1
            self._forget(arm)
            self._put(arm, tally)
            if outcome.stage == 0:
                self._watch(outcome.role, outcome.model, passed=outcome.passed, at=outcome.at)
        else:
            arm = _arm(earlier.outcome)
            weight = self._keep ** (self._turns.get(arm, 0) - earlier.turn)
            self._put(arm, _scaled(_minus(tally, earlier.tally), weight))
        turn = self._turns.get(arm, 0) if earlier is None else earlier.turn
        self._own[outcome.decision_id] = _Own(outcome, tally, turn)
        if len(self._own) > MOST_KEPT:
            del self._own[next(iter(self._own))]

    def _put(self, arm: Arm, more: Tally) -> None:
        """Add to the arm and to everything above it."""
        self._leaves.setdefault((arm.role, arm.model), set()).add(arm)
        self._learned[arm.model] = self._learned.get(arm.model, 0) + 1
        for level in (*_levels(arm), (arm.role,)):
            self._sums[level] = _plus(self._sums.get(level, _NOTHING), more)

    def _forget(self, arm: Arm) -> None:
        leaf = self._sums.get(_levels(arm)[-1])
        if leaf is not None and self._keep < 1:
            self._put(arm, _scaled(leaf, self._keep - 1))

    def _watch(self, role: Role, model: str, *, passed: bool, at: datetime) -> None:
        watch = self._watches.get((role, model))
        if watch is None:
            watch = self._watches[role, model] = Watch(role, model)
        drift = watch.see(passed=passed, at=at)
        if drift is None:
            return
        self._start_anew(drift)
        key = (role, model, drift.since)
        if key not in self._drifts:
            self._drifts[key] = drift
            if self._on_drift is not None:
                self._on_drift(drift)

    def _start_anew(self, drift: Drift) -> None:
        """What was counted before the change weighs little; what came after it counts in full.

        The verdicts after it are put where every cell of the role sees them.
        """
        arms = self._leaves.get((drift.role, drift.model), set())
        leaves = {arm: self._sums[_levels(arm)[-1]] for arm in arms}
        mass = sum(tally.passed + tally.failed for arm, tally in leaves.items() if arm.stage == 0)
        if mass > KEPT_MASS:
            for arm, tally in leaves.items():
                self._put(arm, _scaled(tally, KEPT_MASS / mass - 1))
        after = Tally(passed=drift.passed, failed=drift.failed)
        model, role, _, _ = _levels(Arm(drift.role, "low", "", 0, drift.model, False))
        for level in (model, role):
            self._sums[level] = _plus(self._sums.get(level, _NOTHING), after)


def _levels(arm: Arm) -> tuple[Level, Level, Level, Level]:
    role, risk, area, stage, model, again = arm
    return (
        (stage, model, again),
        (role, stage, model, again),
        (role, risk, stage, model, again),
        (role, risk, area, stage, model, again),
    )


def _arm(outcome: Outcome) -> Arm:
    return Arm(
        role=outcome.role,
        risk=outcome.risk,
        area=outcome.area,
        stage=min(outcome.stage, LAST_STAGE),
        model=outcome.model,
        again=outcome.again,
    )


def _tally(outcome: Outcome, earlier: _Own | None) -> Tally:
    """What a decision counts for, given what was counted of it so far."""
    before = _NOTHING if earlier is None else earlier.tally
    usd, seconds = outcome.cost_usd, outcome.duration_s
    audits = outcome.kind in ("human", "revert")
    gate_passed = before.audited > 0 or (
        earlier is not None and earlier.outcome.kind not in ("human", "revert") and before.passed
    )
    audited = 1.0 if audits and (gate_passed or outcome.kind == "revert") else before.audited
    return Tally(
        passed=float(outcome.passed),
        failed=float(not outcome.passed),
        cost_usd=before.cost_usd if usd is None else usd,
        priced=before.priced if usd is None else 1.0,
        seconds=before.seconds if seconds is None else seconds,
        timed=before.timed if seconds is None else 1.0,
        audited=audited,
        false_accepts=audited if not outcome.passed else 0.0,
    )


def _plus(one: Tally, other: Tally) -> Tally:
    return Tally(*(a + b for a, b in zip(one, other, strict=True)))


def _minus(one: Tally, other: Tally) -> Tally:
    return Tally(*(a - b for a, b in zip(one, other, strict=True)))


def _scaled(tally: Tally, by: float) -> Tally:
    return Tally(*(by * value for value in tally))
