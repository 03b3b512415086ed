"""An answer of `gatewright sql` as text."""

import csv
import json
import re
import sys
from decimal import Decimal
from io import StringIO
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gatewright.domain.plain import plain
from gatewright.telemetry.query import Answer, json_value

_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|DOUBLE|FLOAT|DECIMAL\(.*\)")


def as_table(answer: Answer) -> str:
    """For people: columns as wide as what is in them, numbers to the right."""
    table = Table(box=None, pad_edge=False)
    for column in answer.columns:
        numeric = _NUMBER.fullmatch(column.type) is not None
        table.add_column(
            escape(plain(column.name)),
            justify="right" if numeric else "left",
            no_wrap=True,
        )
    for row in answer.rows:
        table.add_row(*(escape(plain(_cell(value))) for value in row))
    out = StringIO()
    console = Console(file=out, width=10_000, highlight=False, color_system=None)
    console.print(table)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def as_csv(answer: Answer) -> str:
    """With a head; NULL is an empty field, lists and structs are JSON."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in answer.columns])
    for row in answer.rows:
        writer.writerow(["" if value is None else _text(value) for value in row])
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """One object: columns with their types, rows as objects, whether rows were cut."""
    value = {
        "columns": [column.model_dump() for column in answer.columns],
        "rows": [
            {name: json_value(value) for name, value in row.items()} for row in answer.dicts()
        ],
        "row_count": answer.row_count,
        "truncated": answer.truncated,
        "unreadable": list(answer.unreadable),
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def show(text: str, *, json: bool) -> None:
    """On stdout. A terminal would obey what is in it; a file or a pipe gets it as it is.

    JSON has escaped all that a terminal obeys but what is invisible.
    """
    sys.stdout.write(plain(text) if sys.stdout.isatty() and not json else text)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
