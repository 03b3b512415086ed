"""What a killed process was starting dies with it, by the guardian that outlives it."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.sweep import sweep
from tests.unit.sandbox.support import GENEROUS_S


class Guarded:
    """`tests.unit.sandbox.guarded`, with a hold on the processes that it tells of."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        self.process = process
        self.token: str = said["token"]
        self._pidfds = {
            name: os.pidfd_open(pid) for name, pid in said.items() if isinstance(pid, int)
        }

    def ended(self, name: str, *, within_s: float = GENEROUS_S) -> bool:
        return bool(select.select([self._pidfds[name]], [], [], within_s)[0])

    def close(self) -> None:
        for pidfd in self._pidfds.values():
            os.close(pidfd)
        sweep(self.token)


@contextmanager
def guarded(*words: str) -> Iterator[Guarded]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.sandbox.guarded", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        found = Guarded(process)
        yield found
        process.kill()
    found.close()


def mentioning(place: Path) -> list[str]:
    """The command lines of all processes in which it occurs."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(entry.read_text().replace("\0", " "))
    return [line for line in lines if str(place) in line]


def test_what_was_started_dies_with_a_process_that_is_killed() -> None:
    with guarded("sleeper") as found:
        found.process.kill()
        assert found.ended("sleeper")
        assert found.ended("guardian")


def test_nothing_is_searched_for_after_an_ordinary_end() -> None:
    with guarded("sleeper") as found:
        found.process.communicate()
        assert found.ended("guardian")
        assert not found.ended("sleeper", within_s=0)


@pytest.mark.slow
def test_no_sandbox_outlives_whoever_is_killed_while_starting_it(
    bubblewrap: Bubblewrap, work: Path, scratch: Path
) -> None:
    """At any of fifty instants: bubblewrap binds its life to its parent's some way in."""
    for tenth_ms in range(0, 300, 6):
        with guarded("sandbox", str(work), str(scratch)) as found:
            time.sleep(tenth_ms / 10_000)  # the instant is what is tried, nothing is waited for
            found.process.kill()
            assert found.ended("guardian")
            assert not mentioning(work)
