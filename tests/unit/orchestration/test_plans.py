"""Running plans from Python."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.plan_run import PlanEvent
from gatewright.orchestration.monitor import OrchestrationMonitor
from gatewright.orchestration.plans import Plans
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.storage.plans.lines import event_of
from gatewright.telemetry.reader import open_reading
from tests.unit.orchestration.conftest import Shop, noted, step


def statuses(shop: Shop, run_id: str) -> dict[str, str]:
    return {name: one.status for name, one in shop.plans.progress(run_id).steps.items()}


# A run


def test_a_run_is_walked_and_kept_with_all_that_happened(shop: Shop) -> None:
    heard: list[PlanEvent] = []
    path = shop.plan(
        step("a", "echo hello ${WHO}"),
        step("b", "echo ${steps.a.stdout} again", depends_on=["a"]),
        variables={"WHO": {}},
    )
    run = shop.plans.run(path, variables={"WHO": "ada"}, on_event=heard.append)
    assert (run.status, run.plan_id, run.variables) == ("succeeded", "p", {"WHO": "ada"})
    assert run.folder == str(shop.folder)
    kinds = ["step_started", "step_ended"] * 2
    assert [one.kind for one in heard] == ["run_started", *kinds, "run_ended"]
    assert shop.plans.events(run.run_id) == heard
    lines = (shop.plans.folder(run.run_id) / "events.jsonl").read_text("utf-8").splitlines()
    assert [event_of(line) for line in lines] == heard
    assert shop.plans.logs(run.run_id, "b").text == "hello ada again\n"


def test_what_is_wrong_is_told_before_anything_is_kept(shop: Shop) -> None:
    with pytest.raises(PlanInvalid) as raised:
        shop.plans.run(shop.plan(step("a", depends_on=["b"]), step("a")))
    assert len(raised.value.problems) >= 2
    with pytest.raises(PlanInvalid, match="WHO"):
        shop.plans.run(shop.plan({"id": "a", "command": "echo", "args": ["${WHO}"]}))
    assert shop.plans.runs() == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"only": ["x"]}, "'x'"),
        ({"from_step": "x"}, "'x'"),
        ({"directory": "/nowhere/at/all"}, "no folder"),
        ({"run_id": "../up"}, "no name of a run"),
        ({"run_id": ""}, "no name of a run"),
    ],
)
def test_an_option_that_will_not_do_is_named(
    shop: Shop, options: dict[str, object], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        shop.plans.run(shop.plan(step("a")), **options)  # type: ignore[arg-type]
    assert shop.plans.runs() == []


def test_a_name_is_given_to_one_run(shop: Shop) -> None:
    path = shop.plan(noted("a"))
    assert shop.plans.run(path, run_id="mine").run_id == "mine"
    with pytest.raises(InputError, match="is there already"):
        shop.plans.run(path, run_id="mine")
    assert shop.lines() == ["a"]


def test_some_steps_are_run_when_only_some_are_wanted(shop: Shop) -> None:
    path = shop.plan(*(noted(n, depends_on=d) for n, d in (("a", []), ("b", ["a"]), ("c", ["b"]))))
    run = shop.plans.run(path, from_step="b")
    assert (run.status, shop.lines()) == ("succeeded", ["b", "c"])
    assert list(shop.plans.progress(run.run_id).steps) == ["b", "c"]
    shop.plans.run(path, only=["a"])
    assert shop.lines() == ["b", "c", "a"]


def test_a_failed_run_says_why_and_nothing_of_it_is_an_error(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(step("a", "echo oh >&2; exit 3"), step("b", depends_on=["a"])))
    assert (run.status, "'a'" in run.reason) == ("failed", True)
    progress = shop.plans.progress(run.run_id)
    assert progress.progress_pct == 100
    assert (progress.steps["a"].exit_code, progress.steps["b"].status) == (3, "cancelled")
    assert shop.plans.logs(run.run_id, "a", stream="stderr").text == "oh\n"


def test_a_secret_is_kept_nowhere(shop: Shop) -> None:
    word = "open-sesame-4711"
    path = shop.plan(
        step("a", 'echo "got ${WORD}" >&2; exit 1'),
        variables={"WORD": {"secret": True}},
    )
    run = shop.plans.run(path, variables={"WORD": word})
    assert (run.variables, run.reason) == ({}, "step 'a' failed: exit code 1: got ***")
    # The step's own output is the step's; of what we keep, nothing may have it.
    kept = [file for file in (shop.folder / "home").rglob("*") if file.is_file()]
    ours = [file for file in kept if file.suffix not in (".stdout", ".stderr")]
    assert len(ours) > 3
    assert [file.name for file in ours if word.encode() in file.read_bytes()] == []


def test_each_attempt_has_a_row_in_the_sidecar_with_the_runs_trace(shop: Shop) -> None:
    path = shop.plan(step("a", "test -f there || { touch there; exit 7; }", retries=1), step("b"))
    with Plans(home=shop.folder / "home") as plans:
        run = plans.run(path, max_concurrency=1)
    with open_reading(shop.folder / "home" / "telemetry") as reading:
        rows = reading.sql("FROM v_plan_steps ORDER BY ended_at, step")
        [traced] = reading.sql("SELECT trace_id, outcome FROM v_runs")
    told = [(r["step"], r["attempt"], r["status"], r["retried"], r["exit_code"]) for r in rows]
    assert sorted(told) == [
        ("a", 1, "failed", True, 7),
        ("a", 2, "succeeded", False, 0),
        ("b", 1, "succeeded", False, 0),
    ]
    assert {(r["plan_run_id"], r["trace_id"], r["node"]) for r in rows} == {
        (run.run_id, traced["trace_id"], "execute")
    }
    assert traced["outcome"] == "succeeded"
    assert all(r["started_at"] <= r["ended_at"] and r["duration_ms"] > 0 for r in rows)


# Going on


def test_what_succeeded_is_not_run_again(shop: Shop) -> None:
    path = shop.plan(noted("a"), noted("b", "test -f mended", depends_on=["a"]), noted("c"))
    run = shop.plans.run(path, max_concurrency=1)
    assert run.status == "failed"
    before = shop.lines()
    (shop.folder / "mended").touch()
    assert shop.plans.resume(run.run_id).status == "succeeded"
    assert shop.lines() == [*before, "b", *({"c"} - set(before))]
    assert [one.attempt for one in shop.plans.attempts(run.run_id) if one.step == "b"] == [1, 2]
    told = shop.plans.events(run.run_id)
    assert shop.plans.resume(run.run_id).status == "succeeded"  # nothing is left to do
    assert shop.plans.events(run.run_id) == told


def test_a_resumed_run_uses_the_plan_it_began_with(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(noted("a", "test -f mended")))
    shop.plan(noted("other"))
    (shop.folder / "mended").touch()
    assert shop.plans.resume(run.run_id).status == "succeeded"
    assert shop.lines() == ["a", "a"]


def test_a_secret_is_given_again_and_nothing_else_is(shop: Shop) -> None:
    path = shop.plan(
        step("a", 'test "${WORD}" = right'), variables={"WORD": {"secret": True}, "X": {}}
    )
    run = shop.plans.run(path, variables={"WORD": "wrong", "X": "1"})
    assert run.status == "failed"
    with pytest.raises(PlanInvalid, match="WORD"):
        shop.plans.resume(run.run_id)
    with pytest.raises(InputError, match="has its own already"):
        shop.plans.resume(run.run_id, variables={"WORD": "right", "X": "2"})
    assert shop.plans.resume(run.run_id, variables={"WORD": "right"}).status == "succeeded"


async def test_a_run_is_gone_on_with_by_one_at_a_time(shop: Shop) -> None:
    path = shop.plan(noted("a", "until test -f go; do sleep 0.02; done"))
    started = await shop.plans.astart(path)
    with pytest.raises(ThreadBusy):
        await shop.plans.aresume(started.run_id)
    (shop.folder / "go").touch()
    assert (await shop.plans.ajoin(started.run_id)).status == "succeeded"


# Questions


def test_a_plan_that_asks_for_approval_waits_for_it(shop: Shop) -> None:
    path = shop.plan(noted("a"), globals={"approval": True})
    run = shop.plans.run(path)
    assert (run.status, shop.lines()) == ("waiting", [])
    assert shop.plans.resume(run.run_id).status == "waiting"
    assert [one.kind for one in shop.plans.events(run.run_id)] == ["run_waiting"]
    assert shop.plans.resume(run.run_id, approved=True).status == "succeeded"
    assert shop.lines() == ["a"]
    assert shop.plans.run(path, approved=True).status == "succeeded"


def test_a_plan_that_is_rejected_runs_nothing(shop: Shop) -> None:
    run = shop.plans.run(shop.plan(noted("a"), globals={"approval": True}))
    assert shop.plans.resume(run.run_id, approved=False).status == "cancelled"
    assert shop.lines() == []


def cut_off(shop: Shop, run_id: str, name: str) -> None:
    """As if the engine had died while the step ran, after its last start was written."""
    with closing(sqlite3.connect(shop.folder / "home/state.sqlite", isolation_level=None)) as db:
        [(first,)] = db.execute(
            "SELECT min(number) FROM plan_events WHERE run_id = ? AND kind = 'step_started'"
            " AND json_extract(event, '$.step') = ?",
            (run_id, name),
        ).fetchall()
        where = "WHERE run_id = ? AND number > ?"
        db.execute(f"DELETE FROM plan_events {where}", (run_id, first))
        db.execute(f"DELETE FROM plan_attempts {where}", (run_id, first))
        db.execute(
            "UPDATE plan_attempts SET ended_at = NULL, status = NULL WHERE run_id = ? AND step = ?",
            (run_id, name),
        )
        db.execute("UPDATE plan_runs SET status = 'running', ended_at = NULL")
    (shop.plans.folder(run_id) / "events.jsonl").unlink()


@pytest.fixture
def doubtful(shop: Shop) -> str:
    """A run whose engine died while a step ran that is not to be run twice."""
    path = shop.plan(
        noted("a"), noted("b", idempotent=False, depends_on=["a"]), noted("c", depends_on=["b"])
    )
    run_id = shop.plans.run(path).run_id
    cut_off(shop, run_id, "b")
    (shop.folder / "log").unlink()
    assert shop.plans.find(run_id).status == "interrupted"
    return run_id


@pytest.mark.parametrize(
    ("word", "status", "ran"),
    [
        ("rerun", "succeeded", ["b", "c"]),
        ("done", "succeeded", ["c"]),
        ("failed", "failed", []),
    ],
)
def test_a_person_says_what_became_of_a_step_that_is_not_run_twice(
    shop: Shop, doubtful: str, word: str, status: str, ran: list[str]
) -> None:
    asked = shop.plans.resume(doubtful)
    assert (asked.status, "'b'" in asked.reason, shop.lines()) == ("waiting", True, [])
    assert shop.plans.resume(doubtful, answers={"b": word}).status == status
    assert shop.lines() == ran


@pytest.mark.parametrize("answers", [{"b": "maybe"}, {"a": "done"}, {"nothing": "rerun"}])
def test_an_answer_to_no_question_is_refused(
    shop: Shop, doubtful: str, answers: dict[str, str]
) -> None:
    with pytest.raises(InputError):
        shop.plans.resume(doubtful, answers=answers)
    assert shop.lines() == []


# Stopping


WAITS = "touch begun; until test -f go; do sleep 0.02; done"


async def begun(shop: Shop, name: str = "begun") -> None:
    while not (shop.folder / name).exists():
        await asyncio.sleep(0.005)


async def test_another_process_cancels_a_run_and_what_cleans_up_still_runs(shop: Shop) -> None:
    path = shop.plan(
        noted("a", WAITS), noted("b", depends_on=["a"]), noted("z", depends_on=["b"], when="always")
    )
    run = await shop.plans.astart(path)
    await begun(shop)
    with OrchestrationMonitor(shop.plans.settings) as other:
        assert (await other.afind(run.run_id)).status == "running"
    ended = await shop.plans.acancel(run.run_id, "no longer wanted")
    assert (ended.status, "no longer wanted" in ended.reason) == ("cancelled", True)
    assert shop.lines() == ["a", "z"]
    assert statuses(shop, run.run_id) == {"a": "cancelled", "b": "cancelled", "z": "succeeded"}
    with pytest.raises(InputError, match="is over"):
        await shop.plans.acancel(run.run_id)


async def test_who_asks_twice_has_it_killed(shop: Shop) -> None:
    path = shop.plan(noted("a", WAITS), noted("z", WAITS, depends_on=["a"], when="always"))
    run = await shop.plans.astart(path)
    await begun(shop)
    (shop.folder / "begun").unlink()
    asked = await shop.plans.acancel(run.run_id, wait_s=0)
    await begun(shop)  # cleaning up takes long
    assert asked.status == "running"
    assert (await shop.plans.acancel(run.run_id)).status == "cancelled"
    assert statuses(shop, run.run_id) == {"a": "cancelled", "z": "cancelled"}
    assert not carriers(run.run_id)


async def test_who_stops_and_then_cancels_has_it_killed_and_cancelled(shop: Shop) -> None:
    stop = asyncio.Event()
    path = shop.plan(noted("a", WAITS), noted("z", WAITS, depends_on=["a"], when="always"))
    running = asyncio.ensure_future(shop.plans.arun(path, run_id="r", stop=stop))
    await begun(shop)
    (shop.folder / "begun").unlink()
    stop.set()
    await begun(shop)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await shop.plans.afind("r")).status == "cancelled"
    assert not carriers("r")


async def test_who_is_cancelled_leaves_a_run_that_can_be_gone_on_with(shop: Shop) -> None:
    path = shop.plan(noted("a"), noted("b", WAITS, depends_on=["a"]))
    running = asyncio.ensure_future(shop.plans.arun(path, run_id="r"))
    await begun(shop)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not carriers("r")
    assert (await shop.plans.afind("r")).status == "interrupted"
    (shop.folder / "go").touch()
    assert (await shop.plans.aresume("r")).status == "succeeded"
    assert shop.lines() == ["a", "b", "b"]


async def test_closing_stops_what_runs_in_the_background(shop: Shop) -> None:
    run = await shop.plans.astart(shop.plan(noted("a", WAITS)))
    await begun(shop)
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


async def test_progress_can_be_polled_while_it_runs(shop: Shop) -> None:
    path = shop.plan(step("a"), step("b", WAITS, depends_on=["a"]), step("c", depends_on=["b"]))
    run = await shop.plans.astart(path)
    await begun(shop)
    async with OrchestrationMonitor(shop.plans.settings) as monitor:
        seen = await monitor.aprogress(run.run_id)
        assert (seen.status, seen.progress_pct) == ("running", 33.3)
        assert [one.status for one in seen.steps.values()] == ["succeeded", "running", "pending"]
        assert [(one.step, one.status) for one in seen.timeline] == [
            ("a", "succeeded"),
            ("b", None),
        ]
        known = await monitor.aevents(run.run_id)
        (shop.folder / "go").touch()
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
