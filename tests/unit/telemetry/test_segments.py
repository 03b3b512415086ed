"""Parquet segments: every row once, whatever crashed, in the types that it was written in."""

import json
import os
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.errors import InputError
from gatewright.telemetry import segments
from gatewright.telemetry.parquet import copy_to
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.segment_files import Segment, find, gaps, needless, temporary
from gatewright.telemetry.sql import tables
from tests.unit.telemetry.databases import add, database, events


def example(kind: str, number: int) -> Any:
    """A value of a column's type, near its limits."""
    values: dict[str, Any] = {
        "VARCHAR": f"it's {number} \x00 é\n",
        "VARCHAR[]": ["a", "", f"b'{number}"],
        "UUID": uuid.UUID(int=2**127 + number),
        "JSON": json.dumps({"n": number, "list": [1, None, "é"]}),
        "TIMESTAMP": datetime(2026, 11, 21, 23, 59, 59, 999_999),
        "DECIMAL(18,9)": Decimal("123456789.000000001") + number,
        "DOUBLE": 0.1 + number,
        "BOOLEAN": number % 2 == 0,
        "UBIGINT": 2**64 - 1 - number,
        "BIGINT": -(2**63) + number,
        "INTEGER": 2**31 - 1 - number,
        "SMALLINT": -(2**15) + number,
    }
    return values[kind]


@pytest.mark.parametrize("table", tables())
def test_every_table_comes_back_as_it_was(table: str, tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]
        ).fetchall()
        marks = ", ".join("?" for _ in columns)
        for number in range(2):
            row = [example(kind, number) for _, kind in columns]
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", row).fetchall()
        empty: list[Any] = [None] * len(columns)
        if columns[0][0] == "trace_id":
            empty[0] = "no more"
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", empty).fetchall()
        written = connection.execute(f"FROM {table} ORDER BY ALL").fetchall()
        segments.publish(connection, tmp_path, segments.origin_of(connection))
    (tmp_path / "telemetry.duckdb").unlink()
    with open_reading(tmp_path) as reading:
        described = reading.connection.execute(f"DESCRIBE {table}").fetchall()
        assert [tuple(column[:2]) for column in described] == columns
        assert reading.connection.execute(f"FROM {table} ORDER BY ALL").fetchall() == written


def test_rows_are_published_once(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 10)
        published = [segments.publish(connection, tmp_path, origin) for _ in range(2)]
        add(connection, 10, 15)
        published.append(segments.publish(connection, tmp_path, origin, final=True))
    assert published == [11, 0, 5]
    assert [(one.table, one.first, one.end) for one in find(tmp_path).segments] == [
        ("events", 0, 10),
        ("events", 10, 15),
        ("schema_version", 0, 1),
    ]


def test_rows_of_an_open_database_and_its_segments_stand_once(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 10)
        segments.publish(connection, tmp_path, segments.origin_of(connection))
        add(connection, 10, 15)
    assert events(tmp_path) == list(range(15))


def test_a_refused_batch_leaves_no_gap_in_the_row_numbers(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 10)
        connection.begin()
        add(connection, 100, 5_000)
        connection.rollback()
        add(connection, 10, 20)
        segments.publish(connection, tmp_path, origin)
    with database(tmp_path) as connection:
        assert segments.origin_of(connection) == origin
        add(connection, 20, 30)
        segments.publish(connection, tmp_path, origin)
    (tmp_path / "telemetry.duckdb").unlink()
    assert events(tmp_path) == list(range(30))


def test_pieces_are_merged_before_they_are_many(tmp_path: Path) -> None:
    many = segments.MOST_PIECES + 2
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        for number in range(many):
            add(connection, number, number + 1)
            segments.publish(connection, tmp_path, origin)
    (tmp_path / "telemetry.duckdb").unlink()
    assert len([one for one in find(tmp_path).segments if one.table == "events"]) == 2
    assert events(tmp_path) == list(range(many))


