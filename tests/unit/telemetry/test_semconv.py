"""Every mapped column is there, and has one name outside."""

from collections import Counter

import duckdb
import pytest

from gatewright.telemetry.otlp import TABLES
from gatewright.telemetry.semconv import MAPPING, mapped, view_sql
from gatewright.telemetry.sql import schema


@pytest.fixture(scope="module")
def columns() -> dict[tuple[str, str], str]:
    """Types by table and column, as the schema makes them."""
    with duckdb.connect() as connection:
        connection.execute(schema()).fetchall()
        found = connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    return {(table, column): kind for table, column, kind in found}


def test_every_mapped_column_is_in_the_schema(columns: dict[tuple[str, str], str]) -> None:
    assert [m for m in MAPPING if (m.table, m.column) not in columns] == []


def test_numbers_have_units_and_texts_have_none(columns: dict[tuple[str, str], str]) -> None:
    texts = ("VARCHAR", "BOOLEAN", "VARCHAR[]", "JSON")
    assert [m for m in MAPPING if (columns[m.table, m.column] in texts) == bool(m.unit)] == []


def test_percent_and_milliseconds_are_converted() -> None:
    wrong = [m for m in MAPPING if m.column.endswith("_ms") and (m.unit, m.factor) != ("s", 0.001)]
    wrong += [m for m in MAPPING if "_pct" in m.column and (m.unit, m.factor) != ("1", 0.01)]
    assert wrong == []


def test_only_exported_tables_are_mapped() -> None:
    assert {m.table for m in MAPPING} == TABLES


def test_a_table_uses_a_name_once_but_for_directions() -> None:
    names = Counter((m.table, m.otel_name) for m in MAPPING)
    twice = {name for (_, name), count in names.items() if count > 1}
    assert twice == {"system.disk.io"}


def test_the_view_holds_the_mapping() -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW v_semconv_map AS {view_sql()}").fetchall()
        found = connection.execute("SELECT * FROM v_semconv_map").fetchall()
        names = [c[0] for c in connection.execute("DESCRIBE v_semconv_map").fetchall()]
    assert found == [tuple(m) for m in MAPPING]
    assert names == ["table", "column", "otel_name", "unit", "factor"]


def test_mapped_gives_one_tables_columns() -> None:
    assert {m.table for m in mapped("gpu_samples")} == {"gpu_samples"}
