"""Which statements may be asked."""

import re
from typing import TYPE_CHECKING

from gatewright.domain.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

ALLOWED = "SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"

_SPACE = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
_EXPLAIN = re.compile(
    rf"{_SPACE}EXPLAIN\b{_SPACE}(?:ANALYZE\b{_SPACE})?(?P<options>\([^()]*\){_SPACE})?",
    re.IGNORECASE | re.DOTALL,
)


def check_statement(connection: "DuckDBPyConnection", sql: str) -> None:
    """Let one reading statement pass. Raises: InputError; duckdb.Error for what is no SQL."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        problem = "is empty" if not statements else f"has {len(statements)} statements"
        raise InputError("query", sql, problem, f"Write one {ALLOWED}.")
    kind = _kind(statements[0])
    if kind == "EXPLAIN":
        # EXPLAIN ANALYZE runs what it explains, a COPY as well.
        kind = _explained(connection, statements[0].query)
    if kind != "SELECT":
        raise InputError(
            "query", sql, f"{kind} is not allowed", f"Telemetry is read only: write a {ALLOWED}."
        )


def _explained(connection: "DuckDBPyConnection", sql: str) -> str:
    """The kind of what is explained. `EXPLAIN (SELECT 1)` has no options, but looks as if."""
    match = _EXPLAIN.match(sql)
    if match is None:
        return "EXPLAIN of something"
    rest = sql[match.end() :]
    if not rest.strip().strip(";") and match["options"]:
        rest = match["options"]
    inner = connection.extract_statements(rest)
    return _kind(inner[0]) if len(inner) == 1 else "EXPLAIN of something"


def _kind(statement: "Statement") -> str:
    try:
        return str(statement.type.name)
    except ValueError:  # a kind that Python's enumeration lacks: CONNECT
        return "this kind of statement"
