"""The bounded queue between those who measure and the one thread that writes."""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

PRIORITY = frozenset(
    {
        *("runs", "node_runs", "llm_calls", "gate_checks"),
        *("routing_decisions", "routing_outcomes", "plan_steps"),
    }
)
"""Tables whose rows may use the reserve: what a run did, as against how the machine felt."""


URGENT = PRIORITY - {"runs", "node_runs", "plan_steps"}
"""Tables whose rows are written soon: money and verdicts."""


class Draft(Protocol):
    """Values that become a row in the writer's thread, for no run waits there."""

    trace_id: str

    def row(self) -> Mapping[str, Any]:
        """By column."""
        ...


class Row(NamedTuple):
    """One row on its way; columns that it does not name become NULL."""

    table: str
    values: Mapping[str, Any]
    """A name that begins with `_` is private: for `prepare`, and never for the database."""


class Drafted(NamedTuple):
    """One row that is still to be built."""

    table: str
    draft: Draft


def trace_of(row: Row | Drafted) -> Any:
    """Whose row it is."""
    return row.draft.trace_id if isinstance(row, Drafted) else row.values.get("trace_id")


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How much the sidecar holds in memory and how often it writes."""

    capacity: int = 50_000
    """Rows; about 38 MB."""
    reserve: int = 5_000
    """The last places of the queue, for PRIORITY tables only."""
    batch_rows: int = 2_000
    """That many rows wake the writer."""
    interval_s: float = 1.0
    """The longest time a row of an URGENT table waits for the writer; what a kill -9 may cost."""
    patient: int = 10
    """Other rows wait so many intervals: in large batches a row costs half as much."""
    close_s: float = 5.0
    """How long `close` waits for the last rows before it counts them as lost."""
    patience_s: float = 3.0
    """How long the writer waits for somebody who holds its file open, before it takes another."""
    backoff_s: tuple[float, float] = (0.1, 30.0)
    """The first and the longest pause after the database refused."""


_MOST_TRACES = 10_000


class Losses:
    """What did not reach the database, counted; no method raises."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        """By table: rows that found the queue full."""
        self.lost: Counter[str] = Counter()
        """By table: rows that could not be written."""
        self.errors: Counter[str] = Counter()
        """By what went wrong."""
        self._lost_by_trace: OrderedDict[str, int] = OrderedDict()
        """The traces that lost a row last; a run's row is written, and asks, when it is over."""
        # `counter[key] += 1` in two threads may count one; reentrant, for signal handlers.
        self._lock = threading.RLock()

    def drop(self, table: str) -> None:
        """Count a row that found the queue full."""
        with self._lock:
            self.dropped[table] += 1

    def lose(self, rows: Iterable[Row | Drafted]) -> None:
        """Count rows that are given up."""
        with self._lock:
            for row in rows:
                self.lost[row.table] += 1
                trace_id = trace_of(row)
                if isinstance(trace_id, str):
                    self._lose_of(trace_id)

    def error(self, what: str, times: int = 1) -> None:
        """Count something that went wrong."""
        with self._lock:
            self.errors[what] += times

    def lost_of(self, trace_id: str) -> int:
        """Rows of one run that are given up so far; 0 when 10,000 others lost some since."""
        return self._lost_by_trace.get(trace_id, 0)

    def gone(self) -> int:
        """Rows that were dropped or lost."""
        return self.dropped.total() + self.lost.total()

    def total(self) -> int:
        """A number that changes whenever anything was counted."""
        return self.gone() + self.errors.total()

    def _lose_of(self, trace_id: str) -> None:
        by_trace = self._lost_by_trace
        by_trace[trace_id] = by_trace.get(trace_id, 0) + 1
        by_trace.move_to_end(trace_id)
        if len(by_trace) > _MOST_TRACES:
            by_trace.popitem(last=False)


class RowQueue:
    """Bounded; `put` takes well under a microsecond, never waits and never raises.

    When it is nearly full the newest rows of other tables are dropped, so that those of PRIORITY
    tables find room; when it is full, everything is. What was dropped is counted.
    """

    def __init__(self, tuning: Tuning, losses: Losses) -> None:
        self._rows: deque[Row | Drafted] = deque()
        self._losses = losses
        self._full = tuning.capacity
        self._nearly_full = max(0, tuning.capacity - tuning.reserve)

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Row | Drafted) -> bool:
        """Whether the row was taken."""
        table = row[0]
        limit = self._full if table in PRIORITY else self._nearly_full
        # Threads may overshoot the limit by one row each: cheaper than a lock for every row.
        if len(self._rows) >= limit:
            self._losses.drop(table)
            return False
        self._rows.append(row)
        return True

    def take(self, most: int) -> list[Row | Drafted]:
        """The oldest rows, at most so many."""
        rows: list[Row | Drafted] = []
        self.take_into(rows, most)
        return rows

    def take_into(self, rows: list[Row | Drafted], most: int) -> None:
        """Move the oldest rows, at most so many, to the end of a list.

        A row is in one of both at any time: no exception that is thrown into the thread, and no
        second consumer, comes between.
        """
        try:
            # One call that runs no bytecode: it is there that threads are switched and killed.
            rows.extend(islice(iter(self._rows.popleft, None), most))
        except IndexError:
            return  # empty
