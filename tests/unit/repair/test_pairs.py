"""Pairs of edits; nothing is run."""

from hypothesis import given
from hypothesis import strategies as st

from gatewright.repair.mutate import Candidate
from gatewright.repair.pairs import covering, pairs
from gatewright.repair.patch import overlap

CODE = b"def f(a):\n    b = a + 1\n    return a + b\n\n\ndef g(a):\n    return a + 1\n"
FILES = {"lib.py": CODE}


def edit(start: int, old: bytes, new: bytes, score: float = 0.5) -> Candidate:
    line = CODE.count(b"\n", 0, start) + 1
    return Candidate("lib.py", start, start + len(old), old, new, line, 1, score)


def plus(number: int, score: float = 0.5, new: bytes = b"-") -> Candidate:
    """An edit of the first, second or third `+`."""
    start = -1
    for _ in range(number):
        start = CODE.index(b"+", start + 1)
    return edit(start, b"+", new, score)


def test_the_same_change_twice_comes_before_two_different_ones() -> None:
    singles = [plus(1), plus(2), plus(2, new=b"*")]
    assert pairs(singles, [], FILES)[0].edits == (plus(1), plus(2))


def test_one_function_comes_before_two() -> None:
    singles = [plus(1), plus(2, new=b"*"), plus(3, new=b"/")]
    assert pairs(singles, [], FILES)[0].edits == (plus(1), plus(2, new=b"*"))


def test_an_edit_that_helps_comes_first() -> None:
    singles = [plus(1), plus(2, new=b"*"), plus(3, new=b"/", score=0.49)]
    assert plus(3, new=b"/", score=0.49) in pairs(singles, [singles[2]], FILES)[0].edits


def test_edits_of_one_place_are_no_pair() -> None:
    assert pairs([plus(1), plus(1, new=b"*")], [], FILES) == []


def test_pairs_that_cover_all_failing_tests() -> None:
    first, second, third = plus(1), plus(2, score=0.9), plus(3)
    covers = {first: frozenset("a"), second: frozenset("b"), third: frozenset("b")}
    found = covering(covers, "ab", most=9)
    assert [pair.edits for pair in found] == [(first, second), (first, third)]


@given(
    st.lists(
        st.builds(
            edit,
            st.integers(0, len(CODE) - 3),
            st.sampled_from([b"+", b"ab", b""]),
            st.sampled_from([b"-", b"x", b""]),
            st.floats(0.01, 1),
        ),
        max_size=12,
    )
)
def test_no_pair_comes_twice_or_overlaps_and_the_likeliest_is_first(
    singles: list[Candidate],
) -> None:
    found = pairs(singles, singles[:2], FILES)
    assert len({pair.edits for pair in found}) == len(found)
    assert not any(overlap(*pair.edits) for pair in found)
    assert [pair.score for pair in found] == sorted((pair.score for pair in found), reverse=True)
