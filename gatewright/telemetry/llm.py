"""What LangChain says of a model's call, in the columns of `llm_calls`."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_FRACTION = Decimal("1e-9")


def asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Whom, from the keywords of `on_chat_model_start`."""
    metadata = given.get("metadata") or {}
    params = given.get("invocation_params") or {}
    return {
        "provider_name": _text(metadata.get("ls_provider")),
        "request_model": _text(
            metadata.get("ls_model_name") or params.get("model") or params.get("model_name")
        ),
    }


def answered(result: Any) -> dict[str, Any]:
    """What came back, from an `LLMResult`: counts, cost and names, never the text."""
    generations = [piece for pieces in result.generations for piece in pieces]
    messages = [m for g in generations if (m := getattr(g, "message", None)) is not None]
    about = dict(result.llm_output or {})
    for message in messages:
        about.update(message.response_metadata)
    usage = next((m.usage_metadata for m in messages if getattr(m, "usage_metadata", None)), None)
    return {
        "response_model": _text(about.get("model_name") or about.get("model")),
        "response_id": _text(about.get("id")),
        "finish_reasons": _finish_reasons(generations, messages),
        **_usage(usage or {}),
        "usage_source": "provider" if usage else "none",
        **_cost(about.get("cost_usd")),
    }


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    given = usage.get("input_token_details") or {}
    taken = usage.get("output_token_details") or {}
    return {
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "cache_read_input_tokens": given.get("cache_read"),
        "cache_creation_input_tokens": given.get("cache_creation"),
        "reasoning_output_tokens": taken.get("reasoning"),
    }


def _cost(usd: Any) -> dict[str, Any]:
    """Nothing where the price is not known: unknown is NULL, never 0."""
    if isinstance(usd, bool) or not isinstance(usd, int | float | Decimal):
        return {}
    if not math.isfinite(usd) or usd < 0:
        return {}
    amount = Decimal(str(usd)).quantize(_FRACTION)
    return {"cost_amount": amount, "cost_currency": "USD", "cost_source": "local"}


def _finish_reasons(generations: list[Any], messages: list[Any]) -> list[str] | None:
    said = [m.response_metadata.get("finish_reason") for m in messages]
    said += [(g.generation_info or {}).get("finish_reason") for g in generations]
    reasons = list(dict.fromkeys(str(reason) for reason in said if reason))
    return reasons or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
