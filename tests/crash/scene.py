"""One task that is disturbed, and the same task left alone, to be compared in all that they left.

What is compared says what a crash may not do: change the tree, repeat a step, pay for an answer
twice, count money twice or not at all, or leave a process, a worktree, a lock or a file behind.
"""

import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatewright.domain.errors import ThreadBusy
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger
from gatewright.storage.locks import task_lock
from tests.acceptance.conftest import QUICK
from tests.acceptance.test_steps import GOOD, NO_DOCSTRING, POOR, TWO_STEPS
from tests.crash.boundaries import Point
from tests.crash.conftest import Driver
from tests.crash.figures import Figures
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git, picture, sample_task
from tests.support.scripts import APPROVED, fix, flags, says, script

TASK_ID = "killed"
_SHOWN = ("state", "states", "steps", "attempts", "models", "cost_usd")
_COUNTED = ("input_tokens", "output_tokens")
Json = dict[str, Any]

SCRIPTS: dict[str, Json | None] = {
    "one step": script(implementer=[says(fix("whole"))]),
    "two steps and a rejection": script(
        planner=[says(TWO_STEPS)],
        implementer=[says(fix("whole")), POOR, GOOD],
        code_reviewer=[says(APPROVED), says(NO_DOCSTRING), says(APPROVED)],
    )
    | {"same_again": True},
    "repair engine": None,
}
"""What models say; None: there is no model."""
ONE_STEP = SCRIPTS["one step"]


