"""What a call may take, before it is made: tokens of the conversation, and money.

Tokens are counted with the cl100k encoding that LiteLLM brings along (tiktoken; nothing is fetched)
and a margin, since most providers count by an encoding of their own that nobody can have: too many
rather than too few, or a conversation would not fit, or cost more than was set aside for it.
"""

import asyncio
import importlib
import math
from collections.abc import Iterable
from typing import Any

from gatewright.domain.ports import Estimate
from gatewright.models.catalogue import ModelSpec
from gatewright.models.loading import load
from gatewright.models.prices import Table, Tariff, entry_of

MARGIN_OPENAI = 1.05
"""Their newer encoding takes 0.4 % more for code than cl100k, and less for other scripts than
Latin."""
MARGIN_OTHERS = 1.25
"""Anthropic's published encoding takes 7 % more for English, 9 % for Python, 14 % for JSON, 20 %
for Russian; later ones are said to take more."""
MESSAGE_TOKENS = 8
"""For the role and the marks around each message, and as many again for the start of the answer."""
ASSUMED_OUTPUT_TOKENS = 32_768
"""The longest answer of a model about which neither settings nor LiteLLM's table say it."""

_PIECE = 8192
"""Characters that are encoded at a time: no text of a repository, however odd, makes the encoder
slow or break. Each cut costs a token at most."""


async def count_tokens(texts: Iterable[str], *, spec: ModelSpec) -> int:
    """Tokens of these texts for this model, margin included; counted in a thread.

    Raises: EnvironmentFault as `load` does.
    """
    await load()
    counted = await asyncio.to_thread(_count, tuple(texts))
    margin = MARGIN_OPENAI if spec.provider in ("openai", "azure") else MARGIN_OTHERS
    return math.ceil(counted * margin)


def estimate(
    input_tokens: int, *, spec: ModelSpec, table: Table, prices: Tariff | None
) -> Estimate:
    """The price at its highest: nothing of the input cached, every token of the answer thought."""
    most = most_output_tokens(spec, table) or ASSUMED_OUTPUT_TOKENS
    if spec.context_window is not None:
        most = max(min(most, spec.context_window - input_tokens), 1)
    if prices is None:
        return Estimate(input_tokens, None, None, most)
    rates = prices.rates(input_tokens)
    dearest = max(rates.output, rates.reasoning or 0.0)
    return Estimate(input_tokens, input_tokens * rates.input, dearest, most)


def most_output_tokens(spec: ModelSpec, table: Table) -> int | None:
    """The length of the longest answer, from the settings or the table; None: not known."""
    if spec.max_output_tokens is not None:
        return spec.max_output_tokens
    of_table = (entry_of(spec, table) or {}).get("max_output_tokens")
    return of_table if isinstance(of_table, int) and of_table > 0 else None


def _count(texts: tuple[str, ...]) -> int:
    encoding: Any = importlib.import_module("litellm.litellm_core_utils.default_encoding").encoding
    return sum(
        len(encoding.encode_ordinary(text[start : start + _PIECE]))
        for text in texts
        for start in range(0, len(text), _PIECE)
    )
