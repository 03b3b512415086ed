"""Pairs of edits, the choice among patches that pass, and what is told of it."""

from pathlib import Path

import pytest

from gatewright.repair.engine import Problem, repair
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import Fix, patched, project

pytestmark = pytest.mark.slow

SEARCH = """\
def search(items, target):
    low = 0
    high = len(items) - 1
    while low < high:
        middle = (low + high) // 2
        if items[middle] == target:
            return middle
        if items[middle] < target:
            low = middle + 1
        else:
            high = middle - 1
    return -1
"""
SEARCH_TESTS = """\
from lib import search

def test_found():
    assert search([1, 3, 5], 3) == 1

def test_one():
    assert search([1], 1) == 0

def test_absent():
    assert search([1, 3], 2) == -1
"""


async def test_patches_that_pass_are_told_apart_by_an_input(fix: Fix, tmp_path: Path) -> None:
    found = await fix({"lib.py": SEARCH, "test_lib.py": SEARCH_TESTS}, max_candidates=120)
    assert (
        patched(tmp_path, found)["lib.py"] == SEARCH.replace("low < high", "low <= high").encode()
    )
    assert found.survivors > 1
    other = found.alternatives[0]
    assert other.call.startswith("search([")
    assert other.gives != other.chosen_gives
    assert other.digest not in (found.digest, *(each.digest for each in found.alternatives[1:]))
    assert other.call in found.why
    assert found.failing_before == ("test_lib.py::test_one",)


async def test_two_failing_tests_with_causes_of_their_own(fix: Fix, tmp_path: Path) -> None:
    files = {
        "one.py": "def adult(age):\n    return age > 18\n",
        "two.py": "def area(width, height):\n    return width + height\n",
        "test_lib.py": (
            "from one import adult\nfrom two import area\n\n"
            "def test_adult():\n    assert adult(18) and not adult(17)\n\n"
            "def test_area():\n    assert (area(2, 3), area(4, 5)) == (6, 20)\n"
        ),
    }
    found = await fix(files, max_candidates=60)
    assert patched(tmp_path, found) == {
        "one.py": files["one.py"].replace(">", ">=").encode(),
        "two.py": files["two.py"].replace("+", "*").encode(),
    }
    assert found.title == "Change `>` to `>=` in one.py:2, and change `+` to `*` in two.py:2"


async def test_the_same_mistake_twice(fix: Fix, tmp_path: Path) -> None:
    code = (
        "def bounds(values):\n    low = high = values[1]\n    for value in values:\n"
        "        if low < value:\n            low = value\n"
        "        if high > value:\n            high = value\n    return low, high\n"
    )
    tests = (
        "from lib import bounds\n\ndef test_bounds():\n"
        "    assert (bounds([2, 1, 3]), bounds([9, 5, 7])) == ((1, 3), (5, 9))\n"
    )
    files = {"lib.py": code, "test_lib.py": tests}
    found = await fix(files, max_candidates=200)
    fixed = {}
    exec(patched(tmp_path, found)["lib.py"], fixed)
    assert fixed["bounds"]([4, 8, 6]) in ((4, 8), [4, 8])


async def test_progress_is_told_with_what_passes_and_the_time(tmp_path: Path) -> None:
    tools = clean_toolchain(tmp_path)
    problem = Problem(
        root=project(tmp_path, {"lib.py": SEARCH, "test_lib.py": SEARCH_TESTS}),
        tests=(),
        python=tools.python,
        readable=tools.readable,
        max_seconds=60,
        max_candidates=60,
    )
    told: list[tuple[int, int, str]] = []
    found = await repair(problem, Bubblewrap().run, lambda *each: told.append(each))
    assert told[0] == (0, 0, "running the tests with coverage")
    assert told[-1][:2] == (found.tried, found.candidates)
    assert any("s left" in what and "pass so far" in what for _, _, what in told)
    assert [tried for tried, _, _ in told] == sorted(tried for tried, _, _ in told)
