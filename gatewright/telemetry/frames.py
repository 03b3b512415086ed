"""What is under way in a run: an invocation of a graph, its nodes, and what runs inside them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gatewright.telemetry.meters import Reading


class Root:
    """One invocation of a graph, or a runnable that nobody of ours called."""

    __slots__ = ("attempts", "interrupted", "run_id")

    node: "Node | None" = None
    """None: code of the graph itself, between its nodes."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        self.attempts: dict[str, int] = {}
        """By `langgraph_checkpoint_ns`: how often that node was begun."""
        self.interrupted = False
        """One of its nodes stopped to ask."""

    @property
    def root(self) -> "Root":
        """Itself."""
        return self


class Node(Reading):
    """An attempt of a node, with the meter's reading of it; once it has ended, a row to be."""

    __slots__ = (
        "attempt",
        "error_type",
        "has_nodes",
        "name",
        "namespace",
        "parent_run_id",
        "path",
        "root",
        "run_at_ns",
        "run_started_at",
        "status",
        "step",
        "trace_id",
    )

    trace_id: str
    parent_run_id: UUID | None
    root: Root
    name: str
    namespace: str
    step: Any
    path: str
    """Names from the outermost node: `outer/inner`."""
    attempt: int
    has_nodes: bool
    """Nodes of another graph ran inside it."""
    run_started_at: datetime
    run_at_ns: int
    """That moment on the meter's clock."""
    status: str
    error_type: str | None

    @property
    def node(self) -> "Node":
        """Itself."""
        return self

    def row(self) -> dict[str, Any]:
        """Of `node_runs`; to be asked for in the writer's thread, for no run waits there."""
        since_ns = self.at_ns - self.run_at_ns
        row = {
            "trace_id": self.trace_id,
            "run_id": self.run_id,
            "parent_run_id": self.parent_run_id,
            "checkpoint_ns": self.namespace,
            "langgraph_task_id": self.namespace.rpartition(":")[2] or None,
            "attempt": self.attempt,
            "node": self.name,
            "step": self.step,
            "kind": "subgraph" if self.has_nodes else "node",
            "path": self.path,
            "started_at": self.run_started_at + timedelta(microseconds=since_ns / 1000),
            "status": self.status,
            "error_type": self.error_type,
        }
        self.tell(row)
        return row


class Inner:
    """A runnable inside a node, or beside the nodes of a graph."""

    __slots__ = ("node", "root")

    def __init__(self, node: Node | None, root: Root) -> None:
        self.node = node
        self.root = root


Frame = Root | Node | Inner
