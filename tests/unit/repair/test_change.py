import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gatewright.domain.edit import Block
from gatewright.repair.change import as_blocks, as_change, digest, title
from gatewright.repair.mutate import Candidate, candidates
from gatewright.repair.patch import Patch, overlap, single

TEXT = b"""\
def first(items, low):
    for item in items:
        if item < low:
            return item
    return low


def last(items, low):
    for item in items:
        if item < low:
            return item
    return low
"""
EDITS = candidates({"lib.py": TEXT}, {"lib.py": dict.fromkeys(range(1, 13), 1.0)})


def edit(data: bytes, old: bytes, new: bytes, path: str = "lib.py") -> Candidate:
    start = data.index(old)
    line = data.count(b"\n", 0, start) + 1
    return Candidate(path, start, start + len(old), old, new, line, 1, 1.0)


def test_a_line_that_is_unique_stands_alone() -> None:
    data = b"a = 1\nb = 2\n"
    assert as_blocks([edit(data, b"2", b"3")], data) == (
        Block(search="b = 2\n", replace="b = 3\n"),
    )


def test_lines_are_taken_in_until_the_text_is_unique() -> None:
    data = b"x\ny = 1\nz\ny = 1\n"
    (block,) = as_blocks([edit(data, b"1", b"2")], data)
    assert block == Block(search="x\ny = 1\nz\n", replace="x\ny = 2\nz\n")


def test_line_ends_are_kept_and_the_mark_is_left_out() -> None:
    data = b"\xef\xbb\xbfa = 1\r\nb = 2"
    (block,) = as_blocks([edit(data, b"1", b"3")], data)
    assert block == Block(search="a = 1\r\n", replace="a = 3\r\n")


def test_a_last_line_without_an_end() -> None:
    data = b"a = 1\nb = 2"
    assert as_blocks([edit(data, b"2", b"3")], data) == (Block(search="b = 2", replace="b = 3"),)


def test_two_edits_far_apart_are_two_blocks_and_two_in_a_line_are_one() -> None:
    data = b"a = 1\nb = 2\nc = 3\n"
    first, last = edit(data, b"1", b"7"), edit(data, b"3", b"9")
    assert [block.replace for block in as_blocks([last, first], data)] == ["a = 7\n", "c = 9\n"]
    name = edit(data, b"a", b"z")
    assert as_blocks([first, name], data) == (Block(search="a = 1\n", replace="z = 7\n"),)


def test_edits_of_two_files_are_one_change_set() -> None:
    files = {"b.py": b"x = 1\n", "a.py": b"y = 2\n"}
    pair = Patch(
        (edit(files["b.py"], b"1", b"3", "b.py"), edit(files["a.py"], b"2", b"4", "a.py")), 1.0
    )
    assert [each.path for each in as_change(pair, files).edits] == ["a.py", "b.py"]
    assert title(pair, files) == "Change `1` to `3` in b.py:1, and change `2` to `4` in a.py:1"


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_blocks_are_unique_and_say_the_same_as_the_edits(data: st.DataObject) -> None:
    edits = data.draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=2))
    assume(len(edits) == 1 or not overlap(*edits))
    whole = TEXT.decode()
    for block in as_blocks(edits, TEXT):
        assert whole.count(block.search) == 1
        whole = whole.replace(block.search, block.replace)
    assert {"lib.py": whole.encode()} == Patch(tuple(edits), 1.0).applied({"lib.py": TEXT})


def test_the_digest_is_of_the_change_not_of_how_it_was_found() -> None:
    data = b"ab = 1\nb = 2\n"
    files = {"lib.py": data}
    whole = single(edit(data, b"ab = 1", b"ab = 3"))
    assert digest(whole, files) == digest(single(edit(data, b"1", b"3")), files)
    assert digest(whole, files) != digest(single(edit(data, b"1", b"4")), files)


def test_the_digest_of_a_pair_is_of_both_in_any_order() -> None:
    data = b"a = 1\nb = 2\n"
    files = {"lib.py": data}
    first, second = edit(data, b"1", b"3"), edit(data, b"2", b"4")
    both = digest(Patch((first, second), 1.0), files)
    assert both == digest(Patch((second, first), 0.5), files)
    assert both not in (digest(single(first), files), digest(single(second), files))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"=", b"", "Change `<=` to `<` in lib.py:1"),
        (b"ow", b"igh", "Change `low` to `ligh` in lib.py:1"),
        (b"not ", b"", "Remove `not` in lib.py:1"),
        (b" 1", b" 2", "Change `1` to `2` in lib.py:1"),
        (b"/", b"", "Change `//` to `/` in lib.py:1"),
    ],
)
def test_a_title_names_words(old: bytes, new: bytes, said: str) -> None:
    data = b"if not low <= 1: pass // 2\n"
    assert title(single(edit(data, old, new)), {"lib.py": data}) == said


def test_a_title_of_two_long_edits_names_the_second_by_its_place() -> None:
    data = b"x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa'\ny = 'bbbbbbbbbbbbbbbbbbbbbbbbbbbb'\n"
    pair = Patch((edit(data, b"a" * 28, b"c" * 28), edit(data, b"b" * 28, b"d" * 28)), 1.0)
    assert title(pair, {"lib.py": data}).endswith("lib.py:1, and what goes with it in lib.py:2")
