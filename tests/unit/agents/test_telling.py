"""Conversations that stay within a model's window, and what of a large repository is told."""

import pytest

from agents import implementer
from agents.brief import Brief
from agents.code_reviewer import review_code
from agents.excerpts import fenced
from agents.plan_reviewer import review_plan
from agents.planner import plan_task
from agents.relevance import words
from agents.repository_map import outline
from agents.room import Room
from agents.sections import least_tokens, wanted_tokens
from agents.verdict import Verdict
from gatewright.domain.errors import BadAnswer, ModelFault
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Task
from tests.support.windowed import WindowedModel

STEP = Step(title="Mend paging", what="The last page is missing.", files=("pkg/m000.py",))
PLAN = Plan(why="w", steps=(STEP,))
VERDICT = Verdict(verdict="approved", why="Right.")
FINDING = Finding(check="pytest", message="expected 3 pages", file="pkg/m000.py", line=400)
MODULE = "".join(
    f"def function_{number}(first: int, second: str) -> int:\n    return first + {number}\n\n\n"
    for number in range(125)
)
"""About 9 kB."""
LARGE = {f"pkg/m{number:03}.py": MODULE for number in range(220)}
"""2 MB."""


def large(task: Task, **more: object) -> Brief:
    files = [SourceFile(path=p, text=t, encoding="utf-8") for p, t in LARGE.items()]
    fields = {
        "task": task,
        "paths": list(LARGE),
        "sources": files[:120],
        "others": frozenset(file.path for file in files[3:]),
        "outlines": {file.path: outline(file.text) for file in files[3:20]},
        "about": words(task.goal + STEP.what),
        "findings": (FINDING,),
        "notes": ("Mind the last page.",),
    }
    return Brief(**(fields | more))  # type: ignore[arg-type]


def seen(model: WindowedModel, call: int = -1) -> str:
    return "\n\n".join(message.content for message in model.calls[call].messages)


async def test_every_role_keeps_to_a_small_window_and_fills_it(task: Task) -> None:
    brief = large(task)
    diff = "".join(f"diff --git a/{p} b/{p}\n" + "+x = 1\n" * 900 for p in list(LARGE)[:4])
    planner, plan_reviewer, code_reviewer = (
        WindowedModel(8192, [answer]) for answer in (PLAN, VERDICT, VERDICT)
    )
    await plan_task(planner, brief, before=PLAN, room=planner.room)
    await review_plan(plan_reviewer, brief, PLAN, room=plan_reviewer.room)
    await review_code(code_reviewer, brief, STEP, diff, room=code_reviewer.room)
    for model in (planner, plan_reviewer, code_reviewer):
        assert 4500 < model.sizes[0] <= 8192 - 2048
        note = seen(model).split("# Not shown, for want of room\nOnly in part: ")[1]
        assert "pkg/m000.py" in note.splitlines()[0]
    assert "expected 3 pages" in seen(planner)
    assert all(f"b/{path}\n+x = 1" in seen(code_reviewer) for path in list(LARGE)[:4])


async def test_the_implementer_sees_what_is_around_the_findings(task: Task) -> None:
    model = WindowedModel(8192, ["no edits"])
    asked = await implementer.ask_for(
        model, large(task), STEP, "search_replace", before="-x\n" * 9000, room=model.room
    )
    await implementer.write(model, asked.messages, asked.fmt, room=model.room)
    text = seen(model)
    for part in ("expected 3 pages", "function_99", "Mind the last page.", "Keep the API."):
        assert part in text
    assert "# File pkg/m000.py, in part\nLines 1-" in text
    assert "m219.py" not in text
    assert model.sizes[0] <= 8192 - 2048


async def test_whole_files_are_not_asked_for_where_parts_are_shown(task: Task) -> None:
    model = WindowedModel(8192, most_output=100_000)
    brief = large(task)
    asked = await implementer.ask_for(model, brief, STEP, "whole", room=Room(8192, 100_000))
    assert asked.fmt == "search_replace"
    assert "<<<<<<< SEARCH" in asked.messages[1].content


async def test_whole_files_are_not_asked_for_where_an_answer_cannot_hold_them(task: Task) -> None:
    model = WindowedModel(100_000, most_output=4096)
    assert (await implementer.ask_for(model, large(task), STEP, "whole", room=model.room)).fmt == (
        "search_replace"
    )
    roomy = Room(100_000, 20_000)
    assert (await implementer.ask_for(model, large(task), STEP, "whole", room=roomy)).fmt == "whole"


