"""What the disk refuses has a name."""

import errno
import sqlite3
from pathlib import Path

import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.tasks.keeping import writable

HOME = Path("/home/eva/gatewright")


@pytest.mark.parametrize(
    "refusal",
    [
        sqlite3.OperationalError("database or disk is full"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
    ],
)
def test_a_full_or_read_only_home_is_a_fault_of_the_machine(refusal: Exception) -> None:
    told = pytest.raises(EnvironmentFault, match=r"'/home/eva/gatewright' cannot be written")
    with told as fault, writable(HOME):
        raise refusal
    assert fault.value.exit_code == 4


def test_the_file_is_named_where_it_is_known() -> None:
    named = OSError(errno.ENOSPC, "No space left on device", "/else/where")
    told = pytest.raises(EnvironmentFault, match=r"'/else/where' cannot be written")
    with told, writable(HOME):
        raise named


def test_what_is_no_refusal_stays_what_it_is() -> None:
    with pytest.raises(BrokenPipeError), writable(HOME):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
