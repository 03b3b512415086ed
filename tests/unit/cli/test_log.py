"""`gatewright log`: lines of a file that grows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.cli.log import lines
from tests.unit.cli.conftest import Gatewright


def writing(path: Path, *parts: bytes) -> Callable[[], bool]:
    """Somebody who writes one part before each look, and is gone after the last."""
    left = list(parts)

    def alive() -> bool:
        if left:
            with path.open("ab") as file:
                file.write(left.pop(0))
        return bool(left)

    return alive


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((b"a\nb\n",), ["a", "b"]),
        ((b"a\n", b"b\n", b"c\n"), ["a", "b", "c"]),
        ((b"a", b"b\nc\n"), ["ab", "c"]),
        ((b"half",), ["half"]),
        ((b"\xe2\x82", b"\xac\n"), ["\N{EURO SIGN}"]),
        ((b"\xff\n",), ["\N{REPLACEMENT CHARACTER}"]),
        ((), []),
    ],
)
def test_lines_come_whole_and_all_of_them(
    tmp_path: Path, parts: tuple[bytes, ...], said: list[str]
) -> None:
    path = tmp_path / "log.md"
    found = lines(path, alive=writing(path, *parts), pause=lambda seconds: None)
    assert list(found) == said


def test_what_is_written_last_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "log.md"
    path.write_bytes(b"a\n")
    answers = iter([True, False])

    def alive() -> bool:
        """Its last line comes between the look and the answer that nobody writes any more."""
        alive_now = next(answers, False)
        if not alive_now:
            path.write_bytes(b"a\nb\n")
        return alive_now

    assert list(lines(path, alive=alive, pause=lambda seconds: None)) == ["a", "b"]


def test_an_unknown_task_is_bad_input(gatewright: Gatewright) -> None:
    said = gatewright("log", "nobody", "--json")
    assert (said.code, said.json["field"]) == (2, "task")
