"""The gate with the real sandbox: linters compared with the base, and the task's own commands."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from gatewright.domain.ports import Toolchain
from gatewright.workspace.gate.linters import Linter, arguments, hear
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_tool, find_toolchain
from tests.unit.workspace.gate_support import Shop, of
from tests.unit.workspace.test_toolchain import make_environment

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
    shop = Shop(folder, FILES, runner=runner)
    shop.toolchain = find_toolchain(shop.repo, cache=folder / "environments")
    return shop


@pytest.mark.slow
async def test_findings_that_moved_are_not_new(shop: Shop) -> None:
    moved = {"shop.py": f'"""Moved."""\n\nimport os\n\nPRICE = 1\n\n\n{OLD}'}
    report = await shop.check(moved)
    assert [(of(report, name).status, of(report, name).summary) for name in ("mypy", "ruff")] == [
        ("passed", "no new findings; 1 old one"),
        ("passed", "no new findings; 1 old one"),
    ]


async def test_new_findings_block_and_old_ones_are_not_told(shop: Shop) -> None:
    change = {"shop.py": f"import os\nimport sys\n\n\n{OLD}\n\nprice: int = 'y'\n"}
    report = await shop.check(change, pytest=())
    found = {(f.check, f.file, f.line, f.rule) for f in report.findings}
    assert found == {("mypy", "shop.py", 9, "assignment"), ("ruff", "shop.py", 2, "F401")}


async def test_weaker_configuration_has_no_effect(shop: Shop) -> None:
    change = {
        "shop.py": f"import os\nimport sys\n\n\n{OLD}",
        "pyproject.toml": "[tool.ruff]\nlint.ignore = ['F401']\n",
    }
    report = await shop.check(change, pytest=(), mypy=False, keep_going=True)
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
    statuses = {name: of(report, name).status for name in ("pytest", "mypy", "ruff")}
    assert statuses == {"pytest": "skipped", "mypy": "skipped", "ruff": "passed"}


async def test_a_long_answer_is_read_whole(shop: Shop) -> None:
    many = 1300
    change = {"new.py": "".join(f"x_{number}: int = f''\n" for number in range(many))}
    report = await shop.check(change, pytest=(), mypy=True, ruff=True, changed_lines=9999)
    summaries = [of(report, name).summary for name in ("mypy", "ruff")]
    assert summaries == [f"{many} new findings", f"{many} new findings"]


@pytest.mark.parametrize(("wanted", "status"), [(None, "skipped"), (True, "error")])
@pytest.mark.parametrize("tool", ["mypy", "ruff"])
async def test_a_tool_that_is_not_installed_blocks_only_who_asked_for_it(
    shop: Shop, tmp_path: Path, tool: str, wanted: bool | None, status: str
) -> None:
    bare = make_environment(tmp_path, packages=("pytest-9.0.0",)) / "bin" / "python"
    full, shop.toolchain = (
        shop.toolchain,
        Toolchain(python=bare, readable=(), source="x", tools=bare),
    )
    asked = {"mypy": False, "ruff": False, tool: wanted}
    try:
        result = of(await shop.check({}, pytest=(), **asked), tool)
    finally:
        shop.toolchain = full
    assert (result.status, "is not installed" in result.summary) == (status, True)


@pytest.mark.parametrize("tool", ["mypy", "ruff"])
async def test_configuration_above_the_repository_is_not_read(
    shop: Shop, tmp_path: Path, tool: Linter
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.mypy]\nignore_errors = true\n[tool.ruff]\nlint.ignore = ['F401']\n"
    )
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "a.py").write_text("import os\nx: int = 'y'\n")
    found = find_tool(shop.toolchain, tool)
    argv = arguments(tool, found, python=shop.toolchain.python, base=repo)
    ran = subprocess.run(argv, cwd=repo, capture_output=True, text=True, check=False)
    heard = hear(tool, stdout=ran.stdout, stderr=ran.stderr, code=ran.returncode)
    assert heard.problem is None
    assert {"mypy": "assignment", "ruff": "F401"}[tool] in {f.rule for f in heard.findings}


async def test_a_command_that_misses_a_module_is_told_why(shop: Shop) -> None:
    command = "python -c 'import pydantic'"
    report = await shop.check({}, pytest=(), mypy=False, ruff=False, commands=(command,))
    (finding,) = report.findings
    assert "'pydantic' is not in the environment of the checks" in finding.message


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
