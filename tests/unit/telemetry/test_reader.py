"""Reading a folder: everything that was written before, once, whoever is still writing."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from gatewright.telemetry import segments
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.segment_files import FOLDER, find
from tests.unit.telemetry.databases import add, database, events


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


HOLDING = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_database_that_stays_held_is_named_and_what_it_published_is_read(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 5)
        segments.publish(connection, tmp_path, segments.origin_of(connection))
        add(connection, 5, 6)
    with child(HOLDING, tmp_path / "telemetry.duckdb") as process:
        assert line(process) == "held"
        begun = time.monotonic()
        with open_reading(tmp_path, patience_s=0.2) as reading:
            waited = time.monotonic() - begun
            assert len(reading.sql("FROM events")) == 5
            assert [said.split(":")[0] for said in reading.unreadable] == ["telemetry.duckdb"]
    assert waited < 2.0


def test_several_held_databases_share_one_patience(tmp_path: Path) -> None:
    for number in range(6):
        with database(tmp_path, f"telemetry-{number}"):
            pass
    with child(
        "import sys, duckdb; held = [duckdb.connect(p) for p in sys.argv[1:]];"
        " print('held', flush=True); sys.stdin.readline()",
        *tmp_path.glob("*.duckdb"),
    ) as process:
        assert line(process) == "held"
        begun = time.monotonic()
        with open_reading(tmp_path, patience_s=0.5) as reading:
            assert len(reading.unreadable) == 6
    assert time.monotonic() - begun < 2.0


def test_a_reader_waits_in_its_own_process_no_longer_than_it_may(tmp_path: Path) -> None:
    publish(tmp_path, 0, 5)
    with database(tmp_path) as connection:
        add(connection, 5, 6)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with open_reading(tmp_path):
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        with open_reading(tmp_path, patience_s=0.1) as reading:
            assert len(reading.sql("FROM events")) == 5
            assert reading.unreadable == ("telemetry.duckdb: this process is reading it already",)
    finally:
        done.set()
        thread.join()
    assert events(tmp_path) == list(range(6))


KNOCKED = """
import fcntl, sys, time, duckdb
connection = duckdb.connect(sys.argv[1] + "/telemetry.duckdb")
lock = open(sys.argv[1] + "/.readers")
print("held", flush=True)
while True:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        break
    fcntl.flock(lock, fcntl.LOCK_UN)
    time.sleep(0.02)
connection.close()
print("let go", flush=True)
"""


def test_a_writer_hears_a_reader_knock_and_lets_go(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        add(connection, 0, 5)
    (tmp_path / ".readers").touch()
    with child(KNOCKED, tmp_path) as process:
        assert line(process) == "held"
        with open_reading(tmp_path, patience_s=30) as reading:
            assert reading.unreadable == ()
            assert line(process) == "let go"


def test_the_readers_lock_is_held_while_anybody_reads(tmp_path: Path) -> None:
    with open_reading(tmp_path):
        with open_reading(tmp_path):
            pass
        with (tmp_path / ".readers").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / ".readers").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_who_keeps_the_readers_lock_alone_delays_a_reader_only_so_long(tmp_path: Path) -> None:
    publish(tmp_path, 0, 5)
    (tmp_path / ".readers").touch()
    with (tmp_path / ".readers").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open_reading(tmp_path, patience_s=0.1) as reading:
            assert len(reading.sql("FROM events")) == 5


# A child is forked at the first lock, when its file is open already, and lives on.
FORKED = """
import fcntl, os, sys
from pathlib import Path

import duckdb

folder, wanted = Path(sys.argv[1]), sys.argv[2]
waiting, end = os.pipe()
children = []

def fork(event, arguments):
    if event == "fcntl.flock" and not children:
        assert os.readlink(f"/proc/self/fd/{arguments[0]}") == str(folder / wanted)
        children.append(os.fork())
        if children == [0]:
            os.close(end)
            os.read(waiting, 1)
            os._exit(0)

sys.addaudithook(fork)
%s
with (folder / wanted).open("r+") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.close(end)
print(len(children), os.waitpid(children[0], 0)[1])
"""
READING = """
from gatewright.telemetry.reader import open_reading
with open_reading(folder):
    pass
