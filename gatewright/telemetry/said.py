"""What was said to a model and what it answered, out of LangChain's objects, as plain text.

Imports nothing of LangChain: it is looked at from outside, in the writer's thread.
"""

import json
from typing import Any, NamedTuple

_ROLES = {"human": "user", "ai": "assistant"}


class Part(NamedTuple):
    """One message, or one answer of several."""

    role: str
    content: str


class Said(NamedTuple):
    """A whole prompt or answer."""

    parts: tuple[Part, ...]

    @property
    def chars(self) -> int:
        """Of all parts together."""
        return sum(len(part.content) for part in self.parts)

    def canonical(self) -> str:
        """The same for the same words of the same roles; for a hash."""
        return json.dumps([list(part) for part in self.parts], ensure_ascii=False)


def prompt_of(prompt: Any) -> Said | None:
    """From `messages` of `on_chat_model_start` or `prompts` of `on_llm_start`: lists, one for each
    generation; they are one prompt here. None where there is none."""
    if prompt is None:
        return None
    pieces = [piece for group in prompt for piece in (group if _is_list(group) else [group])]
    return Said(tuple(_message(piece) for piece in pieces))


def completion_of(result: Any) -> Said | None:
    """From an `LLMResult`. None where there is none."""
    if result is None:
        return None
    answers = [answer for group in result.generations for answer in group]
    return Said(tuple(_answer(answer) for answer in answers))


def _message(piece: Any) -> Part:
    if isinstance(piece, str):
        return Part("user", piece)
    kind = str(getattr(piece, "type", "unknown"))
    return Part(_ROLES.get(kind, kind), _content(piece))


def _answer(generation: Any) -> Part:
    message = getattr(generation, "message", None)
    return Part("assistant", str(generation.text) if message is None else _content(message))


def _content(message: Any) -> str:
    """Text as it is; blocks of other kinds and calls of tools as JSON, one a line."""
    content = message.content
    blocks = content if _is_list(content) else [content]
    calls = getattr(message, "tool_calls", None) or ()
    return "\n".join([*map(_block, blocks), *map(_json, calls)])


def _block(block: Any) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, dict) and isinstance(block.get("text"), str):
        return str(block["text"])
    return _json(block)


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
