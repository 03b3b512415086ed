"""Every failure of a call, told as a ModelFault.

LiteLLM's class names move between releases and some of its statuses are made up (a refused
connection is "500"), so the order is: a network error in the chain of causes, then the HTTP status
together with the code in the body, then words of the message, then the class. Exceptions are known
by the names of their classes, so that this module imports none of the libraries that define them.

What a provider says may quote the prompt or a key, so a fault's message is made of our own words,
the status, and the body's `code`, `type` and `param` where these look like identifiers.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gatewright.domain.errors import FaultKind, ModelFault
from gatewright.domain.secret_forms import redact

ADVICE: dict[FaultKind, str] = {
    "timeout": "no answer within the time limit; raise the model's timeout_s if that is its pace",
    "connection": "the server cannot be reached; check api_base and the network",
    "rate_limited": "too many requests or tokens for now",
    "overloaded": "the provider is busy",
    "server_error": "the provider failed or sent something that is no answer",
    "authentication": "the API key was refused; check the variable named in api_key_env",
    "permission": "the API key may not use this model",
    "not_found": "the provider knows no such model or address; check its name and api_base",
    "bad_request": "the provider does not take this request; check the model's settings",
    "context_too_long": "the conversation is longer than the model takes",
    "content_policy": "the provider or the model refused for reasons of content",
    "quota_exhausted": "the account has no credit left",
    "not_configured": "the model is not set up; check its name and the variable with its API key",
    "circuit_open": "it failed too often just now and is left alone for a while",
}
"""What each kind means and what to do."""

_STATUS: dict[int, FaultKind] = {
    401: "authentication",
    402: "quota_exhausted",
    403: "permission",
    404: "not_found",
    408: "timeout",
    409: "overloaded",
    413: "context_too_long",
    425: "overloaded",
    429: "rate_limited",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}

_CODES: dict[str, FaultKind] = {
    "billing_hard_limit_reached": "quota_exhausted",
    "billing_not_active": "quota_exhausted",
    "content_filter": "content_policy",
    "content_policy_violation": "content_policy",
    "context_length_exceeded": "context_too_long",
    "insufficient_quota": "quota_exhausted",
    "invalid_api_key": "authentication",
    "responsibleaipolicyviolation": "content_policy",
    "string_above_max_length": "context_too_long",
}

_WORDS: tuple[tuple[re.Pattern[str], FaultKind], ...] = (
    (
        re.compile(
            r"maximum context length|context window|prompt is too long|context length"
            r"|request too large|input is too long",
            re.IGNORECASE,
        ),
        "context_too_long",
    ),
    (
        re.compile(r"credit balance is too low|exceeded your current quota", re.IGNORECASE),
        "quota_exhausted",
    ),
    (re.compile(r"no connected db", re.IGNORECASE), "authentication"),
)
"""For providers that answer 400 or 429 without a code; only our choice depends on the words."""

_NO_SETUP = re.compile(
    r"missing credentials|missing [\w .-]*api key|api_key client option|LLM Provider NOT provided",
    re.IGNORECASE,
)

_TIMEOUTS = {"TimeoutError", "TimeoutException", "APITimeoutError"}
_UNREACHABLE = {
    "ConnectError",
    "ConnectTimeout",
    "ConnectionRefusedError",
    "gaierror",
    "InvalidURL",
}
_UNREACHABLE |= {"UnsupportedProtocol", "ClientConnectorError"}
_BROKEN = {"ReadError", "WriteError", "RemoteProtocolError", "ClientPayloadError", "ProtocolError"}
_BROKEN |= {"JSONDecodeError", "ServerDisconnectedError", "ConnectionResetError", "DecodingError"}

_CLASSES: dict[str, FaultKind] = {
    "ContextWindowExceededError": "context_too_long",
    "ContentPolicyViolationError": "content_policy",
    "AuthenticationError": "authentication",
    "PermissionDeniedError": "permission",
    "NotFoundError": "not_found",
    "RateLimitError": "rate_limited",
    "Timeout": "timeout",
    "ServiceUnavailableError": "overloaded",
    "InternalServerError": "server_error",
    "APIConnectionError": "server_error",
    "BadRequestError": "bad_request",
    "TypeError": "bad_request",
    "ValueError": "bad_request",
}

_IDENTIFIER = re.compile(r"[A-Za-z][\w.\[\]-]{0,47}")


def classify(model: str, error: BaseException, *, key: str | None = None) -> ModelFault:
    """The fault that this exception means; `key` is kept out of its message."""
    if isinstance(error, ModelFault):
        return error
    chain = list(_chain(error))
    status, body = _http_status(chain), _body(chain)
    kind = _kind(chain, status, body)
    details = [] if status is None else [f"HTTP {status}"]
    for name in ("code", "type", "param"):
        value = body.get(name)
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value) and not _secret(value, key):
            details.append(f"{name} {value}")
    if not details:
        details.append(type(error).__name__)
    return ModelFault(
        model,
        kind,
        f"{ADVICE[kind]} ({', '.join(details)})",
        status_code=status,
        retry_after_s=_retry_after(chain),
    )


def parse_retry_after(value: str, *, now: datetime | None = None) -> float | None:
    """Seconds, from a number or an HTTP date; None when it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
            then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
            seconds = (then - (now or datetime.now(UTC))).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _kind(chain: list[BaseException], status: int | None, body: Mapping[str, Any]) -> FaultKind:
    if status is not None:
        return _kind_of_status(chain, status, body)
    return _network(chain) or _setup(chain) or _code(body) or _class(chain) or "server_error"


