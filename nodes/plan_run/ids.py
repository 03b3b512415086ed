"""The names of runs, which are names of folders, too."""

import re
import secrets
from datetime import UTC, datetime

from gatewright.domain.errors import InputError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def new_run_id() -> str:
    """Sorts by time: `20260131-174502-3fa9c1`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def check_run_id(run_id: str) -> str:
    """Raises: InputError for what is no plain name."""
    if not _ID.fullmatch(run_id):
        raise InputError(
            "run_id", run_id, "is no name of a run", "Letters, digits, `-` and `_`; at most 80."
        )
    return run_id
