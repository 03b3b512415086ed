"""Running plans with real processes."""

import asyncio
import os
from pathlib import Path

import pytest

from gatewright.domain.errors import InputError, SandboxUnavailable
from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.domain.plan_run import PlanEvent
from gatewright.plans.documents.document import PlanStep, Variable
from tests.unit.plans.engine_scene import MemoryStore, Scene, Watched, plan_of, sh
from tests.unit.plans.launching.scene import Bell


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_plan_runs_to_its_end(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "echo one"), sh("b", "echo two", "a")))
    assert (finished.status, finished.reason) == ("succeeded", "")
    assert (scene.output("a"), scene.output("b")) == ("one\n", "two\n")


async def test_each_change_is_told_once_and_in_order(scene: Scene) -> None:
    await scene.run(plan_of(sh("a", "exit 0"), sh("b", "exit 0", "a")))
    assert [(event.kind, event.step, event.attempt, event.status) for event in scene.told] == [
        ("run_started", None, None, None),
        ("step_started", "a", 1, None),
        ("step_ended", "a", 1, "succeeded"),
        ("step_started", "b", 1, None),
        ("step_ended", "b", 1, "succeeded"),
        ("run_ended", None, None, "succeeded"),
    ]


async def test_an_end_says_what_it_took(scene: Scene) -> None:
    await scene.run(plan_of(sh("a", "exit 7", critical=False)))
    [ended] = scene.of("step_ended")
    assert (ended.exit_code, ended.signal, ended.timed_out) == (7, None, False)
    assert ended.duration_s is not None
    assert ended.duration_s > 0
    assert ended.max_rss_bytes is not None
    assert ended.max_rss_bytes > 100_000


async def test_a_step_knows_where_and_what_it_is(scene: Scene) -> None:
    (scene.here / "deep" / "er").mkdir(parents=True)
    names = "$PLAN_ID $PLAN_RUN_ID $PLAN_STEP_ID $PLAN_ATTEMPT $ONE $TWO"
    step = sh(
        "a", f"pwd; echo {names}; cd $PLAN_RUN_DIR && touch there", cwd="er", env={"TWO": "2"}
    )
    await scene.run(plan_of(step, working_directory="deep", env={"ONE": "1", "TWO": "0"}))
    assert scene.output("a").splitlines() == [
        str(scene.here / "deep" / "er"),
        "plan run-1 a 1 1 2",
    ]
    assert (scene.folder / "files" / "there").exists()


async def test_a_failure_names_its_code_and_the_last_it_said(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "echo on >&2; echo the end >&2; exit 3")))
    assert finished.reason == "step 'a' failed: exit code 3: the end"


async def test_a_signal_is_recorded(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "kill -9 $$$$")))
    assert (finished.results["a"].signal, finished.results["a"].exit_code) == (9, None)
    assert finished.results["a"].reason == "killed by SIGKILL"


async def test_a_program_that_is_not_there_is_a_failure(scene: Scene) -> None:
    finished = await scene.run(plan_of(PlanStep(id="a", command="/no/such/program")))
    assert finished.status == "failed"
    assert "/no/such/program" in finished.results["a"].reason


async def test_codes_that_mean_success(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "exit 3", success_codes=(0, 3))))
    assert (finished.status, finished.results["a"].exit_code) == ("succeeded", 3)


async def test_a_timeout_ends_the_step_and_its_children(scene: Scene) -> None:
    code = "sleep 100 & echo $! > $PLAN_RUN_DIR/child; wait"
    finished = await scene.run(plan_of(sh("a", code, timeout_sec=0.3)))
    assert finished.results["a"].timed_out
    assert finished.results["a"].reason == "timed out after 0.3 s"
    assert not is_alive(int((scene.folder / "files" / "child").read_text()))


async def test_what_a_step_printed_is_given_to_others(scene: Scene) -> None:
    finished = await scene.run(
        plan_of(
            sh("a", "echo v1.2 built; echo bad >&2; exit 4", on_failure="continue"),
            PlanStep(
                id="b",
                command="echo",
                args=("${steps.a.stdout}|${steps.a.stderr}|${steps.a.exit_code}",),
                depends_on=("a",),
            ),
            sh("c", "echo ${steps.a.status}", "a"),
        )
    )
    assert (scene.output("b"), scene.output("c")) == ("v1.2 built|bad|4\n", "failed\n")
    assert finished.status == "failed"


