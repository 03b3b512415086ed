"""The thread that looks at the machine: its schedule, its windows, and what may go wrong."""

import itertools
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.telemetry.queue import Losses
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.glance import CpuClock, CpuTime, cpu_time
from gatewright.telemetry.sampling.gpu import GpuSample
from gatewright.telemetry.sampling.host import HostProbe, HostSample
from gatewright.telemetry.sampling.sampler import NAME, Sampler
from gatewright.telemetry.sampling.window import Window

PATIENCE_S = 20.0


class Machine:
    """A probe whose every reading says how many there were before."""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault
        self._numbers = itertools.count(1)
        self._seen = threading.Condition()
        self.seen = 0

    def sample(self) -> HostSample:
        with self._seen:
            self.seen += 1
            self._seen.notify_all()
        if self.fault is not None:
            raise self.fault
        return HostSample(cpu_pct=float(next(self._numbers)), mem_pct=50.0, disk_pct=20.0)

    def glance(self) -> HostSample:
        if isinstance(self.fault, Exception):
            raise self.fault
        return HostSample(cpu_pct=float(next(self._numbers)), mem_pct=50.0, disk_pct=20.0)

    def wait(self, samples: int) -> None:
        assert self.comes(samples, PATIENCE_S)

    def comes(self, samples: int, patience_s: float) -> bool:
        with self._seen:
            return self._seen.wait_for(lambda: self.seen >= samples, patience_s)


