"""What goes over the wire of the scripted provider: bodies, events, errors, HTTP."""

import asyncio
import json
from typing import Any, Protocol

Json = Any
Answer = dict[str, Any]


class Asked(Protocol):
    """What an answer's body says again of its request."""

    n: int
    at: float
    body: Json
    model: str


_ERRORS = """
bad_request             400 invalid_request_error - Unsupported value: 'x'
context_length_exceeded 400 invalid_request_error context_length_exceeded Maximum context length is 8192 tokens.
content_policy          400 invalid_request_error content_policy_violation Rejected by the safety system.
invalid_key             401 invalid_request_error invalid_api_key Incorrect API key provided.
permission              403 permission_error - You may not use this project.
model_forbidden         403 invalid_request_error model_not_found Project does not have access to the model.
model_not_found         404 invalid_request_error model_not_found The model does not exist.
timeout                 408 timeout - Request timed out.
conflict                409 conflict - Locked.
too_large               413 invalid_request_error - Request too large.
unprocessable           422 invalid_request_error - Cannot process the schema.
too_early               425 too_early - Too early.
rate_limited            429 requests rate_limit_exceeded Rate limit reached.
insufficient_quota      429 insufficient_quota insufficient_quota You exceeded your current quota.
server_error            500 server_error - The server had an error.
bad_gateway             502 server_error - Bad gateway.
overloaded              503 server_error - The engine is overloaded.
gateway_timeout         504 server_error - Gateway timeout.
site_overloaded         529 overloaded_error - Overloaded.
"""  # noqa: E501


def _error(line: str) -> tuple[str, tuple[int, Json]]:
    name, status, kind, code, message = line.split(maxsplit=4)
    error = {"message": message, "type": kind, "param": None, "code": None if code == "-" else code}
    return name, (int(status), {"error": error})


ERRORS = dict(_error(line) for line in _ERRORS.strip().splitlines())
"""Errors by name: HTTP status and body as providers send them."""


def shown_text(messages: list[Json]) -> str:
    """What `when` is looked for in: the system messages and the last user message."""
    system = [content(m) for m in messages if m.get("role") in ("system", "developer")]
    user = [content(m) for m in messages if m.get("role") == "user"]
    return "\n".join([*system, *user[-1:]])


def content(message: Json) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


class Wire:
    """HTTP/1.1 as far as a provider's answers need it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def whole(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        raw = (body if isinstance(body, str) else json.dumps(body)).encode()
        extra = {"Content-Length": str(len(raw)), **(headers or {})}
        self._head(status, "application/json", extra)
        self._writer.write(raw)
        await self._writer.drain()

    async def parts(self, parts: list[bytes], kind: str, headers: dict[str, str]) -> None:
        if kind == "application/json":
            return await self.whole(200, b"".join(parts).decode(), headers)
        self._head(200, kind, {"Transfer-Encoding": "chunked", **headers})
        for part in parts:
            self._writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await self._writer.drain()
        self._writer.write(b"0\r\n\r\n")
        return await self._writer.drain()

    async def half(self, parts: list[bytes], kind: str, headers: dict[str, str]) -> None:
        """The first half of the bytes, of a body whose length says that there is more."""
        raw = b"".join(parts)
        self._head(200, kind, {"Content-Length": str(len(raw)), **headers})
        self._writer.write(raw[: len(raw) // 2])
        await self._writer.drain()

    async def stall(self, limit: bool | float) -> str:
        """Wait for the client to go away."""
        try:
            async with asyncio.timeout(None if limit is True else limit):
                await self._reader.read(1)
        except TimeoutError:
            return "stall_over"
        return "client_gone"

    def _head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {kind}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def _text(answer: Answer) -> str | None:
    if "chunks" in answer:
        return "".join(answer["chunks"])
    if "json" in answer:
        return json.dumps(answer["json"], separators=(",", ":"))
    return answer.get("text")


def _usage(answer: Answer, request: Asked) -> Json:
    if answer.get("usage", {}) is None:
        return None
    given = answer.get("usage", {})
    asked = sum(len(content(m)) for m in request.body.get("messages", []))
    prompt = given.get("input", max(1, asked // 4))
    completion = given.get("output", max(1, len(_text(answer) or "") // 4))
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": given.get("cached", 0)},
        "completion_tokens_details": {"reasoning_tokens": given.get("reasoning", 0)},
    }


def _base(answer: Answer, request: Asked, kind: str) -> dict[str, Any]:
    return {
        "id": answer.get("id", f"chatcmpl-{request.n}"),
        "object": kind,
        "created": int(request.at),
        "model": answer.get("response_model", request.model),
    }


def completion(answer: Answer, request: Asked) -> Json:
    message = {"role": "assistant", "content": _text(answer)}
    if "refusal" in answer:
        message["refusal"] = answer["refusal"]
    choice = {"index": 0, "message": message, "finish_reason": answer.get("finish_reason", "stop")}
    body = _base(answer, request, "chat.completion")
    body["choices"] = [] if answer.get("empty_choices") else [choice]
    usage = _usage(answer, request)
    return body if usage is None else {**body, "usage": usage}


def events(answer: Answer, request: Asked) -> list[bytes]:
    base = _base(answer, request, "chat.completion.chunk")
    text = _text(answer) or ""
    pieces = answer.get("chunks") or [text[i : i + 16] for i in range(0, len(text), 16)]
    deltas: list[Json] = [{"role": "assistant", "content": ""}, *({"content": p} for p in pieces)]
    if "refusal" in answer:
        deltas = [{"role": "assistant", "content": None}, {"refusal": answer["refusal"]}]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    last = {"index": 0, "delta": {}, "finish_reason": answer.get("finish_reason", "stop")}
    if last["finish_reason"] is not None:
        choices.append([last])
    choices = [[]] if answer.get("empty_choices") else choices
    sent: list[Json] = [{**base, "choices": choice} for choice in choices]
    usage = _usage(answer, request)
    if usage is not None and (request.body.get("stream_options") or {}).get("include_usage"):
        sent.append({**base, "choices": [], "usage": usage})
    return [f"data: {json.dumps(event)}\n\n".encode() for event in sent] + [b"data: [DONE]\n\n"]
