"""Runs of plans that are stopped, and runs that are looked at, from Python."""

import asyncio
import json
import os
from pathlib import Path

import psutil
import pytest

from gatewright.domain.errors import InputError
from gatewright.orchestration.monitor import OrchestrationMonitor
from gatewright.plans.documents.problems import PlanInvalid
from tests.unit.orchestration.conftest import WAITS, Shop, cut_off, noted, statuses, step
from tests.unit.plans.launching.scene import Bell


@pytest.mark.usefixtures("go")
async def test_another_process_cancels_a_run_and_what_cleans_up_still_runs(
    shop: Shop, begun: Bell
) -> None:
    path = shop.plan(
        noted("a", WAITS), noted("b", depends_on=["a"]), noted("z", depends_on=["b"], when="always")
    )
    run = await shop.plans.astart(path)
    await begun.rung()
    with OrchestrationMonitor(shop.plans.settings) as other:
        assert (await other.afind(run.run_id)).status == "running"
    ended = await shop.plans.acancel(run.run_id, "no longer wanted")
    assert (ended.status, "no longer wanted" in ended.reason) == ("cancelled", True)
    assert shop.lines() == ["a", "z"]
    assert statuses(shop, run.run_id) == {"a": "cancelled", "b": "cancelled", "z": "succeeded"}
    with pytest.raises(InputError, match="is over"):
        await shop.plans.acancel(run.run_id)


@pytest.mark.usefixtures("go")
async def test_who_asks_twice_has_it_killed(shop: Shop, begun: Bell) -> None:
    path = shop.plan(noted("a", WAITS), noted("z", WAITS, depends_on=["a"], when="always"))
    run = await shop.plans.astart(path)
    await begun.rung()
    asked = await shop.plans.acancel(run.run_id, wait_s=0)
    await begun.rung()  # cleaning up takes long
    assert asked.status == "running"
    assert (await shop.plans.acancel(run.run_id)).status == "cancelled"
    assert statuses(shop, run.run_id) == {"a": "cancelled", "z": "cancelled"}
    assert not carriers(run.run_id)


@pytest.mark.usefixtures("go")
async def test_who_stops_and_then_cancels_has_it_killed_and_cancelled(
    shop: Shop, begun: Bell
) -> None:
    stop = asyncio.Event()
    path = shop.plan(noted("a", WAITS), noted("z", WAITS, depends_on=["a"], when="always"))
    running = asyncio.ensure_future(shop.plans.arun(path, run_id="r", stop=stop))
    await begun.rung()
    stop.set()
    await begun.rung()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await shop.plans.afind("r")).status == "cancelled"
    assert not carriers("r")


async def test_who_is_cancelled_leaves_a_run_that_can_be_gone_on_with(
    shop: Shop, begun: Bell, go: Bell
) -> None:
    path = shop.plan(noted("a"), noted("b", WAITS, depends_on=["a"]))
    running = asyncio.ensure_future(shop.plans.arun(path, run_id="r"))
    await begun.rung()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not carriers("r")
    assert (await shop.plans.afind("r")).status == "interrupted"
    go.ring()
    assert (await shop.plans.aresume("r")).status == "succeeded"
    assert shop.lines() == ["a", "b", "b"]


@pytest.mark.usefixtures("go")
async def test_closing_stops_what_runs_in_the_background(shop: Shop, begun: Bell) -> None:
    run = await shop.plans.astart(shop.plan(noted("a", WAITS)))
    await begun.rung()
    await shop.plans.aclose()
    assert not carriers(run.run_id)
    assert (await shop.plans.afind(run.run_id)).status == "interrupted"


def test_a_run_that_waits_is_cancelled_without_running_anything(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(noted("a"), globals={"approval": True}))
    assert shop.plans.cancel(run.run_id, "not today").status == "cancelled"
    assert shop.lines() == []


def test_a_run_whose_engine_died_is_cleaned_up_when_it_is_cancelled(shop: Shop) -> None:
    path = shop.plan(
        noted("a"),
        noted("b", depends_on=["a"], idempotent=False),
        noted("z", depends_on=["b"], when="always"),
    )
    run_id = shop.plans.run(path).run_id
    cut_off(shop, run_id, "b")
    (shop.folder / "log").unlink()
    assert shop.plans.cancel(run_id).status == "cancelled"
    assert shop.lines() == ["z"]


def carriers(run_id: str) -> list[int]:
    """Processes of a run's steps that are alive."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("PLAN_RUN_ID") == run_id:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


# Looking


async def test_progress_can_be_polled_while_it_runs(shop: Shop, begun: Bell, go: Bell) -> None:
    path = shop.plan(step("a"), step("b", WAITS, depends_on=["a"]), step("c", depends_on=["b"]))
    run = await shop.plans.astart(path)
    await begun.rung()
    async with OrchestrationMonitor(shop.plans.settings) as monitor:
        seen = await monitor.aprogress(run.run_id)
        assert (seen.status, seen.progress_pct) == ("running", 33.3)
        assert [one.status for one in seen.steps.values()] == ["succeeded", "running", "pending"]
        assert [(one.step, one.status) for one in seen.timeline] == [
            ("a", "succeeded"),
            ("b", None),
        ]
        known = await monitor.aevents(run.run_id)
        go.ring()
        await shop.plans.ajoin(run.run_id)
        more = await monitor.aevents(run.run_id, after=len(known))
        assert [*known, *more] == await monitor.aevents(run.run_id)
        assert (await monitor.aprogress(run.run_id)).progress_pct == 100


def test_output_is_read_on_from_where_one_was(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(step("a", "printf 0123456789")))
    last = shop.plans.logs(run.run_id, "a", most=4)
    assert (last.text, last.end, last.over) == ("6789", 10, True)
    first = shop.plans.logs(run.run_id, "a", start=0, most=4)
    rest = shop.plans.logs(run.run_id, "a", start=first.end)
    assert (first.text, rest.text, rest.end) == ("0123", "456789", 10)
    assert shop.plans.logs(run.run_id, "a", start=99).text == ""


def test_output_of_what_did_not_run_is_asked_for_in_vain(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(step("a", "false"), step("b", depends_on=["a"])))
    for name, attempt in (("b", None), ("x", None), ("a", 2)):
        with pytest.raises(InputError):
            shop.plans.logs(run.run_id, name, attempt=attempt)


def test_an_error_in_the_background_is_told_to_who_started_it(shop: Shop) -> None:
    with pytest.raises(PlanInvalid):
        shop.plans.start(shop.folder / "absent.json")


def test_what_was_not_started_here_cannot_be_joined(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(step("a")))
    with pytest.raises(InputError, match="was not started here"):
        shop.plans.join(run.run_id)


def test_the_file_of_events_is_json(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(step("a", "printf 'x\\377y'", captures={"k": "x(.*)y"})))
    text = (shop.plans.folder(run.run_id) / "events.jsonl").read_text("utf-8")
    assert [json.loads(line)["number"] for line in text.splitlines()] == [1, 2, 3, 4]


def test_a_folder_of_ones_own_is_where_relative_paths_begin(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    run = shop.plans.run(shop.plan(noted("a")), directory=tmp_path / "work")
    assert (run.folder, shop.lines("work/log")) == (str(tmp_path / "work"), ["a"])
