"""Trying patches in the real sandbox, by whichever way is quick and exact."""

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gatewright.repair.answers import Verdicts
from gatewright.repair.inquiry import Driver
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import Patch
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import project


class Change(NamedTuple):
    """One text in one file becomes another."""

    path: str
    old: str
    new: str


def edit(files: Mapping[str, str], change: Change) -> Candidate:
    data, old = files[change.path].encode(), change.old.encode()
    assert data.count(old) == 1, change
    start = data.index(old)
    line = data.count(b"\n", 0, start) + 1
    lines = 1 + old.count(b"\n")
    new = change.new.encode()
    return Candidate(change.path, start, start + len(old), old, new, line, lines, 1.0)


def patch(files: Mapping[str, str], *changes: Change) -> Patch:
    return Patch(tuple(edit(files, change) for change in changes), 1.0)


def driver(root: Path, *targets: str, roots: tuple[str, ...] = (), test_s: float = 3.0) -> Driver:
    tools = clean_toolchain(root)
    return Driver(
        run=Bubblewrap().run,
        root=root,
        python=tools.python,
        readable=tools.readable,
        roots=roots,
        targets=targets,
        until=time.monotonic() + 90,
        test_s=test_s,
    )


async def attempt(
    root: Path,
    files: Mapping[str, str],
    *batch: Patch | None,
    more: int = 1000,
    roots: tuple[str, ...] = (),
) -> Verdicts:
    asked = driver(project(root, files), roots=roots)
    seen = await asked.observe()
    texts = {path: text.encode() for path, text in files.items()}
    return await asked.attempt(seen, batch, texts, more=more, seconds=60)


LIB = """\
import functools
from dataclasses import dataclass

LIMIT = 18


def loud(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args) + 0

    return wrapper


def made():
    return 3


MADE = made()


@functools.cache
def nested(x):
    def inner(y):
        return x + y - 1

    return inner(1)


@loud
def wrapped(x):
    return x + 1


def stream(n):
    for k in range(n):
        yield k + 1


async def later(x):
    return x + 1


def limit():
    return LIMIT


def default(x=1):
    return x


@dataclass
class Box:
    size: int

    @property
    def area(self):
        return self.size + self.size

    @classmethod
    def of(cls, size):
        return cls(size + 1)

    @staticmethod
    def unit():
        return 2
"""
TESTS = """\
import asyncio
import unittest
import pytest
import lib


@pytest.fixture(scope="module")
def box():
    return lib.Box(3)


def test_nested():
    assert lib.nested(1) == 2


def test_wrapped():
    assert lib.wrapped(2) == 2


@pytest.mark.parametrize("n", [2, 3])
def test_stream(n):
    assert list(lib.stream(n)) == list(range(n))


def test_later():
    assert asyncio.run(lib.later(1)) == 1


def test_limit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert lib.limit() == 21


def test_default():
    assert lib.default() == 2


def test_made():
    assert lib.MADE == 4


class TestBox:
    def test_area(self, box):
        assert box.area == 9

    def test_of(self):
        assert lib.Box.of(1).size == 1


class TestUnit(unittest.TestCase):
    def setUp(self):
        self.unit = lib.Box.unit

    def test_unit(self):
        self.assertEqual(self.unit(), 1)
"""
KINDS = {
    "nested": ("x + y - 1", "x + y"),
    "wrapped": ("function(*args) + 0", "function(*args) - 1"),
    "stream": ("yield k + 1", "yield k"),
    "later": ("async def later(x):\n    return x + 1", "async def later(x):\n    return x"),
    "limit": ("LIMIT = 18", "LIMIT = 21"),
    "default": ("x=1", "x=2"),
    "made": ("return 3", "return 4"),
    "area": ("self.size + self.size", "self.size * self.size"),
    "of": ("cls(size + 1)", "cls(size)"),
    "unit": ("return 2", "return 1"),
}
SLOW = ("limit", "default", "made")


