"""Graphs of steps to be measured; the standard library only, for other environments read this too.

Trivial shapes (steps of no length) tell what a step costs; workflow shapes (steps that sleep) tell
whether a step waits for others that are none of its business. All are the same on every machine.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Work(NamedTuple):
    """A step: what it waits for, always earlier ones, and how long it sleeps."""

    name: str
    after: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """A graph of steps in an order in which they could run one by one."""

    name: str
    works: Sequence[Work]

    @property
    def ends(self) -> list[str]:
        """The steps that nothing waits for."""
        waited = {name for work in self.works for name in work.after}
        return [work.name for work in self.works if work.name not in waited]

    @property
    def edges(self) -> int:
        """How many dependencies it has."""
        return sum(len(work.after) for work in self.works)

    @property
    def width(self) -> int:
        """How many steps the widest of its levels has."""
        counts: dict[int, int] = {}
        for level in levels(self).values():
            counts[level] = counts.get(level, 0) + 1
        return max(counts.values())


def levels(shape: Shape) -> Mapping[str, int]:
    """The length of the longest way from the beginning to each step, the first ones being 0."""
    found: dict[str, int] = {}
    for work in shape.works:
        found[work.name] = max((found[name] + 1 for name in work.after), default=0)
    return found


def wide(steps: int) -> Shape:
    """None waits for another."""
    return Shape(name="wide", works=[Work(f"s{index}") for index in range(steps)])


def chain(steps: int) -> Shape:
    """Each waits for the one before."""
    works = [Work(f"s{index}", (f"s{index - 1}",) if index else ()) for index in range(steps)]
    return Shape(name="chain", works=works)


def grid(steps: int) -> Shape:
    """Rows of ten; each waits for the one above and for that one's left neighbour."""

    def above(index: int) -> tuple[str, ...]:
        row, column = divmod(index, 10)
        if row == 0:
            return ()
        return tuple(f"s{(row - 1) * 10 + at}" for at in range(max(column - 1, 0), column + 1))

    return Shape(name="grid", works=[Work(f"s{index}", above(index)) for index in range(steps)])


def fan(steps: int) -> Shape:
    """One, then all the others beside each other, then one that waits for all of those."""
    middle = [Work(f"m{index}", ("first",)) for index in range(steps - 2)]
    last = Work("last", tuple(work.name for work in middle))
    return Shape(name="fan", works=[Work("first"), *middle, last])


def layered(steps: int, *, depth: int = 20, seed: int = 7) -> Shape:
    """`depth` levels of about the same size; each step waits for one to four of the level above."""
    dice = random.Random(seed)
    works: list[Work] = []
    above: list[str] = []
    for level in range(depth):
        count = steps // depth + (level < steps % depth)
        here = [f"l{level}n{index}" for index in range(count)]
        for name in here:
            after = dice.sample(above, k=min(len(above), dice.randint(1, 4)))
            works.append(Work(name, tuple(sorted(after))))
        above = here
    return Shape(name="layered", works=works)


def samples(steps: int, *, seed: int = 11) -> Shape:
    """Like a sequencing pipeline of nf-core: a chain of nine per sample, of very mixed lengths, and
    reports over all of them. Lengths are log-normal, each tool about its own mean."""
    dice = random.Random(seed)
    tools = (
        ("fastqc", None, 0.10),
        ("trim", None, 0.20),
        ("align", "trim", 0.60),
        ("sort", "align", 0.15),
        ("markdup", "sort", 0.30),
        ("stats", "markdup", 0.05),
        ("call", "markdup", 0.80),
        ("filter", "call", 0.05),
        ("annotate", "filter", 0.40),
    )
    works = [Work("index", (), 0.4)]
    for sample in range((steps - 3) // len(tools)):
        for tool, before, mean in tools:
            after = [f"{before}{sample}"] if before else []
            after += ["index"] if tool == "align" else []
            works.append(
                Work(f"{tool}{sample}", tuple(after), mean * dice.lognormvariate(-0.3, 0.8))
            )
    quality = [work.name for work in works if work.name.startswith(("fastqc", "stats"))]
    called = [work.name for work in works if work.name.startswith("annotate")]
    extra = steps - len(works) - 2
    works += [Work(f"compare{i}", (called[i],), 0.1 * dice.random()) for i in range(extra)]
    works.append(Work("multiqc", tuple(quality), 0.5))
    works.append(Work("report", ("multiqc", *called), 0.2))
    return Shape(name="samples", works=works)


def mosaic(steps: int, *, seed: int = 13) -> Shape:
    """Like Montage of Pegasus: project every image, fit every pair that overlaps, two steps that
    wait for all, a correction per image, and a tail of single steps."""
    dice = random.Random(seed)
    images = (steps - 6) // 4
    works = [Work(f"project{i}", (), dice.uniform(0.2, 0.6)) for i in range(images)]
    pairs = steps - 6 - 2 * images
    for index in range(pairs):
        left = index % images
        right = (left + 1 + index // images) % images
        after = tuple(sorted({f"project{left}", f"project{right}"}))
        works.append(Work(f"fit{index}", after, dice.uniform(0.02, 0.2)))
    works.append(Work("concat", tuple(f"fit{index}" for index in range(pairs)), 0.2))
    works.append(Work("model", ("concat",), 0.5))
    works += [
        Work(f"correct{i}", (f"project{i}", "model"), dice.uniform(0.05, 0.3))
        for i in range(images)
    ]
    works.append(Work("table", tuple(f"correct{i}" for i in range(images)), 0.2))
    for name, before in (("add", "table"), ("shrink", "add"), ("picture", "shrink")):
        works.append(Work(name, (before,), 0.3))
    return Shape(name="mosaic", works=works)


TRIVIAL: Mapping[str, Callable[[int], Shape]] = {
    "wide": wide,
    "chain": chain,
    "grid": grid,
    "fan": fan,
    "layered": layered,
}
"""By steps that take no time."""

WORKFLOWS: Mapping[str, Callable[[int], Shape]] = {"samples": samples, "mosaic": mosaic}
"""By steps that sleep."""


def make(name: str, steps: int) -> Shape:
    """The shape of this name. Raises: KeyError."""
    return {**TRIVIAL, **WORKFLOWS}[name](steps)


def scaled(shape: Shape, factor: float) -> Shape:
    """The same with all lengths times `factor`."""
    works = [work._replace(seconds=work.seconds * factor) for work in shape.works]
    return Shape(name=shape.name, works=works)


def plan_of(shape: Shape, *, program: str, at_a_time: int) -> dict[str, Any]:
    """The shape as a plan file."""
    steps = []
    for work in shape.works:
        argv = [program] if work.seconds == 0 else ["/bin/sleep", f"{work.seconds:.4f}"]
        step: dict[str, Any] = {"id": work.name, "command": argv[0], "args": argv[1:]}
        steps.append(step | ({"depends_on": list(work.after)} if work.after else {}))
    return {"plan_id": shape.name, "globals": {"max_concurrency": at_a_time}, "steps": steps}
