"""How the plan engine is measured."""

import ast
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.plans import floor_plain, inside, serving, shapes, table
from benchmarks.plans.contestants import Task, Worker
from benchmarks.plans.environments import PeerUnavailable, call, clean
from benchmarks.plans.floor import Floor
from benchmarks.plans.ideal import bound, by_levels, makespan
from benchmarks.plans.matrix import Matrix
from benchmarks.plans.mine import OURS, mine
from benchmarks.plans.peers import peer
from benchmarks.plans.shapes import TRIVIAL, WORKFLOWS, Shape, Work, chain, levels, make, wide

ALL = [*TRIVIAL, *WORKFLOWS]


@st.composite
def graphs(draw):
    """Any graph of up to twenty steps, with lengths."""
    works: list[Work] = []
    for index in range(draw(st.integers(1, 20))):
        names = [work.name for work in works]
        after = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
        works.append(Work(f"s{index}", tuple(after), draw(st.integers(0, 9))))
    return Shape(name="any", works=works)


class Paced:
    """A contestant that says a fixed time for a step, and counts its turns."""

    version, startup_s = "", 0.0

    def __init__(self, name, s_a_step, *, error=""):
        self.name, self.s_a_step, self.error, self.turns = name, s_a_step, error, 0

    def seconds(self, task):
        self.turns += 1
        if self.error:
            raise PeerUnavailable(self.error)
        return self.s_a_step * len(task.shape.works)

    def close(self):
        pass


@pytest.fixture
def tally(tmp_path):
    """A program that leaves a new file each time, and where."""
    folder = tmp_path / "runs"
    folder.mkdir()
    program = tmp_path / "tally"
    program.write_text(f"#!/bin/sh\nmktemp {folder}/XXXXXXXX >/dev/null\n")
    program.chmod(0o700)
    return str(program), folder


def matrix(*contestants, budget_s=1000.0, kept=()):
    return Matrix(contestants, program="/bin/true", at_a_time=2, budget_s=budget_s, kept=kept)


@pytest.mark.parametrize("steps", [100, 1000])
@pytest.mark.parametrize("name", ALL)
def test_a_shape_has_as_many_steps_as_asked_for(name, steps):
    assert len(make(name, steps).works) == steps


@pytest.mark.parametrize("name", ALL)
def test_a_step_waits_for_earlier_ones_only(name):
    seen: set[str] = set()
    for work in make(name, 200).works:
        assert seen.issuperset(work.after)
        assert work.name not in seen
        seen.add(work.name)


@pytest.mark.parametrize("name", ALL)
def test_a_shape_is_the_same_each_time(name):
    assert make(name, 300) == make(name, 300)


def test_the_layered_shape_has_twenty_levels():
    assert set(levels(make("layered", 1000)).values()) == set(range(20))


@given(graphs(), st.integers(1, 6))
def test_the_ideal_lies_between_the_bound_and_twice_the_bound(shape, at_a_time):
    least = bound(shape, at_a_time=at_a_time)
    assert least <= makespan(shape, at_a_time=at_a_time) + 1e-9 <= 2 * least + 1e-6


@given(graphs())
def test_one_at_a_time_takes_the_sum(shape):
    assert makespan(shape, at_a_time=1) == pytest.approx(sum(work.seconds for work in shape.works))


@given(graphs(), st.integers(1, 6))
def test_a_barrier_never_beats_the_bound(shape, at_a_time):
    assert by_levels(shape, at_a_time=at_a_time) >= bound(shape, at_a_time=at_a_time) - 1e-9


@pytest.mark.parametrize("compiled", [True, False])
def test_the_floor_starts_each_step_once(tally, tmp_path, monkeypatch, compiled):
    if not compiled:
        monkeypatch.setenv("PATH", str(tmp_path))
    floor = Floor(tmp_path)
    program, runs = tally
    monkeypatch.undo()
    floor.seconds(Task(shape=wide(7), at_a_time=2, program=program))
    assert (floor.version, len(list(runs.iterdir()))) == ("c" if compiled else "python", 7)


def test_a_floor_with_files_writes_two_for_each_step(tmp_path):
    floor = Floor(tmp_path, files=True)
    floor.seconds(Task(shape=wide(5), at_a_time=2, program="/bin/true"))
    assert len(list((tmp_path / "outputs").glob("*/*.std*"))) == 10


def test_make_runs_each_step_once(tally, tmp_path):
    program, runs = tally
    found = peer("make", cache=tmp_path / "cache", folder=tmp_path / "work", program="/bin/true")
    found.seconds(Task(shape=make("layered", 60), at_a_time=2, program=program))
    assert len(list(runs.iterdir())) == 60


def test_a_ratio_is_to_the_floor():
    cells = matrix(Paced("floor", 0.5), Paced("other", 0.8)).measure("wide", 10, rounds=3)
    assert cells["other"]["ratio"] == pytest.approx(1.6)


def test_who_takes_too_long_at_one_size_is_left_out_of_the_next():
    slow = Paced("slow", 0.1)
    measured = matrix(Paced("floor", 0.01), slow, budget_s=5)
    measured.measure("wide", 10, rounds=1)
    cells = measured.measure("wide", 100, rounds=1)
    assert cells["slow"]["reason"] == "about 10 s, more than the budget of 5"


def test_who_has_used_the_budget_has_no_more_turns():
    slow = Paced("slow", 1.0)
    matrix(Paced("floor", 0.01), slow, budget_s=5).measure("wide", 10, rounds=4)
    assert slow.turns == 1


def test_ours_is_measured_whatever_it_takes():
    measured = matrix(Paced("floor", 0.01), Paced("ours", 1.0), budget_s=5, kept=["ours"])
    measured.measure("wide", 10, rounds=1)
    assert measured.measure("wide", 100, rounds=3)["ours"]["rounds"] == 3


