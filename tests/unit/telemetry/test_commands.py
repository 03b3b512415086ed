"""What processes use is put down to the node that had them started, by wait4 of each."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.command import Command
from gatewright.domain.ports import Runner
from gatewright.domain.usage import ChildUsage, hear, tell
from gatewright.telemetry.commands import MeteredRunner
from gatewright.workspace.git import Git
from tests.unit.sandbox.conftest import available
from tests.unit.telemetry.cpu_support import (  # noqa: F401  the fixture
    State,
    arun,
    burn,
    collector_off,
    near,
)
from tests.unit.workspace.git_support import git, make_repository

BURN = """
import os, resource, sys, time

def burn(ms):
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        pass

def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both) * 1000
"""

DAEMON = """
# A child of a child, which nobody waits for; it says when it has ended its work.
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        burn(150)
    os._exit(0)
os.close(writer)
os.wait()
os.read(reader, 1)
time.sleep(0.05)
"""

GRANDCHILD = """
# Like pytest with a test that starts a program: what both used is said at the end.
if os.fork() == 0:
    burn(200)
    os._exit(0)
burn(200)
os.wait()
print(used())
"""


@pytest.fixture
def runner(tmp_path: Path) -> MeteredRunner:
    return MeteredRunner(available("bubblewrap", tmp_path / "scratch"))


def python(code: str, folder: Path) -> Command:
    return Command(
        argv=("/usr/bin/python3", "-I", "-S", "-c", BURN + code), cwd=folder, timeout_s=60
    )


def children(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("children", "child_cpu_method", "child_cpu_ms"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


async def test_a_command_and_its_children_are_its_nodes(runner: Runner, work: Path):
    said = []

    async def testing(state: State) -> State:
        completed = await runner.run(python(GRANDCHILD, work))
        said.append(float(completed.stdout))
        return {}

    row = (await arun(testing=testing)).took["testing"]
    # The sandbox takes 5 ms or so to set itself up, which the command does not see.
    assert said[0] > 400
    assert children(row) == (1, "wait4", near(said[0] + 5))
    assert row["child_maxrss_bytes"] > 2**20
    assert row["cpu_ms"] < 100


async def test_an_abandoned_daemon_inside_the_sandbox_is_counted(runner: Runner, work: Path):
    async def nothing(state: State) -> State:
        await runner.run(python("", work))
        return {}

    async def daemon(state: State) -> State:
        await runner.run(python(DAEMON, work))
        return {}

    bare = (await arun(nothing=nothing)).took["nothing"]["child_cpu_ms"]
    row = (await arun(daemon=daemon)).took["daemon"]
    assert row["child_cpu_ms"] - bare == near(150)


async def test_commands_at_the_same_time_are_told_apart(runner: Runner, work: Path):
    async def small(state: State) -> State:
        await runner.run(python("burn(20)", work))
        return {}

    async def large(state: State) -> State:
        await asyncio.gather(*(runner.run(python("burn(150)", work)) for _ in range(2)))
        return {}

    async def none(state: State) -> State:
        return {}

    took = (await arun(small=small, large=large, none=none)).took
    assert took["small"]["children"] == 1
    assert 20 <= took["small"]["child_cpu_ms"] < 80
    assert took["large"]["children"] == 2
    assert 300 <= took["large"]["child_cpu_ms"] < 400
    assert took["none"]["children"] == 0


async def test_git_is_its_nodes_as_well(tmp_path: Path):
    repo = make_repository(tmp_path / "repo")
    git(repo, "config", "alias.busy", "!i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; times")
    command = Git(cwd=tmp_path, git_dir=repo / ".git")
    printed = []

    async def busy(state: State) -> State:
        printed.append((await command.run("busy")).stdout.decode())
        return {}

    async def idle(state: State) -> State:
        await asyncio.gather(command.run("version"), command.run("version"))
        return {}

    took = (await arun(busy=busy, idle=idle)).took
    # `times` of a shell: the user and system time of the shell itself, on its first line.
    shell_ms = sum(float(part[2:-1]) for part in printed[0].split()[:2]) * 1000
    assert shell_ms > 20
    assert children(took["busy"])[:2] == (1, "wait4")
    assert shell_ms - 20 < took["busy"]["child_cpu_ms"] < shell_ms + 40
    assert children(took["idle"])[:2] == (2, "wait4")
    assert took["idle"]["child_cpu_ms"] < 30


async def test_a_process_that_nobody_reports_is_counted_where_a_node_is_alone():
    async def work(state: State) -> State:
        code = "import time\nwhile time.process_time() < .05: pass"
        child = await asyncio.create_subprocess_exec("/usr/bin/python3", "-c", code)
        await child.wait()
        return {}

    row = (await arun(work=work)).took["work"]
    assert children(row)[:2] == (0, "process")
    assert 50 <= row["child_cpu_ms"] < 150


async def test_without_reports_and_not_alone_it_is_not_known():
    meet = asyncio.Barrier(2)

    async def work(state: State) -> State:
        await meet.wait()
        child = await asyncio.create_subprocess_exec("/usr/bin/python3", "-c", "pass")
        await child.wait()
        await meet.wait()
        return {}

    took = (await arun(one=work, two=work)).took
    assert (0, "none", None) in (children(took["one"]), children(took["two"]))


async def test_where_no_process_ended_it_is_none_whoever_was_there():
    meet = asyncio.Barrier(2)

    async def work(state: State) -> State:
        await meet.wait()
        return {}

    async def nothing(state: State) -> State:
        return {}

    await arun(before=nothing)  # what ended earlier is told apart
    took = (await arun(one=work, two=work)).took
    assert took["two"]["child_cpu_ms"] == 0


async def test_the_runner_is_otherwise_as_it_was(tmp_path: Path, work: Path):
    inner = available("bubblewrap", tmp_path / "scratch")
    metered = MeteredRunner(inner)
    assert (metered.kind, metered.label) == (inner.kind, inner.label)
    completed = await metered.run(python("print('out'); sys.exit(3)", work))
    assert (completed.returncode, completed.stdout) == (3, "out\n")


def test_usage_is_heard_once_and_until_the_end():
    heard: list[ChildUsage] = []
    hear(heard.append)
    stop = hear(heard.append)
    tell(ChildUsage(0.5, None))
    stop()
    tell(ChildUsage(0.7, None))
    assert heard == [(0.5, None)]


async def test_a_report_outside_of_nodes_is_nobodys():
    async def work(state: State) -> State:
        burn(1)
        return {}

    tell(ChildUsage(1.0, 1))
    assert (await arun(work=work)).took["work"]["children"] == 0
