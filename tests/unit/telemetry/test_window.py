"""The sums of one run's samples, against the same figures worked out from the whole list."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.metrics import Spread, Violation
from gatewright.telemetry.sampling.host import HostSample
from gatewright.telemetry.sampling.window import Window

percents = st.none() | st.floats(0, 100)
samples = st.builds(HostSample, cpu_pct=percents, mem_pct=percents, disk_pct=percents)
limits = st.dictionaries(
    st.sampled_from(["cpu_percent", "memory_percent", "disk_percent", "gpu_percent"]), percents
)


def expected(values, metric, thresholds):
    """A metric's spread and violation, from all of its values."""
    known = [value for value in values if value is not None]
    limit = thresholds.get(metric)
    over = [value for value in known if limit is not None and value > limit]
    spread = (min(known), math.fsum(known) / len(known), max(known)) if known else None
    return spread, (metric, limit, len(over), max(over)) if over else None


def figures(window):
    found = window.metrics("t", duration_s=1.0)
    violations = {violation.metric: violation for violation in found.violations}
    return found, violations


@given(st.lists(st.tuples(samples, percents, st.booleans()), max_size=30), limits)
def test_it_says_what_all_samples_together_say(seen, thresholds):
    window = Window(thresholds)
    for moment, (host, gpu, edge) in enumerate(seen):
        window.add(HostSample(*host), edge=edge)
        if gpu is not None:
            window.add_gpu(gpu, float(moment))
    found, violations = figures(window)
    columns = {
        "cpu_percent": [host.cpu_pct for host, _, _ in seen],
        "memory_percent": [host.mem_pct for host, _, _ in seen],
        "disk_percent": [host.disk_pct for host, _, _ in seen],
        "gpu_percent": [gpu for _, gpu, _ in seen],
    }
    for metric, values in columns.items():
        spread, violation = expected(values, metric, thresholds)
        told = getattr(found, metric)
        assert (told is None) == (spread is None)
        if spread is not None:
            assert (told.min, told.max) == (spread[0], spread[2])
            assert told.avg == pytest.approx(spread[1])
            assert told.min <= told.avg <= told.max
        beyond = violations.get(metric)
        given_back = beyond and (metric, beyond.limit, beyond.count, beyond.max)
        assert given_back == violation
    assert found.sample_count == len(seen)
    assert found.sample_count_in_window == sum(not edge for _, _, edge in seen)
    assert found.threshold_violations == sum(v.count for v in violations.values())


def test_the_same_sample_counts_once():
    window = Window({"cpu_percent": 50})
    sample = HostSample(cpu_pct=80.0)
    window.add(sample)
    window.add(sample, edge=True)
    found, _ = figures(window)
    assert (found.sample_count, found.threshold_violations) == (1, 1)


def test_the_same_moment_of_a_gpu_counts_once():
    window = Window({"gpu_percent": 50})
    window.add_gpu(80.0, 1.0)
    window.add_gpu(80.0, 1.0)
    assert figures(window)[0].violations == (
        Violation(metric="gpu_percent", limit=50, count=1, max=80),
    )


def test_a_limit_that_is_met_is_not_passed():
    window = Window({"cpu_percent": 80})
    window.add(HostSample(cpu_pct=80.0))
    assert figures(window)[0].violations == ()


def test_what_comes_after_the_end_changes_nothing():
    window = Window({})
    window.add(HostSample(cpu_pct=10.0))
    window.close()
    window.add(HostSample(cpu_pct=90.0))
    window.add_gpu(90.0, 1.0)
    found, _ = figures(window)
    assert (found.cpu_percent, found.gpu_percent) == (Spread(min=10, avg=10, max=10), None)


def test_a_run_that_nobody_saw_has_no_figures():
    found, _ = figures(Window({"cpu_percent": 1}))
    assert (found.sample_count, found.cpu_percent, found.violations) == (0, None, ())
