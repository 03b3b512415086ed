"""The merger: steps that were made beside each other come onto the head, in the plan's order."""

from dataclasses import fields, replace
from typing import Any, cast

from langgraph.runtime import Runtime

from graph.beside import COUNTED, at_work, begun, is_approved, ready, run_of
from graph.context import Context
from graph.edges import after_code_reviewer, after_implementer, all_approved, step_label
from graph.state import Json, RunState, RunUpdate
from nodes.desk import Desk
from nodes.money import Spent, together
from nodes.stopping import MOST_CONCERNS
from nodes.taking import joined, taken


async def merge_steps(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
    """Reads what was made of steps beside each other; writes who works next on each of them or,
    once none is at work, the head with what was approved.

    What was not approved, or does not fit onto the head, is left to the implementer, with what is
    known of it. Merged commits are keyed: run again after a crash, the node finds its own.
    """
    desk = Desk(state, runtime, node="merger")
    now = _counted(state, desk)
    now = replace(now, beside={label: _next(now, label) for label in now.beside})
    if not at_work(now):
        now = replace(now, resume_at="")
        while not all_approved(now) and now.candidate is None and step_label(now) in now.beside:
            before = now.step
            now = await taken(desk, now)
            if now.step == before:
                break
        if now.stop is None and now.candidate is None:
            now = _begin(now)
    return _update(state, now, desk)


def _next(state: RunState, label: str) -> Json:
    """The record with the node that is next for the step; none when it has come to its end."""
    record = state.beside[label]
    run = run_of(state, label)
    match record["at"]:
        case "implementer" if after_implementer(run) == "implemented":
            at = "code_reviewer"
        case "code_reviewer" if not is_approved(record, label) and (
            after_code_reviewer(run) != "stopped"
        ):
            at = "implementer"
        case _:
            return {**record, "at": "", "ended_at": record.get("ended_at") or record["at"]}
    return {**record, "at": at}


def _begin(state: RunState) -> RunState:
    """Send off the steps that can be made now beside each other, if there are any."""
    found = ready(state)
    if not found:
        return state
    labels = [str(index + 1) for index in found]
    return replace(
        state,
        attempts={**state.attempts, **dict.fromkeys(labels, 0)},
        beside={
            **state.beside,
            **{label: begun(state, index) for label, index in zip(labels, found, strict=True)},
        },
    )


def _counted(state: RunState, desk: Desk) -> RunState:
    """What the steps spent since the last round, who answered, and what reviewers said, is the
    task's: in the plan's order, so that it comes out the same when the node runs again."""
    now = state
    for label in sorted(state.beside, key=int):
        record = state.beside[label]
        if "spent" not in record:
            continue
        own = Spent.model_validate(record["spent"])
        now = replace(
            now,
            spent=together(Spent.model_validate(now.spent), own).model_dump(mode="json"),
            models=_joined(now.models, record["models"]),
            escalated=_joined(now.escalated, record["escalated"]),
            concerns=[*now.concerns, *record["concerns"]][-MOST_CONCERNS:],
            attempts={**now.attempts, **record["attempts"]},
            beside={**now.beside, label: _without_counted(record)},
        )
    return now


def _joined(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, list[str]]:
    return {role: joined(one.get(role, []), other.get(role, [])) for role in {**one, **other}}


def _without_counted(record: Json) -> Json:
    return {name: value for name, value in record.items() if name not in COUNTED}


def _update(before: RunState, now: RunState, desk: Desk) -> RunUpdate:
    """What differs, with the merger's own time."""
    alone = desk.spending()
    own = Spent(
        seconds=alone.seconds - desk.spent.seconds,
        seconds_in={desk.node: alone.seconds - desk.spent.seconds},
    )
    spent = together(Spent.model_validate(now.spent), own).model_dump(mode="json")
    changed: Any = {
        one.name: getattr(now, one.name)
        for one in fields(RunState)
        if getattr(now, one.name) != getattr(before, one.name)
    }
    gone = dict.fromkeys(before.beside, Json())
    return cast(RunUpdate, {**changed, "spent": spent, "beside": {**gone, **now.beside}})
