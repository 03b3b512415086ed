"""One real bug of each family, found and fixed in the sandbox."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.repair.conftest import Fix, patched

pytestmark = pytest.mark.slow


class Bug(NamedTuple):
    code: str
    tests: tuple[str, ...]
    fixed: tuple[str, str]


BUGS = {
    "comparison": Bug(
        "def adult(age):\n    return age > 18\n",
        ("adult(18)", "adult(30)", "not adult(17)"),
        ("age > 18", "age >= 18"),
    ),
    "arithmetic": Bug(
        "def area(width, height):\n    return width + height\n",
        ("area(2, 2) == 4", "area(3, 5) == 15"),
        ("width + height", "width * height"),
    ),
    "off by one": Bug(
        "def last(items):\n    return items[len(items)]\n",
        ("last([1, 2]) == 2", "last('abc') == 'c'"),
        ("[len(items)]", "[len(items) - 1]"),
    ),
    "name": Bug(
        "def clamp(value, low, high):\n    if value < low:\n        return low\n"
        "    if value > high:\n        return low\n    return value\n",
        ("clamp(5, 1, 9) == 5", "clamp(0, 1, 9) == 1", "clamp(10, 1, 9) == 9"),
        ("> high:\n        return low", "> high:\n        return high"),
    ),
    "negation": Bug(
        "def first(items, default):\n    if items:\n        return default\n    return items[0]\n",
        ("first([1, 2], 9) == 1", "first([], 9) == 9"),
        ("if items:", "if not items:"),
    ),
    "arguments": Bug(
        "def power(base, exponent):\n    return pow(exponent, base)\n",
        ("power(2, 3) == 8", "power(5, 1) == 5"),
        ("(exponent, base)", "(base, exponent)"),
    ),
    "constant": Bug(
        "def seconds(hours):\n    return hours * 3601\n",
        ("seconds(1) == 3600", "seconds(2) == 7200"),
        ("3601", "3600"),
    ),
    "return": Bug(
        "def outside(point, box):\n    left, right = box\n    return inside(point, left, right)\n\n"
        "def inside(point, left, right):\n    return left <= point <= right\n",
        ("outside(0, (1, 2))", "not outside(1, (1, 2))", "inside(1, 1, 2)"),
        ("return inside(", "return not inside("),
    ),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))
async def test_a_bug_of_each_family_is_fixed(fix: Fix, tmp_path: Path, bug: Bug) -> None:
    tests = "from lib import *\n" + "".join(
        f"\ndef test_{number}():\n    assert {check}\n" for number, check in enumerate(bug.tests)
    )
    files = {"lib.py": bug.code, "test_lib.py": tests}
    found = await fix(files, "test_lib.py", max_candidates=50)
    before, after = bug.fixed
    assert patched(tmp_path, found) == {"lib.py": bug.code.replace(before, after).encode()}
