"""The thread that looks at the machine: its schedule, its windows, and what may go wrong."""

import logging
import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.telemetry.queue import Losses
from gatewright.telemetry.sampling.sampler import NAME, Sampler
from gatewright.telemetry.sampling.window import Window
from tests.unit.telemetry.machines import PATIENCE_S, Cards, Clock, Machine, Rows


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
