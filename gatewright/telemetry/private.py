"""What may be known of rows, but not kept: private values, and text that could not be redacted."""

from collections.abc import Callable
from typing import Any

from gatewright.telemetry.queue import Drafted, Losses, Row

Prepare = Callable[[list[Row]], list[Row]]
"""Makes rows ready to be kept, in the writer's thread: what they hold besides may be private.

It must be able to take the same rows twice, and may return more than it got.
"""

FREE_TEXT = frozenset(
    {
        *("attributes", "completion", "evidence", "excluded", "prompt", "reason", "violations"),
        *("refused", "request"),
    }
)
"""Columns that can hold what somebody said; of a row that cannot be redacted they stay empty."""


def built(rows: list[Row | Drafted], losses: Losses) -> list[Row]:
    """Rows with their values; one that cannot be built is lost."""
    found = []
    for row in rows:
        if isinstance(row, Row):
            found.append(row)
            continue
        try:
            found.append(Row(row.table, row.draft.row()))
        except Exception as error:  # noqa: BLE001  its loss; the others are written
            losses.lose([row])
            losses.error(f"{row.table}: {type(error).__name__}")
    return found


def prepared(
    rows: list[Row], prepare: Prepare | None, losses: Losses, *, careful: bool = False
) -> list[Row]:
    """Rows without anything private.

    When `prepare` refuses, it is asked for each row alone; one that it refuses then is kept
    without what it should have looked at. `careful`: it may be what ended this thread before, and
    must not end it again.
    """
    if prepare is None:
        return _public(rows)
    try:
        return _public(prepare(rows))
    except BaseException as error:  # somebody's redaction; rows are worth more
        if not careful and not isinstance(error, Exception):
            raise
        if len(rows) > 1:
            alone = (prepared([row], prepare, losses, careful=careful) for row in rows)
            return [row for kept in alone for row in kept]
        losses.error(f"prepare: {type(error).__name__}")
    return [_bare(row) for row in _public(rows)]


_PUBLIC: set[tuple[str, ...]] = set()
"""Sets of names without a private one: rows of a table have few different ones."""


def _public(rows: list[Row]) -> list[Row]:
    return [row if tuple(row.values) in _PUBLIC else _without_private(row) for row in rows]


def _without_private(row: Row) -> Row:
    kept = {name: value for name, value in row.values.items() if not str(name).startswith("_")}
    if len(kept) < len(row.values):
        return Row(row.table, kept)
    if len(_PUBLIC) < 1_000:
        _PUBLIC.add(tuple(kept))
    return row


def _bare(row: Row) -> Row:
    values: dict[str, Any] = {k: v for k, v in row.values.items() if k not in FREE_TEXT}
    return Row(row.table, values)
