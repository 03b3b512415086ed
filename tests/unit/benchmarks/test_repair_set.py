"""The repair benchmark's programs are right, and every bug in them can be seen."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.repair import seeded
from benchmarks.repair.measure import applied
from gatewright.domain.edit import Block, ChangeSet, ReplaceBlocks

pytestmark = pytest.mark.slow

TOGETHER = Path(__file__).parent / "together.py"
LIMIT_S = 100
KINDS = {
    *("alias", "append", "arguments", "attribute", "augmented", "beyond", "boundary", "condition"),
    *("connective", "constant", "default", "deleted", "duplicated", "endless", "guard"),
    *("identity", "loop", "moved", "name", "negation", "operator", "pair", "recursion"),
    *("return", "slice", "swapped", "wrapper", "yield"),
}

Counts = dict[str, dict[str, int]]


def run_together(folder: Path, *, first_only: bool) -> Counts:
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, str(TOGETHER), str(folder), "yes" if first_only else "no"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    counts: Counts = json.loads(done.stdout.splitlines()[-1])
    return counts


def lean(bug: seeded.Bug, root: Path) -> None:
    """Leave the tests of the modules with the bug only, where a program has a file for each."""
    stems = {Path(file).stem for file in bug.files}
    tests = list((root / seeded.VISIBLE).glob("test_*.py"))
    keep = [path for path in tests if path.stem.removeprefix("test_") in stems]
    for path in tests if keep else ():
        if path not in keep:
            path.unlink()


@pytest.fixture(scope="module")
def bugs() -> tuple[seeded.Bug, ...]:
    return seeded.read_bugs()


def passed(tmp_path: Path, *, held_out: bool) -> dict[str, int]:
    """How many tests of each program passed; none may have failed."""
    for program in seeded.programs():
        # Not by the module's own name: pytest would take the folder for the module.
        seeded.make(program, tmp_path / f"the-{program}", held_out=held_out)
    counts = run_together(tmp_path, first_only=False)
    assert {name for name, known in counts.items() if known["failed"] or known["errors"]} == set()
    return {name.removeprefix("the-"): known["passed"] for name, known in counts.items()}


def test_the_programs_pass_and_more_checks_are_held_out_than_seen(tmp_path: Path) -> None:
    visible = passed(tmp_path / "visible", held_out=False)
    held_out = passed(tmp_path / "held", held_out=True)
    assert set(visible) == set(held_out) == set(seeded.programs())
    assert [name for name in visible if held_out[name] < visible[name]] == []


def test_each_bug_makes_a_visible_test_fail(bugs: tuple[seeded.Bug, ...], tmp_path: Path) -> None:
    for bug in bugs:
        root = tmp_path / bug.id
        seeded.make(bug.program, root, held_out=False)
        seeded.write(seeded.wrong_texts(bug), root)
        lean(bug, root)
    counts = run_together(tmp_path, first_only=True)
    assert [bug.id for bug in bugs if not counts[bug.id]["failed"]] == []
    assert [bug.id for bug in bugs if counts[bug.id]["errors"]] == []


def test_each_bug_changes_what_the_code_means(bugs: tuple[seeded.Bug, ...]) -> None:
    for bug in bugs:
        for file, text in seeded.wrong_texts(bug).items():
            right = seeded.right_text(bug.program, file)
            assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(right)), bug.id


def test_the_set_is_as_large_and_as_mixed_as_it_says(bugs: tuple[seeded.Bug, ...]) -> None:
    kinds = Counter(bug.kind for bug in bugs)
    assert len({bug.id for bug in bugs}) == len(bugs) >= 100
    assert len(seeded.programs()) >= 44
    assert {bug.program for bug in bugs} == set(seeded.programs())
    assert set(kinds) == KINDS
    assert kinds["pair"] >= 8
    assert kinds["endless"] >= 4
    assert kinds["beyond"] >= 4
    assert all(len(bug.edits) == 1 or bug.kind == "pair" for bug in bugs)


def test_halves_are_about_as_large_and_stay_as_they_are(bugs: tuple[seeded.Bug, ...]) -> None:
    halves = Counter(bug.half for bug in bugs)
    assert min(halves.values()) >= 0.4 * len(bugs)
    one = seeded.Bug(id="shelf-low-does-not-move", program="shelf", kind="endless", edits=())
    assert one.half == "held"


def test_a_right_text_that_is_not_once_there_is_told() -> None:
    edit = seeded.Edit("shelf.py", "return", "yield")
    bug = seeded.Bug(id="x", program="shelf", kind="yield", edits=(edit,))
    with pytest.raises(seeded.Misplaced, match="x: 'return' is"):
        seeded.wrong_texts(bug)


def test_a_change_is_applied_block_by_block(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n")
    blocks = (Block(search="x = 1\n", replace="x = 3\n"), Block(search="y = 2", replace="y = x"))
    changes = ChangeSet(edits=(ReplaceBlocks(path="a.py", blocks=blocks),))
    assert applied(changes, tmp_path) == {"a.py": "x = 3\ny = x\n"}


def test_a_change_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    changes = ChangeSet(
        edits=(ReplaceBlocks(path="a.py", blocks=(Block(search="z", replace="y"),)),)
    )
    with pytest.raises(ValueError, match=r"does not fit the file: 'a\.py'"):
        applied(changes, tmp_path)
