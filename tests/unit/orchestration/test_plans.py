"""Running plans from Python."""

import pytest

from gatewright.domain.errors import InputError, ThreadBusy
from gatewright.domain.plan_run import PlanEvent
from gatewright.orchestration.plans import Plans
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.storage.plans.lines import event_of
from gatewright.telemetry.reader import open_reading
from tests.unit.orchestration.conftest import Shop, cut_off, noted, step
from tests.unit.plans.launching.scene import Bell

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


async def test_a_run_is_gone_on_with_by_one_at_a_time(shop: Shop, go: Bell) -> None:
    path = shop.plan(noted("a", "read _ < go"))
    started = await shop.plans.astart(path)
    with pytest.raises(ThreadBusy):
        await shop.plans.aresume(started.run_id)
    go.ring()
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
