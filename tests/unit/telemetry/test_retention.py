"""Databases become segments when they are old or large, and segments go when they are old."""

import os
import shutil
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry import retention, segments
from gatewright.telemetry.files import take_slot
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.retention import MAX_AGE, Swept
from gatewright.telemetry.segment_files import FOLDER, find, temporary
from tests.unit.telemetry.databases import add, database, events

DAY = timedelta(days=1)


def file(folder: Path) -> Path:
    return folder / "telemetry.duckdb"


def dated(folder: Path, age: timedelta) -> Path:
    """A segment that was published so long ago."""
    day = (datetime.now(UTC) - age).date().isoformat()
    path = folder / FOLDER / "table=events" / f"dt={day}" / f"{uuid.uuid4()}-0-5.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def age(path: Path, how_much: timedelta) -> None:
    at = (datetime.now(UTC) - how_much).timestamp()
    os.utime(path, (at, at))


@pytest.mark.parametrize(
    ("days", "max_bytes", "expected"), [(0.9, 2**40, False), (1.1, 2**40, True), (0.9, 1000, True)]
)
def test_a_database_is_rotated_when_it_is_old_or_large(
    days: float, max_bytes: int, expected: bool, tmp_path: Path
) -> None:
    with database(tmp_path, age=days * DAY) as connection:
        add(connection, 0, 10)
        done = retention.rotate(connection, file(tmp_path), tmp_path, max_bytes=max_bytes)
        assert done is expected
    assert file(tmp_path).exists() is not expected
    assert events(tmp_path) == list(range(10))


def test_a_rotated_database_leaves_one_segment_a_table(tmp_path: Path) -> None:
    with database(tmp_path, age=2 * DAY) as connection:
        origin = segments.origin_of(connection)
        for number in range(3):
            add(connection, number, number + 1)
            segments.publish(connection, tmp_path, origin)
        assert retention.rotate(connection, file(tmp_path), tmp_path)
    assert [(one.table, one.first, one.end) for one in find(tmp_path).segments] == [
        ("events", 0, 3),
        ("schema_version", 0, 1),
    ]
    assert [path.name for path in tmp_path.glob("telemetry*")] == []


def test_a_new_database_after_a_rotated_one_has_a_name_of_its_own(tmp_path: Path) -> None:
    with database(tmp_path, age=2 * DAY) as connection:
        add(connection, 0, 5)
        assert retention.rotate(connection, file(tmp_path), tmp_path)
    with database(tmp_path) as connection:
        add(connection, 5, 10)
        segments.publish(connection, tmp_path, segments.origin_of(connection))
    assert events(tmp_path) == list(range(10))
    file(tmp_path).unlink()
    assert events(tmp_path) == list(range(10))


