"""The gate with the real sandbox, on real repositories: what becomes of the tests."""

import asyncio
import shutil
import tempfile
import venv
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.domain.gate import CheckResult, GateReport
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_toolchain
from tests.unit.workspace.gate_support import FIX, SHOP, Shop, of
from tests.unit.workspace.suite_support import outcome_of, rules


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, SHOP, runner=runner)


def blocking(report: GateReport) -> list[tuple[str, str | None]]:
    assert report.passed is all(c.status in ("passed", "skipped") for c in report.checks)
    return [(finding.check, finding.rule) for finding in report.findings]


async def test_a_good_fix_passes(shop: Shop) -> None:
    shop.heard.clear()
    report = await shop.check(FIX, pytest=("tests/test_total.py::test_total",))
    assert (report.passed, of(report, "pytest").summary) == (True, "3 of 3 passed")
    assert report.environment == "clean environment (pytest, coverage, mypy, ruff only)"
    assert sorted(c.check for c in shop.heard) == sorted(c.check for c in report.checks)


async def test_a_failing_acceptance_test_blocks_with_its_assertion(shop: Shop) -> None:
    report = await shop.check({"notes.txt": "x"}, pytest=("tests/test_total.py",))
    (finding,) = report.findings
    assert (finding.file, finding.line, finding.rule) == (
        "tests/test_total.py",
        5,
        "tests/test_total.py::test_total",
    )
    assert "assert 2 == 3" in finding.message


async def test_a_regression_elsewhere_blocks_though_acceptance_passes(shop: Shop) -> None:
    change = {"shop.py": FIX["shop.py"].replace("len(prices)", "len(prices) or 1")}
    report = await shop.check(change, pytest=("tests/test_total.py",))
    assert blocking(report) == [("pytest", "tests/test_count.py::test_count[0]")]


async def test_an_exit_of_the_code_under_test_is_not_a_pass(shop: Shop) -> None:
    exiting = "import os\n\n\ndef total(prices):\n    os._exit(0)\n\n\ndef count(prices):\n"
    result = await outcome_of(shop, {"shop.py": exiting + "    return len(prices)\n"})
    assert (result.status, rules(result)) == ("error", ["tests/test_total.py::test_total"])


async def test_an_exit_while_the_tests_are_imported_is_not_a_pass(shop: Shop) -> None:
    assert (await outcome_of(shop, {"shop.py": "import sys\n\nsys.exit(0)\n"})).status == "error"


@pytest.mark.slow
async def test_tests_that_do_not_end_are_stopped_and_named(shop: Shop) -> None:
    endless = "import threading\n\n\ndef total(prices):\n    threading.Event().wait()\n"
    change = {"shop.py": f"{endless}\n\ndef count(prices):\n    return len(prices)\n"}
    report = await shop.check(change, timeout_s=4)
    assert (of(report, "pytest").status, of(report, "pytest").summary) == (
        "error",
        "pytest did not end within 4 s and was stopped",
    )
    assert blocking(report) == [("pytest", "tests/test_total.py::test_total")]


async def test_a_deleted_test_blocks_and_is_run_all_the_same(shop: Shop) -> None:
    report = await shop.check({**FIX, "tests/test_count.py": None}, keep_going=True)
    assert blocking(report) == [("tests_intact", "test")]
    assert of(report, "pytest").summary == "3 of 3 passed"


async def test_an_edited_test_does_not_count(shop: Shop) -> None:
    easier = SHOP["tests/test_total.py"].replace("== 3", "== 2")
    entries = ("tests/test_total.py",)
    report = await shop.check({"tests/test_total.py": easier}, pytest=entries, keep_going=True)
    assert blocking(report) == [
        ("tests_intact", "test"),
        ("pytest", "tests/test_total.py::test_total"),
    ]


async def test_a_new_conftest_blocks_and_is_not_run(shop: Shop) -> None:
    skipping = "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    del items[:]\n"
    report = await shop.check({**FIX, "conftest.py": skipping}, keep_going=True)
    assert blocking(report) == [("tests_intact", "configuration")]
    assert of(report, "pytest").status == "passed"


FORGERY = """
import json, os, sys
names = ["test_total.py::test_total", "test_count.py::test_count[0]",
         "test_count.py::test_count[2]"]
ids = ["tests/" + name for name in names]
records = [{"kind": "start", "version": "9"}, {"kind": "collected", "ids": ids}]
for name in ids:
    for when in ("setup", "call", "teardown"):
        records.append({"kind": "phase", "id": name, "when": when, "outcome": "passed"})
records.append({"kind": "end", "exit": 0})
(path,) = [argument for argument in sys.orig_argv if argument.endswith(".jsonl")]
with open(path, "w") as file:
    for number, record in enumerate(records):
        file.write(json.dumps(dict(record, n=number, token="0" * 32)) + "\\n")
os._exit(0)
"""


async def test_a_forged_report_is_not_believed(shop: Shop) -> None:
    result = await outcome_of(shop, {"shop.py": FORGERY})
    assert result.summary == "line 1 of the report was not written by the gate"


