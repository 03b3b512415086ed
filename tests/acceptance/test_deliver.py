"""How a finished task is delivered, by the settings, through whole runs by models over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.events import Event
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git, picture
from tests.support.scripts import MODEL, REVIEWER, fix, flags, says, script

NAMES = ("Task", "Author", "Models", "Gate", "Cost")
SHOWN = "".join(f"%(trailers:key=Gatewright-{name},valueonly)" for name in NAMES)


@pytest.fixture
async def models() -> AsyncIterator[dict[str, Any]]:
    """Settings that send every role to a provider whose first change is right."""
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        yield flags(server.url)


async def test_the_branch_says_how_it_came_about(
    workshop: Workshop, models: dict[str, Any]
) -> None:
    task = workshop.task("told")
    author = {"author_name": "Ada", "author_email": "a@b.c"}
    with workshop.gatewright(deliver=author, **models) as gatewright:
        result = await gatewright.arun(task)
    assert result.gate is not None
    passed = ", ".join(check.check for check in result.gate.checks if check.status == "passed")
    log = git(
        Path(task["repo"]), "log", "-1", f"--format=%H%n%an <%ae>%n{SHOWN}", "gatewright/told"
    )
    assert log.split("\n")[:7] == [
        result.commit,
        "Ada <a@b.c>",
        "told",
        MODEL,
        f"planner {MODEL}; plan_reviewer {REVIEWER}; implementer {MODEL}; code_reviewer {REVIEWER}",
        f"passed {passed} ({result.gate.sandbox})",
        f"${result.cost_usd:.4f}, 4800 tokens",
    ]
    assert result.steps[-1].commit == result.commit
    assert result.delivered == f"branch gatewright/told at {str(result.commit)[:12]}"


async def test_a_patch_leaves_the_repository_without_a_branch(
    workshop: Workshop, models: dict[str, Any]
) -> None:
    task = workshop.task("patched")
    repo = Path(task["repo"])
    before = picture(repo)
    with workshop.gatewright(deliver={"kind": "patch"}, **models) as gatewright:
        result = await gatewright.arun(task)
        diff = await gatewright.adiff("patched")
    patch = workshop.home / "patches" / "patched.patch"
    assert (result.state, result.branch, result.delivered) == ("done", None, f"patch {patch}")
    assert git(repo, "branch", "--list", "gatewright/*") == ""
    assert picture(repo) == before
    git(repo, "apply", "--index", str(patch))
    assert git(repo, "diff", "--cached") == diff


async def test_a_pull_request_that_fails_goes_on_from_there(
    workshop: Workshop, tmp_path: Path, models: dict[str, Any]
) -> None:
    task = workshop.task("proposed")
    events: list[Event] = []
    broken = {"kind": "pull_request", "pull_request": ["git", "push", "nowhere", "{branch}"]}
    with (
        workshop.gatewright(deliver=broken, **models) as gatewright,
        pytest.raises(EnvironmentFault, match=r"deliver\.pull_request"),
    ):
        await gatewright.arun(task)
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    mended = {"kind": "pull_request", "pull_request": ["git", "push", str(remote), "{branch}"]}
    with workshop.gatewright(deliver=mended, **models) as gatewright:
        result = await gatewright.aresume("proposed", on_event=events.append)
    assert (result.state, result.branch) == ("done", "gatewright/proposed")
    assert [event.node for event in events if event.kind == "node_started"] == ["deliver"]
    assert git(remote, "rev-parse", "gatewright/proposed").strip() == result.commit


async def test_a_merge_brings_it_to_the_remote(
    workshop: Workshop, tmp_path: Path, models: dict[str, Any]
) -> None:
    task = workshop.task("merged")
    repo, remote = Path(task["repo"]), tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    branch = git(repo, "symbolic-ref", "--short", "HEAD").strip()
    git(repo, "push", "-q", str(remote), branch)
    merge = {"kind": "merge", "merge_remote": str(remote), "merge_test": "test -d tests"}
    with workshop.gatewright(deliver=merge, **models) as gatewright:
        result = await gatewright.arun(task)
    assert result.delivered.startswith(f"merged into {branch} on {remote} at ")
    assert git(remote, "rev-parse", branch).strip() == result.commit
