"""The `.sql` files of this room: the schema, and queries by name."""

import re
from functools import cache
from importlib import resources

from gatewright.telemetry.semconv import view_sql

SCHEMA_VERSION = 4
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)", re.MULTILINE)


@cache
def schema() -> str:
    """The statements that make all tables where they are not there yet."""
    return _read("schema.sql")


@cache
def tables() -> tuple[str, ...]:
    """The names of all tables."""
    return tuple(_TABLE.findall(schema()))


@cache
def queries() -> dict[str, str]:
    """Every query of `queries.sql` by its name, comments included."""
    parts = _NAME.split(_read("queries.sql"))[1:]
    bodies = (body.strip().removesuffix(";") for body in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))


def views() -> dict[str, str]:
    """The queries that are views (`v_...`), one row a key; and OpenTelemetry's names for ours."""
    found = {name: body for name, body in queries().items() if name.startswith("v_")}
    return {**found, "v_semconv_map": view_sql()}


def _read(name: str) -> str:
    return resources.files("gatewright.telemetry").joinpath(name).read_text("utf-8")