def test_merged_pieces_stay_while_somebody_reads_and_count_once(tmp_path: Path) -> None:
    with database(tmp_path / "far") as connection:
        origin = segments.origin_of(connection)
        for number in range(3):
            add(connection, number, number + 1)
            segments.publish(connection, tmp_path, origin)
        with open_reading(tmp_path) as reading:
            segments.publish_whole(connection, tmp_path, origin)
            assert segments.remove_needless(tmp_path) == 0
            assert len(reading.sql("FROM events")) == 3
    assert events(tmp_path) == [0, 1, 2]
    assert segments.remove_needless(tmp_path) == 3
    assert events(tmp_path) == [0, 1, 2]


def test_where_a_merged_segment_is_torn_its_pieces_count(tmp_path: Path) -> None:
    with database(tmp_path / "far") as connection:
        origin = segments.origin_of(connection)
        for number in range(3):
            add(connection, number, number + 1)
            segments.publish(connection, tmp_path, origin)
        segments.publish_whole(connection, tmp_path, origin)
    whole = max(find(tmp_path).segments, key=lambda one: one.end - one.first).path
    whole.write_bytes(whole.read_bytes()[:-3])
    with open_reading(tmp_path) as reading:
        assert len(reading.sql("FROM events")) == 3
        assert [said.split(":")[0] for said in reading.unreadable] == [whole.name]


def test_a_database_from_before_its_last_rows_does_not_take_their_segments_away(
    tmp_path: Path,
) -> None:
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 5)
        connection.execute("CHECKPOINT").fetchall()
        old = (tmp_path / "telemetry.duckdb").read_bytes()
        add(connection, 5, 10)
        segments.publish(connection, tmp_path, origin)
    (tmp_path / "telemetry.duckdb").write_bytes(old)
    with database(tmp_path) as connection:
        assert segments.is_set_back(connection, tmp_path, origin)
        segments.publish_whole(connection, tmp_path, origin)
    (tmp_path / "telemetry.duckdb").unlink()
    assert events(tmp_path) == list(range(10))


def test_a_failing_rename_publishes_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 10)
        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", refuse)
            with pytest.raises(OSError, match="No space"):
                segments.publish(connection, tmp_path, origin)
        assert [path for path in (tmp_path / "segments").rglob("*") if path.is_file()] == []
        assert segments.publish(connection, tmp_path, origin) == 11
    assert events(tmp_path) == list(range(10))


DYING = """
import os, signal, sys
from pathlib import Path
import duckdb
from gatewright.telemetry import retention, segments

folder, step, call = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
real, calls = getattr(os, step), 0

def dying(*args, **kwargs):
    global calls
    calls += 1
    if calls == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)

path = folder / "telemetry.duckdb"
connection = duckdb.connect(path)
origin = segments.origin_of(connection)
setattr(os, step, dying)
segments.publish(connection, folder, origin)
assert retention.rotate(connection, path, folder, max_bytes=0)
print("survived")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "call"),
    [*((step, call) for step in ("replace", "unlink") for call in (1, 2, 3)), ("fsync", 1)],
)
def test_killed_between_any_two_steps(step: str, call: int, tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 10)
        segments.publish(connection, tmp_path, origin)
        add(connection, 10, 20)
        connection.execute("INSERT INTO node_runs (trace_id) VALUES ('x')").fetchall()
    command = [sys.executable, "-c", DYING, str(tmp_path), step, str(call)]
    died = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, ""), died.stderr
    assert events(tmp_path) == list(range(20))
    path = tmp_path / "telemetry.duckdb"
    with database(tmp_path) as connection:
        segments.publish(connection, tmp_path, segments.origin_of(connection))
    assert events(tmp_path) == list(range(20))
    path.unlink()
    assert events(tmp_path) == list(range(20))


PUBLISHING = """
import sys
from pathlib import Path
import duckdb
from gatewright.telemetry import segments

folder, name = Path(sys.argv[1]), sys.argv[2]
with duckdb.connect(folder / f"{name}.duckdb") as connection:
    origin = segments.origin_of(connection)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(34):
        connection.execute("INSERT INTO events (name) VALUES (?)", [str(number)]).fetchall()
        segments.publish(connection, folder, origin)