@pytest.mark.parametrize("names", [tuple(n for n in KINDS if n not in SLOW), SLOW])
async def test_each_kind_of_code_is_tried_as_it_is(tmp_path: Path, names: tuple[str, ...]) -> None:
    """All of the others' edits are in the files; then one more edit is what makes tests pass."""
    expected = {}
    files = {"lib.py": LIB, "test_lib.py": TESTS}
    right = [Change("lib.py", *KINDS[name]) for name in KINDS]
    whole = patch(files, *right)
    batch: list[Patch | None] = [None, whole]
    expected = {0: "failed", 1: "passed"}
    for name in names:
        batch.append(patch(files, *(c for c in right if c != Change("lib.py", *KINDS[name]))))
        expected[len(batch) - 1] = "failed"
    answer = await attempt(tmp_path, files, *batch)
    assert answer.verdicts == expected


async def test_functions_are_tried_warm_and_modules_are_imported_anew(tmp_path: Path) -> None:
    tests = (
        "import lib\n\ndef test_of():\n    assert lib.Box.of(1).size == 1\n\n"
        "def test_wrapped():\n    assert lib.wrapped(1) == 2\n"
    )
    files = {"lib.py": LIB, "test_lib.py": tests}
    right = Change("lib.py", *KINDS["of"])
    wrong = Change("lib.py", "cls(size + 1)", "cls(size + 2)")
    breaks = Change("lib.py", *KINDS["wrapped"])
    fast = await attempt(
        tmp_path, files, patch(files, wrong), patch(files, right, breaks), patch(files, right)
    )
    assert fast.verdicts == {0: "failed", 1: "broke", 2: "passed"}
    assert (fast.ways["cool"], fast.ways["cold"]) == (0, 0)
    constant = Change("lib.py", "LIMIT = 18", "LIMIT = 19")
    slow = await attempt(tmp_path, files, patch(files, constant))
    assert (slow.verdicts, slow.ways["cool"], slow.ways["cold"]) == ({0: "failed"}, 1, 0)


async def test_packages_in_src_with_relative_imports_and_two_files_at_once(tmp_path: Path) -> None:
    files = {
        "src/pack/__init__.py": "from .front import total\n",
        "src/pack/front.py": "from .back import double\n\ndef total(x):\n    return double(x)\n",
        "src/pack/back.py": "def double(x):\n    return x\n",
        "tests/conftest.py": (
            "import pytest\nimport pack\n\n@pytest.fixture\ndef two():\n    return 2\n"
        ),
        "tests/test_pack.py": (
            "from pack import total\n\ndef test_total(two):\n    assert total(two) == 5\n"
        ),
        "tests/test_far.py": (
            "from pack.front import total\n\ndef test_zero():\n    assert total(0) < 2\n"
        ),
    }
    front = Change("src/pack/front.py", "return double(x)", "return double(x) + 1")
    back = Change("src/pack/back.py", "return x", "return x * 2")
    late = Change("src/pack/front.py", "return double(x)", "return double(x) + x + 1")
    far = Change("src/pack/front.py", "return double(x)", "return double(x) + 3")
    answer = await attempt(
        tmp_path,
        files,
        patch(files, front),
        patch(files, back),
        patch(files, far),
        patch(files, front, back),
        patch(files, late),
        roots=("src",),
    )
    assert answer.verdicts == {0: "failed", 1: "failed", 2: "broke", 3: "passed", 4: "passed"}


LOOPS = """\
import os, signal, time

def answer(n):
    return n + 1

def other(n):
    return n
"""
LOOPS_TESTS = """\
from lib import answer, other

def test_answer():
    assert answer(1) == 1

def test_other():
    assert other(answer(1) - answer(1)) == 0
"""


@pytest.mark.slow
async def test_what_loops_waits_or_dies_ends_soon_and_hurts_nobody_else(tmp_path: Path) -> None:
    files = {"lib.py": LOOPS, "test_lib.py": LOOPS_TESTS}
    odd = {
        "sum(iter(int, 1))": "timeout",
        "[0 for _ in iter(int, 1)]": "timeout",
        "time.sleep(600)": "timeout",
        "os._exit(0)": "failed",
        "os.kill(os.getpid(), signal.SIGSEGV)": "failed",
        "answer(n)": "failed",
        "'x' * 10**11": "failed",
        "n": "passed",
    }
    batch = [patch(files, Change("lib.py", "n + 1", text)) for text in odd]
    started = time.monotonic()
    answer = await attempt(tmp_path, files, *batch)
    assert answer.verdicts == dict(enumerate(odd.values()))
    assert time.monotonic() - started < 30


