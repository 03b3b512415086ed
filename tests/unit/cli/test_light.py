"""Commands that only look import no library that only a run needs: each costs a good part of a
second. All of them in one process of their own, and what each brought in by itself."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.intake import make_task
from gatewright.orchestration.plans import Plans
from gatewright.settings import load_settings
from gatewright.store import open_ledger

OF_RUNS = ("langgraph", "langchain_core", "langsmith", "litellm")
CHILD = """
import json, sys
from gatewright.cli.main import main

watched, commands, answer = json.load(sys.stdin)
told, before = {}, set()
for command in commands:
    sys.argv = ["gatewright", *command.split()]
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    loaded = {name for name in watched if name in sys.modules}
    told[command] = {"code": code, "loaded": sorted(loaded - before)}
    before = loaded
with open(answer, "w") as file:
    json.dump(told, file)
"""

HERE = [
    *("--help", "--version", "run --help", "plan --help", "plan run --help"),
    *("list", "list --json", "log t", "active", "summary", "summary --json", "review --plain"),
    *("review --json", "clean --state failed", "plan check p.json", "plan graph p.json"),
    *("plan schema", "plan runs", "plan show {run}", "plan show {run} --json", "plan logs {run}"),
    *("plan logs {run} a", "plan graph --run {run}", "plan run p.json --dry-run"),
]
READING = ["route --task t.json", "models", "report", "report --json", "sql SELECT+1", "export x"]
"""Of the sidecar's files: in this order after the others, for they import DuckDB."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command ended with and imported, on a home with a task and a plan's run."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "t.json").write_text('{"goal": "Mend it"}')
    (folder / "p.json").write_text(
        json.dumps(
            {"plan_id": "p", "version": "1", "steps": [{"id": "a", "command": sys.executable}]}
        )
    )
    asyncio.run(one_task_that_is_done(folder))
    with Plans(home=folder / "home") as plans:
        run = plans.run(folder / "p.json").run_id
    commands = [command.format(run=run) for command in HERE + READING]
    watched = (*OF_RUNS, "duckdb")
    subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([watched, commands, str(folder / "answer.json")]),
        env={**os.environ, "GATEWRIGHT_HOME": str(folder / "home")},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    found = json.loads((folder / "answer.json").read_text())
    return dict(zip(HERE + READING, found.values(), strict=True))


async def one_task_that_is_done(folder: Path) -> None:
    task = make_task({"id": "t", "goal": "Mend it", "repo": str(folder)})
    async with open_ledger(load_settings(home=folder / "home")) as ledger:
        await ledger.accept(task, "0" * 40)
        await ledger.note("t", "done")


@pytest.mark.parametrize("command", HERE)
def test_who_only_looks_imports_neither_graphs_nor_databases(
    told: dict[str, Any], command: str
) -> None:
    assert told[command] == {"code": 0, "loaded": []}


@pytest.mark.parametrize("command", READING)
def test_who_reads_the_sidecar_imports_no_graphs(told: dict[str, Any], command: str) -> None:
    assert told[command]["code"] == 0
    assert not set(told[command]["loaded"]) & set(OF_RUNS)
