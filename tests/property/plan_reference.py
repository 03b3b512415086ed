"""The rules of a plan's run as a page of sets: every rule is asked of every node until none
applies. Slow, and written without a look at the schedule."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from gatewright.domain.plan_run import StepResult
from gatewright.plans.scheduling.nodes import Node


@dataclass
class Told:
    """What follows from an event."""

    ready: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    stop: set[str] = field(default_factory=set)


class Reference:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.status: dict[str, str] = {}
        """Of the nodes that are over."""
        self.ready: set[str] = set()
        self.running: set[str] = set()
        self.is_stopping = self.is_cancelled = False
        self.above = {name: self._ancestors(name) for name in self.nodes}

    def begin(self) -> Told:
        return self._apply(Told())

    def start(self, name: str) -> None:
        self.ready.remove(name)
        self.running.add(name)

    def end(self, name: str, status: str) -> Told:
        told = Told()
        self.running.remove(name)
        self.status[name] = status
        node = self.nodes[name]
        if status == "failed" and node.critical and node.policy == "abort":
            self._stop(told)
        return self._apply(told)

    def cancel(self) -> Told:
        told = Told()
        if self.is_over:
            return told
        if self.is_cancelled:
            told.stop = set(self.running)
            told.cancelled = set(self.nodes) - set(self.status) - self.running
            self.status |= dict.fromkeys(told.cancelled, "cancelled")
            self.ready.clear()
        else:
            self.is_cancelled = True
            self._stop(told)
        return self._apply(told)

    @property
    def is_over(self) -> bool:
        return len(self.status) == len(self.nodes)

    @property
    def run_status(self) -> str:
        if not self.is_over:
            return "running"
        if self.is_cancelled:
            return "cancelled"
        bad = [n for n in self.nodes.values() if n.critical and self.status[n.id] == "failed"]
        return "failed" if bad else "succeeded"

    def _stop(self, told: Told) -> None:
        if self.is_stopping:
            return
        self.is_stopping = True
        for name, node in self.nodes.items():
            if node.when != "success" or name in self.status:
                continue
            if name in self.running:
                told.stop.add(name)
            else:
                told.cancelled.add(name)
                self.status[name] = "cancelled"
                self.ready.discard(name)

    def _apply(self, told: Told) -> Told:
        while True:
            decided = {
                name: verdict
                for name in self.nodes
                if name not in self.status and name not in self.ready | self.running
                if (verdict := self._verdict(name)) is not None
            }
            if not decided:
                return told
            for name, runs in decided.items():
                if runs:
                    self.ready.add(name)
                    told.ready.add(name)
                else:
                    self.status[name] = "skipped"
                    told.skipped.add(name)

    def _verdict(self, name: str) -> bool | None:
        node = self.nodes[name]
        if node.when == "success" and any(self._is_not_ok(dep) for dep in node.depends_on):
            return False
        if self._before(name) - set(self.status):
            return None
        if node.when == "failure":
            seen = self.above[name] if node.depends_on else set(self.status)
            return any(self.status[one] in {"failed", "cancelled"} for one in seen)
        if callable(node.when):
            return node.when({up: StepResult(status=self.status[up]) for up in self.above[name]})
        return True

    def _before(self, name: str) -> Set[str]:
        """What must be over before a start."""
        node = self.nodes[name]
        is_root = node.when == "failure" and not node.depends_on
        return self._waited_for() if is_root else self.above[name]

    def _is_not_ok(self, name: str) -> bool:
        if name not in self.status or self.status[name] == "succeeded":
            return False
        return self.status[name] != "failed" or self.nodes[name].policy != "continue"

    def _waited_for(self) -> set[str]:
        roots = {n.id for n in self.nodes.values() if n.when == "failure" and not n.depends_on}
        return {
            name
            for name, node in self.nodes.items()
            if node.when not in ("failure", "always") and not self.above[name] & roots
        }

    def _ancestors(self, name: str) -> frozenset[str]:
        direct = self.nodes[name].depends_on
        return frozenset(direct).union(*map(self._ancestors, direct))


def condition(kind: str, name: str) -> Callable[[Mapping[str, StepResult]], bool]:
    """A condition over one ancestor."""
    return lambda results: results[name].status == kind
