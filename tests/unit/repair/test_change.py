from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.domain.edit import Block
from gatewright.repair.change import as_block, digest, title
from gatewright.repair.mutate import Candidate
from tests.unit.repair.test_mutate import CORPUS, of_corpus


def edit(data: bytes, old: bytes, new: bytes) -> Candidate:
    start = data.index(old)
    line = data.count(b"\n", 0, start) + 1
    return Candidate("lib.py", start, start + len(old), old, new, line, 1, 1.0)


def test_a_line_that_is_unique_stands_alone() -> None:
    data = b"a = 1\nb = 2\n"
    assert as_block(edit(data, b"2", b"3"), data) == Block(search="b = 2\n", replace="b = 3\n")


def test_lines_are_taken_in_until_the_text_is_unique() -> None:
    data = b"x\ny = 1\nz\ny = 1\n"
    block = as_block(edit(data, b"1", b"2"), data)
    assert block == Block(search="x\ny = 1\nz\n", replace="x\ny = 2\nz\n")


def test_line_ends_are_kept_and_the_mark_is_left_out() -> None:
    data = b"\xef\xbb\xbfa = 1\r\nb = 2"
    assert as_block(edit(data, b"1", b"3"), data) == Block(search="a = 1\r\n", replace="a = 3\r\n")


def test_a_last_line_without_an_end() -> None:
    data = b"a = 1\nb = 2"
    assert as_block(edit(data, b"2", b"3"), data) == Block(search="b = 2", replace="b = 3")


@settings(deadline=None, max_examples=50)
@given(data=st.data(), path=st.sampled_from(CORPUS))
def test_a_block_is_unique_and_says_the_same_as_the_candidate(
    data: st.DataObject, path: Path
) -> None:
    text, found = of_corpus(path, crlf=False)
    candidate = data.draw(st.sampled_from(found))
    block = as_block(candidate, text)
    whole = text.decode()
    assert whole.count(block.search) == 1
    assert whole.replace(block.search, block.replace).encode() == candidate.applied(text)


def test_the_digest_is_of_the_change_not_of_how_it_was_found() -> None:
    data = b"ab = 1\nb = 2\n"
    whole = edit(data, b"ab = 1", b"ab = 3")
    assert digest(whole, data) == digest(edit(data, b"1", b"3"), data)
    assert digest(whole, data) != digest(edit(data, b"1", b"4"), data)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"=", b"", "Change `<=` to `<` in lib.py:1"),
        (b"ow", b"igh", "Change `low` to `ligh` in lib.py:1"),
        (b"not ", b"", "Remove `not` in lib.py:1"),
        (b" 1", b" 2", "Change `1` to `2` in lib.py:1"),
    ],
)
def test_a_title_names_words(old: bytes, new: bytes, said: str) -> None:
    data = b"if not low <= 1: pass\n"
    assert title(edit(data, old, new), data) == said
