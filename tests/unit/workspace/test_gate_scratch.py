"""Copies in memory: only where that is fit, private, swept, watched; verdicts are the same."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gatewright.domain.command import Command, Completed
from gatewright.domain.ports import Runner
from gatewright.domain.task import GateSpec
from gatewright.plans.scheduling.parts import run_parts
from gatewright.workspace.gate.gate import QualityGate
from gatewright.workspace.memory import available_bytes, is_in_memory
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.landlock import Landlock
from gatewright.workspace.sandbox.landlock_abi import OLDEST_ABI, abi
from gatewright.workspace.sandbox.unsafe import Unsafe
from gatewright.workspace.scratch import MEMORY, MOST_BYTES, Scratch, footprint, scratch, sweep
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.gate_support import FIX, SHOP, Counting, Shop, commit

ROOM = 4 * 2**30

pytestmark = pytest.mark.skipif(
    not MEMORY.is_dir() or not is_in_memory(MEMORY) or available_bytes() < ROOM,
    reason="needs 4 GiB of free memory and a file system in it",
)

MINE = f"gatewright-{os.geteuid()}"


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory that only this test uses."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="gatewright-test-") as folder:
        yield Path(folder)


@asynccontextmanager
async def place(
    memory: Path | None, disk: Path, *, copy_bytes: int = 2**20, copies: int = 7
) -> AsyncIterator[Scratch]:
    runner = Unsafe(scratch=disk / "runner")
    async with scratch(disk, runner, memory=memory, copy_bytes=copy_bytes, copies=copies) as found:
        yield found


async def test_a_folder_in_memory_is_private_and_gone_at_the_end(
    memory: Path, tmp_path: Path
) -> None:
    async with place(memory, tmp_path) as found:
        assert found.in_memory
        assert found.folder.parent == memory / MINE
        modes = [folder.stat().st_mode & 0o777 for folder in (found.folder, found.folder.parent)]
        assert modes == [0o700, 0o700]
        (found.folder / "x").write_text("x")
    assert list((memory / MINE).iterdir()) == []


@pytest.mark.parametrize(("copy_bytes", "copies"), [(MOST_BYTES + 1, 1), (MOST_BYTES, 10_000)])
async def test_what_is_too_large_goes_to_disk(
    memory: Path, tmp_path: Path, copy_bytes: int, copies: int
) -> None:
    async with place(memory, tmp_path, copy_bytes=copy_bytes, copies=copies) as found:
        assert (found.in_memory, found.folder) == (False, tmp_path)


async def test_a_folder_that_is_no_memory_is_not_used(tmp_path: Path) -> None:
    # Not the test's own folder, which may be in memory.
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder)
        if is_in_memory(disk):
            pytest.skip("the temporary folder is in memory here")
        async with place(disk, tmp_path) as found:
            assert not found.in_memory


@pytest.mark.parametrize("none", [None, Path("/nowhere/at/all")])
async def test_without_a_folder_in_memory_it_is_the_disk(none: Path | None, tmp_path: Path) -> None:
    async with place(none, tmp_path) as found:
        assert (found.in_memory, found.folder) == (False, tmp_path)


def _open_to_others(memory: Path) -> None:
    (memory / MINE).mkdir()
    (memory / MINE).chmod(0o770)


def _a_link(memory: Path) -> None:
    (memory / "elsewhere").mkdir(mode=0o700)
    (memory / MINE).symlink_to("elsewhere")


def _a_file(memory: Path) -> None:
    (memory / MINE).touch(mode=0o700)


def _replaceable(memory: Path) -> None:
    (memory / MINE).mkdir(mode=0o700)
    memory.chmod(0o777)


@pytest.mark.parametrize("trap", [_open_to_others, _a_link, _a_file, _replaceable])
async def test_a_folder_that_others_could_reach_is_not_used(
    trap: Callable[[Path], None], memory: Path, tmp_path: Path
) -> None:
    trap(memory)
    async with place(memory, tmp_path) as found:
        assert not found.in_memory


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
async def test_a_folder_of_somebody_else_is_not_used(memory: Path, tmp_path: Path) -> None:
    (memory / MINE).mkdir(mode=0o700)
    os.chown(memory / MINE, 65534, 65534)
    async with place(memory, tmp_path) as found:
        assert not found.in_memory


_DIES = """\
import asyncio, os, sys
from pathlib import Path
from gatewright.workspace.sandbox.unsafe import Unsafe
from gatewright.workspace.scratch import scratch

