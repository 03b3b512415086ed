"""The programs and the mistakes that are put into them, read from the files beside this one."""

import hashlib
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
BUGS = HERE / "bugs.toml"
VISIBLE = "tests"
HELD_OUT = "held_out"
BEYOND = "beyond"
"""The kind of those that no small edit mends; they show what the engine makes of the hopeless."""

Half = Literal["dev", "held"]


class Edit(NamedTuple):
    """A place in a file, and the mistake put there."""

    file: str
    """Relative to the program's folder."""
    right: str
    """Stands exactly once in the file."""
    wrong: str


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A mistake in a program."""

    id: str
    program: str
    kind: str
    edits: tuple[Edit, ...]

    @property
    def half(self) -> Half:
        """`held` is not to be looked at while the engine is tuned. Depends on the id alone."""
        return "held" if hashlib.sha256(self.id.encode()).digest()[0] % 2 else "dev"

    @property
    def files(self) -> tuple[str, ...]:
        """The files with the mistake, each once."""
        return tuple(dict.fromkeys(edit.file for edit in self.edits))


class Misplaced(ValueError):
    """The right text of a bug is not exactly once in its file; correct bugs.toml."""


def read_bugs(path: Path = BUGS) -> tuple[Bug, ...]:
    """All bugs, as they stand in the file. Blocks.

    Raises: OSError; tomllib.TOMLDecodeError; KeyError for a bug without one of its parts.
    """
    return tuple(_bug(entry) for entry in tomllib.loads(path.read_text("utf-8"))["bug"])


def _bug(entry: dict[str, Any]) -> Bug:
    program = entry["program"]
    file = entry.get("file", f"{program}.py")
    pairs = [(entry["right"], entry["wrong"]), *entry.get("also", ())]
    edits = []
    for pair in pairs:
        right, wrong, *elsewhere = pair
        edits.append(Edit(elsewhere[0] if elsewhere else file, right, wrong))
    return Bug(id=entry["id"], program=program, kind=entry["kind"], edits=tuple(edits))


def programs() -> tuple[str, ...]:
    """The names of all programs. Blocks."""
    return tuple(sorted(path.name for path in PROGRAMS.iterdir() if (path / VISIBLE).is_dir()))


def roots(program: str) -> tuple[str, ...]:
    """The folders that its tests import from, besides its top. Blocks."""
    return ("src",) if (PROGRAMS / program / "src").is_dir() else ()


def wrong_texts(bug: Bug) -> dict[str, str]:
    """The files with the mistake in them, by path. Blocks. Raises: Misplaced."""
    texts: dict[str, str] = {}
    for edit in bug.edits:
        text = texts.get(edit.file) or right_text(bug.program, edit.file)
        if text.count(edit.right) != 1:
            raise Misplaced(f"{bug.id}: {edit.right!r} is {text.count(edit.right)} times")
        texts[edit.file] = text.replace(edit.right, edit.wrong)
    return texts


def right_text(program: str, file: str) -> str:
    """A file of a program as it should be. Blocks."""
    return (PROGRAMS / program / file).read_text("utf-8")


def make(program: str, root: Path, *, held_out: bool) -> None:
    """Copy a program to a new folder, with its visible tests or with the others. Blocks."""
    leave = ["__pycache__", VISIBLE if held_out else HELD_OUT]
    shutil.copytree(PROGRAMS / program, root, ignore=shutil.ignore_patterns(*leave))


def write(texts: dict[str, str], root: Path) -> None:
    """Put texts in the place of files that are there. Blocks."""
    for file, text in texts.items():
        (root / file).write_text(text, "utf-8")
