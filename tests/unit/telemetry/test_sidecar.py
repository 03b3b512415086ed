"""The sidecar as its process sees it."""

import subprocess
import sys
import time

import blockbuster
import pytest

from gatewright.telemetry.monitoring import Monitoring
from gatewright.telemetry.queue import Tuning
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import (
    about,
    ainvoke,
    chain,
    invoke,
    rows,
    single,
    talking,
    writers,
)
from tests.unit.telemetry.waiting import Told, until


class Closing(Told):
    """A sink that tells whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True

    def samples(self) -> int:
        return sum(row.table == "hardware_samples" for row in self.rows)


def test_without_a_row_there_is_no_file_and_no_thread(folder):
    before = writers()
    with Sidecar(folder) as sidecar, sidecar.run(**about()):
        assert sidecar.flush()
        assert writers() == before
    assert not folder.exists()


def test_disabled_it_gives_no_handler_and_keeps_nothing(folder):
    with Sidecar(folder, enabled=False) as sidecar:
        with sidecar.run(**about()) as run:
            assert run is None
            sidecar.record("gate_checks", {"gate": "pytest"})
        assert sidecar.flush()
    assert not folder.exists()


def test_importing_it_imports_no_database_and_no_framework():
    code = (
        "import sys, gatewright.telemetry.sidecar, gatewright.telemetry.report\n"
        "heavy = {'duckdb', 'langchain_core', 'langgraph', 'psutil'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_closing_writes_out_and_ends_the_thread(folder):
    before = writers()
    sidecar = Sidecar(folder, tuning=Tuning(interval_s=60))
    invoke(sidecar, chain("one"))
    sidecar.close()
    sidecar.close()
    assert writers() == before
    assert rows(folder, "node_runs", "node") == ["one"]


def test_after_closing_it_may_be_used_again(sidecar, folder):
    invoke(sidecar, chain("one"))
    sidecar.close()
    invoke(sidecar, chain("two"))
    sidecar.close()
    assert rows(folder, "node_runs", "node") == ["one", "two"]
    assert [file.name for file in folder.glob("*.duckdb")] == ["telemetry.duckdb"]


def test_closing_during_anothers_run_takes_nothing_from_it(folder):
    sink = Closing()
    watch = Monitoring(interval_s=0.1)
    sidecar = Sidecar(folder, tuning=Tuning(interval_s=0.05), monitoring=watch, sinks=[sink])
    with sidecar.run(**about()):
        sidecar.record("gate_checks", {"gate": "before"})
        sidecar.close()
        assert rows(folder, "gate_checks", "gate") == ["before"]
        seen = sink.samples()
        until(lambda: sink.samples() >= seen + 3)
        sidecar.record("gate_checks", {"gate": "after"})
        assert not sink.closed
    sidecar.close()
    assert sink.closed
    assert (sidecar.losses.gone(), sidecar.losses.errors) == (0, {})
    assert sorted(rows(folder, "gate_checks", "gate")) == ["after", "before"]
    assert rows(folder, "runs", "status") == ["ok"]


def test_a_process_that_forgets_to_close_loses_nothing(folder):
    code = (
        "import pathlib, sys; from gatewright.telemetry.sidecar import Sidecar\n"
        "Sidecar(pathlib.Path(sys.argv[1])).record('gate_checks', {'gate': 'late'})"
    )
    subprocess.run([sys.executable, "-c", code, folder], check=True)
    assert rows(folder, "gate_checks", "gate") == ["late"]


async def test_nothing_blocks_the_event_loop(folder):
    sidecar = Sidecar(folder)
    with blockbuster.blockbuster_ctx():
        await ainvoke(sidecar, single(talking))
        sidecar.record("gate_checks", {"gate": "pytest"})
    assert sidecar.losses.errors == {}
    sidecar.close()
    assert rows(folder, "llm_calls", "node") == ["work"]


def test_a_batch_wakes_the_writer_before_its_time(folder):
    with Sidecar(folder, tuning=Tuning(interval_s=600, batch_rows=5)) as sidecar:
        for number in range(5):
            sidecar.record("gate_checks", {"attempt": number})
        deadline = time.monotonic() + 20
        while len(rows(folder, "gate_checks")) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)  # a reader that never pauses keeps the writer out


@pytest.mark.parametrize("table", ["runs", "node_runs", "llm_calls", "gate_checks"])
def test_every_file_has_the_views(sidecar, folder, table):
    import duckdb

    sidecar.record("gate_checks", {"gate": "pytest"})
    sidecar.close()
    with duckdb.connect(folder / "telemetry.duckdb", read_only=True) as connection:
        count = connection.execute(f"SELECT count(*) FROM v_{table}").fetchall()
    assert count == [(1 if table == "gate_checks" else 0,)]
