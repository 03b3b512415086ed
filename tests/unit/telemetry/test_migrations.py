"""Files of other versions of the schema."""

from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry.decisions import outcome_row, read_decisions, read_outcomes
from gatewright.telemetry.migrations import migrate, version
from gatewright.telemetry.report import report
from gatewright.telemetry.sidecar import Sidecar
from gatewright.telemetry.sql import SCHEMA_VERSION, schema, views
from tests.unit.telemetry.graphs import chain, invoke, rows
from tests.unit.telemetry.verdicts import outcome


def left_by(version: int, folder: Path) -> Path:
    """A folder as an older version left it."""
    folder.mkdir()
    script = Path(__file__).with_name(f"version_{version}.sql")
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        connection.execute(script.read_text("utf-8")).fetchall()
    return folder


@pytest.fixture
def old(folder: Path) -> Path:
    return left_by(1, folder)


@pytest.fixture
def second(folder: Path) -> Path:
    return left_by(2, folder)


def columns(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    return set(
        connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()"
            " JOIN duckdb_tables() USING (database_name, table_name)"
            " WHERE NOT duckdb_columns.internal"
        ).fetchall()
    )


@pytest.mark.parametrize("number", range(1, SCHEMA_VERSION))
def test_a_file_of_any_version_gets_every_table_and_column(folder, number):
    left = left_by(number, folder) / "telemetry.duckdb"
    with duckdb.connect() as connection, duckdb.connect(left) as migrated:
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


def test_decisions_of_version_2_stand_once_each_without_what_it_did_not_know(second):
    found = rows(second, "routing_decisions", "decided_at", "stage", "decision_id", "is_last")
    assert [(stage, name, last) for _, stage, name, last in sorted(found)] == [
        (0, None, True),
        (1, None, True),
    ]
    [run] = report(second, "t1").runs
    assert (run.best_usd, run.best_once_usd) == (None, None)
    assert read_decisions(second) == ()


def test_a_file_of_version_2_takes_verdicts(second):
    with Sidecar(second) as sidecar:
        sidecar.record("routing_outcomes", outcome_row(outcome()))
        assert sidecar.flush()
        assert sidecar.losses.gone() == 0
    assert [file.name for file in second.glob("*.duckdb*")] == ["telemetry.duckdb"]
    assert read_outcomes(second) == (outcome(),)


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
