"""Guarded SQL: what is answered, what is refused, and what is stopped."""

import json
import math
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.telemetry.query import run_sql
from gatewright.telemetry.query_process import answered
from gatewright.telemetry.query_rules import check_statement
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.segments import origin_of, publish
from tests.unit.telemetry.samples import Telemetry, node, run, writing

pytestmark = pytest.mark.slow


@pytest.fixture
def some(folder: Path) -> Path:
    Telemetry(folder).add("runs", run())
    Telemetry(folder).add("node_runs", *(node("work", n) for n in range(3)))
    return folder


def test_values_come_back_in_their_types(folder):
    sql = (
        "SELECT 1 AS i, 1.50::decimal(9, 2) AS d, 'x' AS s, NULL AS n, DATE '2026-01-02' AS day,"
        " TIMESTAMP '2026-01-02 03:04:05' AS ts, [1, 2] AS l, {'k': true} AS o, 'ab'::blob AS b,"
        " 2.5::double AS f"
    )
    answer = run_sql(folder, sql)
    [row] = answer.rows
    assert row[:5] == (1, Decimal("1.50"), "x", None, date(2026, 1, 2))
    assert (str(row[5]), *row[6:]) == ("2026-01-02 03:04:05", [1, 2], {"k": True}, "6162", 2.5)
    assert [c.name for c in answer.columns] == ["i", "d", "s", "n", "day", "ts", "l", "o", "b", "f"]


def test_what_json_and_python_cannot_hold_survives(folder):
    sql = "SELECT 'nan'::double, '-infinity'::float, DATE '0044-03-15 (BC)', now()"
    [row] = run_sql(folder, sql).rows
    assert math.isnan(row[0])
    assert (row[1], row[2], row[3].tzinfo) == (-math.inf, "0044-03-15 (BC)", None)


def test_names_that_stand_twice_are_numbered(folder):
    assert run_sql(folder, "SELECT 1 AS a, 2 AS a, now() IS NULL AS a").dicts() == [
        {"a": 1, "a_2": 2, "a_3": False}
    ]


def test_rows_beyond_the_limit_are_cut_and_that_is_said(some):
    answer = run_sql(some, "SELECT * FROM v_node_runs", limit=2)
    assert (len(answer.rows), answer.row_count, answer.truncated) == (2, 2, True)
    assert not run_sql(some, "SELECT * FROM v_node_runs", limit=3).truncated


def test_parameters_are_values_and_never_sql(some):
    values = {"node": "work' OR true --"}
    assert run_sql(some, "FROM v_node_runs WHERE node = $node", values=values).rows == ()


@pytest.mark.parametrize("limit", [2, 5])
def test_parquet_holds_what_the_limit_lets_through(some, tmp_path, limit):
    target = tmp_path / "it's.parquet"
    target.write_text("old")
    answer = run_sql(some, "FROM v_node_runs", limit=limit, parquet=target)
    with duckdb.connect() as connection:
        [(count,)] = connection.read_parquet(str(target)).count("*").fetchall()
    assert (count, answer.truncated) == (min(limit, 3), limit == 2)
    assert [path.name for path in tmp_path.iterdir() if path != some] == ["it's.parquet"]


FORBIDDEN = {
    "copy out": "COPY (SELECT 1) TO '{there}'",
    "copy into the segments": "COPY (SELECT 1) TO '{segments}/x.parquet'",
    "explained copy": "EXPLAIN ANALYZE COPY (SELECT 1) TO '{segments}/x.parquet'",
    "explained copy, options": "explain /* ( */ (analyze) copy (select 1) to '{segments}/x'",
    "attach": "ATTACH '{there}'",
    "attach memory": "ATTACH ':memory:' AS m",
    "install": "INSTALL httpfs",
    "load": "LOAD json",
    "pragma": "PRAGMA database_list",
    "set": "SET threads = 8",
    "reset": "RESET lock_configuration",
    "call": "CALL pragma_version()",
    "connect": "CONNECT '{there}'",
    "create": "CREATE TABLE t (i int)",
    "insert": "INSERT INTO runs BY NAME SELECT 'x' AS trace_id",
    "insert in a with": "WITH x AS (INSERT INTO f0.main.runs BY NAME SELECT 'x' AS trace_id"
    " RETURNING *) FROM x",
    "delete": "DELETE FROM f0.main.runs",
    "use": "USE f0",
    "export": "EXPORT DATABASE '{there}'",
    "two statements": "SELECT 1; SELECT 2",
    "one and an attack": "SELECT 1; COPY (SELECT 1) TO '{there}'",
    "nothing": " -- nothing",
    "read_csv": "FROM read_csv('/etc/passwd')",
    "read_text": "FROM read_text('/etc/passwd')",
    "read_blob": "FROM read_blob('/proc/self/environ')",
    "read a neighbour": "FROM read_text('{segments}/../../secret.txt')",
    "by name": "FROM '/etc/passwd'",
    "glob": "FROM glob('/etc/*')",
    "sniff": "FROM sniff_csv('/etc/passwd')",
    "another database": "FROM read_duckdb('{there}')",
    "our own variables": "FROM asked",
    "environment": "SELECT getenv('HOME')",
    "secrets": "FROM duckdb_secrets()",
    "logging": "FROM enable_logging(storage = 'file', storage_path = '{there}')",
    "query in a function": "FROM query('COPY (SELECT 1) TO ''{there}''')",
    "no sql": "please",
    "no such table": "FROM nowhere",
}


