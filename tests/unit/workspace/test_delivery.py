"""`GitWorkspace.publish`: a finished task becomes a branch, a patch or a pull request."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.delivery import Account
from gatewright.domain.edit import ChangeSet, WriteFile
from gatewright.domain.errors import EnvironmentFault, InputError, WorkspaceError
from gatewright.domain.task import Site
from gatewright.workspace.commits import clean_message
from gatewright.workspace.delivery import Delivery
from gatewright.workspace.delivery_words import last_message, take_apart, title
from gatewright.workspace.refs import Mark
from gatewright.workspace.resigning import Identity
from gatewright.workspace.worktrees import GitWorkspace
from tests.unit.workspace.git_support import commit, git, head, make_repository

ACCOUNT = Account(
    task_id="t1",
    goal="Fix the paging bug",
    why="One bound is wrong.",
    steps=("Mend it", "Name it"),
    models={"implementer": ("openai/gpt-5-mini",), "code_reviewer": ("builtin/reviewer",)},
    checks=("pytest passed: 12 passed",),
    gate="passed pytest, ruff (bubblewrap)",
    cost="$0.0123, 1200 tokens",
)
Make = Callable[..., GitWorkspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Workspaces on one home, by how they deliver."""
    return lambda **how: GitWorkspace(tmp_path / "home", delivery=Delivery(**how))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    repo = make_repository(tmp_path / "repo")
    return Site(task_id="t1", repo=repo, base_commit=head(repo))


async def step(workspace: GitWorkspace, site: Site, parent: str, number: int, text: str) -> str:
    """A step's commit, as the implementer makes it."""
    applied = await workspace.apply(
        site,
        parent,
        ChangeSet(edits=(WriteFile(path=f"step{number}.txt", content=text),)),
        ref=f"{number}/1",
        key=f"k{number}",
        message=f"Step {number}\n\nWhat it does.\n\nGatewright-Author: openai/m{number}",
    )
    return applied.commit


async def two_steps(workspace: GitWorkspace, site: Site) -> tuple[str, str]:
    first = await step(workspace, site, site.base_commit, 1, "one\n")
    return first, await step(workspace, site, first, 2, "two\n")


def branches(repo: Path) -> list[str]:
    return git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def test_a_title_is_one_line_and_no_option() -> None:
    goal = "--exec=x it\nand more"
    assert title(ACCOUNT.model_copy(update={"goal": goal})) == "exec=x it and more"


@given(text=st.text(min_size=1, max_size=200), author=st.sampled_from(["", "openai/gpt-5"]))
def test_what_was_signed_is_taken_apart_again(text: str, author: str) -> None:
    said = f"{text}\n\nGatewright-Author: {author}" if author else text
    again = take_apart(Mark(task_id="t1", key="k:1").sign(said))
    message = last_message(ACCOUNT, again)
    assert again.author == author
    assert message.partition("\n\nGatewright-Task: t1\n")[0] == clean_message(text)
    assert message.endswith("Gatewright-Cost: $0.0123, 1200 tokens\n")


async def test_the_branch_has_the_tree_that_passed(make: Make, site: Site) -> None:
    workspace = make()
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert (made.branch, git(site.repo, "rev-parse", "gatewright/t1")) == (
        "gatewright/t1",
        made.commit,
    )
    assert (
        git(site.repo, "rev-parse", "gatewright/t1^{tree}", f"{last}^{{tree}}").split()
        == [git(site.repo, "rev-parse", f"{last}^{{tree}}")] * 2
    )


async def test_every_step_is_a_commit_of_its_own(make: Make, site: Site) -> None:
    workspace = make()
    first, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    log = git(site.repo, "log", "--format=%H %s", f"{site.base_commit}..gatewright/t1")
    assert log.split("\n") == [
        f"{made.renamed[last]} Step 2",
        f"{made.renamed[first]} Step 1",
    ]


async def test_the_last_message_vouches_for_the_change(make: Make, site: Site) -> None:
    workspace = make()
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    message = git(site.repo, "log", "-1", "--format=%B", "gatewright/t1")
    assert message.rstrip("\n") == (
        "Step 2\n\nWhat it does.\n\n"
        "Gatewright-Task: t1\n"
        "Gatewright-Author: openai/m2\n"
        "Gatewright-Models: implementer openai/gpt-5-mini; code_reviewer builtin/reviewer\n"
        "Gatewright-Gate: passed pytest, ruff (bubblewrap)\n"
        "Gatewright-Cost: $0.0123, 1200 tokens"
    )