async def test_a_large_window_is_not_filled_for_its_own_sake(task: Task) -> None:
    model = WindowedModel(1_000_000, [PLAN])
    await plan_task(model, large(task), room=model.room)
    assert 40_000 < model.sizes[0] < 66_000


async def test_answers_that_are_sent_back_stay_within_the_window(task: Task) -> None:
    model = WindowedModel(8192, ["long " * 3000] * 4, most_output=2048)
    asked = await implementer.ask_for(model, large(task), STEP, "udiff", room=model.room)
    messages = asked.messages
    for number in range(4):
        answer = await implementer.write(model, messages, asked.fmt, room=model.room)
        problem = f"problem {number}: " + "nearest lines " * 500
        messages = await implementer.ask_again(
            model, messages, answer.text, problem, room=model.room
        )
    assert "problem 2:" in seen(model)
    assert "in the same format." in seen(model)
    assert "characters are left out" in seen(model)
    assert "expected 3 pages" in seen(model)


async def test_a_wrong_json_answer_is_sent_back_within_the_window(task: Task) -> None:
    model = WindowedModel(8192, ['{"why": "' + "x" * 9000, VERDICT])
    assert (await review_plan(model, large(task), PLAN, room=model.room)).answer == VERDICT
    assert "Answer again with only the JSON object." in seen(model)


async def test_earlier_answers_stay_where_there_is_room(task: Task) -> None:
    model = WindowedModel(100_000, ["first"])
    room = model.room
    asked = await implementer.ask_for(model, large(task), STEP, "udiff", room=room)
    once = await implementer.ask_again(model, asked.messages, "first", "bad", room=room)
    twice = await implementer.ask_again(model, once, "second", "bad", room=room)
    assert [m.role for m in twice] == ["system", "user", "assistant", "user", "assistant", "user"]


@pytest.mark.parametrize("dense", [1, 2, 6])
async def test_a_tokenizer_that_differs_from_the_estimate(task: Task, dense: int) -> None:
    model = WindowedModel(16_384, [VERDICT], tokens=lambda text: len(text) // dense + 1)
    await review_code(model, large(task), STEP, "+x\n" * 9000, room=model.room)
    assert 16_384 * 0.5 < model.sizes[0] <= 16_384 - 4096


async def test_what_cannot_be_told_is_a_fault_before_the_call(task: Task) -> None:
    model = WindowedModel(8192, [PLAN])
    endless = task.model_copy(update={"goal": "Mend it. " * 2200})
    with pytest.raises(ModelFault, match="window of 8192 tokens is too small") as caught:
        await plan_task(model, large(endless), room=model.room)
    assert caught.value.kind == "context_too_long"
    assert model.calls == []


async def test_what_is_needed_may_be_more_than_is_usual(task: Task) -> None:
    plan = Plan(why="w", steps=[Step(title="t", what=f"{n} " * 1300) for n in range(20)])
    files = [SourceFile(path="a.py", text=MODULE * 10, encoding="utf-8")]
    endless = task.model_copy(update={"constraints": ("x " * 900,) * 80})
    model = WindowedModel(200_000, [VERDICT])
    await review_plan(model, Brief(task=endless, sources=files), plan, room=model.room)
    assert "19 19 19" in seen(model)
    assert model.sizes[0] > 64_000


async def test_two_wrong_answers_are_still_the_end(task: Task) -> None:
    model = WindowedModel(8192, ["x" * 9000, "x" * 9000])
    with pytest.raises(BadAnswer):
        await plan_task(model, large(task), room=model.room)


async def test_the_room_for_an_answer_goes_with_the_call(task: Task) -> None:
    model = WindowedModel(8192, [PLAN])
    await plan_task(model, large(task), room=model.room)
    assert model.calls[0].max_output_tokens == 2048
    model = WindowedModel(100_000_000, [PLAN])
    await plan_task(model, large(task))
    assert model.calls[0].max_output_tokens is None


def test_the_least_window_grows_with_what_must_be_said(task: Task) -> None:
    small, more = least_tokens(task), least_tokens(task, STEP, (FINDING,) * 8)
    assert 3000 < small < more < 8192
    assert least_tokens(task, plan=PLAN, notes=("note " * 100,)) > small
    assert least_tokens(task, STEP, [Finding(check="c", message="x" * 4000)] * 60) < 8192


def test_what_one_would_like_to_say(task: Task) -> None:
    sources = [SourceFile(path="a.py", text="x" * 3000, encoding="utf-8")]
    bare = wanted_tokens(task, STEP)
    assert 1000 < wanted_tokens(task, STEP, sources=sources) - bare < 1010
    assert wanted_tokens(task, STEP, (FINDING,), before=fenced("-x")) > bare
