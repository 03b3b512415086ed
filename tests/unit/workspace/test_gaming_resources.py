"""Changes whose code attacks the machine or the run: the gate stands, and lets none of them by."""

import asyncio
from pathlib import Path

import pytest

from gatewright.domain.gate import GateReport
from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import FIX, SHOP, Shop, of

pytestmark = pytest.mark.slow

MARK = "98765.4321"
DAEMON = f"""\
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp('sleep', ['sleep', '{MARK}'])
    os._exit(0)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, SHOP, runner=runner)


def blocked(report: GateReport) -> str:
    """What pytest's check says of a change that must not pass."""
    result = of(report, "pytest")
    assert not report.passed
    assert result.status in ("failed", "error")
    return result.summary + "".join(finding.message for finding in result.findings)


async def attack(shop: Shop, code: str, *, timeout_s: float = 60) -> GateReport:
    """The right fix with something else at import time."""
    change = {"shop.py": FIX["shop.py"] + code}
    # It runs the tests also where the change's text has given it away already.
    return await shop.check(change, timeout_s=timeout_s, keep_going=True, allow=("security",))


async def test_an_infinite_loop_is_stopped(shop: Shop) -> None:
    said = blocked(await attack(shop, "while True:\n    pass\n", timeout_s=2))
    assert "did not end within 2 s" in said


async def test_a_fork_bomb_burns_only_itself(shop: Shop) -> None:
    before = _processes()
    blocked(await attack(shop, "import os\nwhile True:\n    os.fork()\n", timeout_s=3))
    assert _processes() < before + 100


async def test_a_memory_hog_is_refused_its_memory(shop: Shop) -> None:
    code = "hog = []\nwhile True:\n    hog.append(bytearray(256 * 2**20))\n"
    blocked(await attack(shop, code, timeout_s=15))


async def test_a_gigabyte_of_output_is_cut(shop: Shop) -> None:
    code = "import os\nfor _ in range(1024):\n    os.write(1, bytes(2**20))\n"
    assert "printed more than it may" in blocked(await attack(shop, code))


@pytest.mark.parametrize("place", ["~/left", "/tmp/left"])
async def test_what_is_written_outside_is_gone(shop: Shop, place: str) -> None:
    path = Path(place).expanduser()
    path.unlink(missing_ok=True)
    code = f"import os\nopen(os.path.expanduser({place!r}), 'w').write('x')\n"
    await attack(shop, code)
    assert not path.exists()


async def test_the_network_is_not_there(shop: Shop) -> None:
    code = (
        "import socket\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except ConnectionRefusedError:\n    pass\n"  # a loopback of its own: nobody listens
        "try:\n    socket.create_connection(('1.1.1.1', 53), 2)\n"
        "except OSError as error:\n    assert 'unreachable' in str(error).lower(), error\n"
        "else:\n    raise SystemExit('the network was reached')\n"
    )
    report = await attack(shop, code)
    assert of(report, "pytest").status == "passed"


async def test_a_daemon_does_not_outlive_the_gate(shop: Shop) -> None:
    await attack(shop, DAEMON, timeout_s=20)
    assert not _running(MARK)


def _processes() -> int:
    return len(list(Path("/proc").glob("[0-9]*")))


def _running(argument: str) -> list[str]:
    """Processes that were started with this argument."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if argument.encode() in said.split(b"\0"):
            found.append(process.name)
    return found
