"""Deliver a finished task: a branch, a patch file, or a branch and what is then done with it.

Everything may be run again after a crash at any point, and then finds what it made before. Nobody
else's branch is moved; the checkout is written only where `current_branch` asks for that.
"""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatewright.domain.delivery import Account, Delivered, DeliveryKind
from gatewright.domain.errors import EnvironmentFault, WorkspaceError
from gatewright.domain.finishing import finish
from gatewright.domain.plan_ports import Merging
from gatewright.domain.secret_forms import redact
from gatewright.domain.task import Site
from gatewright.workspace import delivery_words as words
from gatewright.workspace.commits import read_commit
from gatewright.workspace.forwarding import forward
from gatewright.workspace.git import Git
from gatewright.workspace.hooks import Hooks
from gatewright.workspace.leases import lease
from gatewright.workspace.own_command import run_own
from gatewright.workspace.refs import create_branch
from gatewright.workspace.repository import Repository
from gatewright.workspace.resigning import Identity, Resigned, is_linear, resign, reword
from gatewright.workspace.trees import Trees, object_id

_SLUG_CHARACTERS = 40
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]{1,500}")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How finished tasks are delivered."""

    kind: DeliveryKind = "branch"
    branch: str = "gatewright/{task}"
    """With `{task}` (the id) and `{slug}` (the goal's first words)."""
    one_commit: bool = False
    author: Identity = field(default_factory=Identity)
    current_branch: bool = False
    """Also move the branch that the checkout stands on, where that is a fast-forward."""
    folder: Path | None = None
    """Where patches go; None: `patches` in the home."""
    pull_request: tuple[str, ...] = ()
    """A program and its arguments, with `{branch}`, `{base}`, `{title}` and `{body_file}`."""
    hooks: bool = False
    """Whether hooks of the repository may run: `pre-commit` and `commit-msg` on the change, and
    what git runs by itself within `pull_request`."""
    timeout_s: float = 600.0
    """Of `pull_request`, and of each hook."""
    merging: Merging | None = None
    """Who merges, for the kind `merge`."""
    merge_into: str = ""
    """The branch that is merged into; empty: the task's base, or the checkout's branch."""


