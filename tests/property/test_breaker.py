"""Whatever calls do, the breaker keeps its promises."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gatewright.domain.errors import FaultKind, ModelFault
from routing.breaker import Breakers, Change

NAME = "openai/gpt-5-mini"
KINDS = st.sampled_from(("timeout", "overloaded", "bad_request", "quota_exhausted"))


class Calls(RuleBasedStateMachine):
    """Calls begin, end in any order, and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.changes: list[Change] = []
        self.breakers = Breakers(clock=lambda: self.now, on_change=self.heard)
        self.flying = 0
        self.counted = 0
        """Countable faults since the last answer, while it was closed."""
        self.admitted = 0
        """Since the last change to half-open."""
        self.opened_at: float | None = None

    def heard(self, change: Change) -> None:
        assert change.before == (self.changes[-1].after if self.changes else "closed")
        assert change.before != change.after
        if change.after == "half_open":
            assert self.opened_at is not None
            assert self.now >= self.opened_at + 60
            self.admitted = 0
        self.opened_at = self.now if change.after == "open" else None
        self.changes.append(change)

    @property
    def state(self) -> str:
        return self.changes[-1].after if self.changes else "closed"

    @rule()
    def begin(self) -> None:
        refused = self.breakers.is_open(NAME)
        try:
            self.breakers.admit(NAME)
        except ModelFault as fault:
            assert (refused, fault.kind) == (True, "circuit_open")
            return
        assert not refused
        self.flying += 1
        self.admitted += 1

    @precondition(lambda self: self.flying)
    @rule()
    def answer(self) -> None:
        self.flying -= 1
        if self.state == "closed":
            self.counted = 0
        self.breakers.succeeded(NAME)

    @precondition(lambda self: self.flying)
    @rule(kind=KINDS)
    def fail(self, kind: FaultKind) -> None:
        self.flying -= 1
        before = self.state
        if before != "closed":
            self.counted = 0
        self.breakers.failed(ModelFault(NAME, kind, "x"))
        if before == "closed":
            self.counted = 0 if kind == "bad_request" else self.counted + 1
            opens = self.counted >= 5 or kind == "quota_exhausted"
            assert (self.state == "open") is opens
        if self.state != "closed":
            self.counted = 0

    @precondition(lambda self: self.flying)
    @rule()
    def cancel(self) -> None:
        self.flying -= 1
        before = self.state
        self.breakers.abandoned(NAME)
        assert self.state == before
        self.admitted -= before == "half_open" and not self.flying

    @rule(seconds=st.sampled_from((1, 29, 60, 600)))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def half_open_lets_one_through(self) -> None:
        if self.state == "half_open":
            assert self.admitted <= 1

    @invariant()
    def nothing_is_stuck(self) -> None:
        """With no call on its way, a minute is the longest that anyone waits."""
        if not self.flying:
            standing = self.breakers.states()
            assert all(0 <= s.wait_s <= 60 for s in standing)
            assert self.breakers.is_open(NAME) is any(s.wait_s > 0 for s in standing)


Calls.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCalls = Calls.TestCase
