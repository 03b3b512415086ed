"""The check `security`, with ruff in the real sandbox."""

import asyncio
from typing import Any

import pytest

from gatewright.domain.gate import CheckResult
from gatewright.domain.task import GateSpec, Risk
from gatewright.workspace.gate.security import check_security
from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import Shop

OLD = "import subprocess\n\n\ndef run(command):\n    subprocess.run(command, shell=True)\n"
FILES = {
    "shop.py": OLD,
    "pyproject.toml": "[tool.ruff.lint.per-file-ignores]\n'*.py' = ['S']\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, FILES, runner=runner)


async def security(
    shop: Shop, change: dict[str, str | None], *, risk: Risk = "medium", **spec: Any
) -> CheckResult:
    after = await asyncio.to_thread(shop._commit, change)
    gate = shop.gate()
    case = await gate._case(shop.site, after, GateSpec(**spec), risk, ())
    async with gate._bench(case) as bench:
        return await check_security(bench)


async def test_ways_in_block_whatever_comments_and_configuration_say(shop: Shop) -> None:
    change = {
        "shop.py": f"# ruff: noqa\n{OLD}\n\ndef load(text):\n    return eval(text)  # noqa: S307\n",
        "new.py": "import yaml\n\n\ndef load(text):\n    return yaml.load(text)\n",
        "tests/test_new.py": "def test_eval():\n    assert eval('1')\n",
    }
    result = await security(shop, change, risk="low")
    assert [(f.severity, f.rule, f.file, f.line) for f in result.findings] == [
        ("blocking", "S506", "new.py", 5),
        ("blocking", "S307", "shop.py", 10),
    ]
    assert (result.status, result.summary) == ("failed", "2 new, 2 of them blocking")
    assert result.tool_version is not None and result.duration_s > 0


async def test_what_moved_is_not_new(shop: Shop) -> None:
    moved = {"shop.py": f'"""Moved."""\n\nX = 1\n{OLD}', "copy.py": "X = 1\n"}
    result = await security(shop, moved)
    assert (result.status, result.summary) == ("passed", "no new findings")
    renamed = await security(shop, {"shop.py": None, "other.py": OLD})
    assert (renamed.status, renamed.findings) == ("passed", ())


@pytest.mark.parametrize(("risk", "status"), [("medium", "passed"), ("high", "failed")])
async def test_the_rest_blocks_by_risk(shop: Shop, risk: Risk, status: str) -> None:
    change = {
        "new.py": "import hashlib\n\npassword = 'hunter2hunter'\n\n\ndef digest(data):\n"
        "    return hashlib.md5(data)\n",
    }
    result = await security(shop, change, risk=risk)
    severity = "blocking" if risk == "high" else "warning"
    assert result.status == status
    assert {(f.rule, f.severity) for f in result.findings} == {
        ("S324", severity),
        ("S105", "warning"),
    }


async def test_honest_code_has_none(shop: Shop) -> None:
    change = {
        "new.py": "import ast\nimport subprocess\n\n\ndef run(text):\n"
        "    assert text\n    subprocess.run(['ls', text], check=True)\n"
        "    return ast.literal_eval(text)\n",
    }
    assert (await security(shop, change)).summary == "no new findings"


async def test_a_syntax_error_is_for_others_to_tell(shop: Shop) -> None:
    assert (await security(shop, {"new.py": "def (\n"})).status == "passed"


async def test_nothing_runs_where_no_code_was_changed_or_the_task_allows_it(shop: Shop) -> None:
    before = len(shop.runner.commands)
    skipped = [
        await security(shop, {"README.md": "x\n"}),
        await security(shop, {"shop.py": None}),
        await security(shop, {"new.py": "eval(x)\n"}, allow=("security",)),
    ]
    assert [result.summary for result in skipped] == [
        "no Python code was changed",
        "no Python code was changed",
        "the task allows security",
    ]
    assert len(shop.runner.commands) == before
