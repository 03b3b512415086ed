"""The gate with the real sandbox: linters compared with the base, and the task's own commands."""

import asyncio
from pathlib import Path

import pytest

from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import Shop, of

OLD = "def broken() -> int:\n    return 'x'\n"
FILES = {
    "shop.py": f"import os\n\n\n{OLD}",
    "pyproject.toml": "[tool.mypy]\nstrict = true\n\n[tool.ruff]\nline-length = 100\n",
}
"""A repository where mypy and ruff have found one thing each already."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, FILES, runner=runner)


async def test_findings_that_moved_are_not_new(shop: Shop) -> None:
    moved = {"shop.py": f'"""Moved."""\n\nimport os\n\nPRICE = 1\n\n\n{OLD}'}
    report = await shop.check(moved)
    assert {c.check: (c.status, c.summary) for c in report.checks} == {
        "tests_intact": ("passed", "tests and configuration are as on the base"),
        "pytest": ("skipped", "the repository has no tests"),
        "mypy": ("passed", "no new findings; 1 old one"),
        "ruff": ("passed", "no new findings; 1 old one"),
    }


async def test_new_findings_block_and_old_ones_are_not_told(shop: Shop) -> None:
    change = {"shop.py": f"import os\nimport sys\n\n\n{OLD}\n\nprice: int = 'y'\n"}
    report = await shop.check(change)
    assert [(f.check, f.file, f.line, f.rule) for f in report.findings] == [
        ("mypy", "shop.py", 9, "assignment"),
        ("ruff", "shop.py", 2, "F401"),
    ]


async def test_weaker_configuration_has_no_effect(shop: Shop) -> None:
    change = {
        "shop.py": f"import os\nimport sys\n\n\n{OLD}",
        "pyproject.toml": "[tool.ruff]\nlint.ignore = ['F401']\n",
    }
    report = await shop.check(change, mypy=False)
    assert [(f.check, f.rule) for f in report.findings] == [
        ("tests_intact", "configuration"),
        ("ruff", "F401"),
    ]


async def test_a_syntax_error_is_a_finding(shop: Shop) -> None:
    report = await shop.check({"shop.py": "def (\n"}, mypy=False)
    assert {(f.file, f.rule) for f in report.findings} == {("shop.py", "invalid-syntax")}


@pytest.mark.parametrize(("wanted", "status"), [(None, "skipped"), (True, "error")])
async def test_a_linter_that_never_ran_blocks_only_who_asked_for_it(
    tmp_path: Path, wanted: bool | None, status: str
) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    shop = Shop(tmp_path, {"ruff.toml": "line-length = 'long'\n"}, runner=runner)
    result = of(await shop.check({}, pytest=(), ruff=wanted), "ruff")
    assert (result.status, "ruff stopped with exit code 2" in result.summary) == (status, True)


async def test_one_check_alone_can_be_asked_for(shop: Shop) -> None:
    report = await shop.check({"new.py": "x = 1\n"}, pytest=(), mypy=False, ruff=True)
    statuses = {c.check: c.status for c in report.checks}
    assert statuses == {
        "tests_intact": "passed",
        "pytest": "skipped",
        "mypy": "skipped",
        "ruff": "passed",
    }


async def test_commands_must_exit_with_zero_and_each_has_its_own_copy(shop: Shop) -> None:
    commands = (
        "python -c 'import shop' && touch trace",
        "test ! -e trace",
        "echo what is wrong; exit 3",
    )
    report = await shop.check({}, pytest=(), mypy=False, ruff=False, commands=commands)
    assert [c.status for c in report.checks if c.check.startswith("command")] == [
        "passed",
        "passed",
        "failed",
    ]
    assert [(f.check, f.message) for f in report.findings] == [
        ("command:3", f"{commands[2]} exited with 3\nwhat is wrong"),
    ]


async def test_a_command_that_does_not_end_is_an_error(shop: Shop) -> None:
    report = await shop.check(
        {}, pytest=(), mypy=False, ruff=False, commands=("sleep 60",), timeout_s=0.5
    )
    assert of(report, "command:1").summary == "sleep 60 did not end within 0.5 s and was stopped"


async def test_commands_see_neither_the_network_nor_our_files(shop: Shop) -> None:
    secret = shop.home / "secret.txt"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("x")
    command = f"cat {secret}"
    report = await shop.check({}, pytest=(), mypy=False, ruff=False, commands=(command,))
    assert of(report, "command:1").status == "failed"
