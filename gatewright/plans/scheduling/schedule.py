"""Which steps of a run may start, and which never will: a state machine without a clock.

A node is *over* when it has a result, and *settled* when all its ancestors are over, too. Nothing
starts before its dependencies are settled: a cleanup step that comes after a cancelled step does
not run beside an ancestor of it that is still being stopped. What is skipped is said at once.
Each call takes time in what it changes, and all calls together in nodes and edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from gatewright.domain.plan_run import PlanRunStatus, StepResult
from gatewright.plans.scheduling.nodes import Changes, Node, Place, places, roots_of_failure

_SKIPPED = StepResult(status="skipped")
_CANCELLED = StepResult(status="cancelled")
_BAD = ("failed", "cancelled")


class Schedule:
    """The rules of a run: `begin` once, `start` what is ready, `end` what was started."""

    def __init__(self, nodes: Sequence[Node], *, finished: Mapping[str, StepResult] | None = None):
        """`finished` are results from before; they hold as if they had come just now.

        Raises: InputError for an id that is there twice, an unknown dependency, a cycle.
        """
        self._places = places(nodes)
        self._finished = {
            step: result for step, result in (finished or {}).items() if step in self._places
        }
        self._roots = roots_of_failure(self._places)
        self._waited_for = sum(place.waited_for for place in self._places.values())
        self._open = len(self._places)
        self._results: dict[str, StepResult] = {}
        self._seen_bad = self._failed = self._stopping = self._cancelled = False

    @property
    def over(self) -> bool:
        """Every node has a result."""
        return not self._open

    @property
    def status(self) -> PlanRunStatus:
        """`running` until it is over."""
        if self._open:
            return "running"
        if self._cancelled:
            return "cancelled"
        return "failed" if self._failed else "succeeded"

    @property
    def stopping(self) -> bool:
        """After an abort or a cancel."""
        return self._stopping

    @property
    def results(self) -> Mapping[str, StepResult]:
        """Of all nodes that are over, as it stands at any time."""
        return MappingProxyType(self._results)

    def begin(self) -> Changes:
        """What may start first."""
        turn = _Turn()
        work = []
        for step, result in self._finished.items():
            place = self._places[step]
            self._conclude(place, result)
            work.append(place)
        if any(place.policy == "abort" and self._has_failed(place) for place in work):
            work += self._stop(turn)
        for place in self._places.values():
            if not place.left and place.state == "waiting":
                self._decide(place, turn, work)
        self._spread(work, turn)
        return turn.changes()

    def start(self, step: str) -> None:
        """It runs from now on.

        Raises: ValueError when it is not ready.
        """
        place = self._places[step]
        if place.state != "ready":
            raise ValueError(f"{step!r} is {place.state}, not ready: start only what is ready")
        place.state = "running"

    def end(self, step: str, result: StepResult) -> Changes:
        """It is over; its status may be any that is final.

        Raises: ValueError when it does not run.
        """
        place = self._places[step]
        if place.state != "running":
            raise ValueError(f"{step!r} is {place.state}, not running: end it once, after start")
        turn = _Turn()
        self._conclude(place, result)
        work = [place]
        if result.status == "failed" and place.policy == "abort":
            work += self._stop(turn)
        self._spread(work, turn)
        return turn.changes()

    def cancel(self) -> Changes:
        """A person wants it to stop: steps of `failure` and `always` still run. A second time:
        they do not, and all that runs is to be stopped."""
        turn = _Turn()
        if self.over:
            return turn.changes()
        work = self._stop(turn, everything=self._cancelled)
        self._cancelled = True
        self._spread(work, turn)
        return turn.changes()

    def _stop(self, turn: "_Turn", *, everything: bool = False) -> list[Place]:
        """An abort: only `success` is touched, for the others are there for such a case."""
        if self._stopping and not everything:
            return []
        self._stopping = True
        ended = []
        for place in self._places.values():
            if not everything and place.when != "success":
                continue
            if place.state == "running":
                turn.stop.append(place)
            elif place.state != "over":
                self._conclude(place, _CANCELLED)
                turn.cancelled.append(place)
                ended.append(place)
        return ended

    def _conclude(self, place: Place, result: StepResult) -> None:
        place.state = "over"
        self._results[place.node.id] = result
        self._open -= 1
        self._waited_for -= place.waited_for
        self._seen_bad = self._seen_bad or result.status in _BAD
        self._failed = self._failed or (place.node.critical and result.status == "failed")

    def _spread(self, work: list[Place], turn: "_Turn") -> None:
        """What follows for those that come after the ones in `work`, which are over."""
        while True:
            while work:
                place = work.pop()
                if not self._is_ok(place):
                    self._skip(place.children, turn, work)
                if not place.left:
                    self._settle(place, turn, work)
            if self._waited_for or not self._roots:
                return
            roots, self._roots = self._roots, []
            for root in roots:
                self._decide(root, turn, work)

    def _skip(self, children: Iterable[Place], turn: "_Turn", work: list[Place]) -> None:
        for child in children:
            if child.state == "waiting" and child.when == "success":
                self._conclude(child, _SKIPPED)
                turn.skipped.append(child)
                work.append(child)

    def _settle(self, place: Place, turn: "_Turn", work: list[Place]) -> None:
        if place.settled:
            return
        place.settled = True
        ok = self._is_ok(place)
        tainted = place.tainted or self._results[place.node.id].status in _BAD
        for child in place.children:
            child.left -= 1
            child.blocked = child.blocked or not ok
            child.tainted = child.tainted or tainted
            if child.left:
                continue
            if child.state == "waiting":
                self._decide(child, turn, work)
            elif child.state == "over":
                work.append(child)

    def _decide(self, place: Place, turn: "_Turn", work: list[Place]) -> None:
        """Its dependencies are settled."""
        if place.state != "waiting":
            return
        holds = self._holds(place)
        if holds is None:
            return
        if holds:
            place.state = "ready"
            turn.ready.append(place)
            return
        self._conclude(place, _SKIPPED)
        turn.skipped.append(place)
        work.append(place)

    def _holds(self, place: Place) -> bool | None:
        """None: not to be said yet."""
        if place.when == "success":
            return not place.blocked
        if place.when == "always":
            return True
        if place.when != "failure":
            return place.when(self.results)
        if place.node.depends_on:
            return place.tainted
        return None if self._waited_for else self._seen_bad

    def _is_ok(self, place: Place) -> bool:
        status = self._results[place.node.id].status
        return status == "succeeded" or (status == "failed" and place.policy == "continue")

    def _has_failed(self, place: Place) -> bool:
        return self._results[place.node.id].status == "failed"


class _Turn:
    def __init__(self) -> None:
        self.ready: list[Place] = []
        self.skipped: list[Place] = []
        self.cancelled: list[Place] = []
        self.stop: list[Place] = []

    def changes(self) -> Changes:
        # A place may become ready and be cancelled within one turn: then it is over, not ready.
        self.ready = [place for place in self.ready if place.state == "ready"]
        return Changes(*map(_ids, (self.ready, self.skipped, self.cancelled, self.stop)))


def _ids(found: list[Place]) -> Sequence[str]:
    if len(found) > 1:
        found.sort(key=_number)
    return [place.node.id for place in found]


def _number(place: Place) -> int:
    return place.number
