"""What an agent is told of a task, as sections of a prompt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from gatewright.domain.conversation import Message
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Task


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A task with what was chosen of its repository for a model to see."""

    task: Task
    paths: Sequence[str] = ()
    """The repository's files."""
    sources: Sequence[SourceFile] = ()
    findings: Sequence[Finding] = ()
    """What was wrong with the attempt before."""
    notes: Sequence[str] = field(default=())
    """What a person said when asked."""


@cache
def prompt(name: str) -> str:
    """The system prompt of a role."""
    return resources.files("agents").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")


def conversation(role: str, sections: Iterable[str]) -> list[Message]:
    """The role's system prompt and one user message of the sections that say something."""
    said = "\n\n".join(section for section in sections if section)
    return [Message(role="system", content=prompt(role)), Message(role="user", content=said)]


def task_section(task: Task) -> str:
    """Goal, risk, constraints and criteria."""
    lines = [f"# Task\n{task.goal}", f"Risk: {task.risk}"]
    if task.area:
        lines.append(f"Area: {task.area}")
    lines += _bullets("Constraints", task.constraints)
    lines += _bullets("Acceptance criteria", task.acceptance_criteria)
    lines += _bullets("Tests that must pass", task.gate.pytest or ())
    lines += _bullets("Commands that must succeed", task.gate.commands)
    return "\n".join(lines)


def plan_section(plan: Plan) -> str:
    """A plan in words."""
    steps = "\n".join(
        f"{number}. {step.title}\n   {step.what}\n   Files: {', '.join(step.files) or 'not named'}"
        for number, step in enumerate(plan.steps, start=1)
    )
    return f"# Plan\n{plan.why}\n{steps}\nRisks: {'; '.join(plan.risks) or 'none named'}"


def step_section(step: Step) -> str:
    """The step at hand."""
    named = f"\nFiles: {', '.join(step.files)}" if step.files else ""
    return f"# Step\n{step.title}\n{step.what}{named}"


def paths_section(paths: Sequence[str], *, most: int = 400) -> str:
    """The repository's files, as many as fit."""
    if not paths:
        return ""
    more = f"\n... and {len(paths) - most} more" if len(paths) > most else ""
    return "# Files of the repository\n" + "\n".join(paths[:most]) + more


def sources_section(sources: Sequence[SourceFile]) -> str:
    """Files in full; their content is data and the fence is longer than any in it."""
    return "\n\n".join(f"# File {file.path}\n{fenced(file.text)}" for file in sources)


def findings_section(findings: Sequence[Finding]) -> str:
    """What the attempt before has to answer for."""
    if not findings:
        return ""
    lines = [
        f"- [{f.check}{' ' + f.rule if f.rule else ''}] {_place(f)}{f.message}" for f in findings
    ]
    return "# What was wrong with the attempt before\n" + "\n".join(lines)


def notes_section(notes: Sequence[str]) -> str:
    """A person's word."""
    return "# A person adds\n" + "\n".join(notes) if notes else ""


def fenced(text: str, language: str = "") -> str:
    """The text between fences that it cannot end itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _place(finding: Finding) -> str:
    if finding.file is None:
        return ""
    return f"{finding.file}:{finding.line}: " if finding.line else f"{finding.file}: "


def _bullets(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:\n" + "\n".join(f"- {line}" for line in lines)] if lines else []
