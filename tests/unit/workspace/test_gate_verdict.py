from typing import Any

import pytest

from gatewright.workspace.gate.compare import MOST_FINDINGS
from gatewright.workspace.gate.report import Session, TestOutcome
from gatewright.workspace.gate.verdict import covers, judge, uncovered


def session(problem: str | None = None, **tests: Any) -> Session:
    """Tests of `t.py`, by name; those called `file_x` are files that were not collected."""
    outcomes = {name: TestOutcome(outcome=outcome) for name, outcome in tests.items()}
    return Session(
        tests={f"t.py::{n}": o for n, o in outcomes.items() if not n.startswith("file_")},
        uncollected={f"{n[5:]}.py": o for n, o in outcomes.items() if n.startswith("file_")},
        problem=problem,
    )


def blocking(
    before: Session, after: Session, entries: tuple[str, ...] | None = None
) -> list[str | None]:
    verdict = judge(before, after, entries)
    assert (verdict.status == "passed") == (
        not any(finding.severity == "blocking" for finding in verdict.findings)
    )
    return [finding.rule for finding in verdict.findings if finding.severity == "blocking"]


def test_a_fix_passes() -> None:
    assert blocking(session(a="failed", b="passed"), session(a="passed", b="passed")) == []


def test_what_failed_before_may_fail_still() -> None:
    assert blocking(session(a="failed", b="passed"), session(a="failed", b="passed")) == []


def test_an_acceptance_test_may_not_fail_still() -> None:
    both = session(a="failed", b="passed")
    assert blocking(both, both, ("t.py::a",)) == ["t.py::a"]


@pytest.mark.parametrize("now", ["failed", "error", "skipped", "xfailed"])
def test_what_passed_before_must_pass(now: str) -> None:
    after = session(a=now, b="passed")
    assert blocking(session(a="passed", b="passed"), after) == ["t.py::a"]


@pytest.mark.parametrize("was", ["passed", "failed", "skipped"])
def test_what_was_run_before_must_be_there(was: str) -> None:
    assert blocking(session(a=was, b="passed"), session(b="passed")) == ["t.py::a"]


def test_a_regression_blocks_whatever_the_acceptance_is() -> None:
    before, after = session(a="failed", b="passed"), session(a="passed", b="failed")
    assert blocking(before, after, ("t.py::a",)) == ["t.py::b"]


def test_a_new_failing_test_blocks_where_the_whole_suite_decides() -> None:
    assert blocking(session(a="passed"), session(a="passed", b="failed")) == ["t.py::b"]


def test_a_new_failing_test_is_a_warning_beside_acceptance_tests() -> None:
    verdict = judge(session(a="passed"), session(a="passed", b="failed"), ("t.py::a",))
    assert [(f.rule, f.severity) for f in verdict.findings] == [("t.py::b", "warning")]


def test_a_new_test_does_not_stand_in_for_a_lost_one() -> None:
    assert blocking(session(a="passed"), session(b="passed"), ("t.py",)) == ["t.py::a"]


def test_acceptance_that_was_not_collected_blocks() -> None:
    both = session(a="passed")
    assert blocking(both, both, ("t.py::b",)) == ["t.py::b"]


def test_acceptance_in_a_file_that_cannot_be_imported_blocks() -> None:
    before = session(a="passed", file_u="error")
    assert blocking(before, before, ("u.py::x",)) == ["u.py"]


def test_a_skipped_acceptance_test_blocks_even_if_it_was_skipped_before() -> None:
    both = session(a="skipped", b="passed")
    assert blocking(both, both, ("t.py::a",)) == ["t.py::a"]


def test_a_test_skipped_on_the_base_does_not_block_its_whole_file() -> None:
    both = session(a="skipped", b="passed")
    assert blocking(both, both, ("t.py",)) == []


def test_acceptance_of_which_everything_is_skipped_blocks() -> None:
    both = session(a="skipped")
    assert blocking(both, both, ("t.py",)) == ["t.py"]


def test_all_parameters_of_an_acceptance_test_must_pass() -> None:
    before = session(**{"a[1]": "failed", "a[2]": "failed", "ab": "failed"})
    after = session(**{"a[1]": "passed", "a[2]": "failed", "ab": "failed"})
    assert blocking(before, after, ("t.py::a",)) == ["t.py::a[2]"]


def test_tests_of_the_change_itself_are_named_when_they_are_the_acceptance() -> None:
    verdict = judge(session(a="passed"), session(a="passed", b="passed"), ("t.py::b",))
    assert verdict.summary.endswith("acceptance tests that the change itself brought: t.py::b")


def test_nothing_collected_is_an_error() -> None:
    assert judge(session(a="passed"), Session(), None).status == "error"


def test_nothing_passed_is_a_failure() -> None:
    assert judge(session(a="failed"), session(a="failed"), None).status == "failed"


def test_a_run_that_broke_off_is_an_error_and_says_why() -> None:
    after = Session(problem="was ended", running="t.py::a")
    verdict = judge(session(a="passed"), after, None, printed="  File x\nE   OSError: gone\n")
    assert (verdict.status, verdict.findings[0].message, verdict.findings[0].rule) == (
        "error",
        "was ended; t.py::a was running\nOSError: gone",
        "t.py::a",
    )


def test_a_finding_says_the_assertion_and_leaves_out_the_traceback() -> None:
    message = "t.py:3: in a\n    assert f() == 3\nE   assert 2 == 3\nE    +  where 2 = f()"
    after = Session(
        tests={"t.py::a": TestOutcome(outcome="failed", message=message, file="t.py", line=3)}
    )
    (finding,) = judge(session(a="passed"), after, None).findings
    assert (finding.message, finding.file, finding.line) == (
        "t.py::a passed on the base and now fails\nassert 2 == 3\n+  where 2 = f()",
        "t.py",
        3,
    )


def test_a_broken_suite_brings_a_bounded_number_of_findings() -> None:
    names = [f"test_{number}" for number in range(200)]
    before = session(**dict.fromkeys(names, "passed"), ok="passed")
    after = session(**dict.fromkeys(names, "failed"), ok="passed")
    findings = judge(before, after, None).findings
    assert (len(findings), findings[-1].message) == (MOST_FINDINGS + 1, "… and 150 more")


@pytest.mark.parametrize(
    ("entry", "nodeid", "expected"),
    [
        ("tests", "tests/t.py::a", True),
        ("./tests/", "tests/t.py::a", True),
        ("tests/t.py", "tests/t.py::A::a[1]", True),
        ("tests/t.py::A", "tests/t.py::A::a[1]", True),
        ("tests/t.py::A::a", "tests/t.py::A::a[1]", True),
        ("tests/t.py::a[1]", "tests/t.py::a[1]", True),
        ("tests/t.py::a[1]", "tests/t.py::a[2]", False),
        ("tests/t.py::a", "tests/t.py::ab", False),
        ("tests/t", "tests/t.py::a", False),
        (".", "x.py::a", True),
    ],
)
def test_what_an_entry_stands_for(entry: str, nodeid: str, expected: bool) -> None:
    assert covers(entry, nodeid) is expected


def test_entries_that_the_suite_leaves_out_are_found() -> None:
    known = session(a="passed", file_u="error")
    assert uncovered(["t.py", "u.py::x", "v.py"], known) == ("v.py",)
