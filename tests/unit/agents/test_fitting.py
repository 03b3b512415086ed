"""Sections fitted to a room, by estimate and by a tokenizer's count."""

import pytest

from agents.fitting import Fitted, Section, TooLong, Turn, fit, fit_counted
from agents.room import MOST_INPUT, Room, estimated


def needed(text: str) -> Section:
    return Section(text=text, turn=Turn.NEEDED)


def elastic(name: str, size: int, turn: Turn = Turn.WORK) -> Section:
    text = name * size
    return Section(text=text, turn=turn, name=name, shorten=lambda most: text[:most])


def rigid(name: str, size: int, turn: Turn = Turn.REST) -> Section:
    return Section(text=name * size, turn=turn, name=name)


def length(fitted: Fitted, name: str) -> int:
    return max((len(text) for text in fitted.texts if set(text) == {name}), default=0)


def test_what_fits_is_said_whole_and_in_order() -> None:
    said = fit([needed("goal"), needed(""), rigid("a", 9), elastic("b", 9)], room=100)
    assert said == Fitted(texts=("goal", "a" * 9, "b" * 9))
    assert said.complete


def test_what_is_needed_goes_before_everything() -> None:
    said = fit([elastic("b", 9000), needed("g" * 900)], room=500)
    assert "g" * 900 in said.texts
    assert said.left_out == ("b",)


def test_what_is_needed_and_does_not_fit_is_said() -> None:
    with pytest.raises(TooLong) as caught:
        fit([needed("g" * 900)], room=299)
    assert (caught.value.room, caught.value.needed) == (299, 451)


def test_long_ones_share_what_short_ones_leave() -> None:
    said = fit([elastic("a", 300), elastic("b", 30_000), elastic("c", 60_000)], room=5000)
    assert length(said, "a") == 300
    assert abs(length(said, "b") - length(said, "c")) < 20
    assert 14_000 < length(said, "b") + length(said, "c") < 15_000


def test_of_too_many_the_first_ones_are_said() -> None:
    said = fit([elastic(name, 30_000) for name in "abcdefgh"], room=700)
    assert said.shortened == ("a", "b", "c")
    assert min(length(said, name) for name in "abc") > 400


def test_who_comes_first_leaves_a_quarter_to_the_others() -> None:
    said = fit([elastic("a", 90_000), elastic("m", 90_000, Turn.MAP)], room=4150)
    assert (length(said, "a") // 100, length(said, "m") // 100) == (89, 29)


def test_others_are_whole_or_not_there() -> None:
    said = fit([rigid("a", 3000), rigid("b", 3000), rigid("c", 300)], room=1400)
    assert (said.left_out, said.shortened) == (("b",), ())
    assert (length(said, "a"), length(said, "c")) == (3000, 300)


def test_what_is_not_shown_is_told_before_the_last_section() -> None:
    sections = [*(rigid(name, 9000) for name in "abcdef"), elastic("s", 9000), needed("form")]
    *_, note, form = fit(sections, room=1000).texts
    assert form == "form"
    assert note == (
        "# Not shown, for want of room\nOnly in part: s.\nNot at all: a, b, c, d and 2 more."
    )


def test_long_names_do_not_take_the_room() -> None:
    sections = [rigid("é" * 50, 9000), rigid("x" * 500, 9000), needed("form")]
    note = fit(sections, room=300).texts[-2]
    assert len(note.splitlines()[1]) < 120
    assert note.isascii()


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("é" * 3, 3), ("木" * 3, 5)]
)
def test_the_estimate(text: str, tokens: int) -> None:
    assert estimated(text) == tokens


@pytest.mark.parametrize(
    ("room", "taken_in", "given_out"),
    [
        (Room(8192, 4096), 8192 - 2048 - 163 - 32, 2048),
        (Room(8192, 1000), 8192 - 1000 - 163 - 32, 1000),
        (Room(1_000_000, 64_000), MOST_INPUT, 64_000),
        (Room(None, 5), MOST_INPUT, 5),
        (Room(40, 4096), 0, 10),
    ],
)
def test_the_room_of_a_window(room: Room, taken_in: int, given_out: int) -> None:
    assert (room.input, room.output) == (taken_in, given_out)


async def count_all(text: str) -> int:
    return len(text)


async def count_few(text: str) -> int:
    return len(text) // 10


async def test_the_count_has_the_last_word_when_there_is_more_than_was_thought() -> None:
    said = await fit_counted([needed("goal"), elastic("a", 9000)], room=2000, count=count_all)
    assert 1000 < len(said.text) <= 2000


async def test_the_count_has_the_last_word_when_there_is_less_than_was_thought() -> None:
    said = await fit_counted([needed("goal"), elastic("a", 90_000)], room=2000, count=count_few)
    assert 18_000 < len(said.text) < 20_020


async def test_what_is_needed_is_counted_before_it_is_called_too_long() -> None:
    said = await fit_counted([needed("g" * 9000)], room=1000, count=count_few)
    assert said.text == "g" * 9000
    with pytest.raises(TooLong):
        await fit_counted([needed("g" * 9000)], room=8000, count=count_all)


async def test_few_counts_are_made_and_none_of_more_than_is_said() -> None:
    counted: list[int] = []

    async def count(text: str) -> int:
        counted.append(len(text))
        return len(text) // 4

    await fit_counted([needed("goal"), elastic("a", 2_000_000)], room=2000, count=count)
    assert len(counted) == 2
    assert max(counted) < 10_000
