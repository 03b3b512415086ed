import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.repair.localise import localise, ochiai

COUNTS = st.integers(min_value=0, max_value=1000)


@pytest.mark.parametrize(
    ("failing", "passing", "score"),
    [(1, 0, 1.0), (1, 3, 0.5), (0, 5, 0.0), (0, 0, 0.0)],
)
def test_ochiai_of_one_failing_test(failing: int, passing: int, score: float) -> None:
    assert ochiai(failing, passing, all_failing=1) == score


@given(failing=COUNTS, passing=COUNTS, more=st.integers(min_value=1, max_value=1000))
def test_more_passing_tests_make_a_line_less_suspicious(
    failing: int, passing: int, more: int
) -> None:
    all_failing = failing + 1
    high = ochiai(failing, passing, all_failing=all_failing)
    low = ochiai(failing, passing + more, all_failing=all_failing)
    assert 0 <= low <= high <= 1


def test_lines_that_no_failing_test_ran_are_not_there() -> None:
    spectrum = {"a.py": {7: (1, 3), 3: (1, 0), 5: (0, 4)}}
    assert localise(spectrum, all_failing=1) == {"a.py": {3: 1.0, 7: 0.5}}
