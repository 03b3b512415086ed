"""Who is at work: the name under which the ledger keeps what a person or a process did."""

import getpass
import socket
from functools import cache


@cache
def who() -> str:
    """`user@host`. Blocks for a moment the first time."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
