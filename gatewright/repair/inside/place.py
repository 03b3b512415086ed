"""The repository's copy as the driver sees it, and how pytest is called in it."""

import gc
import importlib
import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import pytest

from gatewright.repair.inside.child import Child
from gatewright.repair.inside.handover import threads
from gatewright.repair.inside.recorder import Recorder
from gatewright.repair.inside.tracer import Tracer

SHUFFLERS = ("randomly", "random_order")
HEAVY = ("langsmith_plugin",)
"""Comes with our own environment, not with a repository, and takes a second to import."""


class Place:
    """A copy of a repository for a limited time."""

    def __init__(self, root: str, roots: list[str], seconds: float) -> None:
        self.root = os.path.realpath(root)
        self._inside = self.root + os.sep
        self.scratch = tempfile.mkdtemp(prefix="repair-")
        self.early: set[str] = set()
        """Real paths of the repository's files that something has imported before its time."""
        self._until = time.monotonic() + seconds
        self._children = 0
        more = [str(Path(self.root, each)) for each in roots]
        # The top as `python -m pytest` does, the rest as the repository's environment has it.
        sys.path[:0] = [path for path in (self.root, *more) if path not in sys.path]
        os.environ["PYTHONPATH"] = os.pathsep.join(more)  # for processes that tests start

    def left(self) -> float:
        """Seconds."""
        return self._until - time.monotonic()

    def observe(self, args: list[str], *, traced: bool, wall_s: float, test_s: float) -> Child:
        """Run tests to the end, however they come out."""

        def work(out: IO[bytes], folder: str) -> None:
            tracer = Tracer(self.root) if traced else None
            recorder = Recorder(out, tracer=tracer, test_s=test_s)
            if tracer:
                tracer.start()
            code = self.pytest(args, recorder, folder)
            recorder.say(
                end=code,
                imported=sorted(tracer.imported) if tracer else [],
                modules=self._foreign_modules(),
                threads=threads(),
            )
            os._exit(0)

        return self._child(wall_s, work)

    def preload(self, modules: list[str]) -> None:
        """Import what every child would import, so that a fork has it already."""
        for name in modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - third-party code; a child will say it better
                continue
        self._forget()
        gc.collect()
        gc.freeze()

    def _child(self, wall_s: float, work: Any) -> Child:
        self._children += 1
        bounded = max(0.1, min(wall_s, self.left()))
        return Child(self.scratch, f"t{self._children}", bounded, work)

    def pytest(self, args: list[str], plugin: object, folder: str) -> int:
        """Run pytest in this process; its exit code."""
        self._forget()
        # Ours come after the repository's `addopts`, so that they win.
        ours = ["-q", "--assert=plain", "--tb=native", "--maxfail=0", f"--rootdir={self.root}"]
        ours += [f"--basetemp={folder}", "-o", f"cache_dir={folder}/.cache"]
        ours += ["--continue-on-collection-errors"]
        ours += [word for name in SHUFFLERS + HEAVY for word in ("-p", f"no:{name}")]
        if importlib.util.find_spec("pytest_cov"):
            ours += ["--no-cov"]  # it would trace, too; what else is tamed, `Recorder` says
        return int(pytest.main([*ours, *args], plugins=[plugin]))

    def _forget(self) -> None:
        """Drop modules of the repository that something has imported before its time."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name != "__main__" and file and self._is_own(os.path.realpath(file)):
                self.early.add(os.path.realpath(file))
                del sys.modules[name]

    def _is_own(self, path: str) -> bool:
        return path.startswith(self._inside) and "site-packages" not in path

    def _foreign_modules(self) -> list[str]:
        self._forget()
        return [name for name in sys.modules if name != "__main__"]
