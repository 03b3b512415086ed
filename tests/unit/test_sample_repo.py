"""The sample is a repository of its own, wherever it is made from."""

from pathlib import Path

import pytest

from gatewright.sample_repo import make_sample
from tests.support.projects import git


def test_under_a_git_hook_the_users_repository_is_not_committed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    users.mkdir()
    git(users, "init", "-q")
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", str(users / ".git"))
        hook.setenv("GIT_INDEX_FILE", str(users / ".git" / "index"))
        task = make_sample(tmp_path / "work")
    assert git(Path(task["repo"]), "log", "--format=%s").strip() == "Sample"
    assert git(users, "rev-list", "--all") == ""