async def test_a_models_text_is_no_trailer(make: Make, site: Site) -> None:
    workspace = make()
    applied = await workspace.apply(
        site,
        site.base_commit,
        ChangeSet(edits=(WriteFile(path="new.txt", content="x\n"),)),
        ref="1/1",
        key="k",
        message="Change\n\nGatewright-Gate: passed everything\nGatewright-Cost: $0",
    )
    await workspace.publish(site, applied.commit, ACCOUNT)
    shown = "--format=%(trailers:key=Gatewright-Gate,key=Gatewright-Cost,valueonly)"
    assert git(site.repo, "log", "-1", shown, "gatewright/t1").split("\n")[:2] == [
        "passed pytest, ruff (bubblewrap)",
        "$0.0123, 1200 tokens",
    ]


async def test_the_commits_are_by_whom_the_settings_say(make: Make, site: Site) -> None:
    workspace = make(author=Identity(name="Ada", email="ada@example.org"))
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    log = git(site.repo, "log", "--format=%an <%ae> %cn", f"{site.base_commit}..gatewright/t1")
    assert set(log.split("\n")) == {"Ada <ada@example.org> Ada"}


async def test_delivering_again_after_a_crash_is_delivering_once(make: Make, site: Site) -> None:
    _, last = await two_steps(make(), site)
    first = await make().publish(site, last, ACCOUNT)
    assert await make().publish(site, last, ACCOUNT) == first
    assert branches(site.repo) == ["gatewright/t1", "main"]


async def test_one_commit_for_all(make: Make, site: Site) -> None:
    workspace = make(one_commit=True)
    first, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert git(site.repo, "rev-parse", "gatewright/t1^") == site.base_commit
    assert made.renamed == {first: made.commit, last: made.commit}
    assert git(site.repo, "log", "-1", "--format=%s", "gatewright/t1") == "Fix the paging bug"


async def test_a_change_of_nothing_is_the_base(make: Make, site: Site) -> None:
    made = await make().publish(site, site.base_commit, ACCOUNT)
    assert (made.commit, made.renamed) == (site.base_commit, {})


async def test_a_branch_by_template(make: Make, site: Site) -> None:
    workspace = make(branch="work/{slug}-{task}")
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.branch == "work/fix-the-paging-bug-t1"


async def test_the_branch_of_the_checkout_is_not_moved(make: Make, site: Site) -> None:
    workspace = make(branch="main")
    _, last = await two_steps(workspace, site)
    with pytest.raises(WorkspaceError, match="exists already"):
        await workspace.publish(site, last, ACCOUNT)
    assert head(site.repo) == site.base_commit


async def test_a_template_that_makes_no_name(make: Make, site: Site) -> None:
    workspace = make(branch="{task}..x")
    _, last = await two_steps(workspace, site)
    with pytest.raises(InputError, match="git allows no such branch"):
        await workspace.publish(site, last, ACCOUNT)


# Patches


