"""Listens to a run of a graph and writes rows of `node_runs` and `llm_calls`.

It runs inline (LangChain's default for plain handlers costs a thread hop per event), appends to
memory only, and never raises into the run. Parents come from `parent_run_id`, never from whoever
happens to be running; so one handler may be given to several graphs at once. What was said to a
model goes along with its row under `_prompt` and `_completion`, for the filter in the writer's
thread; nothing here looks at it.

A run waits for every line of `on_chain_start` and `on_chain_end`, twice a node, with cold caches:
they are written out where a helper would read better.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt

from gatewright.domain.errors import ModelFault
from gatewright.telemetry.accounts import ACCOUNTS
from gatewright.telemetry.frames import Frame, Inner, Node, Root
from gatewright.telemetry.llm import answered, asked
from gatewright.telemetry.meters import METER
from gatewright.telemetry.queue import Losses
from gatewright.telemetry.scope import RunScope

_STEP = "graph:step:"
_HIDDEN = "langsmith:hidden"
"""LangGraph's own machinery: `__start__`, with the routers behind it."""
_NAMESPACE = "langgraph_checkpoint_ns"


class _Call(NamedTuple):
    """A model's call under way."""

    row: dict[str, Any]
    at_ns: int


class RunHandler(BaseCallbackHandler):
    """One for each run; give it to the graph with the callbacks of its config."""

    run_inline = True
    raise_error = False
    # LangChain asks before every event; its own are properties, which cost a call each.
    ignore_chain = False
    ignore_llm = False
    ignore_chat_model = False
    ignore_agent = False
    """Tools are asked for under this name."""
    ignore_retriever = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(self, scope: RunScope, losses: Losses) -> None:
        self.scope = scope
        self._losses = losses
        self._frames: dict[UUID, Frame] = {}
        self._calls: dict[UUID, _Call] = {}

    # What is under way

    def place(self, node: str | None) -> dict[str, Any]:
        """`run_id` and `node` of the node whose code is calling; by its name where LangGraph's
        context did not reach the caller (a thread of its own)."""
        found = self._calling()
        if found is None and node is not None:
            named = [one for one in self._nodes() if one.name == node]
            found = named[0] if len(named) == 1 else None
        return {} if found is None else {"run_id": found.run_id, "node": found.name}

    @property
    def node_of(self) -> Mapping[UUID, Frame]:
        """By the run id of any runnable under way."""
        return self._frames

    def finish(self) -> None:
        """The run is over: what it left under way is nobody's."""
        for run_id in list(self._frames):
            ACCOUNTS.pop(run_id, None)
        self._frames.clear()

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
        try:
            frames = self._frames
            parent = frames.get(parent_run_id) if parent_run_id is not None else None
            if parent is None:
                self.scope.begin(kwargs.get("name"))
                parent = frames[run_id] = Root(run_id)
            if tags and metadata and _HIDDEN not in tags:
                for tag in tags:
                    if tag.startswith(_STEP):
                        self._begin(run_id, parent_run_id, parent, metadata)
                        return
            if run_id not in frames:
                frames[run_id] = Inner(parent.node, parent.root)
                if parent.node is not None:
                    ACCOUNTS[run_id] = parent.node
        except Exception as error:  # noqa: BLE001  whatever it is, the run goes on
            self._failed(error)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """It ended well, or (a graph) stopped to ask."""
        try:
            frame = self._frames.pop(run_id, None)
            if type(frame) is Node:
                self._end(frame, "ok", None)
            elif type(frame) is Root:
                self.scope.ended("interrupted" if frame.interrupted else "ok", None)
            else:
                ACCOUNTS.pop(run_id, None)
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It raised; LangGraph's signals arrive here as well."""
        try:
            frame = self._frames.pop(run_id, None)
            status, error_type = _verdict(error)
            if type(frame) is Node:
                if status == "interrupted":
                    frame.root.interrupted = True
                self._end(frame, status, error_type)
            elif type(frame) is Root:
                if status == "ok" and frame.interrupted:
                    status = "interrupted"
                self.scope.ended(status, error_type)
            else:
                ACCOUNTS.pop(run_id, None)
        except Exception as fault:  # noqa: BLE001  see on_chain_start
            self._failed(fault)

    # Tools: followed only so that a model called by one is put down to its node

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        try:
            parent = self._frames.get(parent_run_id) if parent_run_id is not None else None
            if parent is not None:
                self._frames[run_id] = Inner(parent.node, parent.root)
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """It answered."""
        self._forget(run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It did not."""
        self._forget(run_id)

    # Models

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[Any]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A chat model is asked."""
        self._asked(run_id, "chat", messages, kwargs)

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A completion model is asked."""
        self._asked(run_id, "text_completion", prompts, kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A piece of the answer came."""
        try:
            call = self._calls.get(run_id)
            if call is not None and not call.row["streamed"]:
                call.row["streamed"] = True
                call.row["time_to_first_chunk_ms"] = (time.perf_counter_ns() - call.at_ns) / 1e6
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """The answer is there."""
        try:
            call = self._calls.pop(run_id, None)
            if call is not None:
                ended: dict[str, Any] = {"status": "ok", "_completion": response}
                self._called(call, {**ended, **self._told(response)})
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """No answer came."""
        try:
            call = self._calls.pop(run_id, None)
            if call is not None:
                status, error_type = _verdict(error)
                self._called(call, {"status": status, "error_type": error_type})
        except Exception as fault:  # noqa: BLE001  see on_chain_start
            self._failed(fault)

    # Below the callbacks

    def _begin(
        self, run_id: UUID, parent_run_id: UUID | None, parent: Frame, metadata: dict[str, Any]
    ) -> None:
        node = Node()
        node.trace_id = self.scope.trace_id
        node.parent_run_id = parent_run_id
        node.root = root = parent.root
        node.name = node.path = name = str(metadata.get("langgraph_node"))
        node.namespace = namespace = str(metadata.get(_NAMESPACE, ""))
        node.step = metadata.get("langgraph_step")
        node.has_nodes = False
        around = parent.node
        if around is not None:
            around.has_nodes = True
            node.path = f"{around.path}/{name}"
        attempts = root.attempts
        node.attempt = attempts[namespace] = attempts.get(namespace, 0) + 1
        node.run_started_at, node.run_at_ns = self.scope.begun
        self._frames[run_id] = node
        METER.start(run_id, node)

    def _end(self, node: Node, status: str, error_type: str | None) -> None:
        node.status = status
        node.error_type = error_type
        METER.stop(node)
        self.scope.put_node(node)

    def _asked(self, run_id: UUID, operation: str, prompt: Any, given: dict[str, Any]) -> None:
        try:
            node = self._node_around(given)
            row = {
                "trace_id": self.scope.trace_id,
                "run_id": run_id,
                "parent_run_id": node.run_id if node else given.get("parent_run_id"),
                "node": node.name if node else None,
                "operation_name": operation,
                "started_at": datetime.now(UTC),
                "streamed": False,
                "_prompt": prompt,
                **asked(given),
            }
            self._calls[run_id] = _Call(row, time.perf_counter_ns())
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def _node_around(self, given: dict[str, Any]) -> Node | None:
        """The node that a call belongs to; where its parent is not one that we follow (a
        retriever, say), the one whose name LangGraph hands down with the metadata."""
        parent = given.get("parent_run_id")
        frame = self._frames.get(parent) if parent is not None else None
        if frame is not None:
            return frame.node
        namespace = (given.get("metadata") or {}).get(_NAMESPACE)
        if not namespace:
            return None
        return next((node for node in self._nodes() if node.namespace == namespace), None)

    def _told(self, response: Any) -> dict[str, Any]:
        try:
            return answered(response)
        except Exception as error:  # noqa: BLE001  an odd answer still was a call
            self._failed(error)
            return {"usage_source": "none"}

    def _called(self, call: _Call, outcome: dict[str, Any]) -> None:
        duration_ms = (time.perf_counter_ns() - call.at_ns) / 1e6
        self.scope.put("llm_calls", {**call.row, "duration_ms": duration_ms, **outcome})

    def _forget(self, run_id: UUID) -> None:
        try:
            self._frames.pop(run_id, None)
        except Exception as error:  # noqa: BLE001  see on_chain_start
            self._failed(error)

    def _nodes(self) -> list[Node]:
        return [frame for frame in list(self._frames.values()) if type(frame) is Node]

    def _calling(self) -> Node | None:
        manager = (var_child_runnable_config.get() or {}).get("callbacks")
        run_id = getattr(manager, "parent_run_id", None)
        frame = None if run_id is None else self._frames.get(run_id)
        return None if frame is None else frame.node

    def _failed(self, error: Exception) -> None:
        self._losses.error(f"handler: {type(error).__name__}")


def current() -> RunHandler | None:
    """The handler of the run whose code is calling."""
    return next((h for h in _handlers() if isinstance(h, RunHandler)), None)


def current_node_key() -> UUID | None:
    """The `run_id` of the node whose code is calling, in `node_runs`."""
    for handler in _handlers():
        if isinstance(handler, RunHandler):
            node = handler._calling()
            return None if node is None else node.run_id
    return None


def _handlers() -> list[Any]:
    manager = (var_child_runnable_config.get() or {}).get("callbacks")
    return manager if isinstance(manager, list) else getattr(manager, "handlers", [])


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
