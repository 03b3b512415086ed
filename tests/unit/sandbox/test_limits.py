import json
from pathlib import Path

import pytest

from gatewright.domain.command import Limits
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.unsafe import Unsafe
from tests.unit.sandbox.conftest import why_not
from tests.unit.sandbox.support import GENEROUS_S, python, run_into_timeout, shell

MIB = 2**20


async def test_an_endless_loop_is_timed_out(runner: Runner, work: Path) -> None:
    completed = await runner.run(shell(work, "while :; do :; done", timeout_s=0.2))
    assert (completed.timed_out, completed.returncode) == (True, -9)


async def test_a_timeout_cannot_be_ignored(confined: Runner, work: Path) -> None:
    script = 'trap "" TERM INT HUP; echo deaf; while :; do sleep 600; done'
    completed = await run_into_timeout(confined, shell(work, script))
    assert (completed.timed_out, completed.returncode) == (True, -9)


async def test_what_was_printed_before_a_timeout_is_kept(confined: Runner, work: Path) -> None:
    completed = await run_into_timeout(confined, shell(work, "echo so far; exec sleep 600"))
    assert (completed.timed_out, completed.stdout) == (True, "so far\n")


async def test_too_much_output(runner: Runner, work: Path) -> None:
    command = shell(work, "cat /dev/zero", limits=Limits(output_bytes=MIB))
    completed = await runner.run(command)
    assert (completed.output_exceeded, completed.timed_out) == (True, False)
    assert len(completed.stdout) == 256 * 1024


async def test_too_much_output_of_a_daemon(confined: Runner, work: Path) -> None:
    script = "(setsid cat /dev/zero >&2 &); sleep 600"
    completed = await confined.run(shell(work, script, limits=Limits(output_bytes=MIB)))
    assert (completed.output_exceeded, completed.timed_out) == (True, False)


async def test_a_file_that_grows_too_large(runner: Runner, work: Path) -> None:
    command = shell(work, "exec head -c 3000000 /dev/zero > big", limits=Limits(file_bytes=MIB))
    completed = await runner.run(command)
    assert (completed.returncode, (work / "big").stat().st_size) == (-25, MIB)


async def test_too_much_memory(runner: Runner, work: Path) -> None:
    program = "bytearray(512 * 2**20)"
    completed = await runner.run(python(work, program, limits=Limits(memory_bytes=256 * MIB)))
    assert completed.returncode != 0
    assert completed.stderr.endswith("MemoryError\n")


async def test_too_much_processor_time(confined: Runner, work: Path) -> None:
    command = shell(work, "exec sh -c 'while :; do :; done'", limits=Limits(cpu_s=1))
    completed = await confined.run(command)
    assert (completed.timed_out, completed.returncode in (-24, -9)) == (False, True)


FORKS = """
import json, os, signal
children = []
try:
    while len(children) < 200:
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
        children.append(child)
except OSError:
    pass
for child in children:
    os.kill(child, signal.SIGKILL)
print(json.dumps(len(children)))
"""


async def test_too_many_processes(runner: Runner, work: Path) -> None:
    completed = await runner.run(python(work, FORKS, limits=Limits(processes=40)))
    assert json.loads(completed.stdout) <= 40


@pytest.mark.parametrize("make", [Bubblewrap, Unsafe])
async def test_too_many_processes_without_control_groups(
    scratch: Path, work: Path, make: type[Bubblewrap] | type[Unsafe]
) -> None:
    if reason := why_not(make.kind):
        pytest.skip(reason)
    program = FORKS.replace(
        "for child in children:", "if len(children) == 200: signal.pause()\nfor child in children:"
    )
    runner = make(scratch=scratch, controllers=())
    completed = await runner.run(python(work, program, limits=Limits(processes=40)))
    refused = completed.returncode == 0 and json.loads(completed.stdout) <= 40
    killed = completed.returncode == -9 and "more than 40 processes" in completed.stderr
    assert (refused or killed, completed.timed_out) == (True, False)


async def test_a_bomb_of_processes_ends_with_its_command(confined: Runner, work: Path) -> None:
    bomb = "bomb() { bomb & bomb & wait; }; bomb 2>/dev/null"
    command = shell(work, bomb, timeout_s=0.5, limits=Limits(processes=60))
    completed = await confined.run(command)
    assert completed.duration_s < GENEROUS_S


async def test_limits_cannot_be_raised(confined: Runner, work: Path) -> None:
    script = "ulimit -f 2000 2>/dev/null && echo raised; ulimit -f 1 && echo lowered"
    completed = await confined.run(shell(work, script, limits=Limits(file_bytes=MIB // 2)))
    assert completed.stdout in ("lowered\n",)


async def test_no_core_file_is_written(confined: Runner, work: Path) -> None:
    await confined.run(shell(work, "kill -ABRT $$"))
    assert list(work.iterdir()) == []
