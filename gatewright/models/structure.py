"""How an answer is made to be JSON of a given shape.

A schema for `strict` mode is narrower than JSON Schema: every object closed, every property
required (an optional one is a union with null), no defaults, `anyOf` for every union. What the
provider then does not enforce (lengths, defaults), pydantic checks when the answer is read.
"""

import json
from typing import Any

from pydantic import BaseModel

from gatewright.domain.conversation import Message
from gatewright.models.catalogue import Structured

_LEFT_OUT = {"default", "discriminator", "examples", "maxLength", "minLength", "title"}
_LEFT_OUT |= {"uniqueItems"}


def response_format(schema: type[BaseModel], structured: Structured) -> dict[str, Any] | None:
    """What is sent as `response_format`; None when the form is only asked for."""
    if structured == "json_schema":
        strict = {"name": schema.__name__, "strict": True, "schema": strict_schema(schema)}
        return {"type": "json_schema", "json_schema": strict}
    return {"type": "json_object"} if structured == "json_object" else None


def strict_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema as strict mode takes it."""
    strict: dict[str, Any] = _strict(schema.model_json_schema())
    return strict


def with_schema(messages: list[Message], schema: type[BaseModel]) -> list[Message]:
    """The conversation with the schema put into its (first) system message."""
    text = json.dumps(schema.model_json_schema(), separators=(",", ":"))
    asked = f"Answer with one JSON object and nothing else. It must match this JSON Schema:\n{text}"
    if messages and messages[0].role == "system":
        first = messages[0].model_copy(update={"content": f"{messages[0].content}\n\n{asked}"})
        return [first, *messages[1:]]
    return [Message(role="system", content=asked), *messages]


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _LEFT_OUT}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    if "$ref" in kept:
        return {"$ref": kept["$ref"]}  # strict mode takes no sibling of a reference
    # The names of properties and definitions are not keywords: only their values are schemas.
    named = {
        key: {name: _strict(schema) for name, schema in kept[key].items()}
        for key in ("properties", "$defs")
        if key in kept
    }
    data = {key: kept[key] for key in ("const", "enum") if key in kept}
    strict = {key: _strict(value) for key, value in kept.items()} | named | data
    if kept.get("type") == "object":
        strict.setdefault("properties", {})
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    return strict
