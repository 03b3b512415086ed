"""The clock around every step changes nothing that a program can see of its tasks."""

import asyncio
import contextvars
import gc
import inspect
import sys
import time
import traceback
import types
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from gatewright.telemetry import stepping
from tests.unit.telemetry.cpu_support import (  # noqa: F401  the fixture
    Clocks,
    State,
    arun,
    burn,
    collector_off,
    near,
    side_by_side,
)


async def in_task(coroutine: Any) -> Any:
    """Run a coroutine in a task of its own inside of a node; what it returned."""
    results = []

    async def work(state: State) -> State:
        results.append(await asyncio.create_task(coroutine))
        return {}

    assert (await arun(work=work)).cpu()["work"][0] == "stepped"
    return results[0]


async def failing() -> None:
    await asyncio.sleep(0)
    raise LookupError("as it was")


@pytest.mark.parametrize("debug", [False, True])
async def test_an_exception_has_the_frames_that_it_has_without_us(debug):
    asyncio.get_running_loop().set_debug(debug)

    async def seen() -> list[tuple[str, int | None]]:
        try:
            await asyncio.create_task(failing())
        except LookupError as error:
            assert (error.__context__, error.__cause__) == (None, None)
            frames = traceback.extract_tb(error.__traceback__)
            return [(frame.name, frame.lineno) for frame in frames]
        return []

    assert await in_task(seen()) == await seen()


async def test_an_exception_thrown_in_has_its_frames_too():
    async def cancelled() -> None:
        await asyncio.Event().wait()

    async def seen() -> list[str]:
        task = asyncio.create_task(cancelled())
        await asyncio.sleep(0)
        task.cancel("enough")
        try:
            await task
        except asyncio.CancelledError as error:
            return [*error.args, *(f.name for f in traceback.extract_tb(error.__traceback__))]
        return []

    assert await in_task(seen()) == await seen()


async def test_a_thread_s_exception_has_its_frames_too():
    def failing() -> None:
        raise LookupError("as it was")

    async def seen() -> list[str]:
        try:
            await asyncio.to_thread(failing)
        except LookupError as error:
            return [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        return []

    assert await in_task(seen()) == await seen()


async def test_a_task_can_be_looked_at():
    async def looked_at() -> None:
        await asyncio.sleep(3600)

    async def look() -> None:
        task = asyncio.create_task(looked_at(), name="named")
        coroutine = task.get_coro()
        assert asyncio.iscoroutine(coroutine)
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
        await asyncio.sleep(0)
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED
        assert coroutine.__qualname__.endswith("looked_at")
        assert coroutine.cr_code is looked_at.__code__
        assert "looked_at() running at" in repr(task)
        assert "'named'" in repr(task)
        [frame] = task.get_stack()
        assert frame.f_code is looked_at.__code__
        task.print_stack()
        task.cancel()

    await in_task(look())


async def test_a_task_awaits_what_its_coroutine_awaits():
    @types.coroutine
    def by_generator():
        yield
        return "generator"

    class Awaitable:
        def __await__(self):
            return (yield from asyncio.sleep(0, "awaitable").__await__())

    async def awaiting() -> list[str]:
        future = asyncio.get_running_loop().create_future()
        future.set_result("future")
        return [
            await by_generator(),
            await Awaitable(),
            await asyncio.ensure_future(Awaitable()),
            await future,
            await asyncio.create_task(asyncio.sleep(0, "task")),
        ]

    wanted = ["generator", "awaitable", "awaitable", "future", "task"]
    assert await in_task(awaiting()) == wanted


async def test_context_variables_are_the_tasks_own():
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outside")

    async def setting() -> str:
        variable.set("inside")
        await asyncio.sleep(0)
        return variable.get()

    async def seen() -> list[str]:
        given = contextvars.copy_context()
        given.run(variable.set, "given")
        return [
            await asyncio.create_task(setting()),
            variable.get(),
            await asyncio.get_running_loop().create_task(asyncio.sleep(0, "x"), context=given),
            await asyncio.to_thread(variable.get),
        ]

    assert await in_task(seen()) == ["inside", "outside", "x", "outside"]


async def test_shield_wait_for_and_cancellation_counts():
    async def stubborn() -> int:
        for _ in range(2):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.sleep(3600)
        task = asyncio.current_task()
        return task.cancelling() if task else -1

    async def seen() -> list[Any]:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), 0)
        task.cancel()
        return [await task, task.cancelled()]

    assert await in_task(seen()) == [2, False]


async def test_what_is_no_coroutine_is_refused_as_ever():
    async def seen() -> list[str]:
        with pytest.raises(TypeError) as refused:
            asyncio.get_running_loop().create_task(42)  # type: ignore[arg-type]
        return [str(refused.value)]

    assert await in_task(seen()) == await seen()


async def test_the_loop_is_as_it_was_when_the_last_run_has_ended():
    loop = asyncio.get_running_loop()
    first, second = stepping.enter(), stepping.enter()
    during = loop.get_task_factory()
    stepping.leave(first)
    assert loop.get_task_factory() is during is not None
    stepping.leave(second)
    assert loop.get_task_factory() is None
    assert "run_in_executor" not in vars(loop)


def test_where_no_loop_runs_there_is_nothing_to_enter():
    assert stepping.enter() is None
    stepping.leave(None)


async def test_tasks_of_nobody_are_left_alone():
    async def nobodys() -> None:
        pass

    entered = stepping.enter()
    task = asyncio.create_task(nobodys())
    assert type(task.get_coro()) is types.CoroutineType
    await task
    stepping.leave(entered)


