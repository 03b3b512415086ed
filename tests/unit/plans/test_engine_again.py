"""Retries, locks, resuming, and parts of a plan."""

import asyncio

import pytest

from gatewright.domain.errors import EnvironmentFault, InputError
from gatewright.domain.plan_run import PlanEvent, StepResult
from gatewright.plans.documents.document import PlanStep
from gatewright.plans.engine.retrying import delay_s
from tests.unit.plans.engine_scene import MemoryStore, OneLock, Scene, plan_of, sh

OK = StepResult(status="succeeded", attempts=1)


async def test_a_step_is_tried_again_until_it_succeeds(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", 'test "$PLAN_ATTEMPT" = 3', retries=5)))
    assert (finished.status, finished.results["a"].attempts) == ("succeeded", 3)
    assert [(event.kind, event.attempt, event.status) for event in scene.told[1:-1]] == [
        ("step_started", 1, None),
        ("step_retrying", 1, "failed"),
        ("step_started", 2, None),
        ("step_retrying", 2, "failed"),
        ("step_started", 3, None),
        ("step_ended", 3, "succeeded"),
    ]


async def test_a_step_fails_when_its_retries_are_used_up(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "echo $PLAN_ATTEMPT; exit 1", retries=2)))
    assert (finished.status, finished.results["a"].attempts) == ("failed", 3)
    assert [scene.output("a", attempt=number) for number in (1, 2, 3)] == ["1\n", "2\n", "3\n"]


async def test_a_timeout_is_tried_again(scene: Scene) -> None:
    code = 'test "$PLAN_ATTEMPT" = 2 || sleep 100'
    finished = await scene.run(plan_of(sh("a", code, retries=1, timeout_sec=0.2)))
    assert finished.status == "succeeded"


async def test_waiting_for_the_next_attempt_holds_no_place_and_no_lock(scene: Scene) -> None:
    again = sh("a", 'test "$PLAN_ATTEMPT" = 2', retries=1, retry_delay_sec=0.3, locks=("l",))
    plan = plan_of(again, sh("b", "true", locks=("l",)), max_concurrency=1)
    finished = await scene.run(plan)
    assert finished.status == "succeeded"
    started = [(event.step, event.attempt) for event in scene.of("step_started")]
    assert started == [("a", 1), ("b", 1), ("a", 2)]


async def test_an_abort_ends_what_waits_for_its_next_attempt(scene: Scene) -> None:
    waits = sh("a", "exit 1", retries=1, retry_delay_sec=100)
    bad = sh("bad", "while [ ! -e $PLAN_RUN_DIR/go ]; do sleep 0.01; done; exit 1")

    def go(event: PlanEvent) -> None:
        if event.kind == "step_retrying":
            (scene.folder / "files" / "go").touch()

    scene.listeners.append(go)
    finished = await asyncio.wait_for(scene.run(plan_of(waits, bad)), 20)
    assert scene.statuses(finished) == {"a": "cancelled", "bad": "failed"}


@pytest.mark.parametrize(
    ("failures", "backoff", "expected"),
    [
        (1, "fixed", 2),
        (3, "fixed", 2),
        (1, "exponential", 2),
        (3, "exponential", 8),
        (5, "exponential", 20),
        (9_000, "exponential", 20),
        (9_002, "exponential", None),
    ],
)
def test_the_delay_doubles_up_to_its_limit(
    failures: int, backoff: str, expected: float | None
) -> None:
    step = PlanStep(
        id="a", command="true", retry_delay_sec=2, retry_backoff=backoff, retry_max_delay_sec=20
    ).model_copy(update={"retries": 9_001})
    assert delay_s(step, failures=failures) == expected


async def test_a_lock_is_held_by_one_step_at_a_time(scene: Scene) -> None:
    code = "mkdir busy && sleep 0.05 && rmdir busy"
    plan = plan_of(*(sh(f"s{i}", code, locks=("one", f"l{i}")) for i in range(3)))
    assert (await scene.run(plan)).status == "succeeded"


async def test_a_step_that_waits_for_a_foreign_lock_holds_no_place(scene: Scene) -> None:
    locks = scene.locks = OneLock()

    def free(event: PlanEvent) -> None:
        if event.kind == "step_ended" and event.step == "b":
            locks.free.set()

    scene.listeners.append(free)
    plan = plan_of(sh("a", "true", locks=("y", "x")), sh("b", "true"), max_concurrency=1)
    finished = await asyncio.wait_for(scene.run(plan), 20)
    assert (finished.status, locks.taken, locks.held) == ("succeeded", [("x", "y")], [])


async def test_an_abort_ends_what_waits_for_a_lock(scene: Scene) -> None:
    scene.locks = OneLock()
    plan = plan_of(sh("a", "true", locks=("x",)), sh("bad", "exit 1"))
    finished = await asyncio.wait_for(scene.run(plan), 20)
    assert scene.statuses(finished) == {"a": "cancelled", "bad": "failed"}


@pytest.mark.parametrize("code", ["exit 0", "exit 1", "kill -9 $$$$", "sleep 100"])
async def test_a_lock_is_released_however_the_step_ends(scene: Scene, code: str) -> None:
    locks = scene.locks = OneLock()
    locks.free.set()
    await scene.run(plan_of(sh("a", code, locks=("x",), timeout_sec=0.3)))
    assert (locks.taken, locks.held) == ([("x",)], [])


class NoLocks(OneLock):
    def hold(self, names: object) -> object:  # type: ignore[override]
        raise EnvironmentFault("The disk of the locks is full", "Make room.")