@pytest.mark.parametrize("name", ["explained copy", "read_text", "two statements", "no such table"])
def test_what_is_refused_is_an_input_error(some, name):
    with pytest.raises(InputError) as refused:
        run_sql(some, FORBIDDEN[name].format(segments=some))
    assert (refused.value.field, refused.value.exit_code) == ("query", 2)


@pytest.mark.parametrize("sql", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_nothing_but_telemetry_can_be_reached(some, tmp_path, sql):
    segments = some / "segments"
    segments.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    before = sorted(tmp_path.rglob("*"))
    asked = {
        "folder": str(some),
        "sql": sql.format(there=tmp_path / "there", segments=segments),
        "values": {},
        "limit": 10,
        "timeout_s": 10,
        "scratch": str(segments),
        "parquet": False,
    }
    [said] = map(json.loads, answered(asked))
    assert said["error"] in ("refused", "sql")
    assert "\n" not in said["problem"]
    made = [path for path in sorted(tmp_path.rglob("*")) if path not in before]
    assert [path for path in made if not path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM range(10000000) a, range(10000000) b",
    ],
)
def test_what_never_ends_is_stopped(folder, sql):
    with pytest.raises(EnvironmentFault, match=r"longer than 0\.3 seconds"):
        run_sql(folder, sql, timeout_s=0.3)


def test_an_endless_answer_is_cut(folder):
    sql = "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) FROM r"
    assert run_sql(folder, sql, limit=3).truncated


@pytest.mark.parametrize(
    "sql", ["SELECT list_sum(range(1, 900000000))", "SELECT repeat('x', 100000000) FROM range(50)"]
)
def test_what_needs_too_much_memory_is_stopped(folder, sql):
    """DuckDB's own memory limit lets the first take 16 GB."""
    with pytest.raises(EnvironmentFault, match=r"memory|longer"):
        run_sql(folder, sql, timeout_s=20)


@pytest.mark.parametrize("limits", [{"limit": 0}, {"timeout_s": 0}, {"timeout_s": math.inf}])
def test_limits_cannot_be_switched_off(folder, limits):
    with pytest.raises(InputError, match="must be"):
        run_sql(folder, "SELECT 1", **limits)


def test_now_is_utc_as_the_tables_are(folder, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    Telemetry(folder).add("runs", run(started_at=None))
    sql = "SELECT now()::timestamp - epoch_ms(epoch_ms(now())) < INTERVAL 1 minute FROM v_runs"
    assert run_sql(folder, sql).rows == ((True,),)


def test_it_reads_while_another_process_writes(folder):
    sql = "SELECT count(*) FROM gate_checks"
    with writing(folder) as process:
        [(before,)] = run_sql(folder, sql).rows
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        [(after,)] = run_sql(folder, sql).rows
    assert (before, after) == (50, 100)


def test_it_reads_segments_whose_database_is_gone(some):
    with duckdb.connect(some / "telemetry.duckdb") as connection:
        publish(connection, some, origin_of(connection), final=True)
    (some / "telemetry.duckdb").unlink()
    assert run_sql(some, "SELECT count(*) FROM v_node_runs").rows == ((3,),)


DOCS = Path(__file__).parents[3] / "docs" / "telemetry.md"
DOCUMENTED = re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)


def test_every_query_of_the_documentation_runs(some):
    assert len(DOCUMENTED) > 5
    with open_reading(some) as reading:
        for sql in DOCUMENTED:
            reading.sql(sql)


@given(st.sampled_from(["COPY (SELECT 1) TO 'x'", "ATTACH 'x'", "SET threads = 2"]), st.data())
def test_no_comment_or_option_smuggles_a_statement_through_explain(attack, data):
    space = st.sampled_from([" ", "\n", "/* x */", "-- )\n", "/* ( */ "])
    words = ["EXPLAIN", data.draw(st.sampled_from(["", "ANALYZE", "(ANALYZE)", "(FORMAT json)"]))]
    sql = "".join(f"{data.draw(space)}{word}{data.draw(space)}" for word in [*words, attack])
    with duckdb.connect() as connection, pytest.raises((InputError, duckdb.Error)):
        check_statement(connection, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "explain select 1",
        "EXPLAIN ANALYZE SELECT 1;",
        "explain (format json) select 1",
        "explain (select 1)",
        "from range(1)",
        "values (1)",
        "describe select 1",
        "show tables",
        "summarize select 1",
        "select 1; -- done",
    ],
)
def test_whatever_reads_may_be_asked(sql):
    with duckdb.connect() as connection:
        check_statement(connection, sql)


def test_a_file_that_cannot_be_read_is_named(some):
    (some / "telemetry-1.duckdb").write_bytes(b"no database at all" * 1000)
    [named] = run_sql(some, "SELECT 1").unreadable
    assert re.match(r"telemetry-1\.duckdb: ", named)