def _network(chain: list[BaseException]) -> FaultKind | None:
    names = {base.__name__ for error in chain for base in type(error).__mro__}
    if names & _UNREACHABLE:
        return "connection"
    if names & _TIMEOUTS:
        return "timeout"
    return "server_error" if names & _BROKEN else None


def _setup(chain: list[BaseException]) -> FaultKind | None:
    return "not_configured" if any(_NO_SETUP.search(str(error)) for error in chain) else None


def _code(body: Mapping[str, Any]) -> FaultKind | None:
    found = (_CODES.get(str(body.get(field)).lower()) for field in ("code", "type"))
    return next((kind for kind in found if kind is not None), None)


def _class(chain: list[BaseException]) -> FaultKind | None:
    names = [base.__name__ for error in chain for base in type(error).__mro__]
    kind = next((_CLASSES[name] for name in names if name in _CLASSES), None)
    # No server refused the key: LiteLLM itself found none.
    return "not_configured" if kind == "authentication" else kind


def _kind_of_status(chain: list[BaseException], status: int, body: Mapping[str, Any]) -> FaultKind:
    if (of_code := _code(body)) is not None:
        return of_code
    if status in (400, 422, 429):
        words = str(body.get("message") or chain[0])
        for pattern, kind in _WORDS:
            if pattern.search(words):
                return kind
        of_class = _CLASSES.get(type(chain[0]).__name__)
        if of_class in ("context_too_long", "content_policy"):
            return of_class
    if status in _STATUS:
        return _STATUS[status]
    return "server_error" if status >= 500 else "bad_request"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, nearest first."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen and len(seen) < 12:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _http_status(chain: list[BaseException]) -> int | None:
    """The status that a server sent; None when none did, whatever LiteLLM made of it."""
    if not any(_answered(error) for error in chain):
        return None
    for error in chain:
        status = getattr(error, "status_code", None)
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
            return status
    return None


def _answered(error: BaseException) -> bool:
    names = {base.__name__ for base in type(error).__mro__}
    return "HTTPStatusError" in names or (
        "APIStatusError" in names and type(error).__module__.partition(".")[0] == "openai"
    )


def _body(chain: list[BaseException]) -> Mapping[str, Any]:
    """The error object of the answer, `{"message", "type", "code", "param"}`, or nothing."""
    for error in chain:
        body = getattr(error, "body", None)
        if isinstance(body, Mapping):
            inner = body.get("error", body)
            return inner if isinstance(inner, Mapping) else body
    return {}


def _retry_after(chain: list[BaseException]) -> float | None:
    for error in chain:
        response = getattr(error, "response", None)
        for headers in (
            getattr(error, "litellm_response_headers", None),
            getattr(response, "headers", None),
        ):
            if not isinstance(headers, Mapping):
                continue
            lower = {str(name).lower(): str(value) for name, value in headers.items()}
            for name in ("retry-after", "llm_provider-retry-after"):
                if name in lower and (seconds := parse_retry_after(lower[name])) is not None:
                    return seconds
    return None


def _secret(value: str, key: str | None) -> bool:
    if value.startswith(("sk-", "sk_", "key-")) or (key and key in value):
        return True
    return redact(value).places > 0