"""
LOOKING = """
from gatewright.telemetry.files import readers_knock
assert not readers_knock(folder)
"""
SWEEPING = """
from gatewright.telemetry import retention
assert retention.sweep(folder, retention_days=1).rotated == 1
"""


@pytest.mark.parametrize(
    ("action", "lock"),
    [(READING, ".readers"), (LOOKING, ".readers"), (SWEEPING, ".telemetry-7.lock")],
    ids=["reading", "looking", "sweeping"],
)
def test_a_child_that_is_forked_meanwhile_keeps_no_lock(
    action: str, lock: str, tmp_path: Path
) -> None:
    with database(tmp_path, "telemetry-7", age=timedelta(days=3)) as connection:
        add(connection, 0, 5)
    ago = time.time() - timedelta(days=3).total_seconds()
    os.utime(tmp_path / "telemetry-7.duckdb", (ago, ago))
    with child(FORKED % action, tmp_path, lock) as process:
        assert line(process) == "1 0"


INHERITING = """
import os, sys
from pathlib import Path
from gatewright.telemetry.files import readers_knock
from gatewright.telemetry.knocking import knocking

folder = Path(sys.argv[1])
with knocking(folder, 0.0) as held:
    forked = os.fork()
    if forked:
        os.waitpid(forked, 0)
        print(held, readers_knock(folder))
"""


def test_a_child_does_not_let_go_of_what_its_parent_holds(tmp_path: Path) -> None:
    with child(INHERITING, tmp_path) as process:
        assert line(process) == "True True"


ROTATING = """
import itertools, select, sys, time
from pathlib import Path
import duckdb
from gatewright.telemetry import retention, segments
from gatewright.telemetry.sql import schema

folder, name, first = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
path = folder / name

def opened():
    while True:
        try:
            return duckdb.connect(path, config={"threads": 1})
        except duckdb.IOException:
            time.sleep(0.001)

for number in itertools.count(first):
    if select.select([sys.stdin], [], [], 0)[0]:
        break
    connection = opened()
    connection.execute(schema()).fetchall()
    connection.execute("INSERT INTO events (name) VALUES (?)", [str(number)]).fetchall()
    print(number, flush=True)
    if number % 3 == 0:
        segments.publish(connection, folder, segments.origin_of(connection))
    if number % 7 == 0:
        assert retention.rotate(connection, path, folder, max_bytes=0)
    elif number % 11 == 0:
        retention.sweep(folder, retention_days=1)
    connection.close()
"""

SIDECAR = """
import itertools, select, sys
from pathlib import Path
from gatewright.telemetry.sidecar import Sidecar

with Sidecar(Path(sys.argv[1])) as sidecar:
    for number in itertools.count(int(sys.argv[3])):
        if select.select([sys.stdin], [], [], 0)[0]:
            break
        sidecar.record("events", {"name": str(number)})
        assert sidecar.flush(30)
        print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("program", "rows"), [(ROTATING, 24), (SIDECAR, 20)])
def test_every_reading_while_others_write_has_all_that_was_acknowledged_once(
    program: str, rows: int, tmp_path: Path
) -> None:
    """They write until they have written so many, and five readings were made meanwhile."""
    acknowledged: set[int] = set()
    news = threading.Event()
    with (
        child(program, tmp_path, "telemetry.duckdb", 0) as one,
        child(program, tmp_path, "telemetry-1.duckdb", 100_000) as two,
    ):

        def listen(process: subprocess.Popen[str]) -> None:
            while said := line(process):
                acknowledged.add(int(said))
                news.set()

        threads = [threading.Thread(target=listen, args=(process,)) for process in (one, two)]
        for thread in threads:
            thread.start()
        readings = 0
        while len(acknowledged) < rows or readings < 5:
            assert news.wait(30)
            news.clear()
            before = set(acknowledged)
            with open_reading(tmp_path, patience_s=30) as reading:
                names = [int(row["name"]) for row in reading.sql("SELECT name FROM events")]
                assert reading.unreadable == ()
            assert len(names) == len(set(names))
            assert before <= set(names)
            readings += 1
        for process in (one, two):
            assert process.stdin is not None
            process.stdin.close()
        for thread in threads:
            thread.join()
        assert (one.wait(30), two.wait(30)) == (0, 0)
    assert events(tmp_path) == sorted(acknowledged)