async def test_captures_are_given_to_others(scene: Scene) -> None:
    await scene.run(
        plan_of(
            sh("a", "echo version 1.2; echo end", captures={"V": r"version (\S+)", "ALL": "e.d"}),
            sh("b", "echo ${steps.a.captures.V} ${steps.a.captures.ALL}", "a"),
        )
    )
    assert scene.output("b") == "1.2 end\n"
    assert scene.of("step_ended")[0].captures == {"V": "1.2", "ALL": "end"}


async def test_a_capture_without_a_match_fails_the_step(scene: Scene) -> None:
    finished = await scene.run(plan_of(sh("a", "echo x", captures={"V": "version"})))
    assert (finished.status, finished.results["a"].reason) == (
        "failed",
        "captures.V: no match",
    )


async def test_secrets_are_masked_in_events_and_whole_for_steps(scene: Scene) -> None:
    secret = "correct horse battery"
    plan = plan_of(
        sh("a", 'echo "got ${TOKEN}"', captures={"GOT": "got (.*)"}),
        sh(
            "b",
            'echo "${steps.a.captures.GOT}" > $PLAN_RUN_DIR/b; echo "${TOKEN}" >&2; exit 1',
            "a",
        ),
        variables={"TOKEN": Variable(secret=True)},
    )
    finished = await scene.run(plan, given={"TOKEN": secret})
    assert (scene.folder / "files" / "b").read_text() == f"{secret}\n"
    assert secret not in str(scene.told)
    assert finished.reason == "step 'b' failed: exit code 1: ***"


async def test_an_abort_stops_what_runs_and_runs_the_cleanup(scene: Scene, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    slow = sh("slow", f"echo > {pipe}; sleep 100")
    bad = sh("bad", f"read _ < {pipe}; exit 1")
    finished = await scene.run(
        plan_of(
            slow,
            bad,
            sh("next", "touch next", "slow"),
            sh("cleanup", "touch clean", "next", when="always"),
        )
    )
    assert scene.statuses(finished) == {
        "slow": "cancelled",
        "bad": "failed",
        "next": "cancelled",
        "cleanup": "succeeded",
    }
    assert [path.name for path in scene.here.iterdir()] == ["clean"]
    assert [event.reason for event in scene.of("run_stopping")] == ["step 'bad' failed"]
    assert finished.results["next"].reason == "not begun: step 'bad' failed"


async def test_conditions_decide_what_runs(scene: Scene) -> None:
    finished = await scene.run(
        plan_of(
            sh("a", "exit 2", critical=False, on_failure="continue"),
            sh("b", "true", "a", when="exit_code('a') == 2"),
            sh("c", "true", "a", when="succeeded('a')"),
        )
    )
    assert scene.statuses(finished) == {"a": "failed", "b": "succeeded", "c": "skipped"}
    assert finished.results["c"].reason == "not run: its condition does not hold"
    assert finished.status == "succeeded"


async def test_skipped_steps_say_because_of_what(scene: Scene) -> None:
    finished = await scene.run(
        plan_of(sh("a", "exit 1", critical=False), sh("b", "true", "a"), sh("c", "true", "b"))
    )
    assert [finished.results[step].reason for step in "bc"] == [
        "not run: 'a' failed",
        "not run: 'b' was skipped",
    ]


async def test_no_more_run_than_are_allowed(scene: Scene) -> None:
    now: set[str] = set()
    most = 0

    def count(event: PlanEvent) -> None:
        nonlocal most
        if event.kind == "step_started":
            now.add(str(event.step))
        now.discard(str(event.step) if event.kind == "step_ended" else "")
        most = max(most, len(now))

    scene.listeners.append(count)
    plan = plan_of(*(sh(f"s{i}", "true") for i in range(12)))
    await scene.run(plan, options={"max_concurrency": 2})
    assert most == 2


async def test_what_needs_a_scarce_resource_runs_one_at_a_time(scene: Scene) -> None:
    code = "mkdir busy && sleep 0.05 && rmdir busy"
    steps = (sh(f"s{i}", code, resources={"gpu": 1}) for i in range(3))
    assert (await scene.run(plan_of(*steps, resources={"gpu": 1}))).status == "succeeded"


async def test_more_of_a_resource_than_there_is_is_refused(scene: Scene) -> None:
    with pytest.raises(InputError, match="there are only 1 of it"):
        await scene.run(plan_of(sh("a", "true", resources={"gpu": 2}), resources={"gpu": 1}))


async def test_without_a_sandbox_nothing_is_started_that_needs_one(scene: Scene) -> None:
    with pytest.raises(SandboxUnavailable, match="'b'"):
        await scene.run(plan_of(sh("a", "touch a"), sh("b", "true", sandbox=True)))
    assert list(scene.here.iterdir()) == []


async def test_a_step_that_asks_for_the_sandbox_runs_there(scene: Scene) -> None:
    confined: list[str] = []
    launcher = Watched(scene.launcher, lambda spawn: confined.append(spawn.env["PLAN_STEP_ID"]))
    plan = plan_of(sh("a", "true"), sh("b", "true", sandbox=False), sandbox=True)
    await scene.run(plan, confined=launcher)
    assert confined == ["a"]


async def test_a_person_stops_it_and_the_cleanup_runs(scene: Scene) -> None:
    stop = asyncio.Event()
    scene.store = MemoryStore()
    scene.store.asked = "too late today"
    scene.listeners.append(lambda event: stop.set() if event.kind == "step_started" else None)
    finished = await scene.run(
        plan_of(
            sh("a", "sleep 100"),
            sh("b", "true", "a"),
            sh("cleanup", "touch clean", "b", when="always"),
        ),
        stop=stop,
    )
    assert finished.status == "cancelled"
    assert finished.reason == "cancelled: too late today"
    assert scene.statuses(finished) == {
        "a": "cancelled",
        "b": "cancelled",
        "cleanup": "succeeded",
    }
    assert [event.reason for event in scene.of("run_stopping")] == ["cancelled: too late today"]


async def test_stopped_before_it_began_it_starts_nothing(scene: Scene) -> None:
    stop = asyncio.Event()
    stop.set()
    finished = await scene.run(plan_of(sh("a", "touch a")), stop=stop)
    assert (finished.status, scene.of("step_started")) == ("cancelled", [])


async def test_cancelled_it_kills_at_once_what_has_a_long_grace(
    scene: Scene, tmp_path: Path
) -> None:
    bell = Bell(tmp_path / "bell")
    code = f"trap '' TERM; echo $$$$ > {tmp_path}/pid; echo > {bell.path}; "
    plan = plan_of(sh("a", code + "while :; do sleep 1; done"), critical_grace_period_sec=60)
    running = asyncio.create_task(scene.run(plan))
    await bell.rung()
    pid = int((tmp_path / "pid").read_text())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 20)
    assert not is_alive(pid)
    bell.close()


