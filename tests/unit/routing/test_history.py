"""Counts of verdicts: by level, by the last word, over reads, and with forgetting."""

from datetime import timedelta

import pytest

from gatewright.domain.outcome import Counted, Tally, Verdict
from routing.history import History
from tests.support.verdicts import START, arm, learned, outcome

SOON = START + timedelta(minutes=30)


def counts(history: History, **fields: object) -> list[tuple[float, float]]:
    return [(tally.passed, tally.failed) for tally in history.levels(arm(**fields))]


def cell(history: History, **fields: object) -> Tally:
    return history.levels(arm(**fields))[-1]


def test_a_verdict_counts_at_every_level() -> None:
    assert counts(learned(History(), "++-")) == [(2, 1)] * 4


def test_a_wider_level_sees_more() -> None:
    history = learned(History(), "+")
    learned(history, "+", first=10, area="db")
    learned(history, "-", first=20, risk="low")
    learned(history, "-", first=30, role="planner")
    assert counts(history) == [(2, 2), (2, 1), (2, 0), (1, 0)]


@pytest.mark.parametrize("other", [{"stage": 1}, {"again": True}, {"model": "b"}])
def test_another_arm_is_another_count(other: dict[str, object]) -> None:
    assert counts(learned(History(), "+", **other)) == [(0, 0)] * 4


def test_more_failures_than_two_count_as_two() -> None:
    assert counts(learned(History(), "+", stage=5), stage=2) == [(1, 0)] * 4


def test_a_higher_word_takes_a_lower_ones_place() -> None:
    history = learned(History(), "+", kind="gate")
    history.learn(outcome(0, passed=False, kind="human"))
    assert counts(history)[-1] == (0, 1)


def test_a_lower_word_comes_too_late() -> None:
    history = learned(History(), "-", kind="human")
    history.learn(outcome(0, passed=True, kind="gate"))
    assert counts(history)[-1] == (0, 1)


def test_the_last_word_of_a_kind_counts() -> None:
    history = learned(History(), "-", kind="gate")
    history.learn(outcome(0, passed=True, kind="gate"))
    assert counts(history)[-1] == (1, 0)


def test_cost_and_time_count_once_a_decision() -> None:
    history = learned(History(), "+", cost_usd=0.25, duration_s=10)
    history.learn(outcome(0, passed=False, kind="revert"))
    assert cell(history)[2:6] == (0.25, 1, 10, 1)


def test_an_unknown_price_is_not_a_price_of_nothing() -> None:
    history = learned(History(), "+", cost_usd=0.5)
    learned(history, "+", first=1, cost_usd=None)
    assert cell(history)[2:4] == (0.5, 1)


def test_half_life() -> None:
    history = learned(History(half_life=1), "+++")
    assert cell(history).passed == pytest.approx(1 + 0.5 + 0.25)


def test_forgetting_goes_up_to_the_top() -> None:
    history = learned(History(half_life=2), "++-+--")
    assert counts(history) == [pytest.approx(counts(history)[-1])] * 4


def test_a_late_word_on_a_half_forgotten_decision_changes_half_of_it() -> None:
    history = learned(History(half_life=1), "++")
    history.learn(outcome(0, passed=False, kind="human"))
    assert (cell(history).passed, cell(history).failed) == pytest.approx((1, 0.5))


def test_what_was_read() -> None:
    history = History(Counted({arm(): Tally(passed=3, failed=1)}))
    assert counts(history) == [(3, 1)] * 4


def test_what_a_read_knows_is_not_counted_twice() -> None:
    history = learned(History(), "++")
    history.replace(Counted({arm(): Tally(passed=1)}, known=frozenset({"0"})), now=SOON)
    assert counts(history)[-1] == (2, 0)


def test_what_is_older_than_an_hour_is_in_every_read() -> None:
    history = learned(History(), "+")
    learned(history, "+", first=90)
    history.replace(Counted({arm(): Tally(passed=1)}), now=START + timedelta(minutes=100))
    assert counts(history)[-1] == (2, 0)


def test_a_word_on_what_was_read_corrects_it() -> None:
    history = learned(History(), "+")
    history.replace(Counted({arm(): Tally(passed=1)}, known=frozenset({"0"})), now=SOON)
    history.learn(outcome(0, passed=False, kind="revert"))
    assert counts(history)[-1] == (0, 1)


def test_a_read_that_failed_changes_nothing() -> None:
    history = History(Counted({arm(): Tally(passed=3)}))
    history.replace(Counted({}))
    assert counts(history)[-1] == (3, 0)


def test_without_audits_the_assumed_rate_of_false_accepts() -> None:
    assert learned(History(), "++--").false_accept("implementer", assumed=0.02) == 0.02


def test_audits_move_the_rate_of_false_accepts() -> None:
    # 800 passed, of 400 that somebody looked at 40 are bad: 80 of 280 bad ones in all.
    tally = Tally(passed=760, failed=240, audited=400, false_accepts=40)
    history = History(Counted({arm(): tally}))
    rate = 80 / (80 + 200)
    expected = (50 * 0.02 + 400 * rate) / 450
    assert history.false_accept("implementer", assumed=0.02) == pytest.approx(expected)


def test_a_person_who_agrees_with_the_gate_is_an_audit() -> None:
    history = learned(History(), "+")
    history.learn(outcome(0, passed=True, kind="human"))
    assert (cell(history).audited, cell(history).false_accepts) == (1, 0)


def test_a_person_who_does_not_has_found_a_false_accept() -> None:
    history = learned(History(), "+")
    history.learn(outcome(0, passed=False, kind="human"))
    assert (cell(history).audited, cell(history).false_accepts) == (1, 1)


def test_what_the_gate_refused_is_no_audit_of_what_it_accepts() -> None:
    history = learned(History(), "-")
    history.learn(outcome(0, passed=False, kind="human"))
    assert cell(history).audited == 0


def test_the_version_of_a_model_changes_with_its_counts_only() -> None:
    history = learned(History(), "+")
    before = history.version("a"), history.version("b")
    learned(history, "+", first=1)
    assert (history.version("a") != before[0], history.version("b") == before[1]) == (True, True)


def test_after_a_drift_the_old_counts_weigh_little() -> None:
    told = []
    history = learned(History(on_drift=told.append), "++-" * 60)
    learned(history, "-" * 20, first=200)
    assert [(drift.model, drift.before > 0.6, drift.after) for drift in told] == [("a", True, 0.0)]
    passed, failed = counts(history)[1]
    assert passed / (passed + failed) < 0.15


def test_a_drift_that_is_read_is_told_once() -> None:
    told = []
    recent = tuple(
        Verdict(
            decision_id=str(n),
            role="implementer",
            model="a",
            stage=0,
            passed=n % 3 != 0 and n < 100,
            at=START + timedelta(minutes=n),
        )
        for n in range(130)
    )
    counted = Counted({arm(): Tally(passed=66, failed=64)}, recent)
    history = History(counted, on_drift=told.append)
    history.replace(counted)
    assert [drift.since for drift in told] == [drift.since for drift in history.drifts]
    assert len(told) == 1
    passed, failed = counts(history)[1]
    assert passed / (passed + failed) < 0.15
