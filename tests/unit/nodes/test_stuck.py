"""What counts as a loop that leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.plan import Plan, Step
from nodes.stuck import End, findings_name, plan_name, repetition, report_name, text_name

NAMES = st.sampled_from("abc")
ENDS = st.lists(st.builds(End, made=NAMES, wrong=NAMES, by=st.just("m")), max_size=8)


def ends(made: str, wrong: str = "") -> list[End]:
    """One for each letter; nothing is known of a `-`."""
    wrongs = wrong or "-" * len(made)
    return [
        End(made=one.strip("-"), wrong=other.strip("-"), by="m")
        for one, other in zip(made, wrongs, strict=True)
    ]


@pytest.mark.parametrize(
    ("seen", "same", "said"),
    [
        (ends(""), 2, ""),
        (ends("x"), 2, ""),
        (ends("xx"), 2, "the same change was made 2 times in a row"),
        (ends("yxx"), 2, "the same change was made 2 times in a row"),
        (ends("xxy"), 2, ""),
        (ends("xx"), 3, ""),
        (ends("xxx"), 3, "the same change was made 3 times in a row"),
        (ends("xy"), 2, ""),
        (ends("xyx"), 2, "the attempts go back and forth between two changes"),
        (ends("zxyx"), 2, "the attempts go back and forth between two changes"),
        (ends("xyxy"), 3, ""),
        (ends("xyxyx"), 3, "the attempts go back and forth between two changes"),
        (ends("xyzx"), 2, ""),
        (ends("xy", "ff"), 2, "2 attempts in a row ended with the same findings"),
        (ends("xyz", "fgf"), 2, ""),
        (ends("--"), 2, ""),
        (ends("---"), 2, ""),
        (ends("xx", "ff"), 0, ""),
        (ends("xx", "ff"), 1, ""),
    ],
)
def test_what_repeats(seen: list[End], same: int, said: str) -> None:
    assert repetition(seen, same=same) == said


def test_it_speaks_of_what_was_made() -> None:
    assert repetition(ends("xx"), same=2, noun="plan").startswith("the same plan")


@pytest.mark.parametrize(
    ("then", "stuck"), [("", True), ("one", True), ("two", True), ("three", False)]
)
def test_somebody_new_who_is_next_may_find_a_way(then: str, stuck: bool) -> None:
    seen = [End(made="x", by="one"), End(made="x", by="two", then=then)]
    assert bool(repetition(seen, same=2)) == stuck


@given(seen=ENDS, same=st.integers(2, 4))
def test_only_the_last_attempts_decide(seen: list[End], same: int) -> None:
    assert repetition(seen, same=same) == repetition(seen[-(2 * same - 1) :], same=same)


@given(seen=ENDS, same=st.integers(2, 4))
def test_something_happened_so_often_where_it_is_said_to_repeat(seen: list[End], same: int) -> None:
    if repetition(seen, same=same):
        last = seen[-1]
        often = max(
            sum(end.made == last.made for end in seen), sum(end.wrong == last.wrong for end in seen)
        )
        assert often >= same


@given(st.lists(st.integers(), unique=True, max_size=10), st.integers(2, 4))
def test_attempts_of_which_no_two_are_alike_never_repeat(names: list[int], same: int) -> None:
    seen = [End(made=f"m{name}", wrong=f"w{name}", by="m") for name in names]
    assert repetition(seen, same=same) == ""


@given(seen=ENDS, same=st.integers(2, 4))
def test_a_loop_on_one_spot_is_seen_in_time(seen: list[End], same: int) -> None:
    assert repetition([*seen, *ends("x" * same)], same=same)


def finding(message: str = "it fails", **fields: object) -> Finding:
    return Finding.model_validate({"check": "pytest", "message": message, **fields})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (finding(line=3), finding(line=4)),
        (finding("object at 0x7f3a"), finding("object at 0x11b0")),
        (finding("after 0.31s"), finding("after 12.5s")),
        (finding("in /tmp/one/a.py"), finding("in /tmp/two/b/a.py")),
        (finding("It  fails\n"), finding("it fails")),
    ],
)
def test_findings_that_are_the_same(one: Finding, other: Finding) -> None:
    assert findings_name([one]) == findings_name([other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (finding("assert 1 == 2"), finding("assert 1 == 3")),
        (finding(rule="a"), finding(rule="b")),
        (finding(file="a.py"), finding(file="b.py")),
        (finding(check="mypy"), finding(check="ruff")),
    ],
)
def test_findings_that_differ(one: Finding, other: Finding) -> None:
    assert findings_name([one]) != findings_name([other])


@given(st.permutations([finding("a"), finding("b"), finding("c", severity="note")]))
def test_neither_order_nor_notes_make_a_difference(findings: list[Finding]) -> None:
    assert findings_name(findings) == findings_name([finding("a"), finding("b")])


def test_no_findings_have_no_name() -> None:
    assert findings_name([finding(severity="warning")]) == ""


def report(status: str, summary: str, *findings: Finding) -> GateReport:
    check = CheckResult.model_validate(
        {
            "check": "pytest",
            "status": status,
            "summary": summary,
            "duration_s": 1.0,
            "findings": findings,
        }
    )
    return GateReport(passed=False, commit="c", checks=(check,), sandbox="s", environment="e")


def test_a_check_without_a_verdict_counts_by_its_error() -> None:
    timeout = report_name(report("error", "timed out after 60 s"))
    assert timeout == report_name(report("error", "timed out after 61 s"))
    assert timeout != report_name(report("error", "the tests ended before their summary"))


def test_findings_count_and_not_the_words_of_the_summary() -> None:
    one = report("failed", "1 failed, 3 passed", finding())
    assert report_name(one) == report_name(report("failed", "1 failed, 4 passed", finding()))


def test_a_plan_is_known_by_its_steps() -> None:
    step = Step(title="t", what="w")
    assert plan_name(Plan(why="a", steps=(step,))) == plan_name(Plan(why="b", steps=(step,)))
    assert plan_name(Plan(why="a", steps=(step,))) != plan_name(
        Plan(why="a", steps=(step.model_copy(update={"what": "v"}),))
    )


def test_white_space_round_a_text_says_nothing() -> None:
    assert text_name("a b\n") == text_name("  a b")
    assert text_name("a b") != text_name("ab")
