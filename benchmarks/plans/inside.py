"""Runs shapes by one other tool, in an environment made for it.

    python -m benchmarks.plans.inside NAME

Each runs its steps by posix_spawn and waitpid in threads of its own pool, with no output files and
no time limit: less than what our steps get. `dask_subprocess` has `subprocess.run` in its place.
"""
# ruff: noqa: PLC0415  each environment holds one of these tools only

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.plans.serving import Run, perform, serve
from benchmarks.plans.shapes import Shape


def dask() -> tuple[str, Run]:
    """Its threaded scheduler on a plain graph."""
    return _dask(perform)


def dask_subprocess() -> tuple[str, Run]:
    """The same with `subprocess.run`."""

    def by_subprocess(asked: dict[str, Any], seconds: float) -> None:
        argv = [asked["program"]] if seconds == 0 else ["/bin/sleep", f"{seconds:.4f}"]
        subprocess.run(argv, check=True)

    return _dask(by_subprocess)


def _dask(perform_one: Callable[[dict[str, Any], float], None]) -> tuple[str, Run]:
    import dask as tool  # type: ignore[import-not-found]
    from dask.threaded import get  # type: ignore[import-not-found]

    def run(shape: Shape, asked: dict[str, Any]) -> None:
        def step(seconds: float, *_: Any) -> int:
            perform_one(asked, seconds)
            return 0

        graph = {work.name: (step, work.seconds, *work.after) for work in shape.works}
        get(graph, shape.ends, num_workers=asked["at_a_time"])

    return tool.__version__, run


def prefect() -> tuple[str, Run]:
    """A flow whose tasks wait for each other, with a server of its own inside."""
    import prefect as tool  # type: ignore[import-not-found]
    from prefect.task_runners import ThreadPoolTaskRunner  # type: ignore[import-not-found]

    step = tool.task(perform)

    def run(shape: Shape, asked: dict[str, Any]) -> None:
        def flow() -> None:
            told = {"program": asked["program"]}
            ended: dict[str, Any] = {}
            for work in shape.works:
                waits = [ended[name] for name in work.after]
                ended[work.name] = step.submit(told, work.seconds, wait_for=waits)
            for future in ended.values():
                future.result()

        runner = ThreadPoolTaskRunner(max_workers=asked["at_a_time"])
        tool.flow(task_runner=runner)(flow)()

    run(Shape(name="none", works=[]), {"at_a_time": 1, "program": ""})  # Its server starts now.
    return tool.__version__, run


TOOLS: dict[str, Callable[[], tuple[str, Run]]] = {
    "dask": dask,
    "dask_subprocess": dask_subprocess,
    "prefect": prefect,
}

if __name__ == "__main__":
    serve(TOOLS[sys.argv[1]])
