"""Named queries from a `.sql` file."""

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str = "queries.sql") -> dict[str, str]:
    """Every query of a `.sql` file of this package by its name, comments included."""
    text = resources.files("gatewright.storage").joinpath(file).read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))


def migrations() -> list[tuple[int, str]]:
    """Number and text of each migration, in order."""
    folder = resources.files("gatewright.storage").joinpath("migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=str)
    return [(int(file.name.split("_")[0]), file.read_text("utf-8")) for file in files]