async def test_a_lock_that_cannot_be_had_fails_the_step(scene: Scene) -> None:
    scene.locks = NoLocks()
    finished = await scene.run(plan_of(sh("a", "touch a", locks=("x",))))
    assert finished.results["a"].status == "failed"
    assert finished.results["a"].reason == "The disk of the locks is full. Make room."


async def test_what_succeeded_before_is_not_run_again(scene: Scene) -> None:
    plan = plan_of(sh("a", "touch a"), sh("b", "touch b", "a"))
    finished = await scene.run(plan, finished={"a": OK}, attempts={"a": 1, "b": 2})
    assert [path.name for path in scene.here.iterdir()] == ["b"]
    assert scene.told[0].kind == "run_resumed"
    assert [(event.step, event.attempt) for event in scene.of("step_started")] == [("b", 3)]
    assert finished.results["a"] == OK


async def test_output_of_an_earlier_process_is_read(scene: Scene) -> None:
    scene.folder.mkdir()
    (scene.folder / "a.2.stdout").write_text("from before\n")
    plan = plan_of(sh("a", "exit 9"), sh("b", "echo ${steps.a.stdout}", "a"))
    await scene.run(plan, finished={"a": OK}, attempts={"a": 2})
    assert scene.output("b") == "from before\n"


async def test_captures_of_an_earlier_process_are_whole_although_they_are_stored_masked(
    scene: Scene,
) -> None:
    scene.folder.mkdir()
    (scene.folder / "a.1.stdout").write_text("key=hunter2")
    plan = plan_of(
        sh("a", "exit 9", captures={"KEY": "key=(.*)"}),
        sh("b", "echo ${steps.a.captures.KEY}", "a"),
    )
    before = StepResult(status="succeeded", attempts=1, captures={"KEY": "***"})
    await scene.run(plan, finished={"a": before}, attempts={"a": 1})
    assert scene.output("b") == "hunter2\n"


async def test_earlier_failures_are_not_counted_as_retries(scene: Scene) -> None:
    plan = plan_of(sh("a", 'test "$PLAN_ATTEMPT" = 6', retries=1))
    assert (await scene.run(plan, attempts={"a": 4})).status == "succeeded"


async def test_a_cleanup_that_ran_before_runs_again_with_what_it_cleans_up(scene: Scene) -> None:
    plan = plan_of(
        sh("a", "true"),
        sh("b", "true", "a"),
        sh("cleanup", "touch clean", "b", when="always"),
        sh("other", "touch other", "a", when="always"),
    )
    await scene.run(plan, finished=dict.fromkeys(["a", "cleanup", "other"], OK))
    assert [path.name for path in scene.here.iterdir()] == ["clean"]


async def test_a_failure_that_a_person_answered_with_holds(scene: Scene) -> None:
    plan = plan_of(sh("a", "touch a"), sh("b", "touch b", "a"), sh("c", "touch c", when="failure"))
    finished = await scene.run(plan, finished={"a": StepResult(status="failed", reason="no")})
    assert scene.statuses(finished) == {"a": "failed", "b": "cancelled", "c": "succeeded"}
    assert (finished.status, finished.reason) == ("failed", "step 'a' failed: no")


async def test_only_some_steps_run_and_wait_for_no_other(scene: Scene) -> None:
    plan = plan_of(
        *(sh(f"{i}".replace("-", "_"), "true") for i in ("a", "b")), sh("c", "true", "b")
    )
    finished = await scene.run(plan, only=["c"])
    assert scene.statuses(finished) == {"a": "skipped", "b": "skipped", "c": "succeeded"}
    assert finished.status == "succeeded"


async def test_from_a_step_on_runs_all_that_comes_after_it(scene: Scene) -> None:
    plan = plan_of(
        sh("a", "true"), sh("b", "true", "a"), sh("c", "true", "b"), sh("d", "true", "a")
    )
    finished = await scene.run(plan, from_step="b")
    ran = [step for step, status in scene.statuses(finished).items() if status == "succeeded"]
    assert ran == ["b", "c"]


async def test_a_cleanup_that_is_asked_for_alone_runs(scene: Scene) -> None:
    plan = plan_of(sh("a", "true"), sh("undo", "touch undone", "a", when="failure"))
    await scene.run(plan, only=["undo"])
    assert (scene.here / "undone").exists()


async def test_a_cleanup_that_is_asked_for_with_others_keeps_its_rule(scene: Scene) -> None:
    plan = plan_of(sh("a", "true"), sh("undo", "touch undone", "a", when="failure"))
    finished = await scene.run(plan, only=["a", "undo"])
    assert scene.statuses(finished) == {"a": "succeeded", "undo": "skipped"}


@pytest.mark.parametrize("asked", [{"only": ["biuld"]}, {"from_step": "biuld"}])
async def test_a_step_that_is_not_there_is_refused(scene: Scene, asked: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Did you mean 'build'"):
        await scene.run(plan_of(sh("build", "true")), **asked)


async def test_a_run_that_failed_before_it_did_anything_is_resumed(scene: Scene) -> None:
    await scene.run(plan_of(sh("a", "true")), status="interrupted")
    assert scene.told[0].kind == "run_resumed"


async def test_what_is_left_out_is_told_once(scene: Scene) -> None:
    store = scene.store = MemoryStore()
    await scene.run(plan_of(sh("a", "true"), sh("b", "true")), only=["b"])
    ended = [(event.step, event.status) for event in store.events if event.kind == "step_ended"]
    assert ended == [("a", "skipped"), ("b", "succeeded")]
