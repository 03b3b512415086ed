import json
import os
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox.bubblewrap import HOSTNAME, Bubblewrap
from tests.unit.sandbox.support import GENEROUS_S, shell


class Unfinished:
    """A bubblewrap that is held in the middle of setting up its user namespace."""

    def __init__(self, program: str) -> None:
        info, info_writer = os.pipe()
        block_reader, self._block = os.pipe()
        self.outer = subprocess.Popen(
            [
                *(program, "--unshare-user", "--unshare-pid", "--unshare-uts"),
                *("--hostname", HOSTNAME, "--ro-bind", "/usr", "/usr"),
                *("--info-fd", str(info_writer), "--userns-block-fd", str(block_reader)),
                *("--", "/usr/bin/true"),
            ],
            pass_fds=(info_writer, block_reader),
        )
        os.close(info_writer)
        os.close(block_reader)
        text = b""
        while b"}" not in text:
            text += os.read(info, 4096)
        os.close(info)
        self.inner = os.pidfd_open(json.loads(text)["child-pid"])

    def ended(self, *, within_s: float) -> bool:
        return bool(select.select([self.inner], [], [], within_s)[0])

    def close(self) -> None:
        self.outer.kill()
        self.outer.wait()
        os.close(self._block)
        os.close(self.inner)


@pytest.fixture
def unfinished(bubblewrap: Bubblewrap) -> Iterator[Unfinished]:
    held = Unfinished(bubblewrap.tool.path)
    yield held
    held.close()


async def test_one_whose_builder_was_killed_is_ended(
    bubblewrap: Runner, work: Path, unfinished: Unfinished
) -> None:
    unfinished.outer.kill()
    unfinished.outer.wait()
    await bubblewrap.run(shell(work, "true"))
    assert unfinished.ended(within_s=GENEROUS_S)


async def test_one_that_is_being_built_is_left_alone(
    bubblewrap: Runner, work: Path, unfinished: Unfinished
) -> None:
    await bubblewrap.run(shell(work, "true"))
    assert not unfinished.ended(within_s=0)
