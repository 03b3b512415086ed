"""The writer: when it has the file open, what it keeps private, and whom it tells."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry.health import Health
from gatewright.telemetry.queue import Losses, Row, Tuning
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import chain, invoke, rows
from tests.unit.telemetry.waiting import Told, until

EAGER = Tuning(batch_rows=1, interval_s=60)
"""Writes every row at once, and never closes the file because it is idle."""

ELSEWHERE = """
import sys, duckdb
try:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        print(connection.execute("SELECT count(*) FROM gate_checks").fetchall()[0][0])
except duckdb.IOException:
    print("locked")
"""


def elsewhere(file: Path) -> str:
    """How many checks another process, which knows nothing of us, reads in the file."""
    command = [sys.executable, "-c", ELSEWHERE, str(file)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_file_stays_open_while_rows_keep_coming(folder):
    told = Told()
    with Sidecar(folder, tuning=EAGER, sinks=[told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "one"})
        told.wait(1)
        assert elsewhere(folder / "telemetry.duckdb") == "locked"
        sidecar.record("gate_checks", {"gate": "two"})
        told.wait(2)


def test_a_flush_lets_anybody_read(folder):
    with Sidecar(folder, tuning=EAGER) as sidecar:
        sidecar.record("gate_checks", {"gate": "one"})
        assert sidecar.flush()
        assert elsewhere(folder / "telemetry.duckdb") == "1"


@pytest.mark.slow
def test_the_file_is_closed_when_rows_cease(folder):
    told = Told()
    tuning = Tuning(batch_rows=1, interval_s=0.2)
    with Sidecar(folder, tuning=tuning, sinks=[told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "one"})
        told.wait(1)
        until(lambda: elsewhere(folder / "telemetry.duckdb") == "1")


def test_a_reader_in_another_process_has_only_to_knock(folder):
    told = Told()
    with Sidecar(folder, tuning=EAGER, sinks=[told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "one"})
        told.wait(1)
        with (folder / ".readers").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_SH)
            until(lambda: elsewhere(folder / "telemetry.duckdb") == "1")
            # As long as it is there the file is opened for each batch, and closed again.
            sidecar.record("gate_checks", {"gate": "two"})
            told.wait(2)
            until(lambda: elsewhere(folder / "telemetry.duckdb") == "2")
        sidecar.record("gate_checks", {"gate": "three"})
        told.wait(3)
        assert elsewhere(folder / "telemetry.duckdb") == "locked"


def test_a_reader_in_this_process_has_not_to_wait(folder):
    told = Told()
    with Sidecar(folder, tuning=EAGER, sinks=[told]) as sidecar:
        for number in range(1, 4):
            sidecar.record("gate_checks", {"attempt": number})
            told.wait(number)
            with open_reading(folder, patience_s=0) as reading:
                assert reading.unreadable == ()
                assert len(reading.sql("FROM gate_checks")) == number


def test_a_folder_that_is_removed_is_made_again(folder):
    told = Told()
    with Sidecar(folder, tuning=EAGER, sinks=[told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "one"})
        told.wait(1)
        folder.rename(folder.with_name("removed"))
        sidecar.record("gate_checks", {"gate": "two"})
        assert sidecar.flush()
    assert rows(folder, "gate_checks", "gate") == ["two"]


def test_private_values_reach_prepare_and_nothing_else(folder):
    told, seen = Told(), []

    def prepare(found: list[Row]) -> list[Row]:
        seen.extend(row.values["_prompt"] for row in found if row.table == "llm_calls")
        return [Row(row.table, {**row.values, "prompt_chars": 6}) for row in found]

    with Sidecar(folder, prepare=prepare, sinks=[told]) as sidecar:
        sidecar.record("llm_calls", {"node": "plan", "_prompt": "secret", "trace_id": "t"})
        assert sidecar.flush()
        assert sidecar.losses.errors == {}
    assert seen == ["secret"]
    assert rows(folder, "llm_calls", "prompt_chars") == [6]
    assert "_prompt" not in told.rows[0].values


@pytest.mark.parametrize("raised", [ValueError, SystemExit])
def test_what_cannot_be_prepared_is_kept_without_its_text(folder, raised):
    def prepare(found: list[Row]) -> list[Row]:
        if any("bad" in str(row.values) for row in found):
            raise raised("cannot redact")
        return found

    told = Told()
    tuning = Tuning(interval_s=60)
    with Sidecar(folder, tuning=tuning, prepare=prepare, sinks=[told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "a", "evidence": {"text": "good"}})
        sidecar.record("gate_checks", {"gate": "b", "evidence": {"text": "bad"}, "_x": 1})
        sidecar.record("gate_checks", {"gate": "c", "evidence": {"text": "good"}})
        sidecar.flush()
        told.wait(3)
        assert sidecar.losses.errors[f"prepare: {raised.__name__}"] == 1
        assert sidecar.losses.gone() == 0
    said = [(gate, evidence) for gate, evidence in rows(folder, "gate_checks", "gate", "evidence")]
    assert sorted(said, key=str) == [
        ("a", '{"text": "good"}'),
        ("b", None),
        ("c", '{"text": "good"}'),
    ]
    assert "bad" not in str(told.rows)


def test_sinks_are_told_what_was_written_and_only_that(folder):
    told = Told()

    def broken(rows: list[Row]) -> None:
        raise ConnectionError("collector is away")

    with Sidecar(folder, sinks=[broken, told]) as sidecar:
        sidecar.record("gate_checks", {"gate": "good"})
        sidecar.record("gate_checks", {"gate": "refused", "attempt": "seven"})
        assert sidecar.flush()
        assert sidecar.losses.lost == {"gate_checks": 1}
        assert sidecar.losses.errors["sink: ConnectionError"] == 1
    assert [row.values["gate"] for row in told.rows] == ["good"]


def test_health_is_said_with_the_first_rows_and_with_every_loss(folder):
    with Sidecar(folder) as sidecar:
        sidecar.record("gate_checks", {"attempt": 1})
        assert sidecar.flush()
        sidecar.record("gate_checks", {"attempt": 2})
        assert sidecar.flush()
        sidecar.record("gate_checks", {"attempt": "three"})
        assert sidecar.flush()
        with open_reading(folder) as reading:
            said = reading.sql(
                "SELECT state, lost::varchar AS lost FROM telemetry_health ORDER BY ts"
            )
    assert said == [
        {"state": "ok", "lost": "{}"},
        {"state": "degraded", "lost": '{"gate_checks": 1}'},
    ]


def test_health_is_said_every_minute_while_rows_come():
    now = [1_000.0]
    health = Health(Losses(), clock=lambda: now[0])
    said = []
    for now[0] in (1_000.0, 1_001.0, 1_059.9, 1_060.0, 1_061.0, 1_120.0):
        assert not health.due(now_writing=False)
        if health.due(now_writing=True):
            health.row(queued=0)
            health.said()
            said.append(now[0])
    assert said == [1_000.0, 1_060.0, 1_120.0]


def test_what_a_run_lost_stands_in_its_row_however_late(folder):
    with Sidecar(folder, tuning=Tuning(interval_s=60)) as sidecar:
        with sidecar.run(trace_id="a" * 32, conversation_id="t1") as run:
            run.put("gate_checks", {"gate": "refused by the database", "attempt": "seven"})
        # Nothing is written yet: the run's last row is queued behind the one that will be refused.
        assert sidecar.flush()
    assert rows(folder, "runs", "lost_events") == [1]


def test_closing_publishes_what_was_written(folder):
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("one"))
    for file in folder.glob("*.duckdb"):
        file.unlink()
    assert rows(folder, "node_runs", "node") == ["one"]


def test_threads_may_write_with_two_sidecars_on_one_folder(folder):
    def work(sidecar: Sidecar) -> None:
        invoke(sidecar, chain("a", "b"))

    with Sidecar(folder) as first, Sidecar(folder) as second:
        threads = [threading.Thread(target=work, args=(one,)) for one in (first, second) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert first.flush()
        assert second.flush()
        assert first.losses.gone() == second.losses.gone() == 0
    assert len(rows(folder, "runs")) == 8
    assert len(rows(folder, "node_runs")) == 16
    files = sorted(file.name for file in folder.glob("*.duckdb"))
    assert files == ["telemetry-1.duckdb", "telemetry.duckdb"]


def test_what_is_given_up_at_the_end_is_said_once_by_table(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    sidecar = Sidecar(tmp_path / "file" / "telemetry", tuning=Tuning(close_s=0.2))
    for table in ("gate_checks", "events", "gate_checks"):
        sidecar.record(table, {})
    sidecar.close()
    sidecar.close()
    assert sidecar.losses.lost == {"gate_checks": 2, "events": 1}
    [said] = [r.getMessage() for r in caplog.records if "telemetry_lost" in r.getMessage()]
    assert 'tables="events 1, gate_checks 2"' in said
    assert "NotADirectoryError" in said


def test_nothing_is_said_when_nothing_is_lost(folder, caplog):
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("one"))
    assert "telemetry_lost" not in caplog.text


def test_the_database_can_be_read_with_any_tool_afterwards(folder):
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("one"))
    with duckdb.connect(folder / "telemetry.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT node FROM v_node_runs").fetchall() == [("one",)]


def test_a_file_of_yesterday_is_rotated_and_loses_nothing(folder):
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("yesterday"))
    with duckdb.connect(folder / "telemetry.duckdb") as connection:
        older = "UPDATE schema_version SET applied_at = applied_at - INTERVAL 2 DAY"
        connection.execute(older).fetchall()
    with Sidecar(folder) as sidecar:
        invoke(sidecar, chain("today"))
        assert sidecar.flush()
        assert (sidecar.losses.gone(), sidecar.losses.errors) == (0, {})
    with duckdb.connect(folder / "telemetry.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT node FROM v_node_runs").fetchall() == [("today",)]
    assert rows(folder, "node_runs", "node") == ["yesterday", "today"]


def test_segments_come_while_it_runs(folder):
    told = Told()
    tuning = Tuning(capacity=120_000, reserve=0, batch_rows=60_000, interval_s=0.05)
    with Sidecar(folder, tuning=tuning, sinks=[told]) as sidecar:
        for number in range(50_000):
            sidecar.record("gate_checks", {"attempt": number % 1000})
        told.wait(50_000)
        segments = folder / "segments" / "table=gate_checks"
        until(lambda: any(segments.glob("*/*.parquet")))
        assert sidecar.losses.total() == 0
