"""Which lines of some files are run; by the `coverage` of the environment, if there is one."""

# ruff: noqa: UP006, UP035
# The annotations are read by Pythons from 3.8 on.

import warnings
from typing import Any, List


class Measure:
    """Measures from its making on."""

    def __init__(self, files: List[str]) -> None:
        self._files = files
        self._coverage: Any = None
        if not files:
            return
        try:
            import coverage  # noqa: PLC0415 - before the repository is on the path
        except ImportError:
            return
        # Nothing of the repository's settings: they could leave out what was changed.
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=files)
        self._coverage.start()

    @property
    def possible(self) -> bool:
        """Whether there is anything to measure with."""
        return self._coverage is not None

    def lines(self) -> List[Any]:
        """Stop; each file with the first lines of its statements, and those that were not run."""
        if self._coverage is None:
            return []
        found = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._coverage.stop()
            for file in self._files:
                try:
                    _, statements, _, missing, _ = self._coverage.analysis2(file)
                except Exception:  # noqa: BLE001, S112 - a file that is no Python; others are
                    continue
                found.append((file, list(statements), list(missing)))
        return found