def test_a_database_that_cannot_be_published_stays_and_stays_open(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with database(tmp_path, age=2 * DAY) as connection:
        add(connection, 0, 5)
        with pytest.raises(OSError, match=FOLDER):
            retention.rotate(connection, file(tmp_path), tmp_path)
        add(connection, 5, 10)
    (tmp_path / FOLDER).unlink()
    assert events(tmp_path) == list(range(10))


def test_a_table_that_is_none_of_ours_keeps_its_database(tmp_path: Path) -> None:
    with database(tmp_path, age=2 * DAY) as connection:
        connection.execute('CREATE TABLE "../mine" (x integer)').fetchall()
        with pytest.raises(OSError, match=r"\.\./mine"):
            retention.rotate(connection, file(tmp_path), tmp_path)
    assert file(tmp_path).exists()


def test_a_database_that_was_set_back_is_rotated_before_it_grows_again(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        origin = segments.origin_of(connection)
        add(connection, 0, 5)
        connection.execute("CHECKPOINT").fetchall()
        old = file(tmp_path).read_bytes()
        add(connection, 5, 10)
        segments.publish(connection, tmp_path, origin)
    file(tmp_path).write_bytes(old)
    with database(tmp_path) as connection:
        assert retention.rotate(connection, file(tmp_path), tmp_path)
    assert events(tmp_path) == list(range(10))


def test_a_segment_is_as_old_as_its_last_row(tmp_path: Path) -> None:
    with database(tmp_path, age=40 * DAY) as connection:
        old = datetime.now(UTC).replace(tzinfo=None) - 30 * DAY
        connection.execute("INSERT INTO events (ts) VALUES (?), (NULL)", [old]).fetchall()
        assert retention.rotate(connection, file(tmp_path), tmp_path)
    (one,) = [one for one in find(tmp_path).segments if one.table == "events"]
    assert one.day == old.date()


@pytest.mark.parametrize(("days", "stays"), [(6, True), (8, False)])
def test_segments_go_after_the_days_of_retention(days: int, stays: bool, tmp_path: Path) -> None:
    path = dated(tmp_path, days * DAY)
    assert retention.sweep(tmp_path, retention_days=7).expired is not stays
    assert path.exists() is stays
    assert path.parent.exists() is stays


def test_nothing_expires_while_somebody_reads(tmp_path: Path) -> None:
    path = dated(tmp_path, 8 * DAY)
    with open_reading(tmp_path):
        assert retention.sweep(tmp_path, retention_days=7).expired == 0
    assert path.exists()


def test_broken_files_that_were_put_aside_go_as_well(tmp_path: Path) -> None:
    old, new = tmp_path / "telemetry.duckdb.corrupt-1", tmp_path / "telemetry.duckdb.corrupt-2"
    for path in (old, new):
        path.touch()
    age(old, 8 * DAY)
    assert retention.sweep(tmp_path, retention_days=7).expired == 1
    assert (old.exists(), new.exists()) == (False, True)


def test_what_a_dead_process_left_unfinished_is_swept(tmp_path: Path) -> None:
    final = dated(tmp_path, timedelta())
    ours = temporary(final)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    theirs = final.with_name(ours.name.replace(str(os.getpid()), str(dead.pid), 1))
    elsewhere = final.with_name(f".{dead.pid}@another.host@{final.name}.tmp")
    for path in (ours, theirs, elsewhere):
        path.touch()
    assert retention.sweep(tmp_path, retention_days=7) == Swept(0, 0, 0, 1)
    assert [path.exists() for path in (ours, theirs, elsewhere)] == [True, False, True]


def test_what_another_machine_left_unfinished_is_swept_after_a_day(tmp_path: Path) -> None:
    final = dated(tmp_path, timedelta())
    elsewhere = final.with_name(f".1@another.host@{final.name}.tmp")
    elsewhere.touch()
    age(elsewhere, 2 * DAY)
    assert retention.sweep(tmp_path, retention_days=7).leftovers == 1
    assert not elsewhere.exists()


def test_a_database_whose_process_is_gone_is_rotated(tmp_path: Path) -> None:
    with database(tmp_path, "telemetry-7", age=3 * DAY) as connection:
        add(connection, 0, 10)
    age(tmp_path / "telemetry-7.duckdb", 2 * MAX_AGE)
    assert retention.sweep(tmp_path, retention_days=7).rotated == 1
    assert list(tmp_path.glob("*.duckdb")) == []
    assert events(tmp_path) == list(range(10))


def test_a_database_whose_process_lives_is_left_alone(tmp_path: Path) -> None:
    with database(tmp_path, age=3 * DAY) as connection:
        add(connection, 0, 10)
    age(file(tmp_path), 2 * MAX_AGE)
    _, slot = take_slot(tmp_path)
    assert retention.sweep(tmp_path, retention_days=7).rotated == 0
    slot.release()
    assert file(tmp_path).exists()


def test_a_broken_database_does_not_keep_the_others_from_being_swept(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_bytes(b"no database" * 1000)
    with database(tmp_path, age=3 * DAY) as connection:
        add(connection, 0, 10)
    for path in tmp_path.glob("*.duckdb"):
        age(path, 2 * MAX_AGE)
    assert retention.sweep(tmp_path, retention_days=7).rotated == 1
    assert [path.name for path in tmp_path.glob("*.duckdb")] == ["a.duckdb"]


@pytest.mark.parametrize("there", [True, False])
def test_sweeping_nothing(there: bool, tmp_path: Path) -> None:
    folder = tmp_path / "telemetry"
    if there:
        folder.mkdir()
    assert retention.sweep(folder, retention_days=7) == Swept(0, 0, 0, 0)
    assert folder.exists() is there


def test_two_machines_segments_are_kept_apart_by_the_sweep(tmp_path: Path) -> None:
    """Ranges of one database say nothing about another's."""
    for name in ("here", "there"):
        with database(tmp_path / name) as connection:
            add(connection, 0, 10 if name == "here" else 5)
            segments.publish(connection, tmp_path, segments.origin_of(connection))
    shutil.rmtree(tmp_path / "here")
    assert retention.sweep(tmp_path, retention_days=7).merged == 0
    assert len(events(tmp_path)) == 15


def test_a_version_one_database_is_rotated_with_all_it_has(tmp_path: Path) -> None:
    with duckdb.connect(file(tmp_path)) as connection:
        connection.execute("CREATE TABLE schema_version (version integer, applied_at timestamp)")
        connection.execute("INSERT INTO schema_version VALUES (1, '2026-01-01')").fetchall()
        connection.execute("CREATE TABLE events (name varchar)").fetchall()
        connection.execute("CREATE TABLE later (x integer)").fetchall()
        connection.execute("INSERT INTO later VALUES (1)").fetchall()
        connection.execute("INSERT INTO events VALUES ('3')").fetchall()
        assert retention.rotate(connection, file(tmp_path), tmp_path)
    assert events(tmp_path) == [3]
    assert {one.table for one in find(tmp_path).segments} == {"events", "later", "schema_version"}
