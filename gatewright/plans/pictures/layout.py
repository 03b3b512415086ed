"""Where the steps of a plan stand in its picture: in columns, by the longest way to them.

An edge over several columns gets a bend in each, so that it runs between the steps; the order in a
column follows the middle of what its steps are tied to.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from gatewright.plans.pictures.states import Edge

WIDTH, HEIGHT = 190, 44
"""Of a step."""
_BETWEEN, _ACROSS, _BEND = 16, 70, 10
MARGIN = 20
_SWEEPS = 6


class Point(NamedTuple):
    """In the picture's units."""

    x: float
    y: float


class Layout(NamedTuple):
    """Where everything is."""

    steps: list[Point]
    """Upper left corners."""
    ways: list[list[Point]]
    """Of each edge: from a step's right side over its bends to the other's left side."""
    width: float
    height: float


class _Nodes(NamedTuple):
    """Steps first, then bends."""

    columns: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    chains: list[list[int]]
    """Of each edge the nodes on its way."""


def bends(levels: Sequence[int], edges: Sequence[Edge]) -> int:
    """How many the layout would have."""
    return sum(max(0, levels[edge.after] - levels[edge.before] - 1) for edge in edges)


def layout(levels: Sequence[int], edges: Sequence[Edge]) -> Layout:
    """Place the steps whose columns are given."""
    nodes = _with_bends(levels, edges)
    _untangle(nodes)
    count = len(levels)
    heights = [_tall(column, count) for column in nodes.columns]
    height = max(heights, default=0.0)
    places: dict[int, Point] = {}
    for number, column in enumerate(nodes.columns):
        y = MARGIN + (height - heights[number]) / 2
        for node in column:
            places[node] = Point(MARGIN + number * (WIDTH + _ACROSS), y)
            y += (HEIGHT if node < count else _BEND) + _BETWEEN
    ways = [_way(chain, places, count) for chain in nodes.chains]
    columns = len(nodes.columns)
    width = columns * WIDTH + max(0, columns - 1) * _ACROSS + 2 * MARGIN
    return Layout([places[node] for node in range(count)], ways, width, height + 2 * MARGIN)


def _with_bends(levels: Sequence[int], edges: Sequence[Edge]) -> _Nodes:
    columns: list[list[int]] = [[] for _ in range(max(levels, default=-1) + 1)]
    for number, level in enumerate(levels):
        columns[level].append(number)
    before: list[list[int]] = [[] for _ in levels]
    after: list[list[int]] = [[] for _ in levels]
    chains = []
    for edge in edges:
        chain = [edge.before]
        for level in range(levels[edge.before] + 1, levels[edge.after]):
            columns[level].append(len(before))
            chain.append(len(before))
            before.append([])
            after.append([])
        chain.append(edge.after)
        for one, two in pairwise(chain):
            after[one].append(two)
            before[two].append(one)
        chains.append(chain)
    return _Nodes(columns, before, after, chains)


def _untangle(nodes: _Nodes) -> None:
    """Sort each column by the mean place of the neighbours, there and back again."""
    place = {node: at for column in nodes.columns for at, node in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        ties = nodes.before if forth else nodes.after
        for column in nodes.columns if forth else reversed(nodes.columns):
            means = {
                node: sum(place[one] for one in ties[node]) / len(ties[node])
                if ties[node]
                else float(place[node])
                for node in column
            }
            column.sort(key=means.__getitem__)
            place.update((node, at) for at, node in enumerate(column))


def _tall(column: Sequence[int], count: int) -> float:
    steps = sum(node < count for node in column)
    return steps * HEIGHT + (len(column) - steps) * _BEND + max(0, len(column) - 1) * _BETWEEN


def _way(chain: Sequence[int], places: dict[int, Point], count: int) -> list[Point]:
    way = []
    for node in chain:
        point = places[node]
        middle = point.y + (HEIGHT if node < count else _BEND) / 2
        way += [Point(point.x, middle), Point(point.x + WIDTH, middle)]
    return way[1:-1]
