"""The mutation sample, in the real sandbox."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.ports import Mutation, MutationSample
from gatewright.repair.mutants import mutants
from gatewright.repair.protect import sample_mutants
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import project

pytestmark = pytest.mark.slow

CODE = """\
RATE = 3


def fee(amount, limit):
    if amount > limit:
        return amount - limit
    return amount * RATE


def unused(amount):
    return amount + 1
"""
GOOD = """\
import pytest
from shop import fee

@pytest.mark.parametrize(
    ("amount", "limit", "expected"), [(5, 3, 2), (3, 3, 9), (2, 3, 6), (0, 3, 0), (9, 1, 8)]
)
def test_fee(amount, limit, expected):
    assert fee(amount, limit) == expected
"""
WEAK = """\
from shop import fee

def test_fee():
    fee(1, 2)
    fee(3, 2)
    assert True
"""
Sample = Callable[..., Awaitable[MutationSample]]


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """Make a project of these files and mutate these lines of it."""

    async def run(
        files: Mapping[str, str], lines: Mapping[str, Collection[int]], **options: Any
    ) -> MutationSample:
        port: Mutation = sample_mutants
        return await port(
            project(tmp_path, files),
            lines,
            toolchain=clean_toolchain(tmp_path),
            run=Bubblewrap().run,
            **{"most": 8, "seconds": 60.0, **options},
        )

    return run


async def test_good_tests_notice_mutants(sample: Sample) -> None:
    found = await sample({"shop.py": CODE, "test_shop.py": GOOD}, {"shop.py": {5, 6, 7}})
    assert (len(found.mutants), found.why) == (8, "")
    assert {mutant.line for mutant in found.mutants} == {5, 6, 7}
    assert sum(mutant.killed for mutant in found.mutants) >= 7


async def test_weak_tests_notice_none_that_runs_on(sample: Sample) -> None:
    found = await sample({"shop.py": CODE, "test_shop.py": WEAK}, {"shop.py": {5, 6, 7}})
    assert len(found.mutants) == 8
    assert not any(mutant.killed for mutant in found.mutants)
    assert all(mutant.what.endswith(f"in shop.py:{mutant.line}") for mutant in found.mutants)


async def test_a_line_that_no_test_runs_is_not_protected(sample: Sample) -> None:
    found = await sample({"shop.py": CODE, "test_shop.py": GOOD}, {"shop.py": {11}})
    assert found.mutants
    assert not any(mutant.killed for mutant in found.mutants)
    assert all("no test runs this line" in mutant.what for mutant in found.mutants)


async def test_a_line_of_a_module_is_run_by_the_tests_of_its_file(sample: Sample) -> None:
    found = await sample({"shop.py": CODE, "test_shop.py": GOOD}, {"shop.py": {1}}, most=2)
    assert [mutant.killed for mutant in found.mutants] == [True, True]


async def test_a_test_that_fails_already_is_not_asked(sample: Sample) -> None:
    tests = WEAK + "\ndef test_fails():\n    assert fee(1, 2) == 'other'\n"
    found = await sample({"shop.py": CODE, "test_shop.py": tests}, {"shop.py": {7}}, most=3)
    assert [mutant.killed for mutant in found.mutants] == [False] * 3


async def test_a_mutant_that_never_ends_is_noticed(sample: Sample) -> None:
    code = "def down(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    tests = "from down import down\n\ndef test_down():\n    assert down(3) == 0\n"
    found = await sample({"down.py": code, "test_down.py": tests}, {"down.py": {3}}, most=20)
    endless = [each for each in found.mutants if "`n -= 1`" in each.what or "+=" in each.what]
    assert endless
    assert all(mutant.killed for mutant in endless)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ({}, "no line of source code was changed"),
        ({"test_shop.py": {4}}, "no line of source code was changed"),
        ({"gone.py": {1}}, "no line of source code was changed"),
        ({"shop.py": {2}}, "the changed lines have nothing to mutate"),
    ],
)
async def test_where_there_is_nothing_to_mutate_it_says_so(
    sample: Sample, lines: Mapping[str, Collection[int]], why: str
) -> None:
    found = await sample({"shop.py": CODE, "test_shop.py": GOOD}, lines)
    assert (found.mutants, found.why) == ((), why)


async def test_a_test_file_by_another_name_has_no_mutants(sample: Sample) -> None:
    tests = "[tool.pytest.ini_options]\npython_files = ['check.py']\n"
    files = {"pyproject.toml": tests, "shop.py": CODE, "check.py": GOOD}
    found = await sample(files, {"check.py": range(1, 9)})
    assert (found.mutants, found.why) == ((), "the changed lines have nothing to mutate")


async def test_time_that_is_over_is_told(sample: Sample) -> None:
    tests = (
        "import time\nfrom shop import fee\n\ndef test_fee():\n    time.sleep(30)\n    fee(1, 2)\n"
    )
    found = await sample({"shop.py": CODE, "test_shop.py": tests}, {"shop.py": {7}}, seconds=3.0)
    assert found.mutants == ()
    assert found.why
    assert found.duration_s < 12


def test_each_line_comes_once_before_any_comes_twice() -> None:
    order = mutants({"shop.py": CODE.encode()}, {"shop.py": {5, 6, 7}})
    assert {mutant.line for mutant in order[:3]} == {5, 6, 7}
    assert {mutant.line for mutant in order[3:6]} == {5, 6, 7}


def test_the_order_is_the_same_each_time_and_another_for_other_content() -> None:
    lines = {"shop.py": range(1, 40)}
    code = CODE + "".join(f"\ndef f{n}(a):\n    return a < {n}\n" for n in range(6))
    first = mutants({"shop.py": code.encode()}, lines)
    assert mutants({"shop.py": code.encode()}, lines) == first
    other = mutants({"shop.py": (code + "# more\n").encode()}, lines)
    assert [m.line for m in other] != [m.line for m in first]


@pytest.mark.parametrize(
    ("line", "absent"),
    [
        ("return a == b", [b"is"]),
        ("raise ValueError('text')", [b"''", b'""']),
        ("logger.info(a)", [b"", b"pass"]),
        ("print(a)", [b"", b"pass"]),
    ],
)
def test_what_tests_need_not_notice_is_no_mutant(line: str, absent: list[bytes]) -> None:
    code = f"def f(a, b):\n    a = b\n    {line}\n".encode()
    found = mutants({"lib.py": code}, {"lib.py": {3}})
    assert not [
        mutant for mutant in found if mutant.new.strip() in absent and mutant.family != "return"
    ]
