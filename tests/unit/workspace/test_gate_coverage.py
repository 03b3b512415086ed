"""Coverage of the changed lines."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.gate import CheckResult
from gatewright.workspace.gate.changed import compared
from gatewright.workspace.gate.coverage import covered, ranges
from gatewright.workspace.gate.report import Lines
from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import FIX, SHOP, Shop
from tests.unit.workspace.suite_support import coverage_of

UNUSED = "\n\ndef unused(a):\n    b = [\n        a,\n        1,\n    ]\n    return b\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, SHOP, runner=runner)


async def test_changed_lines_that_are_run_pass(shop: Shop) -> None:
    result = await coverage_of(shop, FIX, risk="medium")
    assert (result.status, result.summary) == (
        "passed",
        "tests run 1 of 1 changed lines (100%; asked for: 50%)",
    )


async def test_changed_lines_that_no_test_runs_are_named(shop: Shop) -> None:
    result = await coverage_of(shop, {"shop.py": FIX["shop.py"] + UNUSED}, risk="high")
    (finding,) = result.findings
    assert (result.status, finding.file, finding.line, finding.rule) == (
        "failed",
        "shop.py",
        10,
        "coverage",
    )
    assert finding.message.startswith("no test runs line 10, 14 of shop.py")


async def test_a_file_that_nobody_imports_is_not_run(shop: Shop) -> None:
    result = await coverage_of(shop, {**FIX, "other.py": "x = 1\ny = 2\n"}, risk="high")
    assert [(f.file, f.line) for f in result.findings] == [("other.py", 1)]


async def test_lines_that_only_a_new_test_runs_count(shop: Shop) -> None:
    new = "from shop import unused\n\n\ndef test_unused():\n    assert unused(2) == [2, 1]\n"
    change = {"shop.py": FIX["shop.py"] + UNUSED, "tests/test_unused.py": new}
    result = await coverage_of(shop, change, risk="high")
    assert (result.status, result.summary[:33]) == ("passed", "tests run 4 of 4 changed lines (1")


@pytest.mark.parametrize(
    ("change", "more", "summary"),
    [
        (FIX, {"risk": "low"}, "not asked for at this risk"),
        (FIX, {"risk": "high", "coverage": 0}, "not asked for at this risk"),
        ({"notes.txt": "x"}, {"risk": "high"}, "no line of code was changed"),
        ({"shop.py": SHOP["shop.py"] + "\n# x\n"}, {"risk": "high"}, "no changed line can be run"),
    ],
)
async def test_nothing_is_judged_where_there_is_nothing_to_measure(
    shop: Shop, change: Mapping[str, str], more: Mapping[str, str], summary: str
) -> None:
    result: CheckResult = await coverage_of(shop, change, **more)
    assert (result.status, result.summary) == ("skipped", summary)


async def test_a_setting_of_the_repository_leaves_nothing_out(shop: Shop) -> None:
    settings = {".coveragerc": "[run]\nomit = *\n", "shop.py": FIX["shop.py"] + UNUSED}
    assert (await coverage_of(shop, settings, risk="high")).status == "failed"


def test_a_line_in_the_middle_stands_for_its_statement() -> None:
    old = "x = [\n    1,\n    2,\n]\n"
    change = compared("a.py", old.encode(), old.replace("2", "3").encode())
    assert covered(change, Lines(statements={1}, missing={1})).missing == {1}


def test_a_body_s_line_does_not_stand_for_its_head() -> None:
    old = "if x:\n    y = 1\n"
    change = compared("a.py", old.encode(), old.replace("1", "2").encode())
    assert covered(change, Lines(statements={1, 2}, missing={2})).statements == {2}


def test_a_docstring_is_no_statement() -> None:
    old = 'def f():\n    """A.\n\n    B.\n    """\n    return 1\n'
    change = compared("a.py", old.encode(), old.replace("B", "C").encode())
    assert covered(change, Lines(statements={1, 6}, missing=set())).statements == frozenset()


def test_a_file_that_cannot_be_read_counts_by_its_lines() -> None:
    change = compared("a.py", b"", b"x = (\ny\n")
    assert covered(change, Lines(statements={1, 2}, missing={2})).missing == {2}


def test_ranges() -> None:
    assert ranges([9, 3, 4, 5]) == "3-5, 9"


@given(st.frozensets(st.integers(1, 60), min_size=1))
def test_ranges_name_every_line_and_no_other(numbers: frozenset[int]) -> None:
    named: set[int] = set()
    for part in ranges(numbers).split(", "):
        first, _, last = part.partition("-")
        named.update(range(int(first), int(last or first) + 1))
    assert named == numbers
