"""Rows as OpenTelemetry spans: a run, its nodes, and what these did.

Needs the extra `otlp`; `gatewright.telemetry.otlp` imports it in its thread. Ids are functions of
our own, so that a row that comes twice is the same span, and a parent need not be known.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from gatewright.telemetry.queue import Row
from gatewright.telemetry.semconv import mapped

TABLES = frozenset({"runs", "node_runs", "llm_calls", "gate_checks", "routing_decisions"})
MOST_WAITING = 2_000
"""Nodes of graphs inside graphs; beyond, the oldest are put under their run."""

_W3C = re.compile(r"[0-9a-f]{32}")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)

Values = Mapping[str, Any]


class SpanMaker:
    """Makes spans in the order in which they can be made.

    A node of a graph inside a graph names that graph's run as its parent, of which there is no
    row; the node around it is known by its namespace, and its row comes later: until then it waits.
    """

    def __init__(self, resource: Resource, scope: InstrumentationScope) -> None:
        self._resource = resource
        self._scope = scope
        self._waiting: dict[tuple[str, str], list[Values]] = {}
        self._conversations: dict[object, str] = {}

    def spans(self, rows: Iterable[Row]) -> list[ReadableSpan]:
        """Of rows of TABLES; a run that has only begun gives none yet."""
        found: list[ReadableSpan] = []
        for table, values in rows:
            match table:
                case "runs" if values.get("ended_at") is None:
                    self._begun(values)
                case "runs":
                    found += self._left_over(str(values.get("trace_id")))
                    found.append(self._run(values))
                    self._conversations.pop(values.get("trace_id"), None)
                case "node_runs":
                    found += self._node(values)
                case "llm_calls":
                    found.append(self._call(values))
                case "gate_checks":
                    found.append(self._check(values))
                case "routing_decisions":
                    found.append(self._decision(values))
        return found

    def rest(self) -> list[ReadableSpan]:
        """Everything that still waits, under its run."""
        waiting, self._waiting = self._waiting, {}
        return [self._node_span(v, root_id(v)) for group in waiting.values() for v in group]

    def _begun(self, values: Values) -> None:
        conversation = values.get("conversation_id")
        if conversation and len(self._conversations) < MOST_WAITING:
            self._conversations[values.get("trace_id")] = str(conversation)

    def _left_over(self, trace_id: str) -> list[ReadableSpan]:
        keys = [key for key in self._waiting if key[0] == trace_id]
        return [self._node_span(v, root_id(v)) for key in keys for v in self._waiting.pop(key)]

    def _run(self, values: Values) -> ReadableSpan:
        workflow = values.get("workflow_name")
        name = f"invoke_workflow {workflow}" if workflow else "invoke_workflow"
        more = {"gen_ai.operation.name": "invoke_workflow"}
        return self._span("runs", values, name, root_id(values), None, more=more)

    def _node(self, values: Values) -> list[ReadableSpan]:
        namespace = str(values.get("checkpoint_ns") or "")
        around = namespace.rpartition("|")[0]
        if "/" in str(values.get("path")) and around:
            self._waiting.setdefault((str(values.get("trace_id")), around), []).append(values)
            return self._too_many()
        return self._with_inner(values, root_id(values))

    def _with_inner(self, values: Values, parent: int) -> list[ReadableSpan]:
        """The span of a node, and of those that waited for it."""
        key = (str(values.get("trace_id")), str(values.get("checkpoint_ns")))
        own = span_id(values.get("run_id"), values)
        spans = [self._node_span(values, parent)]
        for inner in self._waiting.pop(key, ()):
            spans += self._with_inner(inner, own)
        return spans

    def _too_many(self) -> list[ReadableSpan]:
        if sum(map(len, self._waiting.values())) <= MOST_WAITING:
            return []
        oldest = next(iter(self._waiting))
        return [self._node_span(v, root_id(v)) for v in self._waiting.pop(oldest)]

    def _node_span(self, values: Values, parent: int) -> ReadableSpan:
        own = span_id(values.get("run_id"), values)
        return self._span("node_runs", values, str(values.get("node")), own, parent)

    def _call(self, values: Values) -> ReadableSpan:
        parts = (values.get("operation_name") or "chat", values.get("request_model"))
        name = " ".join(str(part) for part in parts if part)
        own = span_id(values.get("run_id"), values)
        conversation = self._conversations.get(values.get("trace_id"))
        more = {"gen_ai.conversation.id": conversation} if conversation else {}
        parent = _node_of(values)
        return self._span("llm_calls", values, name, own, parent, kind=SpanKind.CLIENT, more=more)

    def _check(self, values: Values) -> ReadableSpan:
        name = f"gate {values.get('gate')}"
        what = ("gate", values.get("gate"), values.get("commit"), values.get("checked_at"))
        failed = values.get("passed") is False
        more = {"error.type": str(values.get("status"))} if failed else {}
        own = _digest(values.get("run_id"), *what)
        parent = _inside(values)
        return self._span("gate_checks", values, name, own, parent, more=more, failed=failed)

    def _decision(self, values: Values) -> ReadableSpan:
        role = values.get("role")
        what = ("route", role, values.get("stage"), values.get("decided_at"))
        own = _digest(values.get("run_id"), *what)
        return self._span("routing_decisions", values, f"route {role}", own, _inside(values))

    def _span(
        self,
        table: str,
        values: Values,
        name: str,
        own: int,
        parent: int | None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        more: Mapping[str, str] | None = None,
        failed: bool | None = None,
    ) -> ReadableSpan:
        trace = trace_id(values)
        begin, end = _times(table, values)
        if failed is None:
            failed = values.get("status") == "error"
        return ReadableSpan(
            name=name,
            context=SpanContext(trace, own, is_remote=False, trace_flags=_SAMPLED),
            parent=None if parent is None else SpanContext(trace, parent, is_remote=False),
            resource=self._resource,
            attributes={**attributes(table, values), **(more or {})},
            kind=kind,
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            start_time=begin,
            end_time=end,
            instrumentation_scope=self._scope,
        )


def attributes(table: str, values: Values) -> dict[str, Any]:
    """The mapped columns that have a value, in OpenTelemetry's units."""
    found: dict[str, Any] = {}
    for _, column, name, _, factor in mapped(table):
        value = values.get(column)
        if value is None:
            continue
        if isinstance(value, bool | str):
            found[name] = value
        elif isinstance(value, int | float | Decimal):
            found[name] = value if factor == 1 and isinstance(value, int) else float(value) * factor
        elif isinstance(value, list | tuple):
            found[name] = [str(item) for item in value]
    return found