async def main():
    disk = Path(sys.argv[1])
    made = scratch(disk, Unsafe(scratch=disk), memory=Path(sys.argv[2]), copy_bytes=1, copies=1)
    async with made as found:
        (found.folder / "left").write_text("x")
        os._exit(0 if found.in_memory else 1)

asyncio.run(main())
"""


@pytest.mark.parametrize("by", ["the next one", "sweep"])
async def test_what_a_dead_process_left_is_swept_and_the_rest_is_not(
    by: str, memory: Path, tmp_path: Path
) -> None:
    async with place(memory, tmp_path) as living:
        died = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", _DIES, str(tmp_path), str(memory)], timeout=30
        )
        assert died.returncode == 0
        assert len([path for path in (memory / MINE).iterdir() if path.is_dir()]) == 2
        if by == "sweep":
            await sweep(memory)
        else:
            async with place(memory, tmp_path):
                pass
        left = [path for path in (memory / MINE).iterdir() if path.is_dir()]
    assert left == [living.folder]


_FILLS = """\
import asyncio, sys, time
from pathlib import Path
from gatewright.domain.command import Command
from gatewright.workspace.sandbox.unsafe import Unsafe
from gatewright.workspace.scratch import ScratchLost, scratch

async def main():
    disk, memory = map(Path, sys.argv[1:3])
    runner = Unsafe(scratch=disk / "runner")
    made = scratch(disk, runner, memory=memory, copy_bytes=1, copies=1)
    try:
        async with made as found:
            if not found.in_memory:
                print("on disk")
                return
            write = "for n in 1 2; do head -c 300M /dev/zero > $n; done; exec sleep 60"
            await found.runner.run(
                Command(argv=("/bin/sh", "-c", write), cwd=found.folder, timeout_s=50)
            )
    except ScratchLost as error:
        print(error, list(found.folder.parent.iterdir()))

asyncio.run(main())
"""


def in_namespace(options: str, program: str, folder: Path) -> str:
    """What a program prints that has a file system in memory of its own."""
    target = folder / "memory"
    target.mkdir()
    script = f'mount -t tmpfs -o mode=0700,{options} none "$2" && exec "$0" -c "$3" "$1" "$2"'
    argv = ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script]
    try:
        done = subprocess.run(
            [*argv, sys.executable, str(folder), str(target), program],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("options", ["noexec,size=1200m", "size=1000m", "ro"])
def test_memory_that_runs_no_programs_or_is_small_is_not_used(options: str, tmp_path: Path) -> None:
    assert in_namespace(options, _FILLS, tmp_path) == "on disk"


def test_a_command_that_fills_memory_is_ended_and_does_not_count(tmp_path: Path) -> None:
    said = in_namespace("size=1200m", _FILLS, tmp_path)
    assert said == f"the memory of {said.split(chr(39))[1]!r} was filled []"


def test_a_footprint_counts_pages_and_the_kernels_own(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(4097))
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").touch()
    assert footprint(tmp_path, ["a"]) == 2 * 4096 + footprint(tmp_path, ["c"])
    assert footprint(tmp_path, ["a", "b", "c"]) > footprint(tmp_path, ["a", "b"])


class Meddling(Counting):
    """A real runner; something is done before the first command."""

    def __init__(self, runner: Runner, meddle: Callable[[Command], None]) -> None:
        super().__init__(runner)
        self._meddle = meddle

    async def run(self, command: Command) -> Completed:
        first = not self.commands
        self.commands.append(command)
        if first:
            await asyncio.to_thread(self._meddle, command)
        return await self._runner.run(command)


def gate_of(shop: Shop, memory: Path | None) -> QualityGate:
    return QualityGate(
        workspace=GitWorkspace(shop.home),
        runner=shop.runner,
        toolchain=lambda site: shop.toolchain,
        cache=shop.home / "baselines",
        timeout_s=60,
        pipeline=run_parts,
        memory=memory,
    )


def _log_out(command: Command) -> None:
    """As systemd takes a user's folders away when the last session ends, but at once."""
    lease = command.cwd.parent.parent
    lease.rename(lease.parent.parent / "gone")


