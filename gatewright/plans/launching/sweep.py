"""Kill what was left of attempts whose engine and whose helpers are dead, by their tokens.

What has taken the token out of its environment is found below one that has not, or in the control
group of a dead helper.
"""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

from gatewright.plans.launching import groups, tree
from gatewright.plans.launching.spawning import TOKEN

_ROUNDS = 100
_ROUND_S = 0.02
_CLOCK_S = 2.0
"""How far the clock may have been set back since; and `/proc` counts in hundredths."""


def sweep(token_prefix: str, *, not_before: str | None = None) -> int:
    """Kill processes whose token begins so, with all below them; returns how many. Blocks.

    `not_before`, as `StepAttempt.started_at`: an older process is not the attempt's, whatever its
    environment says. Returns when they are gone, or cannot be killed. Raises: ValueError for an
    empty prefix, which would be everybody's, and for a time that is not in ISO 8601.
    """
    if not token_prefix:
        raise ValueError("token_prefix is empty: give an attempt's token")
    earliest = None if not_before is None else datetime.fromisoformat(not_before).timestamp()
    mark = f"{TOKEN}={token_prefix}".encode()
    killed: set[int] = set()
    base = groups.find()
    if base is not None:
        groups.tidy(base)
    for _ in range(_ROUNDS):
        found = _carriers(mark, earliest)
        if not found and not any(map(_is_alive, killed)):
            break
        tree.send(found, signal.SIGSTOP)
        below = {pid for carrier in found for pid in tree.descendants(carrier)}
        tree.send({*found, *below}, signal.SIGKILL)
        killed |= {*found, *below}
        time.sleep(_ROUND_S)
    return len(killed)


def _carriers(mark: bytes, earliest: float | None) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        # A zombie's environment reads as empty: it is not alive, and somebody else's to collect.
        if not any(variable.startswith(mark) for variable in environment.split(b"\0")):
            continue
        if earliest is None or _born(entry) >= earliest - _CLOCK_S:
            found.append(int(entry.name))
    return found


def _is_alive(pid: int) -> bool:
    """One without the token is not seen by it; killed, it takes its time on a busy machine."""
    return _stat(Path("/proc", str(pid)))[:1] not in ([], ["Z"], ["X"])


def _born(entry: Path) -> float:
    """Seconds since the epoch; 0 for one that is gone."""
    fields = _stat(entry)
    if not fields:
        return 0.0
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def _stat(entry: Path) -> list[str]:
    """What follows the name: the state, the parent, ...; empty for one that is gone."""
    try:
        return (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
