"""Going on: with what was stopped or killed, and never wrongly with what cannot be gone on with."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from langgraph.runtime import RunControl

from gatewright.app import Gatewright
from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.events import Event
from gatewright.store import open_store
from gatewright.tasks.running import config
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import fix, flags, says, script

NOBODY = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
POOR = {"max_tokens": 1}
RICH = {"max_tokens": None}
BEGIN = """
import asyncio, sys
from pathlib import Path
from gatewright.storage.database import open_database
from gatewright.storage.ledger import Ledger

async def main():
    async with open_database(Path(sys.argv[1])) as connection:
        await Ledger(connection).begin(sys.argv[2], by="eva@desk")

asyncio.run(main())
"""


def draining(at: str) -> tuple[RunControl, Callable[[Event], None]]:
    """A control, and a listener that drains it when this kind of event comes."""
    control = RunControl()

    def listen(event: Event) -> None:
        if event.kind == at:
            control.request_drain()

    return control, listen


@pytest.mark.slow
async def test_a_drained_task_goes_on_with_all_others_that_can(workshop: Workshop) -> None:
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(workshop.task("asks", budget=POOR))
            control, listen = draining("planned")
            task = workshop.task("drained")
            stopped = await gatewright.arun(task, control=control, on_event=listen)
            async with open_store(gatewright.settings) as store:
                ends = [one.how for one in await store.ledger.history("drained") if one.how]
            ended = await gatewright.aresume_all(jobs=2)
    assert stopped.state == "plan_review"
    assert ends == ["drained"]
    assert [(one.task_id, one.result and one.result.state) for one in ended] == [
        ("drained", "done")
    ]


async def test_a_run_whose_process_is_gone_is_buried_by_the_next(workshop: Workshop) -> None:
    task = workshop.task("dead", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.aaccept(task)
            database = workshop.home / "state.sqlite"
            subprocess.run([sys.executable, "-c", BEGIN, str(database), "dead"], check=True)
            await gatewright.arun(task)
            async with open_store(gatewright.settings) as store:
                history = await store.ledger.history("dead")
    assert [one.how for one in history if one.how] == ["killed", "awaiting_human"]
    assert "was gone" in (workshop.home / "runs" / "dead.md").read_text()


async def test_a_step_that_ended_and_was_not_closed_is_not_paid_for_again(
    workshop: Workshop,
) -> None:
    task = workshop.task("half")
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:

            def leave(event: Event) -> None:
                if event.kind == "node_ended":
                    raise LookupError

            with pytest.raises(LookupError):
                await gatewright.arun(task, on_event=leave)
            done = await gatewright.arun(task)
        planned = [request for request in server.requests if request.rule == 0]
    assert (done.state, len(planned)) == ("done", 1)


async def test_a_repository_that_moved_is_named_until_it_is_back(workshop: Workshop) -> None:
    task = workshop.task("moved", budget=POOR)
    repo, elsewhere = Path(task["repo"]), workshop.folder / "elsewhere"
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            shutil.move(repo, elsewhere)
            with pytest.raises(InputError, match="task 'moved' cannot go on there") as told:
                await gatewright.aresume("moved", "retry", budget=RICH)
            shutil.move(elsewhere, repo)
            done = await gatewright.aresume("moved")
    assert (told.value.field, told.value.value) == ("repo", str(repo))
    assert done.state == "done", "the answer was kept, and needs not be given again"


async def test_another_clone_without_the_work_is_no_place_to_go_on(workshop: Workshop) -> None:
    task = workshop.task("cloned")
    repo = Path(task["repo"])
    control, listen = draining("edit_applied")
    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task, control=control, on_event=listen)
            await asyncio.to_thread(repo.rename, workshop.folder / "original")
            git(workshop.folder, "clone", "-q", "--no-local", "original", str(repo))
            with pytest.raises(InputError, match="no such commit") as told:
                await gatewright.aresume("cloned")
    assert told.value.field == "commit"


async def test_a_base_commit_that_is_gone_is_named(workshop: Workshop) -> None:
    task = workshop.task("baseless", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            asked = await gatewright.arun(task)
            repo = Path(task["repo"])
            await asyncio.to_thread(shutil.rmtree, repo)
            workshop.task("baseless")
            git(repo, *NOBODY, "commit", "-q", "--amend", "-m", "Another history")
            git(repo, "reflog", "expire", "--expire=now", "--all")
            git(repo, "gc", "-q", "--prune=now")
            with pytest.raises(InputError, match="no such commit") as told:
                await gatewright.aresume("baseless", "retry")
    assert (told.value.field, told.value.value) == ("base", asked.base)


UNREADABLE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "unknown field": (lambda values: values.update(mood="good"), "its field 'mood' is not known"),
    "renamed node": (
        lambda values: values.update({"branch:to:ask_somebody": None}),
        "node 'ask_somebody'",
    ),
    "no record": (lambda values: values.update(stop={"because": "?"}), "stop.at: field required"),
    "another type": (lambda values: values.update(attempts="3"), "state.attempts"),
}


async def test_a_checkpoint_of_another_version_is_refused_and_can_be_cancelled(
    workshop: Workshop,
) -> None:
    task = workshop.task("strange", budget=POOR)
    async with OpenAIServer(script()) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            for change, problem in UNREADABLE.values():
                undo = await rewrite(gatewright, "strange", change)
                with pytest.raises(EnvironmentFault, match=problem):
                    await gatewright.aresume("strange", "retry")
                with pytest.raises(EnvironmentFault, match=problem):
                    await gatewright.astate("strange")
                await undo()
            await rewrite(gatewright, "strange", UNREADABLE["unknown field"][0])
            cancelled = await gatewright.acancel("strange")
    assert cancelled.state == "cancelled"


async def test_fields_that_an_older_version_did_not_have_get_their_defaults(
    workshop: Workshop,
) -> None:
    task = workshop.task("older", budget=POOR)

    def forget(values: dict[str, Any]) -> None:
        for name in ("avoid", "escalated", "waiting", "tried", "plan_tried"):
            values.pop(name, None)

    async with OpenAIServer(script(implementer=[says(fix("whole"))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            await gatewright.arun(task)
            await rewrite(gatewright, "older", forget)
            done = await gatewright.aresume("older", "retry", budget=RICH)
    assert done.state == "done"


async def rewrite(
    gatewright: Gatewright, task_id: str, change: Callable[[dict[str, Any]], Any]
) -> Callable[[], Any]:
    """Change the values of a task's last checkpoint; what is returned changes them back."""

    async def put(checkpoint: Any) -> None:
        async with open_store(gatewright.settings) as store:
            kept = await store.saver.aget_tuple(config(task_id))
            assert kept is not None
            place = kept.parent_config or config(task_id)
            await store.saver.aput(place, checkpoint, kept.metadata, {})

    async with open_store(gatewright.settings) as store:
        kept = await store.saver.aget_tuple(config(task_id))
    assert kept is not None
    before, after = deepcopy(kept.checkpoint), deepcopy(kept.checkpoint)
    change(after["channel_values"])
    await put(after)
    return lambda: put(before)
