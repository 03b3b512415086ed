from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gatewright.domain.errors import FaultKind, ModelFault
from gatewright.models.errors import ADVICE, classify, parse_retry_after


def error(
    name: str,
    *,
    status: object = None,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    text: str = "",
    cause: BaseException | None = None,
) -> Exception:
    """An exception of a class of this name, as a library below would raise it."""
    raised: Exception = type(name, (Exception,), {})(text)
    raised.status_code, raised.body = status, body  # type: ignore[attr-defined]
    raised.litellm_response_headers = headers  # type: ignore[attr-defined]
    raised.__cause__ = cause
    return raised


def answered(status: int, *, text: str = "", name: str = "APIError", **body: object) -> Exception:
    """What LiteLLM raises when a server answered with an error."""
    return error(name, status=status, body=body, text=text, cause=error("HTTPStatusError"))


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (answered(400), "bad_request"),
        (answered(400, code="context_length_exceeded"), "context_too_long"),
        (answered(400, message="This prompt is too long: 9 > 8"), "context_too_long"),
        (answered(400, code="content_filter"), "content_policy"),
        (answered(400, name="ContentPolicyViolationError"), "content_policy"),
        (answered(400, message="Your credit balance is too low"), "quota_exhausted"),
        (answered(400, text="No connected db."), "authentication"),
        (answered(401), "authentication"),
        (answered(402), "quota_exhausted"),
        (answered(403, code="model_not_found"), "permission"),
        (answered(404), "not_found"),
        (answered(405), "bad_request"),
        (answered(408), "timeout"),
        (answered(409), "overloaded"),
        (answered(413), "context_too_long"),
        (answered(422), "bad_request"),
        (answered(425), "overloaded"),
        (answered(429, code="rate_limit_exceeded"), "rate_limited"),
        (answered(429, type="insufficient_quota"), "quota_exhausted"),
        (answered(429, message="Request too large for gpt-4"), "context_too_long"),
        (answered(500), "server_error"),
        (answered(502), "server_error"),
        (answered(503), "overloaded"),
        (answered(504), "timeout"),
        (answered(529), "overloaded"),
        (answered(599), "server_error"),
        # Statuses that LiteLLM made up: no server answered.
        (error("InternalServerError", status=500, cause=error("ConnectError")), "connection"),
        (error("InternalServerError", status=500, cause=error("gaierror")), "connection"),
        (error("Timeout", status=408, cause=error("ReadTimeout")), "timeout"),
        (TimeoutError(), "timeout"),
        (error("APIConnectionError", status=500, cause=error("ReadError")), "server_error"),
        (error("InternalServerError", status=500, cause=ValueError()), "server_error"),
        (error("InternalServerError", status=500, text="Missing credentials."), "not_configured"),
        (error("APIConnectionError", text="Missing Gemini API key."), "not_configured"),
        (error("AuthenticationError", status=401), "not_configured"),
        (error("BadRequestError", status=400, text="LLM Provider NOT provided"), "not_configured"),
        (error("UnheardOfError"), "server_error"),
        (TypeError("unexpected argument"), "bad_request"),
    ],
)
def test_kind(raised: Exception, kind: FaultKind) -> None:
    assert classify("openai/x", raised).kind == kind


def test_status_is_only_what_a_server_sent() -> None:
    made_up = error("InternalServerError", status=500, cause=error("ConnectError"))
    found = [classify("openai/x", e).status_code for e in (answered(503), made_up)]
    assert found == [503, None]


def test_a_fault_stays_as_it_is() -> None:
    fault = ModelFault("openai/x", "content_policy", "refusal")
    assert classify("openai/x", fault) is fault


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == set(get_args(FaultKind))


def test_message_tells_status_and_code_but_not_what_the_provider_said() -> None:
    raised = answered(
        400, message="in your prompt 'the secret plan'", code="bad_value", param="messages[0].role"
    )
    assert str(classify("openai/x", raised)) == (
        "openai/x: bad_request: the provider does not take this request; check the model's"
        " settings (HTTP 400, code bad_value, param messages[0].role)"
    )


@given(st.text(min_size=6), st.sampled_from(["code", "type", "param", "message"]))
def test_a_key_is_never_in_the_message(key: str, field: str) -> None:
    quoted = classify("openai/x", answered(401, text=f"bad {key}", **{field: key}), key=key)
    clean = classify("openai/x", answered(401), key=key)
    assume(quoted.kind == clean.kind)  # the text may be a code that we know, and means its kind
    assert str(quoted) == str(clean)


def test_a_ring_of_causes_ends() -> None:
    first, second = error("A"), error("B")
    first.__cause__, second.__cause__ = second, first
    assert classify("openai/x", first).kind == "server_error"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"llm_provider-retry-after": "1.5"}, 1.5),
        ({"retry-after": "soon", "llm_provider-retry-after": "3"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_retry_after_is_found(headers: Mapping[str, str] | None, seconds: float | None) -> None:
    raised = error("E", status=429, headers=headers, cause=error("HTTPStatusError"))
    assert classify("openai/x", raised).retry_after_s == seconds


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("-5", 0.0),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_as_date_or_number(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == seconds


@given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ \S+", fullmatch=True))
def test_any_retry_after_is_seconds_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value)
    assert seconds is None or 0 <= seconds < float("inf")
