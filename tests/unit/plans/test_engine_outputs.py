"""What is read of what a step wrote."""

import os
from pathlib import Path

import pytest

from gatewright.plans.engine.outputs import MOST_BYTES, capture, end_of, last_line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.1.stdout"


def test_trailing_newlines_are_cut(path: Path) -> None:
    path.write_bytes(b"one\n\ntwo \r\n\n")
    assert end_of(path) == "one\n\ntwo "


def test_of_a_long_output_the_end_is_read(path: Path) -> None:
    path.write_bytes(b"x" * MOST_BYTES + b"end")
    assert end_of(path) == "x" * (MOST_BYTES - 3) + "end"


def test_a_character_that_was_cut_in_two_is_left_out(path: Path) -> None:
    path.write_bytes("é".encode() * MOST_BYTES + b"!")
    assert end_of(path) == "é" * ((MOST_BYTES - 2) // 2) + "!"


def test_binary_is_read_as_text_all_the_same(path: Path) -> None:
    path.write_bytes(b"\x00\xff\xfe")
    assert end_of(path) == "\x00\ufffd\ufffd"


def test_no_file_is_no_output(path: Path) -> None:
    assert end_of(path) == ""


def test_a_link_that_a_step_put_there_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    path.symlink_to(tmp_path / "secret")
    assert end_of(path) == ""


def test_a_pipe_that_a_step_put_there_holds_nothing_up(path: Path) -> None:
    os.mkfifo(path)
    assert end_of(path) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb\n\n", "b"), ("", ""), (" \n", ""), ("y" * 300, "y" * 199 + "…")],
)
def test_the_last_line(path: Path, text: str, expected: str) -> None:
    path.write_text(text)
    assert last_line(path) == expected


def test_captures_are_the_first_group_or_all() -> None:
    found = capture({"a": r"v(\d)(\d)", "b": r"v\d+", "c": "^n (x)?"}, "v12\nn ")
    assert (found.values, found.missing) == ({"a": "1", "b": "v12", "c": ""}, None)


def test_a_capture_that_is_missing_is_named() -> None:
    assert capture({"a": "x", "b": "y"}, "x").missing == "b"
