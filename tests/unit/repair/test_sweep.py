"""In which order and how far patches are tried, by a sandbox that answers as it is told."""

import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.command import Command, Completed
from gatewright.repair.answers import Observation
from gatewright.repair.inquiry import Driver, NoAnswer
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import Patch, single
from gatewright.repair.sweep import LEAST_MORE, MOST_MORE, Sweep

FILES = {"lib.py": b"x" * 10_000}
Answer = Callable[[Sequence[Any]], Mapping[int, str]]
"""Verdicts by place, given what was asked for."""


def patch(number: int) -> Patch:
    return single(Candidate("lib.py", number, number + 1, b"x", b"y", 1, 1, 1.0))


def number_of(edits: Any) -> int:
    """Of a patch, as the sandbox sees it."""
    return int(edits[0][1])


def seen() -> Observation:
    return Observation(
        tests={"t": ("failed", 0.01)},
        targets=("t",),
        failing=("t",),
        errors={},
        exit=1,
        whole=True,
        tail="",
        seconds=(0.1, 0.1),
        modules=(),
        spectrum={},
        passing=(),
        users={},
    )


def sweep(
    patches: Iterator[Patch], answer: Answer, **options: Any
) -> tuple[Sweep, list[list[Any]]]:
    """A sweep, and what the sandbox will have been asked."""
    asked: list[list[Any]] = []

    async def run(command: Command) -> Completed:
        batch = json.loads(command.stdin)["patches"]
        asked.append(batch)
        said = json.dumps({"verdicts": answer(batch)}).encode()
        return Completed(
            returncode=0,
            stdout="GATEWRIGHT-REPAIR " + base64.b64encode(zlib.compress(said)).decode(),
            stderr="",
            duration_s=0.01,
            sandbox="none",
        )

    driver = Driver(
        run=run,
        root=Path("/nowhere"),
        python=Path("/usr/bin/python3"),
        readable=(),
        roots=(),
        targets=(),
        until=time.monotonic() + 60,
        test_s=1.0,
    )
    made = Sweep(
        driver=driver,
        seen=seen(),
        files=FILES,
        patches=patches,
        until=driver.until,
        tell=lambda: None,
        **options,
    )
    return made, asked


def passing(*numbers: int) -> Answer:
    def answer(batch: Sequence[Any]) -> Mapping[int, str]:
        return {
            place: "passed" if edits and number_of(edits) in numbers else "failed"
            for place, edits in enumerate(batch)
        }

    return answer


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, LEAST_MORE), (5, 5 + LEAST_MORE), (400, 800), (2000, 2000 + MOST_MORE)],
)
async def test_as_many_more_as_before_the_first_that_passes(first: int, last: int) -> None:
    made, _ = sweep(map(patch, range(9000)), passing(first, last, last + 1))
    await made.go()
    assert made.survivors() == [first, last]


async def test_all_are_tried_where_nothing_passes() -> None:
    made, _ = sweep(map(patch, range(700)), passing())
    await made.go()
    assert (len(made.verdicts), made.exhausted, made.late) == (700, True, False)


async def test_what_was_not_reached_is_asked_for_again() -> None:
    def only_even(batch: Sequence[Any]) -> Mapping[int, str]:
        return dict.fromkeys(range(0, len(batch), 2), "failed")

    made, asked = sweep(map(patch, range(4)), only_even)
    await made.go()
    assert [[number_of(each) for each in batch] for batch in asked] == [[0, 1, 2, 3], [1, 3], [3]]


async def test_it_ends_where_the_sandbox_gets_nowhere() -> None:
    made, asked = sweep(map(patch, range(4)), lambda batch: {})
    await made.go()
    assert (len(asked), made.late, made.exhausted) == (2, True, False)


async def test_what_was_refuted_is_left_and_the_search_goes_on() -> None:
    made, _ = sweep(map(patch, range(900)), passing(3, 500))
    await made.go()
    assert made.survivors() == [3]
    made.refuted.add(3)
    await made.go()
    assert made.survivors() == [500]


async def test_every_patch_is_tried_where_that_is_wanted() -> None:
    made, _ = sweep(map(patch, range(900)), passing(3, 800), every=True)
    await made.go()
    assert made.survivors() == [3, 800]


async def test_tests_that_pass_with_nothing_changed_end_it() -> None:
    made, asked = sweep(map(patch, range(9)), lambda batch: {0: "passed"}, unchanged_first=True)
    await made.go()
    assert asked[0][0] is None
    assert (made.flaky, made.survivors()) == (True, [])


async def test_no_answer_is_passed_on() -> None:
    made, _ = sweep(map(patch, range(9)), lambda batch: {0: 1})  # type: ignore[dict-item]
    with pytest.raises(NoAnswer, match="makes no sense"):
        await made.go()