async def test_a_factory_that_is_there_is_asked_and_put_back():
    loop, made = asyncio.get_running_loop(), []

    def foreign(loop, coro, **given):
        made.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **given)

    async def marked() -> None:
        burn(20)

    async def work(state: State) -> State:
        await asyncio.create_task(marked())
        return {}

    loop.set_task_factory(foreign)
    clocks = await arun(work=work)
    assert clocks.cpu() == {"work": ("stepped", near(20))}
    assert loop.get_task_factory() is foreign
    assert marked.__qualname__ in made


async def test_a_factory_that_is_set_on_top_of_ours_stays():
    loop = asyncio.get_running_loop()
    entered = stepping.enter()
    ours = loop.get_task_factory()
    assert ours is not None

    def on_top(loop, coro, **given):
        return ours(loop, coro, **given)

    loop.set_task_factory(on_top)
    stepping.leave(entered)
    assert loop.get_task_factory() is on_top

    async def work(state: State) -> State:
        await asyncio.sleep(0)
        burn(20)
        return {}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(20))}
    assert loop.get_task_factory() is on_top


async def test_where_our_factory_was_taken_away_the_cpu_is_not_known():
    async def work(state: State) -> State:
        await asyncio.sleep(0)
        burn(20)
        return {}

    class Rude(Clocks):
        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            super().on_chain_start(*args, **kwargs)
            asyncio.get_running_loop().set_task_factory(None)

    clocks = Rude()
    await side_by_side(work=work).ainvoke({}, {"callbacks": [clocks]})
    assert clocks.cpu() == {"work": ("none", None)}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
async def test_eager_tasks_stay_eager():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)

    async def at_once() -> str:
        burn(20)
        return "done"

    async def work(state: State) -> State:
        task = asyncio.create_task(at_once())
        assert task.done()
        burn(10)
        return {"done": [task.result()]}

    assert (await arun(work=work)).cpu() == {"work": ("stepped", near(30))}
    assert loop.get_task_factory() is asyncio.eager_task_factory


async def test_a_factory_that_wraps_coroutines_or_starts_them_at_once():
    """Eager tasks come to the same, on any version: a step inside of another's step."""

    class Rest:
        def __init__(self, coro: Any) -> None:
            self._coro = coro
            self._first = coro.send(None)

        def __await__(self):
            yield self._first
            return (yield from self._coro.__await__())

    async def wrapped(awaitable: Any) -> Any:
        return await awaitable

    def foreign(loop, coro, **given):
        rest = Rest(coro) if coro.__name__ == "part" else coro
        return asyncio.Task(wrapped(rest), loop=loop, **given)

    async def part() -> str:
        burn(20)
        await asyncio.sleep(0)
        burn(20)
        return "done"

    async def other(state: State) -> State:
        await asyncio.sleep(0)
        burn(30)
        return {}

    async def work(state: State) -> State:
        task = asyncio.create_task(part())
        burn(10)
        assert await task == "done"
        with pytest.raises(LookupError) as raised:
            await asyncio.create_task(failing())
        frames = [frame.name for frame in traceback.extract_tb(raised.tb)]
        assert frames == ["work", "wrapped", "failing"]
        return {}

    asyncio.get_running_loop().set_task_factory(foreign)
    cpu = (await arun(work=work, other=other)).cpu()
    assert cpu == {"work": ("stepped", near(50)), "other": ("stepped", near(30))}


async def test_a_task_that_is_thrown_away_warns_as_ever():
    warned = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: warned.append(context["message"]))

    async def forgetting() -> None:
        async def lost() -> None:
            await asyncio.get_running_loop().create_future()

        asyncio.create_task(lost())  # noqa: RUF006
        await asyncio.sleep(0)
        gc.collect()

    await in_task(forgetting())
    assert warned == ["Task was destroyed but it is pending!"]


async def test_nothing_of_it_blocks_the_loop():
    async def work(state: State) -> State:
        await asyncio.to_thread(burn, 10)
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
        return {}

    with blockbuster_ctx():
        clocks = await arun(work=work)
    assert clocks.cpu() == {"work": ("stepped", near(10))}


def test_it_works_on_uvloop():
    uvloop = pytest.importorskip("uvloop")

    async def work(state: State) -> State:
        burn(20)
        await asyncio.sleep(0)
        await asyncio.gather(asyncio.to_thread(burn, 20), asyncio.to_thread(burn, 20))
        return {}

    async def other(state: State) -> State:
        await asyncio.sleep(0)
        burn(20)
        return {}

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        clocks = runner.run(arun(work=work, other=other))
        assert "run_in_executor" not in vars(runner.get_loop())
    assert clocks.cpu() == {"work": ("stepped", near(60)), "other": ("stepped", near(20))}


async def test_a_coroutine_function_is_refused_for_a_thread_as_ever():
    async def seen() -> str:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        with pytest.raises(TypeError) as refused:
            await loop.run_in_executor(None, failing)
        loop.set_debug(False)
        return str(refused.value)

    assert await in_task(seen()) == await seen()


async def test_an_await_costs_a_few_microseconds_more():
    rounds = 3000

    async def awaiting() -> None:
        for _ in range(rounds):
            await asyncio.sleep(0)

    async def each_us() -> float:
        best = float("inf")
        for _ in range(7):
            begun = time.thread_time()
            await asyncio.create_task(awaiting())
            best = min(best, time.thread_time() - begun)
        return best / rounds * 1e6

    assert await in_task(each_us()) - await each_us() < 8