def test_who_fails_is_left_out_and_says_why():
    broken = Paced("broken", 0.0, error="it broke")
    cells = matrix(Paced("floor", 0.01), broken).measure("wide", 10, rounds=4)
    assert (cells["broken"], broken.turns) == ({"ms": None, "reason": "it broke"}, 1)


def test_a_worker_that_does_not_begin_says_its_last_words():
    with pytest.raises(PeerUnavailable, match="no such thing"):
        Worker("none", [sys.executable, "-c", "raise SystemExit('no such thing')"], env={})


def test_a_program_that_hangs_is_unavailable():
    with pytest.raises(PeerUnavailable, match=r"sleep 60 took more than"):
        call(["sleep", "60"], timeout_s=0.05)


def test_a_worker_measures_a_shape():
    code = (
        "from benchmarks.plans.serving import serve, perform\n"
        "def run(shape, asked):\n"
        "    for work in shape.works: perform(asked, work.seconds)\n"
        "serve(lambda: ('1', run))\n"
    )
    worker = Worker("plain", [sys.executable, "-c", code], env={"PYTHONPATH": str(_root())})
    try:
        assert worker.seconds(Task(shape=chain(3), at_a_time=1, program="/bin/true")) > 0
    finally:
        worker.close()


def test_a_worker_that_hangs_is_asked_no_more():
    code = (
        "import time\n"
        "from benchmarks.plans.serving import serve\n"
        "serve(lambda: ('1', lambda shape, asked: time.sleep(60)))\n"
    )
    worker = Worker("slow", [sys.executable, "-c", code], env={"PYTHONPATH": str(_root())})
    task = Task(shape=chain(1), at_a_time=1, program="/bin/true", timeout_s=0.05)
    try:
        with pytest.raises(PeerUnavailable, match=r"more than 0\.05 s"):
            worker.seconds(task)
        with pytest.raises(PeerUnavailable, match="earlier task"):
            worker.seconds(task)
    finally:
        worker.close()


def test_a_stopped_worker_does_not_outlive_who_asks(tmp_path):
    code = (
        "import os, sys\n"
        "from benchmarks.plans.contestants import Worker\n"
        "serving = 'from benchmarks.plans.serving import serve; serve(lambda: (str(), None))'\n"
        "worker = Worker('w', [sys.executable, '-c', serving], env=os.environ)\n"
        "print(worker._process.pid, flush=True)\n"
        "os._exit(1)\n"
    )
    asks = subprocess.run(
        [sys.executable, "-c", code],
        env=clean(PYTHONPATH=str(_root())),
        stdout=subprocess.PIPE,
        check=False,
    )
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(asks.stdout)).wait(10)


def test_a_worker_says_why_a_run_failed():
    code = (
        "from benchmarks.plans.serving import serve, perform\n"
        "serve(lambda: ('1', lambda shape, asked: perform(asked, 0.0)))\n"
    )
    worker = Worker("plain", [sys.executable, "-c", code], env={"PYTHONPATH": str(_root())})
    try:
        with pytest.raises(PeerUnavailable, match="ended with status"):
            worker.seconds(Task(shape=chain(1), at_a_time=1, program="/bin/false"))
    finally:
        worker.close()


@pytest.mark.parametrize("module", [shapes, serving, inside, floor_plain])
def test_what_runs_in_other_environments_imports_nothing_else(module):
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    names = {a.name for node in tree.body if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert foreign <= {"benchmarks.plans.serving", "benchmarks.plans.shapes"}


def test_the_table_has_a_row_for_each_contestant():
    cells = matrix(Paced("floor", 0.5), Paced("other", 0.8)).measure("wide", 10, rounds=3)
    result = {
        "create_file_us": 30.0,
        "contestants": {name: {"version": "1", "startup_s": 0.25} for name in cells},
        "missing": {},
        "shapes": {"wide": {"10": cells}},
    }
    assert "| other 1 | 0.25 s | 800.00 (×1.60) |" in table.markdown(result).splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("way", OURS)
def test_ours_runs_each_step_once(tally, tmp_path, way):
    program, runs = tally
    worker = mine(way, tmp_path / "work")
    before = len(list(runs.iterdir()))
    try:
        worker.seconds(Task(shape=make("layered", 60), at_a_time=2, program=program))
    finally:
        worker.close()
    assert (before, len(list(runs.iterdir()))) == (0, 60)


@pytest.mark.slow
def test_ours_that_fails_is_no_figure(tmp_path):
    worker = mine("memory", tmp_path)
    try:
        with pytest.raises(PeerUnavailable, match="failed"):
            worker.seconds(Task(shape=chain(3), at_a_time=2, program="/bin/false"))
    finally:
        worker.close()


@pytest.mark.slow
def test_the_last_line_has_the_figures(tmp_path):
    wanted = ["--quick", "--steps", "10", "--rounds", "1", "--shapes", "wide", "--ideal", "0.3"]
    argv = [sys.executable, "-m", "benchmarks.plan_engine", *wanted, "--peers", "make"]
    said = call([*argv, "--folder", str(tmp_path)], timeout_s=100, env=clean(), cwd=_root())
    result = json.loads(said.splitlines()[-1])
    assert result["missing"] == {}
    assert result["peers"]["make"]["ms"] > 0
    assert min(result["ratio_memory"], result["ratio_durable"]) > 0


@pytest.mark.slow
def test_a_tool_that_cannot_be_installed_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(PeerUnavailable, match="uv pip ended with"):
        peer("doit", cache=tmp_path / "peers", folder=tmp_path / "work", program="/bin/true")


def _root():
    return Path(shapes.__file__).parents[2]
