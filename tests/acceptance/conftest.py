"""What the acceptance tests share: a home whose baselines are computed once a module."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gatewright.app import Gatewright
from tests.support.projects import sample_task

QUICK = {"pytest": ["tests/test_account.py"], "mypy": False, "ruff": False}
"""A gate of the tests alone, for tests that are about something else."""


class Workshop:
    """One home, and repositories of the same content, so that the gate's baseline is cached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    def task(self, task_id: str, **fields: Any) -> dict[str, Any]:
        """The sample's task on a repository of its own."""
        return sample_task(self.folder / task_id, id=task_id, **{"gate": QUICK, **fields})

    @contextmanager
    def gatewright(self, **flags: Any) -> Iterator[Gatewright]:
        """Gatewright on this home."""
        with Gatewright(home=self.home, **flags) as gatewright:
            yield gatewright


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The module's home and repositories."""
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PROVIDER_KEY", "sk-test")