async def test_a_report_that_leads_elsewhere_is_not_followed(shop: Shop) -> None:
    leading = (
        "import os, sys\n\n(path,) = [a for a in sys.orig_argv if a.endswith('.jsonl')]\n"
        "os.unlink(path)\nos.mkfifo(path)\nos._exit(0)\n"
    )
    result = await outcome_of(shop, {"shop.py": leading})
    assert result.summary == "pytest did not start"


async def test_the_base_is_run_once_for_all_attempts(shop: Shop) -> None:
    await outcome_of(shop, FIX)
    shop.runner.commands.clear()
    again = await outcome_of(shop, FIX)
    assert (again.status, len(shop.runner.commands)) == ("passed", 1)


async def test_a_new_test_is_an_extra(shop: Shop) -> None:
    extra = "from shop import total\n\n\ndef test_none():\n    assert total([]) == 0\n"
    result = await outcome_of(shop, {**FIX, "tests/test_none.py": extra})
    assert (result.status, result.summary) == ("passed", "4 of 4 passed")


async def test_acceptance_outside_of_the_suite_s_paths_is_run_as_well(tmp_path: Path) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    files = {**SHOP, "pytest.ini": "[pytest]\ntestpaths = tests\naddopts = -x\n"}
    files["extra/test_more.py"] = "import shop\n\n\ndef test_more():\n    assert shop.total([2])\n"
    files["tests/test_zero.py"] = "def test_after_the_one_that_fails_on_the_base():\n    pass\n"
    shop = Shop(tmp_path, files, runner=runner)
    result = await outcome_of(shop, FIX, pytest=("extra/test_more.py::test_more",))
    assert (result.status, result.summary) == ("passed", "5 of 5 passed")


async def test_tests_that_could_not_be_imported_before_can_be_made_to_pass(tmp_path: Path) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    wanted = "from shop import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
    shop = Shop(tmp_path, {**SHOP, "tests/test_half.py": wanted}, runner=runner)
    change = {"shop.py": FIX["shop.py"] + "\n\ndef half(price):\n    return price // 2\n"}
    result = await outcome_of(shop, change, pytest=("tests/test_half.py",))
    assert (result.status, result.summary) == ("passed", "4 of 4 passed")


async def test_a_test_named_after_its_place_is_found_again() -> None:
    named = "import pytest\n\n\n@pytest.mark.parametrize('path', [__file__])\n"
    files = {"tests/test_it.py": f"{named}def test_it(path):\n    assert not path\n"}
    # A short place: pytest puts no names above 100 characters into ids.
    with tempfile.TemporaryDirectory(prefix="") as folder:
        runner, _ = await choose("auto", scratch=Path(folder) / "scratch")
        shop = Shop(Path(folder), files, runner=runner)
        report = await shop.check({"notes.txt": "x"}, pytest=("tests",))
    name = "tests/test_it.py::test_it[/repository/tests/test_it.py]"
    assert blocking(report) == [("pytest", name)]


async def test_zero_collected_tests_are_an_error(tmp_path: Path) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    shop = Shop(tmp_path, {"shop.py": SHOP["shop.py"]}, runner=runner)
    result: CheckResult = of(await shop.check(FIX), "pytest")
    assert (result.status, result.summary) == ("error", "no test was collected")


async def test_a_base_that_had_to_be_stopped_is_not_remembered(shop: Shop) -> None:
    shop.runner.commands.clear()
    for _ in range(2):
        await outcome_of(shop, FIX, pytest=("tests/test_total.py", "."), timeout_s=0.05)
    assert len(shop.runner.commands) == 4


async def test_nothing_of_it_blocks_the_event_loop(shop: Shop) -> None:
    with blockbuster_ctx():
        report = await shop.check(FIX, ruff=True, commands=("true",))
    assert report.passed


PYTEST = (
    "pytest",
    "pytest-[0-9]*",
    "_pytest",
    "py.py",
    "pluggy*",
    "iniconfig*",
    "packaging*",
    "pygments*",
)


def install_pytest(folder: Path, *, editable: Path) -> None:
    """A virtual environment with pytest, a plugin, and an editable install."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    for name in PYTEST:
        for path in Path(pytest.__file__).parents[1].glob(name):
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, site / path.name)
    (site / "plugged.py").write_text("def pytest_report_header():\n    return 'plugged in'\n")
    (site / "plugged-1.dist-info").mkdir()
    (site / "plugged-1.dist-info" / "METADATA").write_text("Name: plugged\nVersion: 1\n")
    (site / "plugged-1.dist-info" / "entry_points.txt").write_text("[pytest11]\np = plugged\n")
    (site / "editable.pth").write_text(f"{editable}\n")


async def test_the_repository_s_own_environment_runs_its_tests(tmp_path: Path) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    files = {f"lib/{n}" if n == "shop.py" else n: text for n, text in SHOP.items()}
    shop = Shop(tmp_path, {**files, ".gitignore": ".venv\n"}, runner=runner)
    install_pytest(shop.repo / ".venv", editable=shop.repo / "lib")
    shop.toolchain = find_toolchain(shop.repo, cache=tmp_path / "cache")
    report = await shop.check({"lib/shop.py": FIX["shop.py"]})
    assert (report.findings, report.environment) == ((), "repository (.venv)")
    assert "plugged in" in of(report, "pytest").log_tail
    lacks = "the environment of the tests has no coverage library"
    assert of(report, "coverage").summary == lacks
