"""What the router is given to learn from."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gatewright.domain.outcome import Arm, Counted, Outcome, Tally
from gatewright.telemetry.decisions import outcome_row
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.routing_history import MOST_RECENT, read_counted, read_history
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.verdicts import NOON, after, fill, outcome, write

ARM = Arm("implementer", "low", "core", 0, "a/b", False)
KINDS = ("review", "gate", "human", "revert")


def tally(folder: Path, arm: Arm = ARM) -> Tally:
    return read_counted(folder).tallies[arm]


def test_a_later_kinds_word_takes_an_earlier_ones_place(folder):
    write(folder, outcome(kind="gate", at=after(5)), outcome(kind="review", passed=False))
    assert tally(folder)[:2] == (1, 0)
    write(folder, outcome(kind="revert", passed=False, at=after(1)))
    assert tally(folder)[:2] == (0, 1)


def test_a_review_that_comes_after_the_gate_changes_nothing(folder):
    write(folder, outcome(kind="gate"), outcome(kind="review", passed=False, at=after(9)))
    assert tally(folder)[:2] == (1, 0)


def test_of_one_kind_the_latest_counts(folder):
    write(folder, outcome(passed=False), outcome(at=after(1)))
    assert tally(folder)[:2] == (1, 0)


def test_cost_and_time_count_once_a_decision(folder):
    late = outcome(kind="human", cost_usd=None, duration_s=None, at=after(60))
    write(folder, outcome(kind="review"), outcome(kind="gate"), late)
    assert tally(folder)[2:6] == (0.25, 1, 3.0, 1)


def test_what_is_not_known_is_in_no_sum(folder):
    write(folder, outcome("t1:1"), outcome("t1:2", cost_usd=None, duration_s=None))
    assert tally(folder)[2:6] == (0.25, 1, 3.0, 1)


def test_people_and_reverts_audit_what_the_gate_let_pass(folder):
    write(
        folder,
        outcome("t1:1"),
        outcome("t1:1", "revert", passed=False, at=after(9)),
        outcome("t1:2"),
        outcome("t1:2", "human", at=after(9)),
        outcome("t1:3", passed=False),
        outcome("t1:3", "human", at=after(9)),
        outcome("t1:4"),
    )
    assert tally(folder)[6:] == (2, 1)


def test_a_batch_that_was_written_twice_counts_once(folder):
    write(folder, *[outcome()] * 3)
    assert tally(folder)[:4] == (1, 0, 0.25, 1)


def test_verdicts_of_several_processes_are_one_history(folder):
    with Sidecar(folder) as first, Sidecar(folder) as second:
        first.record("routing_outcomes", outcome_row(outcome("t1:1", "gate")))
        second.record("routing_outcomes", outcome_row(outcome("t1:2", passed=False)))
        late = outcome("t1:1", "revert", passed=False, at=after(9))
        second.record("routing_outcomes", outcome_row(late))
        assert first.flush()
        assert second.flush()
        assert tally(folder)[:2] == (0, 2)


def test_more_than_two_failures_before_count_as_two(folder):
    write(folder, outcome(stage=5))
    assert list(read_counted(folder).tallies) == [ARM._replace(stage=2)]


def test_a_retry_of_the_same_model_is_an_arm_of_its_own(folder):
    write(folder, outcome("t1:1", stage=1), outcome("t1:2", stage=1, again=True))
    found = read_counted(folder).tallies
    assert sorted(arm.again for arm in found) == [False, True]


def test_recent_are_first_attempts_oldest_first(folder):
    write(
        folder,
        outcome("t1:2", at=after(2), passed=False),
        outcome("t1:1", at=after(1)),
        outcome("t1:3", at=after(3), stage=1),
    )
    found = read_counted(folder).recent
    assert [(v.decision_id, v.passed, v.at) for v in found] == [
        ("t1:1", True, after(1)),
        ("t1:2", False, after(2)),
    ]


def test_a_late_word_stands_where_the_first_one_stood(folder):
    revert = outcome("t1:1", "revert", passed=False, at=after(99))
    write(folder, outcome("t1:1", at=after(1)), outcome("t1:2", at=after(2)), revert)
    found = read_counted(folder).recent
    assert [(v.decision_id, v.passed) for v in found] == [("t1:1", False), ("t1:2", True)]


def test_recent_are_the_last_of_each_role_and_model(folder):
    fill(
        folder,
        "SELECT 'd' || i AS decision_id, 'low' AS risk, 'gate' AS kind, true AS passed, 0 AS stage,"
        " ['planner', 'implementer'][1 + i % 2] AS role, 'm' || (i % 3) AS model,"
        " timestamp '2026-03-01' + to_seconds(i) AS judged_at FROM range(1800) AS t(i)",
    )
    found = read_counted(folder).recent
    assert len(found) == 6 * MOST_RECENT
    assert min(v.at for v in found) == datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=600)


def test_known_are_the_decisions_of_the_last_hour(folder):
    now = datetime.now(UTC)
    before = now - timedelta(hours=2)
    late = outcome("late", "human", at=now)
    write(folder, outcome("new", at=now), outcome("old", at=before), outcome("late", at=before))
    write(folder, late)
    assert read_counted(folder).known == {"new", "late"}


def test_days_leave_out_what_was_first_judged_before(folder):
    now = datetime.now(UTC)
    old = now - timedelta(days=40)
    write(folder, outcome("old", at=old), outcome("old", "revert", passed=False, at=now))
    write(folder, outcome("new", at=now))
    assert read_counted(folder, days=30).tallies[ARM][:2] == (1, 0)
    assert [v.decision_id for v in read_counted(folder, days=30).recent] == ["new"]
    assert tally(folder)[:2] == (1, 1)


def test_rows_that_this_version_does_not_understand_are_left_out(folder):
    strange = [
        {"kind": "oracle"},
        {"role": "poet"},
        {"risk": "deadly"},
        {"decision_id": None},
        {"model": None},
        {"passed": None},
        {"judged_at": None},
    ]
    with Sidecar(folder) as sidecar:
        for more in strange:
            sidecar.record("routing_outcomes", {**outcome_row(outcome()), **more})
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
    assert read_counted(folder) == Counted({})


def test_a_missing_folder_is_an_empty_history(folder):
    assert read_history(folder) == (Counted({}), ())


def test_a_file_in_the_folders_place_is_an_empty_history(folder):
    folder.write_text("no folder")
    assert read_counted(folder) == Counted({})


def test_a_broken_file_is_a_problem_and_the_others_count(folder):
    write(folder, outcome())
    (folder / "telemetry-1.duckdb").write_bytes(b"\x00" * 5000)
    problems: list[str] = []
    found = read_counted(folder, on_problem=problems.append)
    assert found.tallies[ARM][:2] == (1, 0)
    assert [problem.partition(":")[0] for problem in problems] == ["telemetry-1.duckdb"]


def test_a_segment_that_is_broken_inside_is_a_problem(folder):
    write(folder, outcome())
    (folder / "telemetry.duckdb").unlink()
    [segment] = (folder / "segments" / "table=routing_outcomes").rglob("*.parquet")
    whole = segment.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    segment.write_bytes(whole[:4] + b"\xff" * (len(whole) - footer - 4) + whole[-footer:])
    found = read_history(folder)
    assert found.counted == Counted({})
    assert len(found.problems) == 1


def test_a_hundred_thousand_verdicts_are_counted_in_no_time(folder):
    fill(
        folder,
        "SELECT 'task-' || (i // 2) || ':' || md5(i::varchar) AS decision_id, 'gate' AS kind,"
        " 'implementer' AS role, ['low', 'medium', 'high'][1 + i % 3] AS risk,"
        " 'area' || (i % 20) AS area, i % 3 AS stage, 'openai/m' || (i % 7) AS model,"
        " i % 10 < 7 AS passed, 0.01 AS cost_amount, 1000.0 AS duration_ms,"
        " timestamp '2026-03-01' + to_seconds(i) AS judged_at FROM range(100000) AS t(i)",
    )
    with open_reading(folder) as reading:
        # The processor's time, of all threads: the wall's is the neighbours' as well.
        began = time.process_time()
        counts = reading.query("routing_counts", since=None, lately=NOON)
        reading.query("routing_recent", since=None, most=MOST_RECENT)
        took = time.process_time() - began
    assert sum(row["passed"] + row["failed"] for row in counts) == 100_000
    assert took < 1.0


SAID = st.builds(
    outcome,
    decision_id=st.sampled_from(["1", "2", "3"]),
    kind=st.sampled_from(KINDS),
    passed=st.booleans(),
    at=st.integers(0, 5).map(after),
)


def expected(said: Sequence[Outcome]) -> Tally:
    """The rule in words: the highest kind, of it the latest; in doubt, that it failed."""
    by_decision: dict[str, list[Outcome]] = defaultdict(list)
    for one in said:
        by_decision[one.decision_id].append(one)
    passed = failed = audited = false_accepts = 0.0
    for found in by_decision.values():
        ranked = sorted(found, key=lambda o: (KINDS.index(o.kind), o.at, not o.passed))
        last = ranked[-1]
        gate = [o for o in ranked if o.kind in KINDS[:2]]
        accepted = gate[-1].passed if gate else last.kind == "revert"
        passed, failed = passed + last.passed, failed + (not last.passed)
        spoken = accepted and last.kind in KINDS[2:]
        audited, false_accepts = audited + spoken, false_accepts + (spoken and not last.passed)
    return Tally(passed, failed, audited=audited, false_accepts=false_accepts)


# Many histories in one folder, each in an area of its own: a folder takes most of the time.
@pytest.mark.slow
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.lists(SAID, min_size=1, max_size=12), min_size=20, max_size=40))
def test_counts_follow_the_rule_whatever_comes_in_whatever_order(histories):
    named = {f"area {n}": said for n, said in enumerate(histories)}
    placed = [
        one.model_copy(update={"area": area, "decision_id": f"{area}:{one.decision_id}"})
        for area, said in named.items()
        for one in said
    ]
    with tempfile.TemporaryDirectory() as home:
        write(Path(home), *placed)
        found = read_counted(Path(home)).tallies
    counted = {
        arm.area: tally._replace(cost_usd=0, priced=0, seconds=0, timed=0)
        for arm, tally in found.items()
    }
    assert counted == {area: expected(said) for area, said in named.items()}
