"""What the tests of readers have in common: segments, readings, and other processes."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from gatewright.telemetry import segments
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.segment_files import FOLDER, find
from tests.unit.telemetry.databases import add


def publish(folder: Path, first: int, end: int) -> Path:
    """Events whose database is elsewhere; the segment's file."""
    before = {one.path for one in find(folder).segments}
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE events (trace_id varchar, name varchar)").fetchall()
        add(connection, first, end)
        segments.publish(connection, folder, uuid.uuid4())
    (made,) = {one.path for one in find(folder).segments} - before
    return made


def place(folder: Path, rows: int, table: str = "events") -> Path:
    """Where a segment of so many rows would be."""
    path = folder / FOLDER / f"table={table}" / "dt=2026-11-21" / f"{uuid.uuid4()}-0-{rows}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def read(folder: Path) -> tuple[list[int], list[str]]:
    """The events, and the files that are no part of it."""
    with open_reading(folder) as reading:
        found = sorted(int(row["name"]) for row in reading.sql("SELECT name FROM events"))
        return found, [said.split(":")[0] for said in reading.unreadable]


@contextmanager
def child(program: str, *values: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, *map(str, values)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
