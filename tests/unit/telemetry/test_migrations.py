"""Files of other versions of the schema."""

from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry.migrations import migrate, version
from gatewright.telemetry.sidecar import Sidecar
from gatewright.telemetry.sql import SCHEMA_VERSION, schema, views
from tests.unit.telemetry.graphs import chain, invoke, rows

VERSION_1 = Path(__file__).with_name("version_1.sql")


@pytest.fixture
def old(folder: Path) -> Path:
    """A folder as version 1 left it."""
    folder.mkdir()
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        connection.execute(VERSION_1.read_text("utf-8")).fetchall()
    return folder


def columns(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    return set(
        connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " JOIN duckdb_tables() USING (database_name, table_name)"
            " WHERE NOT duckdb_columns.internal"
        ).fetchall()
    )


def test_a_file_of_version_1_gets_every_table_and_column(old):
    with duckdb.connect() as connection, duckdb.connect(old / "telemetry.duckdb") as migrated:
        connection.execute(schema()).fetchall()
        migrate(migrated)
        assert columns(migrated) == columns(connection)
        assert version(migrated) == SCHEMA_VERSION


def test_its_views_can_be_read_and_its_rows_are_there(old):
    with duckdb.connect(old / "telemetry.duckdb") as connection:
        migrate(connection)
        for name in views():
            connection.execute(f"FROM {name}").fetchall()
        found = connection.execute("SELECT trace_id, task_id, sample_count FROM v_runs").fetchall()
    assert found == [("aaaa", "t1", None)]


def test_migrating_twice_changes_nothing(old):
    with duckdb.connect(old / "telemetry.duckdb") as connection:
        migrate(connection)
        migrate(connection)
        versions = connection.execute("SELECT version FROM schema_version ORDER BY 1").fetchall()
    assert versions == [(1,), (SCHEMA_VERSION,)]


def test_a_run_goes_on_in_an_old_file(old):
    with Sidecar(old) as sidecar:
        invoke(sidecar, chain("new"))
        sidecar.record("events", {"name": "only version 2 has this table"})
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
    assert rows(old, "node_runs", "node") == ["plan", "new"]
    assert rows(old, "gate_checks", "gate") == ["pytest"]
    assert len(rows(old, "events")) == 1
    assert [file.name for file in old.glob("*.duckdb*")] == ["telemetry.duckdb"]


def test_a_migration_that_crashed_half_way_is_done_again(old):
    with duckdb.connect(old / "telemetry.duckdb") as connection:
        # As if its transaction had been two: some columns are there, the version is not.
        connection.execute("ALTER TABLE runs ADD COLUMN sample_count integer").fetchall()
        migrate(connection)
        names = {column for table, column, _ in columns(connection) if table == "runs"}
    assert {"sample_count", "violations", "cpu_pct_avg"} <= names


def test_a_newer_file_is_written_as_far_as_its_columns_go(folder):
    folder.mkdir()
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        migrate(connection)
        later = (
            "ALTER TABLE gate_checks ADD COLUMN colour varchar;"
            "ALTER TABLE gate_checks DROP COLUMN findings;"
            "CREATE OR REPLACE VIEW v_gate_checks AS SELECT gate, colour FROM gate_checks;"
            f"INSERT INTO schema_version VALUES ({SCHEMA_VERSION + 1}, now()::timestamp)"
        )
        connection.execute(later).fetchall()
    with Sidecar(folder) as sidecar:
        sidecar.record("gate_checks", {"gate": "pytest", "findings": 3})
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
        assert sidecar.losses.errors == {"unknown column: gate_checks.findings": 1}
    with duckdb.connect(folder / "telemetry.duckdb", read_only=True) as connection:
        # The later version's own view: it was not replaced by ours.
        assert connection.execute("FROM v_gate_checks").fetchall() == [("pytest", None)]