async def test_where_memory_is_taken_away_the_checks_are_made_on_disk(
    memory: Path, tmp_path: Path
) -> None:
    shop = Shop(tmp_path, SHOP, runner=Bubblewrap(scratch=tmp_path / "scratch"))
    shop.runner = Meddling(Bubblewrap(scratch=tmp_path / "scratch"), _log_out)
    after = await asyncio.to_thread(commit, shop.repo, FIX)
    heard: list[str] = []
    report = await gate_of(shop, memory).check(
        shop.site, after, GateSpec(), on_check=lambda result: heard.append(result.check)
    )
    assert report.passed
    assert sorted(heard) == sorted(check.check for check in report.checks)
    places = [command.cwd.is_relative_to(memory) for command in shop.runner.commands]
    assert (places[0], places[-1]) == (True, False)


_TRY = """\
#!/bin/sh
for path in ../left ../../left ../../../left /dev/shm/left /dev/left; do
    echo x > $path
done 2>/dev/null
ls /dev/shm ../.. ../../.. 2>/dev/null
exit 0
"""

_SANDBOXES: dict[str, Callable[[Path], Runner]] = {
    "bubblewrap": lambda folder: Bubblewrap(scratch=folder),
    "landlock": lambda folder: Landlock(scratch=folder),
}


@pytest.mark.parametrize("kind", list(_SANDBOXES))
async def test_what_runs_in_memory_writes_nowhere_else_and_sees_nobody_elses(
    kind: str, memory: Path, tmp_path: Path
) -> None:
    if kind == "landlock" and abi() < OLDEST_ABI:
        pytest.skip("no Landlock here")
    async with place(memory, tmp_path) as found, place(memory, tmp_path) as other:
        (other.folder / "secret").write_text("x")
        copy = found.folder / "one" / "repo"
        copy.mkdir(parents=True)
        (found.folder / "two").mkdir()
        (copy / "try").write_text(_TRY)
        (copy / "try").chmod(0o700)
        runner = _SANDBOXES[kind](tmp_path / "sandbox")
        done = await runner.run(Command(argv=("./try",), cwd=copy, timeout_s=30))
        assert done.returncode == 0, done
        names = {path.name for path in memory.rglob("*")}
        assert names >= {"one", "two", "repo", "secret"}
        assert "left" not in names
        assert not Path("/dev/shm/left").exists()
        seen = set(done.stdout.split()) & {"two", "secret", other.folder.name}
    assert seen == set()


async def test_a_gate_makes_its_copies_in_memory_and_leaves_nothing(
    memory: Path, tmp_path: Path
) -> None:
    shop = Shop(tmp_path, SHOP, runner=Bubblewrap(scratch=tmp_path / "scratch"))
    after = await asyncio.to_thread(commit, shop.repo, FIX)
    report = await gate_of(shop, memory).check(shop.site, after, GateSpec())
    assert report.passed
    assert {c.cwd.is_relative_to(memory / MINE) for c in shop.runner.commands} == {True}
    assert list((memory / MINE).iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("change", [FIX, {"shop.py": SHOP["shop.py"] + "x = 1\n"}])
async def test_the_verdict_is_that_of_the_disk(
    change: dict[str, str], memory: Path, tmp_path: Path
) -> None:
    shop = Shop(tmp_path, SHOP, runner=Bubblewrap(scratch=tmp_path / "scratch"))
    after = await asyncio.to_thread(commit, shop.repo, change)
    spec = GateSpec(pytest=("tests/test_total.py",))
    reports = []
    for at in (memory, None):
        await asyncio.to_thread(shutil.rmtree, shop.home, ignore_errors=True)
        report = await gate_of(shop, at).check(shop.site, after, spec)
        reports.append([(c.check, c.status, c.summary, c.findings) for c in report.checks])
    assert reports[0] == reports[1]
