"""Listens to one run of a graph and writes rows of `node_runs` and `llm_calls`.

It runs inline (LangChain's default for plain handlers costs a thread hop per event), appends to
memory only, and never raises into the run. Parents come from `parent_run_id`, never from whoever
happens to be running. Neither prompts nor answers are kept.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt

from gatewright.domain.errors import ModelFault
from gatewright.telemetry.llm import answered, asked
from gatewright.telemetry.meters import METER, Reading
from gatewright.telemetry.queue import Losses
from gatewright.telemetry.scope import RunScope

_STEP = "graph:step:"


class _Node:
    """A node under way."""

    __slots__ = ("begun", "children", "path", "row", "run_id")

    def __init__(self, run_id: UUID, row: dict[str, Any], begun: Reading) -> None:
        self.run_id = run_id
        self.row = row
        self.path: str = row["path"]
        self.begun = begun
        self.children = False


class _Frame(NamedTuple):
    """Any runnable under way: the node and the graph's invocation that it belongs to."""

    node: _Node | None
    root: UUID


class _Call(NamedTuple):
    """A model's call under way."""

    row: dict[str, Any]
    at_ns: int


class RunHandler(BaseCallbackHandler):
    """One for each run; give it to the graph with the callbacks of its config."""

    run_inline = True
    raise_error = False

    def __init__(self, scope: RunScope, losses: Losses) -> None:
        self.scope = scope
        self._quiet = _Quiet(losses)
        self._frames: dict[UUID, _Frame] = {}
        self._nodes: dict[UUID, _Node] = {}
        self._calls: dict[UUID, _Call] = {}
        self._attempts: dict[tuple[UUID, str], int] = {}
        self._interrupted: set[UUID] = set()

    # What is under way

    def place(self, node: str | None) -> dict[str, Any]:
        """`run_id` and `node` of the node whose code is calling; by its name where LangGraph's
        context did not reach the caller (a thread of its own)."""
        found = self._nodes.get(_current(self) or UUID(int=0))
        if found is None and node is not None:
            named = [n for n in list(self._nodes.values()) if n.row["node"] == node]
            found = named[0] if len(named) == 1 else None
        return {} if found is None else {"run_id": found.run_id, "node": found.row["node"]}

    @property
    def node_of(self) -> Mapping[UUID, _Frame]:
        """By the run id of any runnable under way."""
        return self._frames

    # Chains: the graph, its nodes, and what runs inside them

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A graph, a node, or a runnable inside one begins."""
        with self._quiet:
            parent = self._frames.get(parent_run_id) if parent_run_id else None
            if parent is None:
                self.scope.begin(kwargs.get("name"))
                parent = _Frame(None, run_id)
            for tag in tags or ():
                if metadata and tag.startswith(_STEP):
                    node = self._started(run_id, parent_run_id, parent, metadata)
                    parent = _Frame(node, parent.root)
                    break
            self._frames[run_id] = parent

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """It ended well, or (a graph) stopped to ask."""
        with self._quiet:
            self._stopped(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It raised; LangGraph's signals arrive here as well."""
        with self._quiet:
            self._stopped(run_id, error)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Followed only so that a model called by a tool is put down to the node."""
        with self._quiet:
            if parent_run_id in self._frames:
                self._frames[run_id] = self._frames[parent_run_id]

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """See `on_tool_start`."""
        self._frames.pop(run_id, None)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """See `on_tool_start`."""
        self._frames.pop(run_id, None)

    # Models

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[Any]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A chat model is asked."""
        with self._quiet:
            self._asked(run_id, "chat", kwargs)

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A completion model is asked."""
        with self._quiet:
            self._asked(run_id, "text_completion", kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A piece of the answer came."""
        call = self._calls.get(run_id)
        if call is not None and not call.row["streamed"]:
            call.row["streamed"] = True
            call.row["time_to_first_chunk_ms"] = (time.perf_counter_ns() - call.at_ns) / 1e6

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """The answer is there."""
        with self._quiet:
            call = self._calls.pop(run_id, None)
            if call is not None:
                self._called(call, {**answered(response), "status": "ok"})

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """No answer came."""
        with self._quiet:
            call = self._calls.pop(run_id, None)
            if call is not None:
                status, error_type = _verdict(error)
                self._called(call, {"status": status, "error_type": error_type})

    # Below the callbacks

    def _started(
        self, run_id: UUID, parent_run_id: UUID | None, parent: _Frame, metadata: dict[str, Any]
    ) -> _Node:
        name = str(metadata.get("langgraph_node"))
        namespace = str(metadata.get("langgraph_checkpoint_ns", ""))
        path = name
        if parent.node is not None:
            parent.node.children = True
            path = f"{parent.node.path}/{name}"
        attempt = (parent.root, namespace)
        tried = self._attempts.get(attempt, 0) + 1
        self._attempts[attempt] = tried
        begun = METER.start()
        row = {
            "trace_id": self.scope.trace_id,
            "run_id": run_id,
            "parent_run_id": parent_run_id,
            "checkpoint_ns": namespace,
            "langgraph_task_id": namespace.rpartition(":")[2] or None,
            "attempt": tried,
            "node": name,
            "step": metadata.get("langgraph_step"),
            "path": path,
            "started_at": datetime.now(UTC),
            "rss_start_bytes": begun.rss,
            "concurrent_nodes": begun.concurrent,
        }
        node = _Node(run_id, row, begun)
        self._nodes[run_id] = node
        return node

    def _stopped(self, run_id: UUID, error: BaseException | None) -> None:
        frame = self._frames.pop(run_id, None)
        if frame is None:
            return
        status, error_type = _verdict(error)
        node = frame.node
        if node is not None and node.run_id == run_id:
            self._nodes.pop(run_id, None)
            if status == "interrupted":
                self._interrupted.add(frame.root)
            row = node.row
            row["kind"] = "subgraph" if node.children else "node"
            row["status"], row["error_type"] = status, error_type
            row.update(METER.stop(node.begun))
            self.scope.put("node_runs", row)
        elif frame.root == run_id:
            if status == "ok" and run_id in self._interrupted:
                status = "interrupted"
            self._interrupted.discard(run_id)
            self.scope.ended(status, error_type)

    def _asked(self, run_id: UUID, operation: str, given: dict[str, Any]) -> None:
        frame = self._frames.get(given.get("parent_run_id") or run_id)
        node = frame.node if frame else None
        row = {
            "run_id": run_id,
            "parent_run_id": node.run_id if node else given.get("parent_run_id"),
            "node": node.row["node"] if node else None,
            "operation_name": operation,
            "started_at": datetime.now(UTC),
            "streamed": False,
            **asked(given),
        }
        self._calls[run_id] = _Call(row, time.perf_counter_ns())

    def _called(self, call: _Call, outcome: dict[str, Any]) -> None:
        duration_ms = (time.perf_counter_ns() - call.at_ns) / 1e6
        self.scope.put("llm_calls", {**call.row, "duration_ms": duration_ms, **outcome})


