"""Recorded outcomes, a CSV of one row a task and model, and their two fixed halves."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from gatewright.domain.task import Risk

Split = Literal["matched", "hash"]

COLUMNS = ("task_id", "area", "risk", "model", "passed", "cost_usd")


class Run(NamedTuple):
    """One model's recorded attempt at one task."""

    passed: bool
    cost_usd: float


class Task(NamedTuple):
    """One task, and what became of it with each model."""

    id: str
    area: str
    risk: Risk
    runs: dict[str, Run]
    """By model, all in the same order."""


class Halves(NamedTuple):
    """`dev` tunes nothing but the value of a solved task; figures come from `test`."""

    dev: tuple[Task, ...]
    test: tuple[Task, ...]


class Malformed(Exception):
    """The file does not hold what a replay needs; the message says where."""


def read(path: Path) -> tuple[Task, ...]:
    """All tasks of a file, in its order; a risk that we have no word for is medium.

    Raises: Malformed when a column, or a model's row for some task, is missing.
    """
    tasks: dict[str, Task] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Malformed(f"{str(path)!r} lacks the columns {missing!r}: it needs {COLUMNS!r}")
        for row in reader:
            task = tasks.setdefault(row["task_id"], _task(row))
            try:
                task.runs[row["model"]] = Run(_passed(row["passed"]), float(row["cost_usd"]))
            except ValueError as error:
                raise Malformed(f"{str(path)!r}, line {reader.line_num}: {error}") from error
    return _complete(tasks.values(), str(path))


def halves(tasks: Iterable[Task], *, split: Split = "matched") -> Halves:
    """Deal the tasks out to two halves, the same way in every run and whatever their order.

    matched: tasks that the same models pass are paired (within risk and area as far as that goes),
    and a hash of their ids says who of a pair goes where. Of a few hundred tasks, halves by a hash
    alone differ by some five points in what each model passes, and all that comes of tuning on the
    one and measuring on the other would be that luck. hash: halves by a hash alone.
    """
    if split == "hash":
        ranked = sorted(tasks, key=_digest)
        middle = len(ranked) // 2
        return Halves(tuple(ranked[:middle]), tuple(ranked[middle:]))
    ranked = sorted(tasks, key=lambda task: (*_alike(task), _digest(task)))
    dev: list[Task] = []
    test: list[Task] = []
    for one, other in zip(ranked[::2], ranked[1::2], strict=False):
        turned = _digest(one) > _digest(other)
        dev.append(other if turned else one)
        test.append(one if turned else other)
    if len(ranked) % 2:
        test.append(ranked[-1])
    return Halves(tuple(dev), tuple(test))


def models(tasks: Sequence[Task]) -> tuple[str, ...]:
    """The models that every task was given to."""
    return tuple(tasks[0].runs)


def rate(tasks: Sequence[Task], model: str) -> float:
    """The share of these tasks that the model passes."""
    return sum(task.runs[model].passed for task in tasks) / len(tasks)


def mean_usd(tasks: Sequence[Task], model: str) -> float:
    """What one attempt of the model costs on average."""
    return sum(task.runs[model].cost_usd for task in tasks) / len(tasks)


def best(tasks: Sequence[Task]) -> str:
    """The model with the highest pass rate; of equals, the cheaper one."""
    return max(models(tasks), key=lambda model: (rate(tasks, model), -mean_usd(tasks, model)))


def cheapest(tasks: Sequence[Task]) -> str:
    """The model with the lowest mean cost."""
    return min(models(tasks), key=lambda model: mean_usd(tasks, model))


def _digest(task: Task) -> bytes:
    return hashlib.sha256(task.id.encode()).digest()


def _alike(task: Task) -> tuple[tuple[bool, ...], str, str]:
    # By the models' names: a file may list them in any order.
    return tuple(task.runs[name].passed for name in sorted(task.runs)), task.risk, task.area


def _task(row: dict[str, str]) -> Task:
    known: dict[str, Risk] = {risk: risk for risk in get_args(Risk)}
    return Task(row["task_id"], row["area"], known.get(row["risk"], "medium"), {})


def _passed(word: str) -> bool:
    known = {"1": True, "0": False, "true": True, "false": False}
    try:
        return known[word.strip().lower().removesuffix(".0")]
    except KeyError:
        raise ValueError(f"passed is {word!r}; it must be 0 or 1") from None


def _complete(tasks: Iterable[Task], origin: str) -> tuple[Task, ...]:
    kept = tuple(tasks)
    if len(kept) < 2:
        raise Malformed(f"{origin} holds {len(kept)} tasks; a replay needs two at least")
    named = list(dict.fromkeys(model for task in kept for model in task.runs))
    for task in kept:
        missing = [model for model in named if model not in task.runs]
        if missing:
            raise Malformed(f"{origin}: task {task.id!r} has no row of {missing!r}")
    return tuple(task._replace(runs={name: task.runs[name] for name in named}) for task in kept)