@dataclass
class Scene:
    """A home and a repository of their own, and a provider that plays the script from its start."""

    driver: Driver
    folder: Path
    server: OpenAIServer | None
    task: Json
    settings: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.repo = Path(self.task["repo"])
        self.before = picture(self.repo)
        self.pids: list[int] = []
        self.orphans: list[str] = []
        self.deaths = 0
        self.in_flight = 0
        """Requests that the provider had when a process died, and whose answers were not kept."""

    async def run(self, **disturbed: Any) -> Json:
        """Run the task, or what else is ordered, in a process of its own."""
        await self.start(**disturbed)
        return await self.end()

    async def start(self, **disturbed: Any) -> int:
        """The same, without waiting for its end; the process id."""
        if not {"resume", "call", "cli"} & set(disturbed):
            disturbed["task"] = self.task
        self._lost = self.asked - self._paid()
        pid = await self.driver.start(home=self.home, flags=self.settings, **disturbed)
        self.pids.append(pid)
        return pid

    async def end(self, *, kill: int | None = None) -> Json:
        """What became of it; killed, if need be."""
        if kill is not None:
            os.kill(kill, signal.SIGKILL)
        said = await self.driver.end()
        self.orphans += said.get("orphans", [])
        if said.get("killed"):
            self.deaths += 1
            self.in_flight += self.asked - self._paid() - self._lost
        return said

    def _paid(self) -> int:
        """Answers that the journal has."""
        database = self.home / "state.sqlite"
        if not database.exists():
            return 0
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            try:
                return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
            except sqlite3.OperationalError:
                return 0  # killed before there was the table

    @property
    def asked(self) -> int:
        """Requests that the provider had."""
        return len(self.server.requests) if self.server else 0

    def made(self) -> Json:
        """What is in the repository: the delivered tree, and how many commits there are, and where;
        by tree and not by commit, for the commits name LangGraph's ids."""
        objects = git(self.repo, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
        refs = git(self.repo, "for-each-ref", "--format=%(refname) %(tree)", "refs/")
        return {"refs": refs.splitlines(), "commits": objects.split().count("commit")}

    def left(self) -> list[str]:
        """What must not be left: worktrees, locks (held, or git's), copies, control groups."""
        found = [f"worktree {p.name}" for p in _inside(self.home / "worktrees") if p.name[0] != "."]
        found += [f"record {p.name}" for p in _inside(self.home / "worktrees" / ".records")]
        found += [f"admin {p.name}" for p in _inside(self.repo / ".git" / "worktrees")]
        found += [f"git lock {p.name}" for p in (self.repo / ".git").rglob("*.lock")]
        found += [f"lease {p.name}" for p in _inside(self.home / "scratch" / "git")]
        return found + self._cages() + self._held()

    def _cages(self) -> list[str]:
        """Control groups of our processes; `os.walk`, for others' come and go meanwhile."""
        ours = {f"gatewright-{pid}" for pid in self.pids}
        names = [name for _, folders, _ in os.walk("/sys/fs/cgroup") for name in folders]
        return [f"cgroup {name}" for name in names if name.rpartition("-")[0] in ours]

    def litter(self) -> list[Path]:
        """Small files of a process that died, which `gatewright gc` takes when they are old."""
        probes = [path for path in _inside(self.home / "scratch") if path.name != "git"]
        return probes + [p for p in _inside(self.home / "baselines") if p.suffix != ".json"]

    async def ends(self) -> list[str | None]:
        """How each run of the task ended, as the ledger has it; None: it has no end."""
        async with open_database(self.home / "state.sqlite") as database:
            history = await Ledger(database).history(self.task["id"])
        ended = {one.run: one.how for one in history if one.kind == "ended"}
        return [ended.get(one.run) for one in history if one.kind == "began"]

    def _held(self) -> list[str]:
        try:
            with task_lock(self.home / "locks", self.task["id"]):
                return []
        except ThreadBusy as error:
            return [f"lock of {error.owner}"]


@dataclass(frozen=True, kw_only=True)
class Alone:
    """The same, left alone."""

    result: Json
    made: Json
    left: list[str]
    asked: int
    points: list[Point]

    @classmethod
    def of(cls, here: Scene, said: Json) -> "Alone":
        """The end of a scene that nobody disturbed, as the driver said it."""
        assert said.get("result"), said
        return cls(
            result=_comparable(said["result"]),
            made=here.made(),
            left=here.left(),
            asked=here.asked,
            points=[Point(*point) for point in said["points"]],
        )


@asynccontextmanager
async def scene(
    driver: Driver, folder: Path, answers: Json | None, *, quiet: bool = True, **fields: Any
) -> AsyncIterator[Scene]:
    """`answers` None: without any model. `quiet`: without the sidecar, whose threads write when
    they like, so that points are the same in every run."""
    task = sample_task(folder / "work", **{"id": TASK_ID, "gate": QUICK, **fields})
    settings: Json = {"telemetry": {"enabled": False}} if quiet else {}
    if answers is None:
        yield Scene(driver, folder, None, task, settings)
        return
    async with OpenAIServer(answers) as server:
        yield Scene(driver, folder, server, task, {**settings, **flags(server.url)})


async def left_alone(here: Scene) -> Alone:
    """Run it to its end without a disturbance."""
    return Alone.of(here, await here.run(trace=True))


_references: dict[str, Alone] = {}


async def reference(driver: Driver, folder: Path, name: str = "one step") -> Alone:
    """A script of `SCRIPTS` left alone; once a worker."""
    if name not in _references:
        async with scene(driver, folder, SCRIPTS[name]) as here:
            _references[name] = await left_alone(here)
        assert _references[name].result["state"] == "done"
    return _references[name]


async def compare(here: Scene, alone: Alone, said: Json) -> Figures:
    """What the end, as the driver said it, has of a disturbance. Only what was in flight when a
    process died may be asked again."""
    if "error" in said:
        problem = f"{said['error']}: {said['message']}"
        return Figures(killed=here.deaths, orphans=len(here.orphans), problems=[problem])
    made, shown = here.made(), _comparable(said["result"])
    repeated = here.asked - alone.asked - here.in_flight
    spend = [shown[key] == alone.result[key] for key in ("cost_usd", *_COUNTED)]
    others = [key for key in _SHOWN if shown[key] != alone.result[key]]
    left = [one for one in here.left() if one not in alone.left]
    problems = [f"{key}: {shown[key]!r}, alone {alone.result[key]!r}" for key in others]
    problems += [] if made == alone.made else [f"made {made}, alone {alone.made}"]
    problems += [f"{repeated} calls were repeated, {here.in_flight} in flight"] if repeated else []
    problems += [f"left behind: {one}" for one in left]
    problems += [f"orphan: {one}" for one in here.orphans]
    problems += ["a run has no end in the ledger"] if None in await here.ends() else []
    problems += [] if picture(here.repo) == here.before else ["the user's checkout was touched"]
    return Figures(
        killed=here.deaths,
        trees=here.deaths * (made["refs"] == alone.made["refs"]),
        repeated=repeated,
        in_flight=here.in_flight,
        spend=int(not all(spend)),
        orphans=len(here.orphans),
        left=len(left),
        litter=len(here.litter()),
        problems=problems,
    )


def _comparable(result: Json) -> Json:
    steps = [{**step, "commit": None} for step in result["steps"]]
    return {**{key: result[key] for key in (*_SHOWN, *_COUNTED)}, "steps": steps}


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