class Rows:
    """What was put, and a way to wait for it."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.rows: list[dict] = []
        self._more = threading.Condition()

    def put(self, table, row) -> None:
        with self._more:
            self.tables.append(table)
            self.rows.append(dict(row))
            self._more.notify_all()

    def of(self, table):
        return [row for name, row in zip(self.tables, self.rows, strict=True) if name == table]

    def wait(self, table, number) -> list[dict]:
        with self._more:
            assert self._more.wait_for(lambda: self.tables.count(table) >= number, PATIENCE_S)
        return self.of(table)


class Cards:
    """GPUs that are this busy."""

    def __init__(self, *busy: float, fault: Exception | None = None) -> None:
        self.busy = busy
        self.fault = fault
        self.closed = 0

    def sample(self) -> list[GpuSample]:
        if self.fault is not None:
            raise self.fault
        return [GpuSample(index, gpu_pct=pct) for index, pct in enumerate(self.busy)]

    def close(self) -> None:
        self.closed += 1
        if self.fault is not None:
            raise self.fault


class Clock:
    """Real time, which a test may shift."""

    def __init__(self) -> None:
        self.shift_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.shift_s


@pytest.fixture
def losses():
    return Losses()


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def make(losses, rows):
    """Samplers that are stopped at the end of the test."""
    made = []

    def one(probe=None, gpu=None, *, interval_s=60.0, clock=time.monotonic):
        sampler = Sampler(
            probe or Machine(), gpu, interval_s=interval_s, put=rows.put, losses=losses, clock=clock
        )
        made.append(sampler)
        return sampler

    yield one
    for sampler in made:
        sampler.stop()


def threads():
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def metrics(window):
    return window.metrics("t", duration_s=1.0)


def test_no_thread_without_a_window(make):
    make()
    assert threads() == []


def test_one_thread_for_all_windows(make):
    sampler = make()
    for _ in range(100):
        sampler.open(Window({}))
    assert (len(threads()), sampler.active) == (1, 100)


def test_the_thread_ends_after_the_last_window(make):
    sampler = make()
    window = Window({})
    sampler.open(window)
    (thread,) = threads()
    sampler.close(window)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_another_window_finds_a_new_thread(make):
    machine = Machine()
    sampler = make(machine)
    first, second = Window({}), Window({})
    sampler.open(first)
    machine.wait(1)
    sampler.close(first)
    sampler.stop()
    sampler.open(second)
    machine.wait(2)
    assert len(threads()) == 1


def test_a_short_run_has_a_start_and_an_end(make):
    sampler = make()
    window = Window({})
    sampler.open(window)
    sampler.close(window)
    found = metrics(window)
    assert found.sample_count - found.sample_count_in_window == 2


def test_one_that_saw_enough_takes_the_last_sample_for_its_end(make, rows):
    machine = Machine()
    sampler = make(machine, interval_s=0.1)
    window = Window({})
    sampler.open(window)
    rows.wait("hardware_samples", 3)  # a glance at the start, two looks of the thread
    sampler.stop()
    before = len(rows.tables)
    sampler.close(window)
    assert len(rows.tables) == before
    assert metrics(window).sample_count == metrics(window).sample_count_in_window + 1


def test_it_looks_at_every_interval(make):
    machine = Machine()
    sampler = make(machine, interval_s=0.1)
    begun = time.monotonic()
    sampler.open(Window({}))
    machine.wait(4)
    assert 0.25 < time.monotonic() - begun < PATIENCE_S


def test_a_window_that_comes_later_is_not_kept_waiting(make):
    clock = Clock()
    machine = Machine()
    sampler = make(machine, clock=clock)
    sampler.open(Window({}))
    machine.wait(1)
    clock.shift_s += 10  # of a minute until the next look
    sampler.open(Window({}))
    machine.wait(2)


def test_many_short_runs_are_no_more_looks_than_the_schedule_has(make):
    machine, clock = Machine(), Clock()
    sampler = make(machine, interval_s=5.0, clock=clock)
    sampler.open(Window({}))
    machine.wait(1)
    for _ in range(12):
        clock.shift_s += 0.2
        short = Window({})
        sampler.open(short)
        sampler.close(short)
    assert not machine.comes(2, 0.2)


def test_runs_that_share_a_look_have_a_start_and_an_end_each(make, rows):
    clock = Clock()
    sampler = make(clock=clock)
    first, second, third = Window({}), Window({}), Window({})
    for window in (first, second):
        sampler.open(window)
        sampler.close(window)
    clock.shift_s += 2  # what was seen before tells nothing of now
    looks = len(rows.of("hardware_samples"))
    sampler.open(third)
    sampler.close(third)
    for window in (first, second, third):
        found = metrics(window)
        assert found.sample_count - found.sample_count_in_window == 2
    assert len(rows.of("hardware_samples")) > looks


def test_looks_that_were_missed_are_not_made_up_for(make):
    clock = Clock()
    machine = Machine()
    sampler = make(machine, interval_s=0.5, clock=clock)
    sampler.open(Window({}))
    machine.wait(1)
    clock.shift_s += 3600
    machine.wait(2)
    before = machine.seen
    begun = time.monotonic()
    machine.wait(before + 1)
    assert time.monotonic() - begun > 0.1


def test_a_clock_that_goes_back_does_not_stop_it(make):
    clock = Clock()
    machine = Machine()
    sampler = make(machine, interval_s=0.1, clock=clock)
    sampler.open(Window({}))
    machine.wait(1)
    clock.shift_s -= 3600
    machine.wait(3)


def test_the_busiest_gpu_counts(make, rows):
    sampler = make(gpu=Cards(10.0, 70.0))
    window = Window({"gpu_percent": 60})
    sampler.open(window)
    rows.wait("gpu_samples", 2)
    sampler.close(window)
    found = metrics(window)
    assert (found.gpu_percent.max, found.gpu_percent.min, found.violations[0].count) == (70, 70, 1)


def test_a_row_says_what_was_under_way(make, rows):
    sampler = make()
    sampler.open(Window({}))
    row = rows.wait("hardware_samples", 2)[1]
    assert (row["active_runs"], row["pid"], row["mem_pct"]) == (1, os.getpid(), 50.0)
    assert row["sample_cost_us"] >= 0


def test_a_run_counts_itself_from_its_start(make, rows):
    make().open(Window({}))
    assert rows.of("hardware_samples")[0]["active_runs"] == 1


def test_how_many_at_a_time(make):
    sampler = make()
    first, second, third = Window({}), Window({}), Window({})
    sampler.open(first)
    sampler.open(second)
    sampler.close(second)
    sampler.open(third)
    sampler.close(first)
    sampler.close(third)
    assert [window.together for window in (first, second, third)] == [2, 2, 2]


@given(st.lists(st.integers(0, 5), max_size=40))
def test_how_many_at_a_time_is_what_a_list_of_all_says(steps):
    sampler = Sampler(Machine(), None, interval_s=60, put=lambda table, row: None, losses=Losses())
    windows, counts, found, wanted = [], [], [], []
    for step in steps:
        if step < len(windows):
            window, since = windows.pop(step)
            found.append(sampler.together(window))
            wanted.append(max(counts[since:]))
            sampler.close(window)
        else:
            window = Window({})
            sampler.open(window)
            windows.append((window, len(counts)))
            counts.append(len(windows))
    sampler.stop()
    assert found == wanted


# What may go wrong


def test_a_probe_that_raises_is_counted_and_told_once(make, losses, caplog):
    machine = Machine(OSError("no"))
    sampler = make(machine, interval_s=0.1)
    window = Window({})
    sampler.open(window)
    machine.wait(3)
    sampler.close(window)
    sampler.stop()
    assert losses.errors["sampler: host: OSError"] >= 3
    assert (losses.errors["sampler: start: OSError"], losses.errors["sampler: end: OSError"]) == (
        1,
        1,
    )
    told = [record for record in caplog.records if "sampler's host" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert metrics(window).sample_count == 0


def test_a_probe_that_recovers_is_asked_again(make):
    machine = Machine(OSError("no"))
    sampler = make(machine, interval_s=0.1)
    window = Window({})
    sampler.open(window)
    machine.wait(1)
    machine.fault = None
    machine.wait(4)
    assert metrics(window).sample_count > 0


def test_a_gpu_that_raises_costs_no_other_figure(make, losses):
    machine = Machine()
    sampler = make(machine, Cards(fault=OSError("lost")), interval_s=0.1)
    window = Window({})
    sampler.open(window)
    machine.wait(3)
    sampler.close(window)
    sampler.stop()
    found = metrics(window)
    assert (found.gpu_percent, found.cpu_percent is not None) == (None, True)
    assert losses.errors["sampler: gpu: OSError"] >= 3


def test_no_thread_to_be_had(make, losses, monkeypatch, caplog):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    sampler = make()
    for _ in range(2):
        window = Window({})
        sampler.open(window)
        sampler.close(window)
        assert metrics(window).sample_count == 2
    assert losses.errors == {"sampler: thread: RuntimeError": 2}
    assert len(caplog.records) == 1


def test_a_thread_that_died_is_replaced(make, losses):
    machine = Machine(SystemExit())
    sampler = make(machine)
    sampler.open(Window({}))
    machine.wait(1)
    for thread in threads():
        thread.join(PATIENCE_S)
    machine.fault = None
    sampler.open(Window({}))
    machine.wait(2)
    assert losses.errors == {"sampler: thread: SystemExit": 1}


def test_stopping_lets_go_of_the_gpu(make):
    cards = Cards(1.0)
    sampler = make(gpu=cards)
    sampler.open(Window({}))
    sampler.stop()
    assert (threads(), cards.closed) == ([], 1)


# The real machine


@pytest.fixture
def probe(losses, tmp_path):
    return HostProbe(tmp_path / "not" / "there", Faults(losses))


def test_the_machine_is_as_psutil_has_it(probe, losses, tmp_path):
    found = probe.sample()
    assert found.mem_pct == pytest.approx(psutil.virtual_memory().percent, abs=10)
    assert found.disk_pct == pytest.approx(psutil.disk_usage(str(tmp_path)).percent, abs=2)
    assert found.proc_rss_bytes == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)
    assert found.proc_threads >= 1
    assert found.load1 >= 0
    assert losses.errors == {}


def test_a_glance_agrees_with_a_look(probe):
    look, glance = probe.sample(), probe.glance()
    assert glance.mem_pct == pytest.approx(look.mem_pct, abs=10)
    assert glance.disk_pct == look.disk_pct


def test_a_busy_machine_is_seen_as_busy(probe):
    probe.glance()
    before = time.thread_time()
    while time.thread_time() - before < 0.1:
        pass
    assert probe.glance().cpu_pct > 0


def test_children_are_counted_with_theirs(probe):
    before = probe.sample().children
    inner = "import subprocess, sys; p = subprocess.Popen(['cat']); print(flush=True); p.wait()"
    child = subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        child.stdout.readline()
        assert probe.sample().children == before + 2
    finally:
        child.communicate()


@pytest.mark.parametrize(
    "refusal",
    [
        ("cpu_times", "cpu", {"cpu_pct"}),
        ("virtual_memory", "memory", {"mem_pct", "mem_used_bytes"}),
        ("disk_io_counters", "disk io", {"disk_read_bytes", "disk_write_bytes"}),
        ("Process", "process", {"proc_cpu_s", "proc_rss_bytes", "proc_threads"}),
    ],
)
def test_a_figure_that_psutil_refuses_costs_no_other(probe, losses, monkeypatch, refusal):
    function, what, columns = refusal

    def refuse(*args, **kwargs):
        raise psutil.AccessDenied

    begun = cpu_time().total
    while cpu_time().total - begun < 0.05:
        pass  # without a step of the kernel's clock the CPU's usage cannot be told
    monkeypatch.setattr(psutil, function, refuse)
    found = probe.sample()._asdict()
    assert {name for name, value in found.items() if value is None} == columns
    assert losses.errors == {f"sampler: {what}: AccessDenied": 1}


def test_the_first_run_of_a_process_may_be_over_before_its_sampler_is_up(tmp_path):
    code = (
        "import asyncio, pathlib, sys, threading, time\n"
        "from gatewright.telemetry.queue import Losses\n"
        "from gatewright.telemetry.sampling.faults import Faults\n"
        "from gatewright.telemetry.sampling.host import HostProbe\n"
        "from gatewright.telemetry.sampling.sampler import Sampler\n"
        "from gatewright.telemetry.sampling.window import Window\n"
        "threading.Thread.start = lambda thread: None\n"  # never comes up
        "losses = Losses()\n"
        "probe = HostProbe(pathlib.Path(sys.argv[1]), Faults(losses))\n"
        "put = lambda table, row: None\n"
        "sampler = Sampler(probe, None, interval_s=5, put=put, losses=losses)\n"
        "async def run():\n"
        "    window = Window({})\n"
        "    sampler.open(window)\n"
        "    await asyncio.sleep(0.03)\n"
        "    sampler.close(window)\n"
        "    found = window.metrics('t', duration_s=1.0)\n"
        "    assert found.sample_count == 2, found\n"
        "    assert found.cpu_percent and found.memory_percent, found\n"
        "asyncio.run(run())\n"
        "assert 'psutil' not in sys.modules\n"
        "assert not losses.errors, losses.errors"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_disks_that_nobody_counts(probe, monkeypatch, losses):
    monkeypatch.setattr(psutil, "disk_io_counters", lambda **kwargs: None)
    assert (probe.sample().disk_read_bytes, losses.errors) == (None, {})


times = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10), st.floats(0, 200)), max_size=20)


@given(times)
def test_usage_is_between_nothing_and_all(steps):
    clock = CpuClock()
    busy = total = at = 0.0
    for more, idle, later in steps:
        busy, total, at = busy + more, total + more + idle, at + later
        pct = clock.pct(CpuTime(busy, total, at))
        assert pct is None or 0 <= pct <= 100


def test_usage_is_of_the_time_since_the_last_reading():
    clock = CpuClock()
    assert clock.pct(CpuTime(0.0, 0.0, 0.0)) is None
    assert clock.pct(CpuTime(1.0, 2.0, 1.0)) == 50
    assert clock.pct(CpuTime(4.0, 6.0, 3.0)) == 75


def test_a_reading_too_soon_is_compared_with_the_one_before():
    clock = CpuClock()
    clock.pct(CpuTime(0.0, 0.0, 0.0))
    clock.pct(CpuTime(1.0, 2.0, 1.0))
    assert clock.pct(CpuTime(1.0, 2.0, 1.001)) == 50


def test_usage_since_an_hour_ago_is_not_told():
    clock = CpuClock()
    clock.pct(CpuTime(0.0, 0.0, 0.0))
    assert clock.pct(CpuTime(10.0, 7200.0, 3600.0)) is None


def test_a_thousand_windows_take_less_than_a_millisecond():
    windows = [Window({"cpu_percent": 95, "memory_percent": 90}) for _ in range(1000)]
    spent = []
    for number in range(30):
        sample = HostSample(cpu_pct=float(number), mem_pct=50.0, disk_pct=20.0)
        begun = time.thread_time()
        for window in windows:
            window.add(sample)
        spent.append(time.thread_time() - begun)
    assert min(spent) < 0.001


def test_a_sample_takes_less_than_a_millisecond(probe):
    spent = []
    for _ in range(20):
        begun = time.thread_time()
        probe.sample()
        spent.append(time.thread_time() - begun)
    assert min(spent) < 0.001


def test_the_folder_need_not_exist(tmp_path, losses):
    assert HostProbe(Path("not/there"), Faults(losses)).sample().disk_pct is not None
