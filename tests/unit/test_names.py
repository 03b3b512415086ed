"""Both ways in which another distribution can take a name of ours are seen at start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("graph", "agents", "nodes", "routing")
FOREIGN = '"""Somebody else\'s agents."""\nfrom .agent import Agent\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with our packages as pip lays them down."""
    folder = tmp_path / "site"
    for name in (*OURS, "gatewright"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "sample")
        )
    return folder


def install_foreign(folder: Path, name: str) -> None:
    """What pip does: its files are written beside and over what is there."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "__init__.py").write_text(FOREIGN)
    (folder / name / "agent.py").write_text("class Agent: ...\n")


def checked(*path: Path) -> str:
    """What the check says in an interpreter of its own whose path begins so."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from gatewright.names import check_names\n"
        "from gatewright.domain.errors import NameCollision\n"
        "try: check_names(); print('ours')\n"
        "except NameCollision as error: print(error)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, path)],
        cwd="/",
        env={"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_our_own_packages_are_ours(site: Path) -> None:
    assert checked(site) == "ours"


def test_a_foreign_package_before_ours_is_seen(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    install_foreign(other, "agents")
    said = checked(other, site)
    assert f"'agents' that Python finds is not Gatewright's (found: {other}/agents/" in said
    assert "an environment of its own" in said


def test_a_foreign_package_written_over_ours_is_seen(site: Path) -> None:
    """Our modules are still there; the package's `__init__.py` is not ours any more."""
    install_foreign(site, "agents")
    assert (site / "agents" / "planner.py").exists()
    assert f"'agents' that Python finds is not Gatewright's (found: {site}/agents/" in checked(site)


def test_what_a_foreign_uninstall_takes_away_is_seen(site: Path) -> None:
    """It removes the `__init__.py` that it had written over ours."""
    (site / "agents" / "__init__.py").unlink()
    assert "'agents' that Python finds is not Gatewright's" in checked(site)


def test_a_foreign_module_is_seen(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "routing.py").write_text('"""The model router: who may answer, and why."""\nx = 1\n')
    assert "'routing' that Python finds is not Gatewright's" in checked(other, site)


def test_a_foreign_package_after_ours_does_not_matter(site: Path, tmp_path: Path) -> None:
    for name in OURS:
        install_foreign(tmp_path / "other", name)
    assert checked(site, tmp_path / "other") == "ours"