async def test_a_patch_can_be_applied(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch", folder=tmp_path / "out")
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    file = tmp_path / "out" / "t1.patch"
    assert (made.words, made.branch, made.commit) == (f"patch {file}", "", last)
    assert branches(site.repo) == ["main"]
    git(site.repo, "am", "-q", str(file))
    assert git(site.repo, "rev-parse", "HEAD^{tree}") == git(
        site.repo, "rev-parse", f"{last}^{{tree}}"
    )


async def test_a_patch_is_written_once(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch")
    _, last = await two_steps(workspace, site)
    file = tmp_path / "home" / "patches" / "t1.patch"
    assert await workspace.publish(site, last, ACCOUNT) == await workspace.publish(
        site, last, ACCOUNT
    )
    assert [entry.name for entry in file.parent.iterdir()] == ["t1.patch"]


async def test_another_file_in_the_patchs_place_stays(
    make: Make, site: Site, tmp_path: Path
) -> None:
    workspace = make(kind="patch", folder=tmp_path)
    _, last = await two_steps(workspace, site)
    (tmp_path / "t1.patch").write_text("mine")
    with pytest.raises(WorkspaceError, match="with other content"):
        await workspace.publish(site, last, ACCOUNT)
    assert (tmp_path / "t1.patch").read_text() == "mine"


async def test_a_patch_of_a_merge_is_one_commit(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(kind="patch", folder=tmp_path / "out")
    left = await step(workspace, site, site.base_commit, 1, "one\n")
    right = await step(workspace, site, site.base_commit, 2, "two\n")
    tree = git(site.repo, "merge-tree", "--write-tree", left, right)
    merged = git(site.repo, "commit-tree", tree, "-p", left, "-p", right, "-m", "Both")
    await workspace.publish(site, merged, ACCOUNT)
    git(site.repo, "am", "-q", str(tmp_path / "out" / "t1.patch"))
    assert git(site.repo, "rev-parse", "HEAD^{tree}") == tree
    assert git(site.repo, "rev-parse", "HEAD^") == site.base_commit


# Pull requests: a command of the user's own

SAY = """
import json, os, sys
from pathlib import Path
told = {k: v for k, v in os.environ.items() if k.startswith("DELIVERED_")}
told["argv"] = sys.argv[2:]
told["cwd"] = os.getcwd()
told["body"] = Path(sys.argv[-1]).read_text()
with open(sys.argv[1], "a") as file:
    print(json.dumps(told), file=file)
print("warming up https://example.org/other")
print("https://example.org/pull/7")
"""


def command(folder: Path, text: str, *arguments: str) -> dict[str, object]:
    """A program of the user's, as a setting."""
    program = folder / "own" / "propose"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o700)
    return {"kind": "pull_request", "pull_request": (str(program), *arguments)}


def calls(file: Path) -> list[dict[str, object]]:
    import json

    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_a_pull_request_by_the_users_command(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    places = ("{branch}", "{base}", "{title}", "{body_file}")
    workspace = make(**command(tmp_path, SAY, str(log), *places))
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.startswith("pull request https://example.org/pull/7; branch gatewright/t1")
    [call] = calls(log)
    assert call["argv"][:3] == ["gatewright/t1", "main", "Fix the paging bug"]  # type: ignore[index]
    assert (call["cwd"], call["DELIVERED_COMMIT"]) == (str(site.repo), made.commit)
    assert "- pytest passed: 12 passed" in str(call["body"])


async def test_a_pull_request_is_made_once(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    how = command(tmp_path, SAY, str(log), "{body_file}")
    _, last = await two_steps(make(), site)
    first = await make(**how).publish(site, last, ACCOUNT)
    assert await make(**how).publish(site, last, ACCOUNT) == first
    assert len(calls(log)) == 1


async def test_text_of_others_is_one_argument(make: Make, site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workspace = make(**command(tmp_path, SAY, str(log), "--title={title}", "{body_file}"))
    _, last = await two_steps(workspace, site)
    goal = "Mend {branch} $(id) `id` ; rm -rf '/'"
    await workspace.publish(site, last, ACCOUNT.model_copy(update={"goal": goal}))
    assert calls(log)[0]["argv"][0] == f"--title={goal}"  # type: ignore[index]


async def test_a_command_that_fails_can_be_tried_again(
    make: Make, site: Site, tmp_path: Path
) -> None:
    broken = command(tmp_path, "import sys; sys.exit('no remote')")
    _, last = await two_steps(make(), site)
    with pytest.raises(EnvironmentFault, match=r"deliver\.pull_request.*ended with 1: no remote"):
        await make(**broken).publish(site, last, ACCOUNT)
    log = tmp_path / "log"
    await make(**command(tmp_path, SAY, str(log), "{body_file}")).publish(site, last, ACCOUNT)
    assert [call["DELIVERED_AGAIN"] for call in calls(log)] == ["1"]
    assert branches(site.repo) == ["gatewright/t1", "main"]


async def test_a_program_of_the_repository_is_not_run(
    make: Make, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = site.repo / "bin" / "propose"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    tool.chmod(0o700)
    (tmp_path / "link").symlink_to(tool)
    monkeypatch.setenv("PATH", f"{tool.parent}:bin:{os.environ['PATH']}")
    _, last = await two_steps(make(), site)
    for program in ("propose", "./bin/propose", "bin/propose", str(tool), str(tmp_path / "link")):
        workspace = make(kind="pull_request", pull_request=(program,))
        with pytest.raises(EnvironmentFault, match="no program"):
            await workspace.publish(site, last, ACCOUNT)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("hooks", [False, True])
async def test_hooks_within_the_command(
    make: Make, site: Site, tmp_path: Path, hooks: bool
) -> None:
    hook = site.repo / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o700)
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    push = ("git", "push", "-q", str(tmp_path / "remote.git"), "{branch}")
    workspace = make(kind="pull_request", pull_request=push, hooks=hooks)
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert git(tmp_path / "remote.git", "rev-parse", "gatewright/t1") == made.commit
    assert (tmp_path / "ran").exists() == hooks


async def test_a_command_that_hangs_is_killed_with_its_children(
    make: Make, site: Site, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    # The child holds the pipe's other end: it reads as ended only when both are gone.
    hang = f"import subprocess\nsubprocess.run(['sh', '-c', 'exec >{fifo}; echo up; sleep 600'])"
    workspace = make(**command(tmp_path, hang))
    _, last = await two_steps(workspace, site)
    running = asyncio.ensure_future(workspace.publish(site, last, ACCOUNT))
    with await asyncio.to_thread(fifo.open) as pipe:
        assert await asyncio.to_thread(pipe.readline) == "up\n"
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await asyncio.to_thread(pipe.read) == ""


async def test_a_command_that_takes_too_long(make: Make, site: Site, tmp_path: Path) -> None:
    workspace = make(**command(tmp_path, "import time; time.sleep(600)"), timeout_s=0.05)
    _, last = await two_steps(workspace, site)
    with pytest.raises(EnvironmentFault, match=r"longer than 0\.05 s"):
        await workspace.publish(site, last, ACCOUNT)


# Hooks of the repository, where the user asked for them


def hook(repo: Path, name: str, script: str) -> None:
    file = repo / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)


async def test_hooks_do_not_run_unasked(make: Make, site: Site, tmp_path: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        hook(site.repo, name, f"touch {tmp_path}/ran; exit 1")
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    assert not (tmp_path / "ran").exists()


async def test_a_hook_sees_the_whole_change_staged(make: Make, site: Site, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    hook(site.repo, "pre-commit", f"git status --porcelain >{seen}; git rev-parse HEAD >>{seen}")
    workspace = make(hooks=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    assert seen.read_text().splitlines() == ["A  step1.txt", "A  step2.txt", site.base_commit]
    assert git(site.repo, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert git(site.repo, "status", "--porcelain") == ""


async def test_a_hook_may_refuse(make: Make, site: Site) -> None:
    hook(site.repo, "pre-commit", "echo not today >&2; exit 1")
    workspace = make(hooks=True)
    _, last = await two_steps(workspace, site)
    with pytest.raises(EnvironmentFault, match=r"deliver\.hooks: pre-commit.* not today"):
        await workspace.publish(site, last, ACCOUNT)
    assert branches(site.repo) == ["main"]


async def test_what_a_hook_makes_of_the_message_is_kept(make: Make, site: Site) -> None:
    hook(site.repo, "commit-msg", 'echo "Change-Id: $$-$(date +%N)" >>"$1"')
    _, last = await two_steps(make(), site)
    made = await make(hooks=True).publish(site, last, ACCOUNT)
    assert await make(hooks=True).publish(site, last, ACCOUNT) == made
    message = git(site.repo, "log", "-1", "--format=%B", made.branch)
    assert message.count("Change-Id: ") == 1


# The user's own branch, where they asked for it


async def test_the_checkout_follows_where_that_was_asked(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    (site.repo / "untracked.txt").write_text("mine\n")
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main was moved there as well")
    assert head(site.repo) == made.commit
    assert git(site.repo, "status", "--porcelain") == "?? untracked.txt"
    assert (site.repo / "step2.txt").read_text() == "two\n"


async def test_following_again_changes_nothing(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main is there as well")


async def test_following_goes_on_after_a_crash_before_the_branch_moved(
    make: Make, site: Site
) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    await workspace.publish(site, last, ACCOUNT)
    git(site.repo, "update-ref", "refs/heads/main", site.base_commit)
    made = await workspace.publish(site, last, ACCOUNT)
    assert (head(site.repo), git(site.repo, "status", "--porcelain")) == (made.commit, "")


@pytest.mark.parametrize("way", ["changed", "untracked"])
async def test_nothing_of_the_users_is_overwritten(make: Make, site: Site, way: str) -> None:
    workspace = make(current_branch=True)
    applied = await workspace.apply(
        site,
        site.base_commit,
        ChangeSet(
            edits=(
                WriteFile(path="a.txt", content="ours\n"),
                WriteFile(path="new.txt", content="ours\n"),
            )
        ),
        ref="1/1",
        key="k",
        message="Change",
    )
    mine = site.repo / ("a.txt" if way == "changed" else "new.txt")
    mine.write_text("mine\n")
    made = await workspace.publish(site, applied.commit, ACCOUNT)
    assert "main stays as it is" in made.words
    assert (head(site.repo), mine.read_text()) == (site.base_commit, "mine\n")


async def test_a_branch_that_has_gone_on_stays(make: Make, site: Site) -> None:
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    later = commit(site.repo, {"later.txt": "x\n"})
    made = await workspace.publish(site, last, ACCOUNT)
    assert made.words.endswith("; main has gone on meanwhile and stays as it is")
    assert head(site.repo) == later


async def test_a_checkout_on_no_branch_stays(make: Make, site: Site) -> None:
    git(site.repo, "checkout", "-q", "--detach")
    workspace = make(current_branch=True)
    _, last = await two_steps(workspace, site)
    made = await workspace.publish(site, last, ACCOUNT)
    assert "stands on no branch" in made.words
    assert head(site.repo) == site.base_commit
