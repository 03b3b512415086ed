"""What a schedule is made of: nodes with their rules, and what changes at a turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult

Policy = Literal["abort", "skip_dependents", "continue"]
"""What a step's failure does to others."""

When = Literal["success", "failure", "always"] | Callable[[Mapping[str, StepResult]], bool]
"""`success`: every direct dependency is ok; `failure`: an ancestor failed or was cancelled;
`always`: whatever happened; a function: asked once, with what all steps so far came to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A step as the schedule sees it."""

    id: str
    depends_on: tuple[str, ...] = ()
    policy: Policy = "abort"
    """`abort` of a node that is not critical is taken for `skip_dependents`."""
    critical: bool = True
    """Whether its failure makes the run a failed one."""
    when: When = "success"


class Changes(NamedTuple):
    """What follows from one call, each in the order of the plan."""

    ready: Sequence[str] = ()
    """May be started from now on."""
    skipped: Sequence[str] = ()
    cancelled: Sequence[str] = ()
    """Never begun, and will not be; some of them may have been ready."""
    stop: Sequence[str] = ()
    """Running, and to be cancelled; each must still be ended, however it comes to its end."""


class Place:
    """A node with where it stands; only for the schedule."""

    __slots__ = (
        "blocked",
        "children",
        "left",
        "node",
        "number",
        "policy",
        "settled",
        "state",
        "tainted",
        "waited_for",
        "when",
    )

    def __init__(self, node: Node, number: int) -> None:
        self.node = node
        self.number = number
        self.when: When = node.when
        self.policy: Policy = node.policy
        if self.policy == "abort" and not node.critical:
            self.policy = "skip_dependents"
        self.children: list[Place] = []
        self.state: Literal["waiting", "ready", "running", "over"] = "waiting"
        self.left = 0
        """Direct dependencies that are not settled."""
        self.blocked = False
        """A direct dependency is over and not ok."""
        self.tainted = False
        """An ancestor failed or was cancelled; exact when `left` is 0."""
        self.settled = False
        """It and all its ancestors are over."""
        self.waited_for = False
        """By those that run on any failure of the run."""


def places(nodes: Sequence[Node]) -> dict[str, Place]:
    """By id, in the order of the plan, children linked.

    Raises: InputError for an id that is there twice, an unknown dependency, a cycle.
    """
    found: dict[str, Place] = {}
    for number, node in enumerate(nodes):
        if node.id in found:
            raise InputError("nodes", node.id, "this id is there twice", "Rename one of them.")
        found[node.id] = Place(node, number)
    for place in found.values():
        for name in dict.fromkeys(place.node.depends_on):
            if name not in found:
                fix = f"Add it, or take it out of {place.node.id!r}."
                raise InputError("depends_on", name, "there is no such node", fix)
            found[name].children.append(place)
            place.left += 1
    _refuse_cycles(found)
    return found


def roots_of_failure(found: Mapping[str, Place]) -> list[Place]:
    """Those that run on any failure of the run; marks what they wait for.

    That is all without `failure` or `always`, but for what comes after one of the roots
    themselves: it would wait for its own end.
    """
    roots = [p for p in found.values() if p.when == "failure" and not p.node.depends_on]
    if not roots:
        return []
    after: set[str] = set()
    work = list(roots)
    while work:
        for child in work.pop().children:
            if child.node.id not in after:
                after.add(child.node.id)
                work.append(child)
    for place in found.values():
        place.waited_for = place.when not in ("failure", "always") and place.node.id not in after
    return roots


def _refuse_cycles(found: Mapping[str, Place]) -> None:
    left = {place.number: place.left for place in found.values()}
    free = [place for place in found.values() if not place.left]
    while free:
        place = free.pop()
        del left[place.number]
        for child in place.children:
            left[child.number] -= 1
            if not left[child.number]:
                free.append(child)
    if left:
        names = [place.node.id for place in found.values() if place.number in left]
        fix = "Take one of the dependencies out."
        raise InputError("depends_on", names, "these wait for each other in a cycle", fix)
