"""Reading a folder while other processes write, hold, fork and knock."""

import fcntl
import os
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gatewright.telemetry import segments
from gatewright.telemetry.reader import open_reading
from tests.unit.telemetry.databases import add, database, events
from tests.unit.telemetry.reading import child, line, publish

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
