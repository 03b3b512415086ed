"""What is under way in a run: an invocation of a graph, its nodes, and what runs inside them."""

from datetime import datetime
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


class Node:
    """An attempt of a node."""

    __slots__ = (
        "attempt",
        "began",
        "children",
        "name",
        "namespace",
        "parent_run_id",
        "path",
        "root",
        "run_id",
        "started_at",
        "step",
    )

    run_id: UUID
    parent_run_id: UUID | None
    root: Root
    name: str
    namespace: str
    step: Any
    path: str
    """Names from the outermost node: `outer/inner`."""
    attempt: int
    children: bool
    """Nodes of another graph ran inside it."""
    started_at: datetime
    began: Reading

    @property
    def node(self) -> "Node":
        """Itself."""
        return self


class Inner:
    """A runnable inside a node, or beside the nodes of a graph."""

    __slots__ = ("node", "root")

    def __init__(self, node: Node | None, root: Root) -> None:
        self.node = node
        self.root = root


Frame = Root | Node | Inner