async def test_one_that_kills_its_parent_leaves_the_others_their_verdicts(tmp_path: Path) -> None:
    files = {"lib.py": LOOPS, "test_lib.py": LOOPS_TESTS}
    kills = Change("lib.py", "n + 1", "os.kill(os.getppid(), signal.SIGKILL)")
    right = Change("lib.py", "n + 1", "n")
    answer = await attempt(tmp_path, files, patch(files, kills), patch(files, right))
    assert answer.verdicts == {0: "failed", 1: "passed"}


async def test_trying_ends_so_many_places_behind_the_first_that_passed(tmp_path: Path) -> None:
    files = {"lib.py": LOOPS, "test_lib.py": LOOPS_TESTS}
    texts = ["n + 2", "n", "n + 3", "n * 1", "n + 4", "n + 5", "n"]
    batch = [patch(files, Change("lib.py", "n + 1", text)) for text in texts]
    answer = await attempt(tmp_path, files, *batch, more=3)
    assert answer.verdicts == {0: "failed", 1: "passed", 2: "failed", 3: "passed", 4: "failed"}


async def test_a_test_that_fails_when_it_runs_without_others_is_no_witness(tmp_path: Path) -> None:
    tests = """\
        from lib import answer
        seen = []

        def test_first():
            seen.append(1)

        def test_answer():
            assert answer(1) == 1

        def test_second():
            assert seen and answer(1)
    """
    files = {"lib.py": LOOPS, "test_lib.py": tests}
    right = patch(files, Change("lib.py", "n + 1", "n"))
    wrong = patch(files, Change("lib.py", "n + 1", "n - 0 if n else 5"))
    answer = await attempt(tmp_path, files, right, wrong, None)
    assert answer.verdicts == {0: "passed", 1: "passed", 2: "failed"}


async def test_each_trial_has_its_own_files(tmp_path: Path) -> None:
    tests = """\
        import pathlib
        import pytest
        from lib import answer

        DATA = open(__file__)

        @pytest.fixture
        def folder(tmp_path):
            (tmp_path / "fresh").mkdir()
            return tmp_path

        def test_answer(folder, capfd):
            print("x" * 10000)
            (folder / "fresh" / "mine").mkdir()
            assert DATA.read(6) == "import"
            assert answer(1) == 1
    """
    files = {"lib.py": LOOPS, "test_lib.py": tests}
    batch = [patch(files, Change("lib.py", "n + 1", f"n - {k}")) for k in (1, 2, 0, 3, 0)]
    answer = await attempt(tmp_path, files, *batch)
    assert answer.verdicts == {0: "failed", 1: "failed", 2: "passed", 3: "failed", 4: "passed"}


@pytest.mark.slow
async def test_a_test_that_never_ends_is_localised_and_patches_of_it_end_soon(
    tmp_path: Path,
) -> None:
    code = """\
        def count(n):
            while n > 0:
                n += 1
            return "done"
    """
    tests = 'from lib import count\n\ndef test_count():\n    assert count(3) == "done"\n'
    files = {"lib.py": textwrap.dedent(code), "test_lib.py": tests}
    asked = driver(project(tmp_path, files), test_s=1.0)
    seen = await asked.observe()
    assert seen.failing == ("test_lib.py::test_count",)
    assert set(seen.spectrum["lib.py"]) >= {1, 2, 3}
    batch = [patch(files, Change("lib.py", "n += 1", text)) for text in ("n += 2", "n -= 1")]
    texts = {path: text.encode() for path, text in files.items()}
    answer = await asked.attempt(seen, batch, texts, more=9, seconds=30)
    assert answer.verdicts == {0: "timeout", 1: "passed"}
