"""A process is known again, and known to be gone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gatewright.domain.entry import Process
from gatewright.storage.processes import is_gone, this_process

SAY_WHO = """
import dataclasses, json
from gatewright.storage.processes import this_process
print(json.dumps(dataclasses.asdict(this_process())), flush=True)
input()
"""


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-c", SAY_WHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def named(child: "subprocess.Popen[bytes]") -> Process:
    assert child.stdout is not None
    return Process(**json.loads(child.stdout.readline()))


def test_we_are_not_gone() -> None:
    assert not is_gone(this_process())


def test_we_are_the_same_whenever_we_ask() -> None:
    assert this_process() == this_process()


def test_another_process_is_seen_to_live_and_to_be_gone(
    child: "subprocess.Popen[bytes]",
) -> None:
    process = named(child)
    assert not is_gone(process)
    child.kill()
    child.wait()
    assert is_gone(process)


def test_one_that_was_killed_and_not_waited_for_is_gone(
    child: "subprocess.Popen[bytes]",
) -> None:
    process = named(child)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(process)


def test_one_that_is_stopped_is_not_gone(child: "subprocess.Popen[bytes]") -> None:
    process = named(child)
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    assert not is_gone(process)


@pytest.mark.parametrize("other", [{"started": "1"}, {"boot": "an earlier one"}])
def test_one_that_had_our_number_before_us_is_gone(other: dict[str, str]) -> None:
    assert is_gone(replace(this_process(), **other))


def test_of_another_host_nothing_is_known() -> None:
    assert not is_gone(Process(host="elsewhere", pid=2**22, started="0", boot="another"))
