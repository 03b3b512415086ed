"""What a look at the real machine shows, and what it makes of figures that are not there."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.telemetry.queue import Losses
from gatewright.telemetry.sampling.faults import Faults
from gatewright.telemetry.sampling.glance import CpuClock, CpuTime, cpu_time
from gatewright.telemetry.sampling.host import HostProbe


@pytest.fixture
def losses():
    return Losses()


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


def test_the_folder_need_not_exist(tmp_path, losses):
    assert HostProbe(Path("not/there"), Faults(losses)).sample().disk_pct is not None
