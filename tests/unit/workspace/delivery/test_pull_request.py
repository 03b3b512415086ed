"""`GitWorkspace.publish`: a pull request, by a command of the user's own."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.task import Site
from tests.unit.workspace.delivery.conftest import ACCOUNT, Make, branches, two_steps

SAY = """
import json, os, sys
from pathlib import Path
told = {k: v for k, v in os.environ.items() if k.startswith("DELIVERED_")}
told["argv"] = sys.argv[2:]
told["cwd"] = os.getcwd()
told["body"] = Path(sys.argv[-1]).read_text()
with open(sys.argv[1], "a") as file:
    print(json.dumps(told), file=file)
print("warming up https://example.org/other")
print("https://example.org/pull/7")
"""


def command(folder: Path, text: str, *arguments: str) -> dict[str, object]:
    """A program of the user's, as a setting."""
    program = folder / "own" / "propose"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o700)
    return {"kind": "pull_request", "pull_request": (str(program), *arguments)}


def calls(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_a_pull_request_by_the_users_command(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    places = ("{branch}", "{base}", "{title}", "{body_file}")
    workspace = make(**command(tmp_path, SAY, str(log), *places))
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.startswith("pull request https://example.org/pull/7; branch gatewright/t1")
    [call] = calls(log)
    assert call["argv"][:3] == ["gatewright/t1", "main", "Fix the paging bug"]  # type: ignore[index]
    assert (call["cwd"], call["DELIVERED_COMMIT"]) == (str(site.repo), made.commit)
    assert "- pytest passed: 12 passed" in str(call["body"])


async def test_a_pull_request_is_made_once(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    how = command(tmp_path, SAY, str(log), "{body_file}")
    _, last = await two_steps(make(), site)
    first = await make(**how).publish(site, last, ACCOUNT)
    assert await make(**how).publish(site, last, ACCOUNT) == first
    assert len(calls(log)) == 1


async def test_text_of_others_is_one_argument(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workspace = make(**command(tmp_path, SAY, str(log), "--title={title}", "{body_file}"))
    _, last = await two_steps(workspace, site)
    goal = "Mend {branch} $(id) `id` ; rm -rf '/'"
    await workspace.publish(site, last, ACCOUNT.model_copy(update={"goal": goal}))
    assert calls(log)[0]["argv"][0] == f"--title={goal}"  # type: ignore[index]


async def test_a_command_that_fails_can_be_tried_again(
    make: Make, site: Site, tmp_path: Path
) -> None:
    broken = command(tmp_path, "import sys; sys.exit('no remote')")
    _, last = await two_steps(make(), site)
    with pytest.raises(EnvironmentFault, match=r"deliver\.pull_request.*ended with 1: no remote"):
        await make(**broken).publish(site, last, ACCOUNT)
    log = tmp_path / "log"
    await make(**command(tmp_path, SAY, str(log), "{body_file}")).publish(site, last, ACCOUNT)
    assert [call["DELIVERED_AGAIN"] for call in calls(log)] == ["1"]
    assert branches(site.repo) == ["gatewright/t1", "main"]


async def test_a_program_of_the_repository_is_not_run(
    make: Make, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = site.repo / "bin" / "propose"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    tool.chmod(0o700)
    (tmp_path / "link").symlink_to(tool)
    monkeypatch.setenv("PATH", f"{tool.parent}:bin:{os.environ['PATH']}")
    _, last = await two_steps(make(), site)
    for program in ("propose", "./bin/propose", "bin/propose", str(tool), str(tmp_path / "link")):
        workspace = make(kind="pull_request", pull_request=(program,))
        with pytest.raises(EnvironmentFault, match="no program"):
            await workspace.publish(site, last, ACCOUNT)
    assert not (tmp_path / "ran").exists()


async def test_a_command_that_hangs_is_killed_with_its_children(
    make: Make, site: Site, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # The child holds the pipe's other end: it reads as ended only when both are gone.
    hang = f"import subprocess\nsubprocess.run(['sh', '-c', 'exec >{fifo}; echo up; sleep 600'])"
    workspace = make(**command(tmp_path, hang))
    _, last = await two_steps(workspace, site)
    running = asyncio.ensure_future(workspace.publish(site, last, ACCOUNT))
    with await asyncio.to_thread(fifo.open) as pipe:
        assert await asyncio.to_thread(pipe.readline) == "up\n"
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await asyncio.to_thread(pipe.read) == ""


async def test_a_command_that_takes_too_long(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(**command(tmp_path, "import time; time.sleep(600)"), timeout_s=0.05)
    _, last = await two_steps(workspace, site)
    with pytest.raises(EnvironmentFault, match=r"longer than 0\.05 s"):
        await workspace.publish(site, last, ACCOUNT)
