"""Output of steps that grows while it is read."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gatewright.cli.plans.tail import Tail, end_of


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert (Tail(tmp_path / "x").more(), end_of(tmp_path / "x")) == (b"", ("", 0))


@given(st.lists(st.binary()))
def test_everything_comes_once(tmp_path_factory: object, parts: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("tail") / "out"  # type: ignore[attr-defined]
    tail, read = Tail(path), b""
    for part in parts:
        with path.open("ab") as file:
            file.write(part)
        while more := tail.more():
            read += more
    assert read == b"".join(parts)


def test_of_a_large_output_the_end_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"0123456789")
    assert end_of(path, most=4) == ("6789", 10)
