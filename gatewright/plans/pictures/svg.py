"""A plan as an SVG picture, without any program's help.

Up to a few hundred steps as a graph; more of them as a chart of small squares, in the order in
which they could run, so that the picture stays one that a browser opens.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from xml.sax.saxutils import escape

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.pictures.layout import HEIGHT, MARGIN, WIDTH, Point, bends, layout
from gatewright.plans.pictures.states import (
    COLOURS,
    edges_of,
    levels_of,
    state_of,
    words_of,
)

_NONE: Mapping[str, StepResult | str] = MappingProxyType({})
_MOST_STEPS, _MOST_EDGES, _MOST_BENDS = 400, 2_000, 4_000
"""Of a graph; beyond that nobody can follow its lines."""
_MOST_SQUARES = 20_000
_SQUARE, _IN_ROW = 12, 100
_NAME_LENGTH = 25
_LEGEND = 30
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(plan: PlanFile, results: Mapping[str, StepResult | str] = _NONE) -> str:
    """The picture, with the states of a run where there are some."""
    levels, edges = levels_of(plan), edges_of(plan)
    if len(levels) > _MOST_STEPS or len(edges) > _MOST_EDGES or bends(levels, edges) > _MOST_BENDS:
        return _chart(plan, levels, results)
    places = layout(levels, edges)
    parts = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#71717a"/></marker></defs>'
    ]
    for edge, way in zip(edges, places.ways, strict=True):
        dashes = "" if plan.steps[edge.after].when == "success" else ' stroke-dasharray="5 4"'
        parts.append(
            f'<path d="{_curve(way)}" fill="none" stroke="#71717a"{dashes} marker-end="url(#tip)"/>'
        )
    for step, point in zip(plan.steps, places.steps, strict=True):
        name, words = step.name or step.id, words_of(step.id, results)
        parts.append(_box(name, step.id, words, state_of(step.id, results), point))
    return _picture(plan, results, parts, width=places.width, height=places.height)


def _curve(way: Sequence[Point]) -> str:
    first, *rest = way
    words = [f"M{first.x:g} {first.y:g}"]
    last = first
    for point in rest:
        middle = (last.x + point.x) / 2
        flat = last.y == point.y
        words.append(
            f"L{point.x:g} {point.y:g}"
            if flat
            else f"C{middle:g} {last.y:g} {middle:g} {point.y:g} {point.x:g} {point.y:g}"
        )
        last = point
    return "".join(words)


def _box(name: str, step: str, words: str, state: str, point: Point) -> str:
    colours = COLOURS[state]
    middle = point.x + WIDTH / 2
    shown = name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"
    title = f"{name} [{step}]" if name != step else step
    first = point.y + (HEIGHT / 2 + 5 if not words else 19)
    second = (
        f'<text x="{middle:g}" y="{point.y + 35:g}" font-size="11" fill="{colours.text}" '
        f'text-anchor="middle">{_text(words)}</text>'
        if words
        else ""
    )
    return (
        f"<g><title>{_text(f'{title}: {words}' if words else title)}</title>"
        f'<rect x="{point.x:g}" y="{point.y:g}" width="{WIDTH}" height="{HEIGHT}" rx="7" '
        f'fill="{colours.fill}" stroke="{colours.line}" stroke-width="1.5"/>'
        f'<text x="{middle:g}" y="{first:g}" font-size="13" fill="{colours.text}" '
        f'text-anchor="middle">{_text(shown)}</text>{second}</g>'
    )


def _chart(plan: PlanFile, levels: Sequence[int], results: Mapping[str, StepResult | str]) -> str:
    """A square a step, its name and state where the pointer rests on it."""
    numbers = sorted(range(len(levels)), key=levels.__getitem__)
    shown = numbers[:_MOST_SQUARES]
    parts = []
    for at, number in enumerate(shown):
        step = plan.steps[number]
        state, words = state_of(step.id, results), words_of(step.id, results)
        x, y = MARGIN + at % _IN_ROW * _SQUARE, MARGIN + at // _IN_ROW * _SQUARE
        title = _text(f"{step.id}: {words}" if words else step.id)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{_SQUARE - 2}" height="{_SQUARE - 2}" '
            f'fill="{COLOURS[state].line}"><title>{title}</title></rect>'
        )
    rows = -(-len(shown) // _IN_ROW)
    height = rows * _SQUARE + 2 * MARGIN
    if len(shown) < len(numbers):
        more = f"and {len(numbers) - len(shown)} more steps"
        parts.append(f'<text x="{MARGIN}" y="{height}" font-size="12">{more}</text>')
        height += MARGIN
    return _picture(plan, results, parts, width=_IN_ROW * _SQUARE + 2 * MARGIN, height=height)


def _picture(
    plan: PlanFile,
    results: Mapping[str, StepResult | str],
    parts: Sequence[str],
    *,
    width: float,
    height: float,
) -> str:
    legend = _legend(plan, results, height)
    width = max(width, 120 * len(legend) + 2 * MARGIN)
    height += _LEGEND if legend else 0
    title = _text(plan.name or plan.plan_id)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" '
            f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
            'font-family="ui-sans-serif, system-ui, sans-serif">',
            f"<title>{title}</title>",
            f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
            *parts,
            *legend,
            "</svg>\n",
        ]
    )


def _legend(plan: PlanFile, results: Mapping[str, StepResult | str], y: float) -> list[str]:
    """How many steps are in which state; nothing for a plan that does not run."""
    if not results:
        return []
    counts = dict.fromkeys(COLOURS, 0)
    for step in plan.steps:
        counts[state_of(step.id, results)] += 1
    words: list[str] = []
    for state, count in counts.items():
        if count:
            x = MARGIN + 120 * len(words)
            words.append(
                f'<rect x="{x}" y="{y:g}" width="12" height="12" fill="{COLOURS[state].line}"/>'
                f'<text x="{x + 18}" y="{y + 11:g}" font-size="12">{count} {state}</text>'
            )
    return words


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))