async def test_an_attempt_is_kept_before_it_is_launched(scene: Scene) -> None:
    store = scene.store = MemoryStore()
    kept: list[bool] = []

    def before(spawn: Spawn) -> None:
        tokens = [event.token for event in store.events if event.kind == "step_started"]
        kept.append(spawn.token in tokens)

    scene.launcher = Watched(scene.launcher, before)
    await scene.run(plan_of(sh("a", "true"), sh("b", "true", "a"), sh("c", "true")))
    assert kept == [True, True, True]
    assert store.events == scene.told


async def test_an_end_and_the_start_that_it_allows_are_kept_together(scene: Scene) -> None:
    store = scene.store = MemoryStore()
    await scene.run(plan_of(*(sh(f"s{i}", "true", *([f"s{i - 1}"] * (i > 0))) for i in range(5))))
    assert [[event.kind for event in batch] for batch in store.batches] == [
        ["run_started", "step_started"],
        *[["step_ended", "step_started"]] * 4,
        ["step_ended", "run_ended"],
    ]


class Broken(MemoryStore):
    async def record(self, events: object) -> None:
        if self.batches:
            raise OSError("disk full")
        await super().record(events)  # type: ignore[arg-type]


async def test_a_store_that_fails_ends_all_and_is_heard_of(scene: Scene) -> None:
    scene.store = Broken()
    with pytest.raises(OSError, match="disk full"):
        await scene.run(plan_of(sh("a", "sleep 0.1"), sh("b", "sleep 100")))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_tokens_are_new_for_every_attempt_and_begin_with_the_run(scene: Scene) -> None:
    await scene.run(plan_of(sh("a", "exit 1", retries=2)))
    tokens = [str(event.token) for event in scene.of("step_started")]
    assert len(set(tokens)) == 3
    assert all(token.startswith("run-1.") for token in tokens)


class Counting:
    """A launcher without processes."""

    async def run(self, spawn: Spawn) -> Exit:
        await asyncio.sleep(0)
        return Exit(exit_code=0)


async def test_two_thousand_steps_are_told_and_no_task_is_left(scene: Scene) -> None:
    scene.launcher = Counting()
    finished = await scene.run(plan_of(*(sh(f"s{i}", "true") for i in range(2000))))
    assert finished.status == "succeeded"
    assert len(scene.told) == 4002
    assert asyncio.all_tasks() == {asyncio.current_task()}