class Courier:
    """Delivers by one set of rules."""

    def __init__(self, delivery: Delivery, *, home: Path, scratch: Path, trees: Trees) -> None:
        self._how = delivery
        self._patches = delivery.folder or home / "patches"
        self._records = home / "deliveries"
        self._scratch = scratch
        self._hooks = Hooks(scratch=scratch, trees=trees, timeout_s=delivery.timeout_s)

    async def deliver(
        self, repository: Repository, site: Site, commit: str, account: Account
    ) -> Delivered:
        """Raises: WorkspaceError when a name is taken; InputError for a name that git does not
        allow; EnvironmentFault when the user's command fails, the branch being there already.
        """
        git = repository.git
        one = self._how.one_commit
        if self._how.kind == "patch":
            # A patch of a merge cannot be applied commit by commit.
            one = one or not await is_linear(git, site.base_commit, commit)
        made = await resign(
            git, site.base_commit, commit, account=account, identity=self._how.author, one=one
        )
        if self._how.hooks and made.renamed:
            made = await self._hooked(repository, site, made)
        if self._how.kind == "patch":
            return await self._patch(repository, site, made, commit)
        branch = branch_name(self._how.branch, account)
        await create_branch(git, branch, made.head)
        said = [f"branch {branch} at {made.head[:12]}"]
        if self._how.current_branch:
            said.append(await forward(repository, made.head, identity=self._how.author))
        if self._how.kind == "pull_request" and made.renamed:
            said.insert(0, await self._request(repository, site, branch, made.head, account))
        if self._how.kind == "merge" and made.renamed:
            said.insert(0, await self._merge(repository, site, branch, account))
        return Delivered(
            kind=self._how.kind,
            commit=made.head,
            branch=branch,
            renamed=made.renamed,
            words="; ".join(said),
        )

    async def _hooked(self, repository: Repository, site: Site, made: Resigned) -> Resigned:
        """What the hooks make of the last message, once: they may write another each time."""
        record = self._record(site)
        known = await asyncio.to_thread(_read, record)
        if known.get("asked") != made.head:
            last = await read_commit(repository.git, made.head)
            message = await self._hooks.ask(repository, site.base_commit, made.head, last.message)
            head = await reword(repository.git, made.head, message, identity=self._how.author)
            known = {"asked": made.head, "head": head}
            await finish(lambda: write_over(record, json.dumps(known).encode()))
        head = object_id(str(known["head"]))
        renamed = {old: head if new == made.head else new for old, new in made.renamed.items()}
        return Resigned(head=head, renamed=renamed)

    async def _patch(
        self, repository: Repository, site: Site, made: Resigned, commit: str
    ) -> Delivered:
        output = await repository.git.run(
            *("format-patch", "--stdout", "--binary", "--full-index", "--no-signature"),
            *("--no-attach", "--no-thread", "--no-signoff", "--no-cover-letter", "--no-base"),
            *("--no-add-header", "--no-to", "--no-cc", "--no-notes", "--no-ext-diff"),
            *("--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/"),
            *("--submodule=short", f"{site.base_commit}..{made.head}", "--"),
        )
        file = self._patches / f"{site.task_id}.patch"
        await finish(lambda: write_new(file, output.stdout))
        return Delivered(kind="patch", commit=commit, words=f"patch {file}")

    async def _request(
        self, repository: Repository, site: Site, branch: str, head: str, account: Account
    ) -> str:
        """Once for each delivered commit; an interrupted one is told that it comes again."""
        record = self._record(site)
        known = await asyncio.to_thread(_read, record)
        again = known.get("commit") == head
        if again and known.get("said"):
            return str(known["said"])
        known = {name: known[name] for name in ("asked", "head") if name in known}
        known["commit"] = head
        await finish(lambda: write_over(record, json.dumps(known).encode()))
        async with lease(self._scratch) as folder:
            file = folder / "body.md"
            text = words.body(account)
            await asyncio.to_thread(file.write_text, text, encoding="utf-8")
            values = {
                "branch": branch,
                "base": account.base or await _standing(repository),
                "title": words.title(account),
                "body_file": str(file),
            }
            printed = await run_own(
                [fill(argument, values) for argument in self._how.pull_request],
                cwd=repository.top,
                repo=repository.top,
                values=_variables(values, site, head, again=again),
                hooks=self._how.hooks,
                setting="deliver.pull_request",
                timeout_s=self._how.timeout_s,
            )
        address = _ADDRESS.findall(redact(printed).text)
        said = f"pull request {address[-1]}" if address else "pull request made"
        known["said"] = said
        await finish(lambda: write_over(record, json.dumps(known).encode()))
        return said

    async def _merge(
        self, repository: Repository, site: Site, branch: str, account: Account
    ) -> str:
        target = self._how.merge_into or account.base or await _standing(repository)
        if self._how.merging is None or not target:
            raise EnvironmentFault(
                "deliver.kind is merge, and nobody says what to merge into",
                "Set deliver.merge_into to a branch of the remote; the same command then goes on.",
            )
        return await self._how.merging.merge(
            repository.top, branch=branch, target=target, name=site.task_id
        )

    def _record(self, site: Site) -> Path:
        """What was done for a task already and cannot be found in the repository."""
        return self._records / f"{site.task_id}.json"


def branch_name(template: str, account: Account) -> str:
    """The template's branch for a task; git has not been asked whether it allows it."""
    slug = re.sub(r"[^a-z0-9]+", "-", account.goal.lower())[:_SLUG_CHARACTERS].strip("-")
    return fill(template, {"task": account.task_id, "slug": slug or account.task_id})


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text with each `{name}` of the values in its place; what is filled in is not looked at
    again."""
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), template)


def write_new(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, unless it is there with this content. Blocks.

    Raises: WorkspaceError when something else is there, or it cannot be written.
    """
    try:
        there = file.read_bytes()
    except FileNotFoundError:
        write_over(file, data)
        return
    except OSError as error:
        raise WorkspaceError(f"{str(file)!r} cannot be read: {error}.") from error
    if there != data:
        raise WorkspaceError(
            f"{str(file)!r} is there already, with other content. Move it away, or set "
            "deliver.folder; the same command then goes on from here."
        )


def write_over(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk. Blocks.

    Raises: WorkspaceError.
    """
    new = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise WorkspaceError(
            f"{str(file)!r} cannot be written: {error}. Make room there, or let it be "
            "written; the same command then goes on from here."
        ) from error


def _variables(values: Mapping[str, str], site: Site, head: str, *, again: bool) -> dict[str, str]:
    """The same for shells, in which text of others must not stand as code."""
    told = {**values, "task": site.task_id, "commit": head, "again": "1" if again else ""}
    return {f"DELIVERED_{name.upper()}": value for name, value in told.items()}


async def _standing(repository: Repository) -> str:
    """The branch that the checkout stands on; empty where there is none."""
    here = Git(cwd=repository.git.cwd, git_dir=repository.git_dir)
    found = await here.run("symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1))
    return found.line


def _read(record: Path) -> dict[str, object]:
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