def trace_id(values: Values) -> int:
    """Ours are W3C's 32 hexadecimal digits; of another one, a digest."""
    given = str(values.get("trace_id") or "")
    if _W3C.fullmatch(given) and int(given, 16):
        return int(given, 16)
    return int.from_bytes(hashlib.blake2b(given.encode(), digest_size=16).digest()) or 1


def root_id(values: Values) -> int:
    """The span id of a run."""
    return _digest("run", values.get("trace_id"))


def span_id(run_id: object, values: Values) -> int:
    """The span id of a node or a call; where it has no id of its own, of what it is."""
    return _digest(run_id) if run_id else _digest("unknown", *map(str, values.values()))


def _node_of(call: Values) -> int:
    """A call outside any node may still name a parent, of which there is no row."""
    parent = call.get("parent_run_id")
    return _digest(parent) if parent and call.get("node") else root_id(call)


def _inside(values: Values) -> int:
    node = values.get("run_id")
    return _digest(node) if node else root_id(values)


def _digest(*parts: object) -> int:
    text = "\x00".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) or 1


def _times(table: str, values: Values) -> tuple[int, int]:
    """In nanoseconds since 1970; checks and decisions are told when they are over."""
    took = int(float(values.get("duration_ms") or 0) * 1e6)
    if table in ("gate_checks", "routing_decisions"):
        end = unix_ns(values.get("checked_at") or values.get("decided_at"))
        return end - took, end
    begin = unix_ns(values.get("started_at"))
    return begin, begin + took


def unix_ns(at: object) -> int:
    """Nanoseconds since 1970, exactly; a time without a zone is UTC. 0 for anything else."""
    if not isinstance(at, datetime):
        return 0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
