"""What is shown to a person does nothing to the terminal."""

from gatewright.domain.events import Event, describe
from gatewright.domain.plain import plain


def test_an_escape_sequence_is_seen_and_not_obeyed() -> None:
    assert plain("\x1b[2Jgone\x07\x9b1m\r") == "\ufffd[2Jgone\ufffd\ufffd1m\ufffd"


def test_text_that_turns_what_is_read_round_is_seen() -> None:
    assert plain("a\u202eb\u200bc") == "a\ufffdb\ufffdc"


def test_words_lines_and_tabs_of_any_language_stay() -> None:
    text = "Größe:\t中文, עברית\n  next"
    assert plain(text) == text


def test_an_events_line_is_plain() -> None:
    event = Event(
        kind="review", task_id="t", at="now", node="code_reviewer", message="\x1b]0;x\x07"
    )
    assert describe(event) == "code_reviewer: \ufffd]0;x\ufffd"
