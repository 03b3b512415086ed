"""`gatewright gate` and `gatewright repair`, as a user starts them on a repository."""

import json
import subprocess
from pathlib import Path

import pytest

from gatewright.settings import load_settings
from gatewright.standalone import check
from tests.acceptance.test_cli import Shell, last_json
from tests.support.projects import git, make_dirty, picture, sample_task

pytestmark = pytest.mark.slow

TEST = "tests/test_account.py"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return Path(sample_task(tmp_path / "sample")["repo"])


def commit_edit(repo: Path, path: str, old: str, new: str) -> None:
    """Commit one replacement."""
    text = (repo / path).read_text()
    assert text.count(old) == 1
    (repo / path).write_text(text.replace(old, new))
    git(repo, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qam", "edit")


def changed_lines(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line.startswith(("+", "-"))]


def test_repair_prints_a_diff_that_git_applies_and_changes_nothing(
    shell: Shell, repo: Path
) -> None:
    make_dirty(repo)
    before = picture(repo)
    ended = shell("repair", "--repo", repo, "--test", TEST)
    assert (ended.returncode, picture(repo)) == (0, before), ended.stderr
    subprocess.run(
        ["git", "apply", "--check", "-"], cwd=repo, input=ended.stdout, check=True, text=True
    )
    assert "Nothing was changed" in ended.stderr


def test_repair_writes_where_it_is_told_to(shell: Shell, repo: Path) -> None:
    ended = shell("repair", "--repo", repo, "--apply", "--json")
    found = last_json(ended.stdout)
    assert (ended.returncode, found["found"], found["applied"]) == (0, True, True)
    assert changed_lines(git(repo, "diff")) == changed_lines(found["diff"]) != []
    assert shell("repair", "--repo", repo, "--json").returncode == 1  # nothing fails any more


def test_gate_passes_a_good_commit_and_remembers_it(shell: Shell, repo: Path) -> None:
    assert shell("repair", "--repo", repo, "--apply").returncode == 0
    git(repo, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qam", "mended")
    ended = shell("gate", "--repo", repo, "--test", TEST, "--risk", "high")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "gate passed" in ended.stdout
    assert (
        "nothing was run" in shell("gate", "--repo", repo, "--test", TEST, "--risk", "high").stdout
    )


def test_gate_says_what_is_wrong_and_writes_sarif(shell: Shell, repo: Path, tmp_path: Path) -> None:
    old = "from decimal import Decimal\n"
    commit_edit(repo, "ledger/account.py", old, f"import os  # noqa: F401\n{old}")
    ended = shell("gate", "--repo", repo, "--sarif", tmp_path / "out.sarif", "--json")
    report = last_json(ended.stdout)
    assert (ended.returncode, report["passed"]) == (1, False)
    sarif = json.loads((tmp_path / "out.sarif").read_text())
    rules = [result["ruleId"] for run in sarif["runs"] for result in run.get("results", [])]
    assert "noqa" in rules


def test_what_is_allowed_no_longer_blocks(repo: Path, tmp_path: Path) -> None:
    text = (repo / TEST).read_text()
    first = text.index("def test_")
    name = text[first : text.index("(", first)]
    commit_edit(repo, TEST, name + "(", name + "_renamed(")
    settings = load_settings(home=tmp_path / "home")
    for allow, status in (((), "failed"), (("tests",), "passed")):
        report = check(repo, allow=allow, pytest=(), settings=settings)
        assert {c.check: c.status for c in report.checks}["tests_intact"] == status


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["gate", "nowhere"], "base"),
        (["gate", "HEAD", "--base", "nowhere"], "base"),
        (["gate", "HEAD", "--risk", "odd"], "risk"),
        (["gate", "HEAD", "--allow", "everything"], "gate.allow"),
        (["repair", "--seconds", "0"], "seconds"),
    ],
)
def test_bad_input_names_its_field(
    shell: Shell, repo: Path, arguments: list[str], field: str
) -> None:
    ended = shell(*arguments, "--repo", repo)
    assert ended.returncode == 2
    assert field in ended.stderr