"""


@pytest.mark.slow
def test_two_processes_publish_at_the_same_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with database(tmp_path, name):
            pass
    command = [sys.executable, "-c", PUBLISHING, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        process.communicate(b"go\n", timeout=60)
        assert process.returncode == 0
    for name in ("one", "two"):
        (tmp_path / f"{name}.duckdb").unlink()
    assert events(tmp_path) == sorted([*range(34), *range(34)])


def test_tables_are_counted_exactly_whatever_became_of_their_last_rows(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 3)
        before = segments.counts(connection)
        connection.begin()
        connection.execute("INSERT INTO gate_checks (gate) VALUES ('x')").fetchall()
        add(connection, 3, 5)
        connection.rollback()
        assert segments.counts(connection) == before
    assert (before["events"], before["gate_checks"]) == (3, 0)


def test_rows_of_a_wrong_number_are_not_published_under_a_name_that_lies(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 3)
        with pytest.raises(OSError, match="would hold 3 rows"):
            copy_to(connection, "FROM events", tmp_path / "x.parquet", rows=4)
    assert [path.name for path in tmp_path.iterdir()] == ["telemetry.duckdb"]


@pytest.mark.slow
def test_large_contents_are_published_within_the_writers_memory(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        connection.execute("SET memory_limit = '96MB'").fetchall()
        for _ in range(20):
            connection.execute(
                "INSERT INTO llm_contents (completion) SELECT repeat(md5(i::varchar), 8192)"
                " FROM range(20) t(i)"
            ).fetchall()
        rows = segments.publish(connection, tmp_path, segments.origin_of(connection))
    assert rows == 401


def test_export_is_one_file_a_table(tmp_path: Path) -> None:
    folder, target = tmp_path / "telemetry", tmp_path / "out"
    with database(folder) as connection:
        add(connection, 0, 10)
        segments.publish(connection, folder, segments.origin_of(connection))
        add(connection, 10, 15)
    assert segments.export(folder, target) == 16
    assert sorted(path.name for path in target.iterdir()) == sorted(
        f"{table}.parquet" for table in tables()
    )
    read = duckdb.read_parquet(str(target / "events.parquet")).order("name::int").fetchall()
    assert [row[4] for row in read] == [str(number) for number in range(15)]


def test_export_of_some(tmp_path: Path) -> None:
    folder = tmp_path / "telemetry"
    with database(folder) as connection:
        add(connection, 0, 10)
    assert segments.export(folder, tmp_path / "out", tables=["v_events", "runs"]) == 10
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "v_events.parquet",
        "runs.parquet",
    }


def test_export_names_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="v_nothing"):
        segments.export(tmp_path, tmp_path / "out", tables=["v_nothing"])
    assert not (tmp_path / "out").exists()


ranges = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: (pair[0], sum(pair)))
)


@given(ranges, st.integers(0, 40))
def test_gaps_and_ranges_are_everything(found: list[tuple[int, int]], end: int) -> None:
    had = {number for first, last in found for number in range(first, last)}
    missing = [number for first, last in gaps(found, end) for number in range(first, last)]
    assert missing == sorted(set(range(end)) - had)


@given(ranges)
def test_without_needless_segments_the_same_rows_are_there(found: list[tuple[int, int]]) -> None:
    origin, day = uuid.uuid4(), datetime.now(UTC).date()
    all_of_them = [
        Segment(Path(f"{number}"), "events", day, origin, first, end)
        for number, (first, end) in enumerate(found)
    ]
    doubled = needless(all_of_them)
    left = [one for one in all_of_them if one not in doubled]

    def covers(some: list[Segment]) -> set[int]:
        return {number for one in some for number in range(one.first, one.end)}

    assert covers(left) == covers(all_of_them)
    assert not [
        one
        for one in left
        for other in left
        if one is not other and other.first <= one.first and one.end <= other.end
    ]


def test_a_temporary_name_is_hidden(tmp_path: Path) -> None:
    assert temporary(tmp_path / "x.parquet").name.startswith(".")