class _Quiet:
    """Nothing that goes wrong inside leaves: it is counted. (`contextlib` is five times dearer.)"""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if kind is None:
            return False
        self._losses.errors[f"handler: {kind.__name__}"] += 1
        return issubclass(kind, Exception)


def current() -> RunHandler | None:
    """The handler of the run whose code is calling."""
    return next((h for h in _handlers() if isinstance(h, RunHandler)), None)


def _handlers() -> list[Any]:
    manager = (var_child_runnable_config.get() or {}).get("callbacks")
    return manager if isinstance(manager, list) else getattr(manager, "handlers", [])


def _current(handler: RunHandler) -> UUID | None:
    """The run id of the node whose code is calling."""
    manager = (var_child_runnable_config.get() or {}).get("callbacks")
    frame = handler.node_of.get(getattr(manager, "parent_run_id", None) or UUID(int=0))
    return frame.node.run_id if frame and frame.node else None


def _verdict(error: BaseException | None) -> tuple[str, str | None]:
    """`status` and `error_type`."""
    match error:
        case None:
            return "ok", None
        case GraphInterrupt() | GraphDrained():
            return "interrupted", None
        case GraphBubbleUp():
            return "ok", None
        case asyncio.CancelledError() | KeyboardInterrupt():
            return "cancelled", None
        case ModelFault():
            return "error", error.kind
        case _:
            return "error", type(error).__name__
