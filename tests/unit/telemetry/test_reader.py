"""Reading a folder: everything that was written before, once, whoever is still writing."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry import segments
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.segment_files import FOLDER
from tests.unit.telemetry.databases import add, database, events
from tests.unit.telemetry.reading import place, publish, read


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_files_reads_as_empty_tables(exists: bool, tmp_path: Path) -> None:
    folder = tmp_path / "telemetry"
    if exists:
        folder.mkdir()
    with open_reading(folder) as reading:
        assert reading.sql("FROM v_runs") == []
    assert folder.exists() is exists


def test_segments_of_another_machine_are_joined(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, first in ((here, 0), (there, 10)):
        with database(folder) as connection:
            add(connection, first, first + 10)
            segments.publish(connection, folder, segments.origin_of(connection))
    shutil.copytree(there / FOLDER, here / FOLDER, dirs_exist_ok=True)
    assert events(here) == list(range(20))


def test_views_are_over_all_files(tmp_path: Path) -> None:
    run = "INSERT INTO runs (trace_id, status, ended_at) VALUES ('t', ?, ?)"
    for folder, name in ((tmp_path / "far", "telemetry"), (tmp_path, "telemetry")):
        with database(folder, name) as connection:
            ended = None if folder == tmp_path else "2026-11-21 12:00:00"
            connection.execute(run, ["ok" if ended else "running", ended]).fetchall()
            segments.publish(connection, tmp_path, segments.origin_of(connection))
    with open_reading(tmp_path) as reading:
        assert reading.sql("SELECT status FROM v_runs") == [{"status": "ok"}]


def test_our_names_in_opentelemetrys_are_a_view(tmp_path: Path) -> None:
    with open_reading(tmp_path) as reading:
        names = {row["otel_name"] for row in reading.sql("FROM v_semconv_map")}
    assert "gen_ai.usage.input_tokens" in names


@pytest.mark.parametrize("kept", [0, 3, 11, -1, -4, -200])
def test_a_torn_segment_is_named_and_the_others_are_read(kept: int, tmp_path: Path) -> None:
    publish(tmp_path, 0, 5)
    torn = publish(tmp_path, 5, 10)
    torn.write_bytes(torn.read_bytes()[:kept])
    assert read(tmp_path) == (list(range(5)), [torn.name])


def test_a_segment_with_a_scrambled_footer_is_named(tmp_path: Path) -> None:
    publish(tmp_path, 0, 5)
    bad = publish(tmp_path, 5, 10)
    bad.write_bytes(b"PAR1" + b"\xff" * 100 + (80).to_bytes(4, "little") + b"PAR1")
    publish(tmp_path, 10, 15)
    assert read(tmp_path) == ([*range(5), *range(10, 15)], [bad.name])


def test_a_segment_that_does_not_hold_what_its_name_says_is_named(tmp_path: Path) -> None:
    made = publish(tmp_path, 0, 5)
    lying = made.rename(made.with_name(made.name.replace("-0-5.", "-0-6.")))
    assert read(tmp_path) == ([], [lying.name])


@pytest.mark.parametrize("name", ["notes.txt", "events.parquet", "0-1.parquet"])
def test_a_foreign_file_among_the_segments_is_named(name: str, tmp_path: Path) -> None:
    publish(tmp_path, 0, 5)
    for folder in (tmp_path / FOLDER, tmp_path / FOLDER / "table=events" / "dt=2026-11-21"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("what is this?")
    assert read(tmp_path) == (list(range(5)), [name, name])


def test_hidden_files_among_the_segments_are_passed_over(tmp_path: Path) -> None:
    made = publish(tmp_path, 0, 5)
    made.with_name(f".1@elsewhere@{made.name}.tmp").write_bytes(b"PAR1 half")
    assert read(tmp_path) == (list(range(5)), [])


def test_segments_of_other_versions_have_our_columns(tmp_path: Path) -> None:
    publish(tmp_path, 0, 1)
    newer = place(tmp_path, 1)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 7 AS name, 'x' AS trace_id, {'a': [1]} AS list, 'new' AS mood)"
            f" TO '{newer}' (FORMAT parquet)"
        ).fetchall()
    with open_reading(tmp_path) as reading:
        assert reading.unreadable == ()
        found = reading.sql("SELECT * FROM events ORDER BY name")
    ours = ["trace_id", "run_id", "node", "ts", "name", "category", "severity", "attributes"]
    assert found == [dict.fromkeys(ours) | {"trace_id": "x", "name": name} for name in ("0", "7")]


def test_a_column_of_a_type_that_cannot_be_ours_is_null(tmp_path: Path) -> None:
    strange = place(tmp_path, 1, "node_runs")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 'x' AS trace_id, 'no' AS run_id, 'soon' AS started_at, 3 AS step,"
            f" [1, 2] AS duration_ms) TO '{strange}' (FORMAT parquet)"
        ).fetchall()
    publish(tmp_path, 0, 5)
    with open_reading(tmp_path) as reading:
        found = reading.sql("SELECT run_id, started_at, step FROM node_runs")
        refused = [strange.name in said for said in reading.unreadable]
        assert len(reading.sql("FROM events")) == 5
    assert found in ([], [{"run_id": None, "started_at": None, "step": 3}])
    assert refused == [True] * (not found)


@pytest.mark.parametrize("name", ["it's", "a[bc]d", "w*t", 'q"q', "d=1 %20"])
def test_any_folder_name_will_do(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name / "telemetry"
    with database(folder) as connection:
        add(connection, 0, 5)
        segments.publish(connection, folder, segments.origin_of(connection))
    (folder / "telemetry.duckdb").unlink()
    with database(folder) as connection:
        add(connection, 5, 10)
    assert events(folder) == list(range(10))
    assert segments.export(folder, folder / "out") == 12


def test_a_pipe_among_the_segments_is_named_and_not_waited_for(tmp_path: Path) -> None:
    pipe = place(tmp_path, 5)
    os.mkfifo(pipe)
    assert read(tmp_path) == ([], [pipe.name])


def test_a_database_of_another_version_has_our_columns(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "telemetry.duckdb") as connection:
        connection.execute("CREATE TABLE events (mood varchar, name varchar)").fetchall()
        connection.execute("CREATE TABLE moods (mood varchar)").fetchall()
        connection.execute("INSERT INTO events VALUES ('new', '3')").fetchall()
    with open_reading(tmp_path) as reading:
        (row,) = reading.sql("FROM events")
    assert row == dict.fromkeys(row) | {"name": "3"}
    assert "mood" not in row


def test_a_copy_of_a_database_beside_it_is_named_and_not_read(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 5)
        segments.origin_of(connection)
    shutil.copy(tmp_path / "telemetry.duckdb", tmp_path / "telemetry copy.duckdb")
    assert read(tmp_path) == (list(range(5)), ["telemetry copy.duckdb"])
