"""Repositories to work on, made by plain git, and what tests ask of them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gatewright.domain.edit import ChangeSet, WriteFile

_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "User",
    "GIT_AUTHOR_EMAIL": "user@localhost",
    "GIT_COMMITTER_NAME": "User",
    "GIT_COMMITTER_EMAIL": "user@localhost",
    "GIT_AUTHOR_DATE": "@1700000000 +0000",
    "GIT_COMMITTER_DATE": "@1700000000 +0000",
}


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Plain git, as the user runs it; standard output without the last newline."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env=_ENV, input=stdin
    )
    return done.stdout.decode().removesuffix("\n")


def make_repository(
    folder: Path, files: Mapping[str, str | bytes] | None = None, *, init: tuple[str, ...] = ()
) -> Path:
    """A repository with one commit of these files on `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", *init)
    commit(folder, files or {"a.txt": "one\ntwo\nthree\n", "src/b.py": "x = 1\n"})
    return folder


def commit(repo: Path, files: Mapping[str, str | bytes]) -> str:
    """Write these files and commit everything; returns the commit."""
    for path, content in files.items():
        file = repo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "more", "--allow-empty")
    return head(repo)


def head(repo: Path) -> str:
    return git(repo, "rev-parse", "HEAD")


def write(path: str, content: str) -> ChangeSet:
    """A change set of one file."""
    return ChangeSet(edits=(WriteFile(path=path, content=content),))


def make_tree(repo: Path, *lines: str) -> str:
    """A commit whose top tree has exactly these `ls-tree` lines, however wrong they are."""
    objects = b"".join(_raw(line) for line in lines)
    tree = git(repo, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=objects)
    return git(repo, "commit-tree", tree, "-m", "made by hand")


def blob(repo: Path, data: bytes) -> str:
    return git(repo, "hash-object", "-w", "--no-filters", "--stdin", stdin=data)


def _raw(line: str) -> bytes:
    meta, _, name = line.partition("\t")
    mode, oid = meta.split(" ")
    return f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid)
