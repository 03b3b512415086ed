"""How the overhead of telemetry is measured."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler

from benchmarks.overhead import measure
from benchmarks.overhead.measure import Bench, bare, interval, paired, percentile
from benchmarks.overhead.peers import PeerUnavailable, measure_peer

pytestmark = pytest.mark.slow

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


class Counting(BaseCallbackHandler):
    """Counts what began."""

    run_inline = True

    def __init__(self) -> None:
        self.begun = 0

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        self.begun += 1


@pytest.mark.parametrize("is_async", [False, True])
def test_the_watcher_sees_every_node(is_async):
    handler = Counting()

    @contextmanager
    def watch() -> Iterator[list[Any]]:
        yield [handler]

    bench = Bench(is_async=is_async, nodes=3)
    bench.run(watch)
    bench.close()
    assert handler.begun == 1 + 3
    assert len(bench.at_ns) == 1 + 3 + 1
    assert bench.at_ns == sorted(bench.at_ns)


def test_as_many_rounds_count_as_were_asked_for():
    bench = Bench(is_async=False, nodes=1)
    found = paired(bench, bare, rounds=3, warm_up=1)
    bench.close()
    assert found.rounds == 3
    assert found.bare_min_us <= found.bare_us
    assert found.added_low_us <= found.added_us <= found.added_high_us


@given(numbers)
def test_the_interval_lies_around_the_median(values):
    low, high = interval(values)
    ordered = sorted(values)
    assert low <= ordered[len(ordered) // 2] <= high


@given(numbers, st.floats(0, 1))
def test_a_percentile_is_one_of_the_values(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


def test_the_measure_needs_nothing_that_other_environments_lack():
    tree = ast.parse(Path(measure.__file__).read_text("utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert foreign == {"langgraph"}


def test_a_tool_that_cannot_be_installed_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(PeerUnavailable, match="uv pip ended with"):
        measure_peer("openllmetry", cache=tmp_path / "peers", rounds=1)
