"""A repository with a bare remote on disk, a branch to be merged, and what must hold afterwards."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.projects import git, picture

SAFE_MERGE = Path(__file__).parents[2] / "docs" / "examples" / "plans" / "safe_merge.json"
RELEASE = SAFE_MERGE.with_name("release.json")

_OWN = ("refs/heads/rollback/", "refs/rollback/", "refs/safe-merge/", "refs/remotes/")


@dataclass(frozen=True)
class Before:
    """What is known of both repositories before a run."""

    checkout: dict[str, str]
    commits: frozenset[str]
    refs: dict[str, str]
    remote: str


class Scene:
    """`main` and `topic`, each with a commit, both on the remote; the checkout stands on `mine`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.repo = folder / "repo"
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(folder, "init", "-q", "-b", "main", str(self.repo))
        for name, value in (("user.name", "Ada"), ("user.email", "ada@example.com")):
            git(self.repo, "config", name, value)
        git(self.repo, "remote", "add", "origin", str(self.remote))
        self.commit("shared.txt", "one\n")
        git(self.repo, "push", "-q", "origin", "main")
        git(self.repo, "checkout", "-qb", "topic")
        self.commit("topic.txt", "topic\n")
        git(self.repo, "checkout", "-qb", "mine", "main")

    def commit(self, name: str, text: str) -> str:
        """A commit on whatever the checkout stands on."""
        (self.repo / name).write_text(text)
        git(self.repo, "add", name)
        git(self.repo, "commit", "-qm", f"write {name}")
        return git(self.repo, "rev-parse", "HEAD").strip()

    def advance(self, name: str, text: str) -> str:
        """Somebody pushes a commit to the remote's `main`, from a clone of theirs."""
        clone = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        git(self.folder, "clone", "-q", str(self.remote), str(clone))
        (clone / name).write_text(text)
        git(clone, "add", name)
        author = ("-c", "user.name=Bob", "-c", "user.email=bob@example.com")
        git(clone, *author, "commit", "-qm", f"write {name}")
        git(clone, "push", "-q", "origin", "main")
        return git(clone, "rev-parse", "HEAD").strip()

    def tip(self, ref: str) -> str:
        """What a ref of the user's repository stands at, by its full name; empty: no such ref."""
        return git(self.repo, "for-each-ref", "--format=%(objectname)", ref).strip()

    def remote_main(self) -> str:
        """What the remote's `main` stands at."""
        return git(self.remote, "rev-parse", "refs/heads/main").strip()

    def hook(self, name: str, script: str) -> None:
        """A hook of the remote."""
        path = self.remote / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def before(self) -> Before:
        """To be compared with later."""
        return Before(self._checkout(), self._commits(), self.refs(), self.remote_main())

    def lost(self, before: Before) -> list[str]:
        """What a run may never do, whatever became of it, and did; empty when all is well."""
        found = [f"commit {commit} is gone" for commit in before.commits - self._commits()]
        now = self._checkout()
        found += [
            f"the checkout's {path} is not as it was"
            for path in sorted(before.checkout.keys() | now.keys())
            if before.checkout.get(path) != now.get(path)
        ]
        after = self.refs()
        found += [
            f"{ref} is not as it was"
            for ref in sorted(before.refs.keys() | after.keys())
            if ref != "refs/heads/main" and before.refs.get(ref) != after.get(ref)
        ]
        return found

    def left(self) -> list[str]:
        """What a run that is over has left behind besides its backups."""
        refs = git(self.repo, "for-each-ref", "--format=%(refname)", "refs/safe-merge").split()
        trees = git(self.repo, "worktree", "list", "--porcelain").split("\n\n")
        return refs + [tree for tree in trees if tree.strip()][1:]

    def backup(self, run_id: str) -> str:
        """Where the run's backup of `main` stands; empty when there is none."""
        return self.tip(f"refs/heads/rollback/main/{run_id}")

    def refs(self) -> dict[str, str]:
        """The user's own."""
        lines = git(self.repo, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        pairs = (line.split(" ") for line in lines)
        return {name: oid for name, oid in pairs if not name.startswith(_OWN)}

    def _checkout(self) -> dict[str, str]:
        """HEAD, the index and every file of the checkout; refs are compared by name."""
        seen = ("refs/", "logs/", "packed-refs", "FETCH_HEAD", "description", "hooks/")
        return {
            path: digest
            for path, digest in picture(self.repo).items()
            if not path.startswith(tuple(f".git{os.sep}{one}" for one in seen))
        }

    def _commits(self) -> frozenset[str]:
        return frozenset(
            commit
            for place in (self.repo, self.remote)
            for commit in git(place, "rev-list", "--all").split()
        )
