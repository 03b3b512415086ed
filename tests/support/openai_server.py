"""An OpenAI-compatible HTTP server on loopback that plays a script: the tests' one model provider.

In the same process (the calls that were made are in `server.requests`):

    async with OpenAIServer({"default": {"text": "hello"}}) as server:
        spec = ModelSpec(name="openai/gpt-4o-mini", api_base=server.url, ...)
        ...
        assert len(server.requests) == 1

In a process of its own, which outlives a Gatewright that is killed (crash tests):

    python -m tests.support.openai_server --script script.json --log calls.jsonl [--port 0]

It prints its URL (`http://127.0.0.1:PORT/v1`) as the first line, and stops at SIGTERM, SIGINT or
after `--max-seconds` (600). `served(script, folder)` is that as a plain context manager:

    with served(script, tmp_path) as provider:     # provider.url, provider.requests() from the log
        subprocess.run([..., provider.url])

Endpoints: POST /v1/chat/completions (plain, and SSE with `"stream": true`), GET /v1/models,
GET /requests (what was recorded, for other processes). A client needs any API key at all; it is
never kept. Connections are kept alive like a provider's.

The script is JSON
------------------
    {"rules": [{"when": "substring", "answers": [{...}, {...}]}, ...],
     "default": {...}, "models": ["gpt-4o-mini"], "api_key": "sk-test"}

A request is answered by the first rule that matches and has an answer left, else by `default`,
else by 400 `no_scripted_answer` (which no client tries again, so that a gap shows at once). With
`api_key` (optional) a request with any other key is answered 401 and plays nothing. With
`"same_again": true` a request that is the same as an earlier one has that one's answer, and plays
nothing: a call that died with its client changes nothing of what the others are told.
Rule:
  when         a string, or a list of strings that must all occur in the text of the system messages
               and the last user message; left out: matches everything
  model        a string that must occur in the request's `model` (the name as sent to the provider,
               without `openai/`)
  answers      played in order, one a request
  repeat_last  default true: the last answer is given again and again; false: the rule is then
               used up and later rules (or `default`) answer
`default` is one answer, or a list of them played in order, the last repeating.

Answer: exactly one of the following, plus the options below.
  text           the assistant's text
  json           any JSON value: the text is its compact serialisation
  chunks         list of strings: the text, in these pieces when streamed
  refusal        text of a refusal (content is null)
  empty_choices  true: 200 with no choices
  error          a provider's error by name, see ERRORS in openai_wire.py: "rate_limited", ...
  status         an HTTP status, with `body` (JSON value or string)
  stall          true: says nothing until the client goes away; a number: closes after so many
                 seconds. With `text` or `chunks`: half of the body is sent first
  cut            true: closes the socket in the middle of the body of `text` or `chunks`;
                 "before": closes it without a byte
  malformed      true: 200 and a body that is not JSON (streamed: an event that is not JSON);
                 a string: that body
Options:
  usage          {"input": 10, "output": 5, "cached": 0, "reasoning": 0}; null: the provider sends
                 none. Left out: a quarter of the characters of the messages and of the text
  finish_reason  default "stop"; "length" for a truncated answer, "content_filter", ...; null: none,
                 as when a stream just ends
  response_model the model name in the answer; default: the one asked for
  id             the response's id; default: chatcmpl-<request number>
  headers        extra response headers, such as {"Retry-After": "2"}
  delay_s        seconds to wait before answering
  together       N: the answer is held until N requests wait in `together` (they run at one time)

Every request is recorded on arrival, in memory and as one JSON line of the log: `n` (from 0), `at`
(UNIX seconds), `path`, `headers` (lower case; the value of authorization is `***`), `body`,
`model`, `stream`, `rule` (index, "default" or null), `answer` (index). In memory `outcome`
is filled in at the end: "answered", "cut", "client_gone", "stall_over", "stopped".
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tests.support.openai_wire import ERRORS, Answer, Json, Wire, completion, events, shown_text


@dataclasses.dataclass
class Request:
    """One request as it arrived, and what became of it."""

    n: int
    at: float
    path: str
    headers: dict[str, str]
    body: Json
    model: str
    stream: bool
    rule: int | str | None = None
    answer: int | None = None
    outcome: str | None = None


class _Stop(Exception):
    """The connection ends here, on purpose."""


class OpenAIServer:
    """The server as an async context manager; see the module's docstring for the script."""

    def __init__(self, script: Json, *, log: Path | None = None, port: int = 0) -> None:
        self.script = script
        self.requests: list[Request] = []
        self._log = log
        self._port = port
        self._played: dict[int | str, int] = {}
        self._given: dict[str, Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._together = 0
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """For `api_base`: `http://127.0.0.1:PORT/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> "OpenAIServer":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def arrived(self, count: int = 1) -> None:
        """Wait until so many requests have arrived."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= count)

    async def ended(self, count: int = 1) -> None:
        """Wait until so many requests have an outcome."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: sum(r.outcome is not None for r in self.requests) >= count
            )

    # --- connections -----------------------------------------------------------------------

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, _Stop):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        # Not aborted: what is still in the buffer is part of the answer.
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return False
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "POST" and path.endswith("/chat/completions"):
            await self._completion(path, headers, json.loads(raw), Wire(reader, writer))
        elif method == "GET" and path.endswith("/models"):
            names = self.script.get("models", ["gpt-4o-mini"])
            data = [{"id": name, "object": "model", "owned_by": "tests"} for name in names]
            await Wire(reader, writer).whole(200, {"object": "list", "data": data})
        elif method == "GET" and path == "/requests":
            await Wire(reader, writer).whole(200, [dataclasses.asdict(r) for r in self.requests])
        else:
            await Wire(reader, writer).whole(404, {"error": {"message": f"no {method} {path}"}})
        return headers.get("connection", "").lower() != "close"

    async def _completion(
        self, path: str, headers: dict[str, str], body: Json, wire: "Wire"
    ) -> None:
        shown = {k: "***" if k in ("authorization", "api-key") else v for k, v in headers.items()}
        request = Request(
            n=len(self.requests),
            at=time.time(),
            path=path,
            headers=shown,
            body=body,
            model=str(body.get("model", "")),
            stream=bool(body.get("stream")),
        )
        expected = self.script.get("api_key")
        wrong = expected is not None and headers.get("authorization") != f"Bearer {expected}"
        answer = {"error": "invalid_key"} if wrong else self._choose(request)
        self.requests.append(request)
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(json.dumps(dataclasses.asdict(request)) + "\n")
        await self._notify()
        try:
            request.outcome = await self._play(answer, request, wire)
        except ConnectionError:
            request.outcome = "client_gone"
            raise
        except asyncio.CancelledError:
            request.outcome = "stopped"
            raise
        finally:
            await self._notify()
        if request.outcome != "answered":
            raise _Stop

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # --- the script ------------------------------------------------------------------------

    def _choose(self, request: Request) -> Answer:
        if not self.script.get("same_again"):
            return self._chosen(request)
        asked = json.dumps(request.body, sort_keys=True)
        if asked not in self._given:
            self._given[asked] = self._chosen(request)
        return self._given[asked]

    def _chosen(self, request: Request) -> Answer:
        text = shown_text(request.body.get("messages", []))
        for index, rule in enumerate(self.script.get("rules", [])):
            when = rule.get("when", [])
            needles = [when] if isinstance(when, str) else when
            if rule.get("model", "") not in request.model or not all(n in text for n in needles):
                continue
            answer = self._next(index, rule["answers"], request, rule.get("repeat_last", True))
            if answer is not None:
                return answer
        default = self.script.get("default", [])
        answers = default if isinstance(default, list) else [default]
        answer = self._next("default", answers, request, True)
        if answer is not None:
            return answer
        error = {"message": "No scripted answer matches.", "code": "no_scripted_answer"}
        return {"status": 400, "body": {"error": error}}

    def _next(
        self, key: int | str, answers: list[Answer], request: Request, repeat_last: bool
    ) -> Answer | None:
        played = self._played.get(key, 0)
        if not answers or (played >= len(answers) and not repeat_last):
            return None
        self._played[key] = played + 1
        request.rule, request.answer = key, min(played, len(answers) - 1)
        return answers[request.answer]

    async def _play(self, answer: Answer, request: Request, wire: "Wire") -> str:
        if answer.get("delay_s"):
            await asyncio.sleep(answer["delay_s"])
        if answer.get("together"):
            await self._gather(answer["together"])
        headers = answer.get("headers", {})
        if "error" in answer or "status" in answer:
            status, body = ERRORS.get(answer.get("error", ""), (500, None))
            body = answer.get("body", body)
            await wire.whole(answer.get("status", status), body, headers)
            return "answered"
        if answer.get("cut") == "before":
            return "cut"
        has_text = any(k in answer for k in ("text", "json", "chunks"))
        if "stall" in answer and not has_text:
            return await wire.stall(answer["stall"])
        parts = (
            events(answer, request)
            if request.stream
            else [json.dumps(completion(answer, request)).encode()]
        )
        if answer.get("malformed"):
            raw = '{"id": "x", "choices": [' if answer["malformed"] is True else answer["malformed"]
            parts = [f"data: {raw}\n\n".encode() if request.stream else raw.encode()]
        kind = "text/event-stream" if request.stream else "application/json"
        if "cut" in answer or "stall" in answer:
            await wire.half(parts, kind, headers)
            return "cut" if "cut" in answer else await wire.stall(answer["stall"])
        await wire.parts(parts, kind, headers)
        return "answered"

    async def _gather(self, count: int) -> None:
        async with self._changed:
            self._together += 1
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._together >= count)


# --- in a process of its own ---------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Served:
    """A server in another process."""

    url: str
    log: Path
    process: "subprocess.Popen[str]"

    def requests(self) -> list[Request]:
        """Every request so far, from the log."""
        if not self.log.exists():
            return []
        return [Request(**json.loads(line)) for line in self.log.read_text().splitlines()]


@contextlib.contextmanager
def served(script: Json, folder: Path) -> Iterator[Served]:
    """Run a server in a process of its own, with its script and log in `folder`."""
    (folder / "script.json").write_text(json.dumps(script))
    log = folder / "calls.jsonl"
    args = [sys.executable, "-m", "tests.support.openai_server"]
    args += ["--script", str(folder / "script.json"), "--log", str(log)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            yield Served(process.stdout.readline().strip(), log, process)
        finally:
            process.terminate()


@contextlib.asynccontextmanager
async def _signals(limit_s: float) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    timer = loop.call_later(limit_s, stop.set)
    try:
        yield stop
    finally:
        timer.cancel()


async def _main(args: argparse.Namespace) -> None:
    script = json.loads(args.script.read_text())
    async with (
        _signals(args.max_seconds) as stop,
        OpenAIServer(script, log=args.log, port=args.port) as server,
    ):
        print(server.url, flush=True)
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Play scripted answers as an OpenAI server.")
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--max-seconds", type=float, default=600)
    asyncio.run(_main(parser.parse_args()))
