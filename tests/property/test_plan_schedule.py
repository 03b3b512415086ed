"""Random graphs, policies, conditions, ends and cancels against a reference model."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.plan_ports import Exit, Spawn
from gatewright.domain.plan_run import PlanEvent, PlanRun, StepResult
from gatewright.plans.documents.document import Globals, PlanFile, PlanStep
from gatewright.plans.engine.run import run_plan
from gatewright.plans.engine.selection import select
from gatewright.plans.scheduling.nodes import Changes, Node
from gatewright.plans.scheduling.schedule import Schedule
from gatewright.plans.scheduling.slots import Slots
from gatewright.plans.scheduling.walk import walk
from gatewright.plans.variables.bound import bind
from tests.property.plan_reference import Reference, Told, condition

POLICIES = st.sampled_from(["abort", "skip_dependents", "continue"])
KINDS = st.sampled_from(["succeeded", "failed", "skipped", "cancelled"])


@st.composite
def graphs(draw: st.DrawFn, *, most: int = 9) -> list[Node]:
    """Nodes in an order that need not be one in which they can run."""
    count = draw(st.integers(1, most))
    nodes = []
    for number in range(count):
        earlier = [f"n{i}" for i in range(number)]
        deps = draw(st.lists(st.sampled_from(earlier), max_size=3)) if earlier else []
        when = draw(st.sampled_from(["success"] * 4 + ["failure", "always", "condition"]))
        if when == "condition":
            when = condition(draw(KINDS), draw(st.sampled_from(deps))) if deps else "always"
        nodes.append(
            Node(
                id=f"n{number}",
                depends_on=tuple(deps),
                policy=draw(POLICIES),
                critical=draw(st.booleans()),
                when=when,
            )
        )
    return draw(st.permutations(nodes))


def same(changes: Changes, told: Told, nodes: Sequence[Node]) -> None:
    order = [node.id for node in nodes]
    for name in ("ready", "skipped", "cancelled", "stop"):
        expected = getattr(told, name)
        assert list(getattr(changes, name)) == [one for one in order if one in expected], name


@given(graphs(), st.data())
def test_schedule_decides_as_the_reference_does(nodes: list[Node], data: st.DataObject) -> None:
    schedule, reference = Schedule(nodes), Reference(nodes)
    same(schedule.begin(), reference.begin(), nodes)
    while not schedule.over:
        moves = [("start", name) for name in sorted(reference.ready)]
        moves += [("end", name) for name in sorted(reference.running)]
        if data.draw(st.integers(0, 9)) == 0 or not moves:
            assert moves, "nothing can happen any more, and it is not over"
            same(schedule.cancel(), reference.cancel(), nodes)
            continue
        move, name = data.draw(st.sampled_from(moves))
        if move == "start":
            schedule.start(name)
            reference.start(name)
            continue
        status = data.draw(st.sampled_from(["succeeded", "failed", "failed", "cancelled"]))
        changes = schedule.end(name, StepResult(status=status))
        same(changes, reference.end(name, status), nodes)
    assert reference.is_over
    assert {name: result.status for name, result in schedule.results.items()} == reference.status
    assert schedule.status == reference.run_status


@given(graphs(), st.data())
def test_results_from_before_hold_as_if_they_had_come_now(
    nodes: list[Node], data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from([node.id for node in nodes])))
    before = dict.fromkeys(kept, StepResult(status="succeeded"))
    schedule = Schedule(nodes, finished=before)
    ready = list(schedule.begin().ready)
    started: list[str] = []
    while ready:
        name = ready.pop(0)
        schedule.start(name)
        started.append(name)
        ready += schedule.end(name, StepResult(status="succeeded")).ready
    assert schedule.over
    assert not kept & set(started)


@dataclass
class Outcomes:
    """How the nodes of a walk end, and in which order."""

    fails: dict[str, bool]
    order: list[int]


@st.composite
def outcomes(draw: st.DrawFn, nodes: list[Node]) -> Outcomes:
    fails = {node.id: draw(st.integers(0, 3)) == 0 for node in nodes}
    return Outcomes(fails, draw(st.lists(st.integers(0, 99), min_size=20, max_size=20)))


@given(graphs(), st.data(), st.integers(1, 4))
def test_walk_starts_what_the_reference_calls_ready_in_order_and_within_its_places(
    nodes: list[Node], data: st.DataObject, places: int
) -> None:
    planned = data.draw(outcomes(nodes))
    reference = Reference(nodes)
    reference.begin()
    order = [node.id for node in nodes]
    held: dict[str, asyncio.Future[None]] = {}
    most = 0

    def changed(name: str, result: StepResult) -> None:
        if result.status == "running":
            assert name == min(reference.ready, key=order.index)
            reference.start(name)
        elif name in reference.running:
            reference.end(name, result.status)
        assert result.status == "running" or reference.status[name] == result.status

    async def perform(name: str) -> StepResult:
        nonlocal most
        held[name] = asyncio.get_running_loop().create_future()
        most = max(most, len(held))
        try:
            await held[name]
        finally:
            del held[name]
        return StepResult(status="failed" if planned.fails[name] else "succeeded")

    async def drive() -> None:
        walking = asyncio.create_task(
            walk(nodes, perform, max_concurrency=places, on_change=changed)
        )
        turn = 0
        while not walking.done():
            if held:
                name = sorted(held)[planned.order[turn % 20] % len(held)]
                if not held[name].done():
                    held[name].set_result(None)
                    turn += 1
            await asyncio.sleep(0)
        results = await walking
        assert {name: result.status for name, result in results.items()} == reference.status
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(drive())
    assert reference.is_over
    assert most <= places


class Scripted:
    """A launcher whose processes end as told, each after some turns of the event loop."""

    def __init__(self, ends: dict[str, list[Exit]], turns: dict[str, int]) -> None:
        self.ends = ends
        self.turns = turns
        self.running: set[str] = set()
        self.most = 0
        self.locks: set[str] = set()

    async def run(self, spawn: Spawn) -> Exit:
        step = spawn.env["PLAN_STEP_ID"]
        assert step not in self.running
        self.running.add(step)
        self.most = max(self.most, len(self.running))
        try:
            for _ in range(self.turns[step]):
                await asyncio.sleep(0)
        finally:
            self.running.discard(step)
        return self.ends[step].pop(0)


ENDS = st.sampled_from(
    [
        Exit(exit_code=0),
        Exit(exit_code=0),
        Exit(exit_code=0),
        Exit(exit_code=1),
        Exit(exit_code=None, signal=11),
        Exit(exit_code=None, signal=15, timed_out=True),
        Exit(exit_code=None, error="no such program"),
    ]
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlanFile, Scripted]:
    steps, ends, turns = [], {}, {}
    for node in draw(graphs(most=8)):
        when = node.when
        if callable(when):
            named = draw(st.sampled_from(node.depends_on))
            when = f"{draw(KINDS)}('{named}')"
        retries = draw(st.integers(0, 2))
        steps.append(
            PlanStep(
                id=node.id,
                command="true",
                depends_on=node.depends_on,
                on_failure=draw(st.none() | POLICIES),
                critical=node.critical,
                when=when,
                retries=retries,
                locks=tuple(draw(st.sets(st.sampled_from("xy"), max_size=2))),
                resources=draw(st.sampled_from([{}, {}, {"gpu": 1}, {"gpu": 2}])),
            )
        )
        ends[node.id] = draw(st.lists(ENDS, min_size=retries + 1, max_size=retries + 1))
        turns[node.id] = draw(st.integers(0, 30))
    own = Globals(max_concurrency=draw(st.integers(1, 3)), resources={"gpu": 2})
    return PlanFile(plan_id="p", globals=own, steps=tuple(steps)), Scripted(ends, turns)


def is_success(ended: Exit) -> bool:
    return ended.exit_code == 0


@given(plans(), st.none() | st.integers(0, 60))
def test_the_engine_tells_a_run_that_the_reference_allows(
    made: tuple[PlanFile, Scripted], cancel_after: int | None
) -> None:
    plan, launcher = made
    bound = bind(plan, {})
    planned = {step: list(ends) for step, ends in launcher.ends.items()}
    nodes = select(bound, finished={}, only=None, from_step=None).nodes
    reference = Reference(nodes)
    reference.begin()
    retrying: set[str] = set()
    told: list[PlanEvent] = []
    steps = {step.id: step for step in plan.steps}

    def hear(event: PlanEvent) -> None:
        told.append(event)
        name = event.step or ""
        match event.kind:
            case "step_started":
                if name in retrying:
                    retrying.discard(name)
                else:
                    reference.start(name)
                assert event.attempt == 1 + len(steps[name].success_codes) * (
                    steps[name].retries + 1 - len(launcher.ends[name])
                )
            case "step_retrying":
                retrying.add(name)
                assert not is_success(planned[name][(event.attempt or 0) - 1])
            case "step_ended" if name in reference.running:
                reference.end(name, event.status or "")
            case "run_stopping" if event.reason == "cancelled":
                reference.cancel()
        if event.kind == "step_ended":
            assert reference.status[name] == event.status

    async def drive() -> None:
        stop = asyncio.Event()

        async def cancel() -> None:
            for _ in range(cancel_after or 0):
                await asyncio.sleep(0)
            stop.set()

        with TemporaryDirectory() as folder:
            run = PlanRun(
                run_id="r",
                plan_id="p",
                plan="",
                plan_path="",
                variables={},
                options={},
                folder=folder,
                started_by="",
                started_at="",
            )
            cancelling = asyncio.create_task(cancel()) if cancel_after is not None else None
            finished = await run_plan(
                bound,
                run=run,
                launcher=launcher,
                confined=None,
                store=None,
                locks=None,
                folder=Path(folder),
                on_event=hear,
                stop=stop,
            )
            if cancelling is not None:
                await cancelling
        assert finished.status == reference.run_status
        assert {n: r.status for n, r in finished.results.items()} == reference.status
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(drive())
    assert launcher.most <= (plan.globals.max_concurrency or 0)
    assert [told[0].kind, told[-1].kind] == ["run_started", "run_ended"]
    ended = [event.step for event in told if event.kind == "step_ended"]
    assert sorted(map(str, ended)) == sorted(reference.nodes)


NEEDS = st.sampled_from([(), (("a", 1),), (("a", 2),), (("b", 1),), (("a", 1), ("b", 2))])


@given(st.lists(NEEDS, max_size=12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_slots_admit_each_once_within_what_there_is(needs, places, random) -> None:  # type: ignore[no-untyped-def]
    capacities = {"a": 2, "b": 3}
    slots = Slots(places, capacities=capacities)
    for number, one in enumerate(needs):
        slots.offer(f"s{number}", number=number, needs=one)
    inside: list[str] = []
    admitted: list[str] = []
    while len(admitted) < len(needs) or inside:
        new = slots.admit()
        inside += new
        admitted += new
        assert inside, "nothing is inside, and nothing is admitted"
        assert len(inside) <= places
        for name, capacity in capacities.items():
            assert sum(dict(needs[int(step[1:])]).get(name, 0) for step in inside) <= capacity
        gone = inside.pop(random.randrange(len(inside)))
        slots.release(gone)
    assert sorted(admitted) == sorted(f"s{number}" for number in range(len(needs)))
    assert not slots.admit()
