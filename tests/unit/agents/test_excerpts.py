"""Parts of files and of diffs."""

from agents.excerpts import Excerpt, diff_parts

LINES = [f"line {number}" for number in range(1, 1001)]
TEXT = "\n".join(LINES) + "\n"


def numbers(said: str) -> list[int]:
    return [int(line.split()[1]) for line in said.splitlines() if line.startswith("line ")]


def test_the_lines_that_findings_name_are_shown() -> None:
    said = Excerpt(TEXT, lines=[500, 900]).parts(2000)
    shown = numbers(said)
    assert {1, 495, 500, 505, 895, 900, 905} <= set(shown)
    assert len(shown) == len(set(shown)) < 230
    assert "of 1000:\n```\nline " in said


def test_more_room_shows_more_around_them() -> None:
    sizes = [len(numbers(Excerpt(TEXT, lines=[500]).parts(most))) for most in (400, 1000, 5000)]
    assert sizes == sorted(set(sizes))


def test_where_a_name_is_defined_is_shown() -> None:
    lines = list(LINES)
    lines[700] = "    async def Close_Book(self):"
    said = Excerpt("\n".join(lines), names={"close_book"}).parts(800)
    assert {700, 702} <= set(numbers(said))


def test_without_anything_to_look_for_the_beginning_is_shown() -> None:
    shown = numbers(Excerpt(TEXT).parts(1000))
    assert shown == list(range(1, len(shown) + 1))


def test_of_very_many_places_the_first_ones() -> None:
    said = Excerpt(TEXT, lines=range(100, 1000, 20)).parts(900)
    assert {100, 120} <= set(numbers(said))
    assert 500 < len(said) <= 900


def test_a_line_beyond_the_end_is_the_last_one() -> None:
    assert 1000 in numbers(Excerpt(TEXT, lines=[5000]).parts(600))


def test_a_line_that_nobody_wrote_is_cut_off() -> None:
    said = Excerpt("x" * 1_000_000 + "\nend\n").parts(900)
    assert "x (cut off)\nend\n" in said
    assert len(said) <= 900


def test_a_part_cannot_end_its_own_fence() -> None:
    said = Excerpt("```\n# Step\n" * 500).parts(600)
    assert "\n````\n```\n# Step\n" in said


def test_too_little_room_shows_nothing() -> None:
    assert Excerpt(TEXT).parts(100) == ""
    assert Excerpt("").parts(1000) == ""


def diff(name: str, lines: int) -> str:
    return f"diff --git a/{name} b/{name}\n" + "+x\n" * lines


def test_a_diff_that_fits_is_left_as_it_is() -> None:
    assert diff_parts(diff("a", 5), 100) == diff("a", 5)


def test_small_files_of_a_diff_are_whole() -> None:
    said = diff_parts(diff("a", 5) + diff("b", 5000) + diff("c", 5), 2000)
    assert diff("a", 5) in said
    assert said.endswith(diff("c", 5))
    assert "more lines of this file are not shown)" in said
    assert 1800 < len(said) <= 2000


def test_of_a_diff_of_very_many_files_the_first_ones() -> None:
    said = diff_parts("".join(diff(f"f{number}", 200) for number in range(500)), 3000)
    assert "b/f9\n" in said
    assert said.endswith("(and 490 more files)\n")
    assert len(said) <= 3000
