"""A node at work on one step that is made beside others."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from langgraph.runtime import Runtime

from gatewright.domain.events import Event
from graph.beside import recorded
from graph.context import Context
from graph.edges import step_label
from graph.state import RunState, RunUpdate
from nodes.money import Spent, together

Node = Callable[[RunState, Runtime[Context]], Awaitable[RunUpdate]]


def apart(name: str, node: Node) -> Node:
    """The node, which also takes a step's own state: it does the same to it, and what it would
    have written goes into the step's record, for several such nodes run at one time."""

    @wraps(node)
    async def either(state: RunState, runtime: Runtime[Context]) -> RunUpdate:
        if not state.apart:
            return await node(state, runtime)
        telling = _telling(state, name, runtime.stream_writer)
        # Counted by itself: what all of them spent is added up by the merger.
        alone = replace(state, spent={})
        update = await node(alone, runtime.override(stream_writer=telling))
        return {"beside": {step_label(state): recorded(state, name, update)}}

    return either


def _telling(state: RunState, name: str, write: Callable[[Any], None]) -> Callable[[Any], None]:
    """Events say which step they are about, and count what was spent before."""
    before = Spent.model_validate(state.spent)
    label = step_label(state)
    made = state.attempts.get(label, 0)
    attempt = made + 1 if name == "implementer" else made
    steps = len(state.plan["steps"]) if state.plan else None

    def tell(said: Any) -> None:
        event = Event.model_validate(said)
        own = Spent(
            cost_usd=event.cost_usd or 0.0,
            unpriced_calls=int(event.cost_usd is None),
            input_tokens=event.input_tokens or 0,
            output_tokens=event.output_tokens or 0,
        )
        both = together(before, own)
        told = event.model_copy(
            update={
                "step": state.step + 1,
                "steps": steps,
                "attempt": event.attempt or attempt,
                "cost_usd": both.total_usd(),
                "input_tokens": both.input_tokens,
                "output_tokens": both.output_tokens,
            }
        )
        write(told.model_dump(mode="json", exclude_none=True))

    return tell
