"""Move the branch that the user's checkout stands on, where its owner asked for that.

The one place where a checkout of the user's is written. It is a fast-forward or nothing: git's
two-tree merge refuses as soon as a file of the user's would be lost, and the branch moves last.
"""

from dataclasses import replace

from gatewright.workspace.git import Git, GitFailed
from gatewright.workspace.repository import Repository, filters_off
from gatewright.workspace.resigning import Identity
from gatewright.workspace.trees import object_id


async def forward(repository: Repository, commit: str, *, identity: Identity) -> str:
    """Bring checkout and branch to this commit; one line on what became of it.

    Hooks and filters do not run. Run again after a crash, it goes on. Raises: WorkspaceError.
    """
    here = Git(cwd=repository.git.cwd, git_dir=repository.git_dir)
    ref = (await here.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))).line
    if not ref:
        return "the checkout stands on no branch and stays as it is"
    branch = ref.removeprefix("refs/heads/")
    old = (await here.run("rev-parse", "--verify", "--end-of-options", "HEAD^{commit}")).line
    if old == commit:
        return f"{branch} is there as well"
    below = await here.run(
        "merge-base", "--is-ancestor", object_id(old), object_id(commit), accept=(0, 1)
    )
    if below.returncode != 0:
        return f"{branch} has gone on meanwhile and stays as it is"
    checkout = replace(here, work_tree=repository.top, overrides=await filters_off(repository.git))
    try:
        await checkout.run("update-index", "-q", "--refresh", accept=(0, 1))
        await checkout.run("read-tree", "-m", "-u", old, commit)
    except GitFailed as error:
        return f"{branch} stays as it is: {_first_line(error.reason)}"
    who = {"GIT_COMMITTER_NAME": identity.name, "GIT_COMMITTER_EMAIL": identity.email}
    message = "gatewright: fast-forward"
    await here.run("update-ref", "--create-reflog", "-m", message, "HEAD", commit, old, env=who)
    return f"{branch} was moved there as well"


def _first_line(reason: str) -> str:
    return reason.partition("\n")[0].removeprefix("error: ").removeprefix("fatal: ")
