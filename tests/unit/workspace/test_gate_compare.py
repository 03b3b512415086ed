from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.findings import Finding
from gatewright.workspace.gate.compare import MOST_FINDINGS, capped, new_findings


def finding(message: str = "m", *, file: str = "a.py", line: int = 1, rule: str = "R") -> Finding:
    return Finding(check="ruff", message=message, file=file, line=line, rule=rule)


some = st.lists(
    st.builds(
        finding,
        st.sampled_from(["m", "n"]),
        file=st.sampled_from(["a.py", "b.py"]),
        line=st.integers(1, 4),
        rule=st.sampled_from(["R", "S"]),
    )
)


def test_a_moved_finding_is_not_new() -> None:
    assert new_findings([finding(line=1)], [finding(line=9)]) == ()


def test_a_place_named_in_the_message_may_move_too() -> None:
    old, new = finding("redefined from line 3"), finding("redefined from line 30")
    assert new_findings([old], [new]) == ()


def test_one_more_of_a_kind_is_new_and_it_is_the_one_on_another_line() -> None:
    assert new_findings([finding(line=5)], [finding(line=2), finding(line=5)]) == (finding(line=2),)


def test_another_file_rule_or_message_is_new() -> None:
    others = [finding(file="b.py"), finding(rule="S"), finding("n")]
    assert new_findings([finding()], others) == tuple(others)


def test_a_renamed_file_brings_its_findings_along() -> None:
    assert new_findings([finding()], [finding(file="b.py")], gone={"a.py"}) == ()


def test_a_renamed_file_excuses_only_as_many_as_it_had() -> None:
    twice = [finding(file="b.py", line=1), finding(file="b.py", line=2)]
    assert len(new_findings([finding()], twice, gone={"a.py"})) == 1


@given(some)
def test_what_the_base_said_is_never_new(findings: list[Finding]) -> None:
    assert new_findings(findings, list(reversed(findings))) == ()


@given(some, some)
def test_what_was_added_is_counted(base: list[Finding], added: list[Finding]) -> None:
    assert len(new_findings(base, base + added)) == len(added)


def test_a_long_list_ends_with_how_many_are_left_out() -> None:
    *first, last = capped([finding(line=n + 1) for n in range(MOST_FINDINGS + 7)])
    assert (len(first), last.message) == (MOST_FINDINGS, "… and 7 more")
