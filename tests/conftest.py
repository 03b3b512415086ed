"""Every test has a home of its own and no key of anybody's."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gatewright.models.catalogue import KEY_OF_PROVIDER
from tests.support.toolchains import CACHE

# Run times vary on a shared machine; a slow example is no failure. Examples are derandomised, so
# that a red run is red again, and kept small: `HYPOTHESIS_PROFILE=thorough` looks longer.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

MEMORY = Path("/dev/shm")
ROOM = 2**30
"""Bytes; eight times what the folders of the tests have in them at any one time."""

# Databases and git wait for the disk at every commit, for as long as their tests take otherwise. In
# memory they do not, and nothing here cuts the power: a killed process loses neither.
if (
    MEMORY.is_dir()
    and os.access(MEMORY, os.W_OK)
    and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    and shutil.disk_usage(MEMORY).free > ROOM
):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# To compile the tests, and what they test in each process that they start, takes seconds of a run:
# what was compiled is kept, though somebody's environment has it otherwise.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

KEYS = {*KEY_OF_PROVIDER.values(), "TEST_PROVIDER_KEY", "TEST_KEY"}
PLACES = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}
PREFIXES = ("GATEWRIGHT_", "LANGSMITH_", "LANGCHAIN_")
"""What would lead a test to somebody's settings, files, traces or money."""
SHARED = {
    # Made once: each takes seconds, and nothing writes in it.
    "GATEWRIGHT_GATE__ENVIRONMENTS": str(CACHE),
    # The sample's repair is among the first; what may come after it is for the engine's own tests.
    "GATEWRIGHT_LIMITS__REPAIR_CANDIDATES": "60",
}


@pytest.fixture(scope="session", autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same for fixtures that live longer than a test."""
    with pytest.MonkeyPatch.context() as patch:
        _leave(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new `GATEWRIGHT_HOME` and `HOME`; neither lies in `tmp_path`, which is the test's own."""
    return _leave(monkeypatch, tmp_path_factory.mktemp("home"))


def _leave(patch: pytest.MonkeyPatch, folder: Path) -> Path:
    for name in list(os.environ):
        if name in KEYS | PLACES or name.startswith(PREFIXES) or name.endswith("_API_KEY"):
            patch.delenv(name)
    home = folder / "gatewright"
    patch.setenv("HOME", str(folder))
    patch.setenv("GATEWRIGHT_HOME", str(home))
    for name, value in SHARED.items():
        patch.setenv(name, value)
    # The git of a test is nobody's: no name, hooks or aliases of whoever runs the tests.
    patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home
