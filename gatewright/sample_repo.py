"""The bundled sample as a git repository: a small project with a real bug and a failing test."""

import os
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from gatewright.domain.errors import InputError

_TASK = "task.yaml"


def make_sample(folder: Path | None = None) -> dict[str, Any]:
    """Copy the sample, commit it, and return its task, with `repo`.

    Raises: InputError when the folder is there and not empty.
    """
    target = Path(tempfile.mkdtemp(prefix="gatewright-demo-")) if folder is None else folder
    if target.exists() and any(target.iterdir()):
        raise InputError("--dir", str(target), "is not empty", "Name a new folder.")
    repo = target / "repo"
    with resources.as_file(resources.files("gatewright").joinpath("sample")) as sample:
        ignore = shutil.ignore_patterns(_TASK, "__pycache__", ".*_cache")
        shutil.copytree(sample, repo, ignore=ignore)
        task: dict[str, Any] = yaml.safe_load((sample / _TASK).read_text(encoding="utf-8"))
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Sample"]):
        _git(repo, *arguments)
    return {**task, "repo": str(repo)}


def _git(repo: Path, *arguments: str) -> None:
    """The files are ours, so plain git will do; but neither the user's hooks nor their identity."""
    who = {"NAME": "Sample", "EMAIL": "sample@localhost", "DATE": "2026-01-01T00:00:00Z"}
    environment = {
        # Under a git hook GIT_DIR and its like stand for the user's own repository.
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in who.items()
        },
    }
    subprocess.run(["git", *arguments], cwd=repo, env=environment, check=True)
