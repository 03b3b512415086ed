"""What is said to the roles, as sections that can be shortened, and how much that is."""

import json
import re
from collections.abc import Sequence
from functools import partial
from itertools import islice

from agents.brief import (
    Brief,
    diff_section,
    findings_section,
    notes_section,
    plan_section,
    prompt,
    source_section,
    step_section,
    task_section,
)
from agents.excerpts import Excerpt
from agents.fitting import Section, Turn, least
from agents.repository_map import MOST_CHARACTERS, map_text, one_line
from agents.room import Room, estimated
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Task

LEAST_ANSWER = 1_024
"""Tokens: with fewer for its answer, there is no use in asking."""
ASIDE = 600
"""Tokens kept for an answer that is sent back once with what is wrong with it."""
_FORM = 600
"""Tokens of the form of the answer, or of the least that is shown of a change under review."""
_SCHEMA = estimated(json.dumps(Plan.model_json_schema()))
_MOST_NOTE = 2_000
"""Characters of a person's word where there is little room."""
_MOST_MESSAGE = 20_000
_MOST_LINES = 100
"""Of one finding's message: what it names first is what it is about."""
_MOST_STEP = 200
"""Characters of a rejected step where there is little room."""
_MOST_ABSENT = 20
_LINE = re.compile(r'(?::|", line )(\d{1,7})\b')
"""After a path, in what tools print."""


def needed(text: str) -> Section:
    """What is said in full or not at all."""
    return Section(text=text, turn=Turn.NEEDED)


def findings_part(findings: Sequence[Finding]) -> Section:
    """The findings: each has its say, be it short."""
    return Section(
        text=findings_section(findings),
        turn=Turn.NEEDED,
        name="the findings",
        shorten=lambda most: findings_section(findings, most=most),
    )


def notes_part(notes: Sequence[str]) -> Section:
    """A person's word, the latest at length."""
    short = [f"{n[:_MOST_NOTE]} (cut off)" if len(n) > _MOST_NOTE else n for n in notes[-3:]]
    return Section(
        text=notes_section(notes),
        turn=Turn.NEEDED,
        name="what a person adds",
        shorten=lambda _: notes_section(short),
    )


def rejected_plan_part(plan: Plan | None) -> Section:
    """A plan that was rejected; where there is little room, the beginning of its steps."""
    if plan is None:
        return needed("")
    steps = tuple(s.model_copy(update={"what": s.what[:_MOST_STEP]}) for s in plan.steps)
    title = "The plan before was rejected.\n"
    full = title + plan_section(plan)
    short = title + plan_section(plan.model_copy(update={"steps": steps}))
    return Section(
        text=full,
        turn=Turn.WORK,
        name="the plan before",
        shorten=lambda most: short if len(short) <= most else "",
    )


def diff_part(title: str, diff: str, *, turn: Turn) -> Section:
    """A change, of which something of every file is shown."""
    return Section(
        text=diff_section(title, diff),
        turn=turn,
        name=title.split(",", maxsplit=1)[0].lower(),
        shorten=lambda most: diff_section(title, diff, most=most),
    )


def file_parts(brief: Brief) -> list[Section]:
    """The files that are named, whole or around what matters in them; then the others."""
    named = [file for file in brief.sources if file.path not in brief.others]
    others = [file for file in brief.sources if file.path in brief.others]
    return [
        *(_named(file, brief) for file in named),
        *(
            Section(text=source_section(file), turn=Turn.REST, name=one_line(file.path))
            for file in others
        ),
    ]


def map_part(brief: Brief, *, room: Room | None = None) -> Section:
    """The repository's files, and what those define that are not shown.

    A sixth of the room at most: what is in files says more than how they are called.
    """
    size = min(MOST_CHARACTERS, (room or Room()).input // 2)
    shown = {file.path for file in brief.sources if file.path not in brief.others}
    outlines = {path: lines for path, lines in brief.outlines.items() if path not in shown}
    text = map_text(brief.paths, outlines, most=size)
    if absent := brief.absent[:_MOST_ABSENT]:
        missing = ", ".join(one_line(path)[:200] for path in absent)
        text = f"{text}\nNamed, but not in the repository: {missing}".strip()
    if unread := brief.unread[:_MOST_ABSENT]:
        missing = ", ".join(one_line(path)[:200] for path in unread)
        text = f"{text}\nNamed, but not shown (no text, or too much of it): {missing}".strip()
    return Section(
        text=text,
        turn=Turn.MAP,
        name="the list of files",
        shorten=lambda most: map_text(brief.paths, outlines, most=min(most, size)),
    )


def least_tokens(
    task: Task,
    step: Step | None = None,
    findings: Sequence[Finding] = (),
    *,
    plan: Plan | None = None,
    notes: Sequence[str] = (),
) -> int:
    """A window in which the work can be told in its shortest form and be answered, by estimate.

    `plan` is one that is to be reviewed. A model with a smaller window is not asked.
    """
    said = [
        needed(prompt("planner")),
        needed(task_section(task)),
        needed(step_section(step) if step else ""),
        needed(plan_section(plan) if plan else ""),
        findings_part(findings),
        notes_part(notes),
    ]
    tokens = least(said) + ASIDE + _SCHEMA + _FORM
    # A quarter of a window is kept for the answer, a fiftieth for a tokenizer that differs.
    return max(tokens + LEAST_ANSWER, tokens * 100 // 72) + 64


def wanted_tokens(
    task: Task,
    step: Step | None = None,
    findings: Sequence[Finding] = (),
    *,
    sources: Sequence[SourceFile] = (),
    before: str = "",
) -> int:
    """Tokens that one would like to say, by estimate, for what a call may cost.

    `sources` are the files that would be shown, `before` a diff or a plan that goes with them.
    """
    said = [
        prompt("planner"),
        task_section(task),
        step_section(step) if step else "",
        findings_section(findings),
        before,
        *(source_section(file) for file in sources),
    ]
    return sum(map(estimated, said)) + _FORM + MOST_CHARACTERS // 6


def _named(file: SourceFile, brief: Brief) -> Section:
    excerpt = Excerpt(file.text, lines=_lines(file.path, brief.findings), names=brief.about)
    return Section(
        text=source_section(file),
        turn=Turn.WORK,
        name=one_line(file.path),
        shorten=partial(_in_part, file.path, excerpt),
    )


def _in_part(path: str, excerpt: Excerpt, most: int) -> str:
    title = f"# File {one_line(path)}, in part"
    parts = excerpt.parts(most - len(title) - 1)
    return f"{title}\n{parts}" if parts else ""


def _lines(path: str, findings: Sequence[Finding]) -> list[int]:
    """Where the findings point to in a file, by their place and by what they say."""
    found: dict[int, None] = {}
    for finding in findings:
        if finding.file == path and finding.line:
            found[finding.line] = None
        for match in islice(_LINE.finditer(finding.message[:_MOST_MESSAGE]), _MOST_LINES):
            if finding.message.startswith(path, max(0, match.start() - len(path))):
                found[int(match[1])] = None
    return list(found)
