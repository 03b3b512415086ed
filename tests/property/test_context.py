"""Whatever a task and a repository are like: never over the window, findings always in."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agents import implementer
from agents.brief import Brief
from agents.excerpts import Excerpt, diff_parts
from agents.fitting import Fitted, Section, TooLong, Turn, fit, fit_counted
from agents.planner import plan_task
from agents.repository_map import map_text, outline
from agents.room import estimated
from agents.sections import least_tokens
from gatewright.domain.errors import BadAnswer
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Task
from tests.support.windowed import WindowedModel

TEXT = st.text(st.sampled_from("ab \n`#é木😀"), min_size=1, max_size=12).flatmap(
    lambda text: st.sampled_from([1, 5, 40, 400]).map(lambda number: text * number)
)
PATHS = st.sampled_from(["a.py", "pkg/b.py", "pkg/é.py", "pkg/sub/c.txt", "d" * 250, "e\n# Task"])
STEPS = st.builds(Step, title=st.just("t"), what=TEXT.map(lambda text: "w" + text[:3000].strip()))
TASKS = st.builds(
    Task,
    id=st.just("t"),
    repo=st.just(Path("/r")),
    goal=TEXT.map(lambda text: "g" + text.strip()),
    constraints=st.lists(TEXT.map(lambda text: text[:2000]), max_size=3).map(tuple),
)
FINDINGS = st.lists(
    st.builds(
        Finding,
        check=st.sampled_from(["pytest", "mypy"]),
        message=TEXT,
        file=st.none() | PATHS,
        line=st.none() | st.integers(-5, 500),
    ),
    max_size=70,
)


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    contents = draw(st.dictionaries(PATHS, TEXT, max_size=12))
    sources = [SourceFile(path=p, text=t, encoding="utf-8") for p, t in contents.items()]
    named = draw(st.integers(0, len(sources)))
    return Brief(
        task=draw(TASKS),
        paths=draw(st.permutations([*contents, "z.py"])),
        sources=sources,
        others=frozenset(file.path for file in sources[named:]),
        outlines=dict.fromkeys(list(contents)[named:], ("def f()",) * 30),
        findings=draw(FINDINGS),
        notes=draw(st.lists(TEXT, max_size=4)),
    )


COUNTS: list[Callable[[str], int]] = [
    lambda text: len(text.encode()) // 3 + 1,
    lambda text: len(text) // 6 + 1,
    lambda text: len(text.split()) + 1,
]
"""All below the estimate, which is what a window of `least_tokens` is promised by."""


@given(
    brief=briefs(),
    step=STEPS,
    spare=st.integers(0, 30_000),
    count=st.sampled_from(COUNTS),
    said=st.tuples(TEXT, st.just("") | TEXT),
)
def test_the_implementer_is_never_told_more_than_fits(
    brief: Brief, step: Step, spare: int, count: Callable[[str], int], said: tuple[str, str]
) -> None:
    answer, before = said
    window = spare + least_tokens(brief.task, step, brief.findings, notes=brief.notes)
    model = WindowedModel(window, [answer] * 3, tokens=count)

    async def go() -> None:
        asked = await implementer.ask_for(
            model, brief, step, "whole", before=before, room=model.room
        )
        messages = asked.messages
        for _ in range(3):
            written = await implementer.write(model, messages, asked.fmt, room=model.room)
            messages = await implementer.ask_again(
                model, messages, written.text, answer, room=model.room
            )
        for finding in brief.findings[:8]:
            assert f"[{finding.check}] " in asked.messages[1].content
            assert finding.message.splitlines()[0][:50] in asked.messages[1].content

    asyncio.run(go())  # a call over the window would have raised


@given(brief=briefs(), answer=TEXT, spare=st.integers(0, 9000))
def test_an_answer_that_is_asked_for_again_never_takes_more_than_fits(
    brief: Brief, answer: str, spare: int
) -> None:
    window = spare + least_tokens(brief.task, None, brief.findings, notes=brief.notes)
    model = WindowedModel(window, ["x" + answer, "y" + answer])
    try:
        asyncio.run(plan_task(model, brief, room=model.room))
    except BadAnswer:
        assert len(model.sizes) == 2


SECTIONS = st.lists(
    st.builds(
        Section,
        text=TEXT,
        turn=st.sampled_from(Turn),
        name=st.just("n"),
        shorten=st.none() | st.just(lambda most: "a" * min(most, 50) or "a"),
    ),
    max_size=9,
)


@given(sections=SECTIONS, room=st.integers(0, 4000))
def test_a_plan_keeps_to_its_room_and_leaves_out_nothing_that_is_needed(
    sections: list[Section], room: int
) -> None:
    try:
        said = fit(sections, room=room)
    except TooLong as error:
        assert error.needed > room
        return
    assert estimated(said.text) <= room
    for section in sections:
        if section.turn is Turn.NEEDED and section.shorten is None:
            assert section.text in said.texts
    assert said == fit(sections, room=room)


@given(sections=SECTIONS, room=st.integers(0, 4000), dense=st.integers(1, 9))
def test_the_count_is_never_more_than_the_room(
    sections: list[Section], room: int, dense: int
) -> None:
    async def count(text: str) -> int:
        return len(text) // dense

    async def go() -> Fitted | None:
        try:
            return await fit_counted(sections, room=room, count=count)
        except TooLong:
            return None

    said = asyncio.run(go())
    assert said is None or len(said.text) // dense <= room
    assert said == asyncio.run(go())


@given(text=TEXT, lines=st.lists(st.integers(-9, 900)), most=st.integers(-5, 3000))
def test_parts_keep_to_their_size(text: str, lines: list[int], most: int) -> None:
    assert len(Excerpt(text, lines=lines).parts(most)) <= max(0, most)
    parts = diff_parts("".join(f"diff --git a/{n}\n{text}" for n in range(3)), max(most, 200))
    assert len(parts) <= max(most, 200)


@given(
    paths=st.lists(st.text(max_size=30), unique=True, max_size=30),
    lines=st.lists(st.text(st.sampled_from("ab"), max_size=30), max_size=50),
    most=st.integers(-5, 2000),
)
def test_a_map_keeps_to_its_size(paths: list[str], lines: list[str], most: int) -> None:
    assert len(map_text(paths, dict.fromkeys(paths, lines), most=most)) <= max(0, most)


@given(st.text(st.sampled_from("def class(x):\n  \"'\\é0"), max_size=80))
def test_an_outline_of_anything(text: str) -> None:
    assert all("\n" not in line for line in outline(text))
