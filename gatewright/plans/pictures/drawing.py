"""Pictures of a plan, and of a run of it."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import WHENS, PlanFile, PlanStep
from gatewright.plans.pictures.states import COLOURS, edges_of, state_of, words_of
from gatewright.plans.pictures.svg import svg

__all__ = ["dot", "mermaid", "svg"]

_NONE: Mapping[str, StepResult | str] = MappingProxyType({})
_NAME_LENGTH = 60
_SPECIAL = re.compile(r"[^\w .,:+/-]")


def mermaid(plan: PlanFile, results: Mapping[str, StepResult | str] = _NONE) -> str:
    """A flowchart in Mermaid's words; steps that do not wait for a success have dotted arrows."""
    lines = ["flowchart LR"]
    for number, step in enumerate(plan.steps):
        words = words_of(step.id, results)
        label = _entities(_name(step)) + (f"<br/>{_entities(words)}" if words else "")
        lines.append(f'    s{number}["{label}"]:::{state_of(step.id, results)}')
    for edge in edges_of(plan):
        arrow = "-->" if plan.steps[edge.after].when == "success" else "-.->"
        lines.append(f"    s{edge.before} {arrow} s{edge.after}")
    lines += [
        f"    classDef {state} fill:{colours.fill},stroke:{colours.line},color:{colours.text}"
        for state, colours in COLOURS.items()
    ]
    return "\n".join(lines) + "\n"


def dot(plan: PlanFile) -> str:
    """The graph in Graphviz's words."""
    lines = [f"digraph {_quoted(plan.plan_id)} {{", "    rankdir=LR;", "    node [shape=box];"]
    lines += [
        f"    s{number} [label={_quoted(_name(step))}];" for number, step in enumerate(plan.steps)
    ]
    for edge in edges_of(plan):
        when = plan.steps[edge.after].when
        style = "" if when == "success" else " [style=dashed]"
        lines.append(f"    s{edge.before} -> s{edge.after}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _name(step: PlanStep) -> str:
    name = step.name or step.id
    shown = name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"
    if step.when == "success":
        return shown
    return f"{shown} ({step.when if step.when in WHENS else 'if ...'})"


def _entities(text: str) -> str:
    """Mermaid reads markup and its own words in labels: what is no plain text becomes `#NNN;`."""
    return _SPECIAL.sub(lambda match: f"#{ord(match[0])};", text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(escaped.split()) + '"'
