"""What it means for a candidate to be approved, by a reviewer or by a person."""

from graph.edges import all_approved, step_label
from graph.state import RunState, RunUpdate


def accepted(state: RunState) -> RunUpdate:
    """The candidate becomes the head; the next step starts with a clean slate."""
    if state.candidate is None:
        return {}
    commit = state.candidate["applied"]["commit"]
    update: RunUpdate = {"head": commit, "candidate": None, "rejections": 0, "findings": []}
    if not all_approved(state):
        update["approved"] = [*state.approved, commit]
        update["step"] = state.step + 1
        update["tried"] = []
    # Of the gate's loop the repair was a turn; the loop of the change itself is over.
    label = step_label(state)
    update["ends"] = {loop: ends for loop, ends in state.ends.items() if loop != label}
    return update
