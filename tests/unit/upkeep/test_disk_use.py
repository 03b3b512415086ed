"""Sizes of what lies in a home, as the disk has it."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gatewright.upkeep.disk_use import said, sizes, used

KIB = 1024


def fill(path: Path, size: int) -> Path:
    """A file of random bytes, which no file system stores in less."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def test_the_parts_of_a_home_are_told_by_size(tmp_path: Path) -> None:
    fill(tmp_path / "runs" / "t.md", 8 * KIB)
    fill(tmp_path / "state.sqlite", 64 * KIB)
    fill(tmp_path / "state.sqlite-wal", 64 * KIB)
    parts = sizes(tmp_path)
    assert [part.name for part in parts] == ["state.sqlite", "runs"]
    assert parts[0].bytes >= 128 * KIB > parts[1].bytes >= 8 * KIB


def test_a_file_of_two_names_counts_once(tmp_path: Path) -> None:
    file = fill(tmp_path / "a" / "one", 256 * KIB)
    (tmp_path / "b").mkdir()
    os.link(file, tmp_path / "b" / "two")
    assert sum(part.bytes for part in sizes(tmp_path)) < 400 * KIB


def test_links_are_not_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere" / "large", 256 * KIB)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "link").symlink_to(tmp_path / "elsewhere")
    assert used(tmp_path / "home") < 64 * KIB


def test_what_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert (used(tmp_path / "x"), sizes(tmp_path / "x")) == (0, ())


@given(st.integers(0, 2**60))
def test_a_size_is_said_in_the_largest_unit_that_it_has(size: int) -> None:
    number, unit = said(size).split()
    power = ["B", "KiB", "MiB", "GiB", "TiB"].index(unit)
    assert abs(float(number) * 1024**power - size) <= 0.05 * 1024**power
    assert float(number) >= 1 or power == 0
