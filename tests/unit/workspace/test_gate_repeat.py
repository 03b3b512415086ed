"""Tests that come and go: reruns decide, and what is flaky is told apart from what fails."""

import asyncio

import pytest

from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import FIX, SHOP, Shop
from tests.unit.workspace.suite_support import outcome_of, repeat_of, rules

TOTAL = "tests/test_total.py::test_total"
OWN = "tests/test_own.py::test_of_its_own_state"
COUNT = "\n\ndef count(prices):\n    return len(prices)\n"
UNSTABLE = {
    "tests/test_own.py": "from shop import total\n\nseen = []\n\n\n"
    "def test_of_its_own_state():\n    seen.append(total([]))\n    assert seen == [0]\n"
}
"""A test that is stable only as long as it is run once."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, {**SHOP, **UNSTABLE}, runner=runner)


async def test_what_fails_once_and_then_passes_twice_is_flaky(shop: Shop) -> None:
    # Lines are measured in the first run only, which makes an accident that can be relied on.
    accident = "import sys\n\n\ndef total(prices):\n    return 0 if 'coverage' in sys.modules else "
    change = {"shop.py": f"{accident}sum(prices)\n{COUNT}"}
    result = await outcome_of(shop, change, risk="medium", pytest=(TOTAL,))
    assert (result.status, [(f.rule, f.severity) for f in result.findings]) == (
        "passed",
        [("flaky", "warning")],
    )
    assert result.summary == "4 of 4 passed; 1 flaky"


async def test_what_fails_again_is_a_failure(shop: Shop) -> None:
    result = await outcome_of(shop, {"notes.txt": "x"}, pytest=(TOTAL,))
    assert (rules(result), "flaky" in result.summary) == ([TOTAL], False)


async def test_what_fails_only_after_the_others_is_a_failure(shop: Shop) -> None:
    spoilt = "calls = []\n\n\ndef total(prices):\n    return len(calls) or sum(prices)\n\n\n"
    spoiling = "def count(prices):\n    calls.append(1)\n    return len(prices)\n"
    result = await outcome_of(shop, {"shop.py": spoilt + spoiling}, pytest=(TOTAL,))
    assert rules(result) == [OWN, TOTAL] or rules(result) == [TOTAL, OWN]
    assert "it fails in the suite's order" in result.findings[0].message


@pytest.mark.slow
async def test_no_more_than_two_reruns(shop: Shop) -> None:
    await outcome_of(shop, FIX)
    shop.runner.commands.clear()
    await outcome_of(shop, {"notes.txt": "x"}, pytest=(TOTAL,))
    shop.runner.commands[:] = [c for c in shop.runner.commands if "run_pytest.py" in str(c.argv)]
    assert len(shop.runner.commands) <= 3


async def test_a_run_that_broke_off_is_not_tried_again(shop: Shop) -> None:
    await outcome_of(shop, FIX)
    shop.runner.commands.clear()
    await outcome_of(shop, {"shop.py": "import os\n\nos._exit(0)\n"})
    assert len(shop.runner.commands) == 1


async def test_an_honest_fix_passes_again(shop: Shop) -> None:
    result = await repeat_of(shop, FIX)
    assert (result.status, result.summary) == ("passed", "1 tests passed again and backwards")


async def test_a_test_that_passes_only_the_first_time_in_a_process(shop: Shop) -> None:
    once = "calls = []\n\n\ndef total(prices):\n    calls.append(prices)\n"
    change = {"shop.py": f"{once}    return sum(prices) if calls.count([1, 2]) < 2 else 0\n{COUNT}"}
    result = await repeat_of(shop, change)
    assert (result.status, rules(result)) == ("failed", [TOTAL])
    assert "passes only once (it fails the second time in the same process)" in (
        result.findings[0].message
    )


async def test_a_test_that_passes_only_in_files_as_they_were(shop: Shop) -> None:
    marking = "import os\n\nTHERE = os.path.exists('mark')\n\n\ndef total(prices):\n"
    marking += "    open('mark', 'w').close()\n    return 0 if THERE and prices else sum(prices)\n"
    result = await repeat_of(shop, {"shop.py": marking + COUNT})
    assert (result.status, rules(result)) == ("failed", [TOTAL])
    assert "in a second run backwards in the same files" in result.findings[0].message


async def test_a_test_that_passes_only_after_another(shop: Shop) -> None:
    change = {
        "shop.py": "calls = []\n\n\ndef total(prices):\n    return sum(prices) if calls else 0\n"
        "\n\ndef count(prices):\n    calls.append(1)\n    return len(prices)\n"
    }
    result = await repeat_of(shop, change)
    assert (result.status, rules(result)) == ("failed", [TOTAL])
    assert "passes only in one order" in result.findings[0].message


async def test_a_second_run_that_ends_early(shop: Shop) -> None:
    leaving = "import os\n\nif os.path.exists('mark'):\n    os._exit(0)\nopen('mark', 'w')\n"
    result = await repeat_of(shop, {"shop.py": f"{leaving}\n\n{FIX['shop.py']}"})
    assert (result.status, rules(result)) == ("error", ["passes only once"])


@pytest.mark.slow
async def test_what_is_unstable_on_the_base_is_a_warning(shop: Shop) -> None:
    result = await repeat_of(shop, FIX, pytest=(OWN,))
    assert (result.status, [(f.rule, f.severity) for f in result.findings]) == (
        "passed",
        [(OWN, "warning")],
    )


async def test_at_high_risk_every_test_is_repeated(shop: Shop) -> None:
    result = await repeat_of(shop, FIX, risk="high")
    assert (result.status, result.summary) == ("passed", "4 tests passed again and backwards")


async def test_nothing_is_repeated_where_no_test_decides(shop: Shop) -> None:
    result = await repeat_of(shop, {"notes.txt": "x"})
    assert (result.status, result.summary) == ("skipped", "no test decides by passing")
