from typing import Any, Literal

from pydantic import BaseModel, Field

from gatewright.domain.conversation import Message
from gatewright.domain.edit import ChangeSet
from gatewright.models.structure import response_format, strict_schema, with_schema


class Item(BaseModel):
    title: str = Field(min_length=1, description="What it is called")
    properties: list[str] = []
    kind: Literal["a"] = "a"


class Answer(BaseModel):
    items: tuple[Item, ...]
    note: str | None = None


def objects(node: Any) -> list[dict[str, Any]]:
    """Every object schema, and every key used anywhere."""
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") == "object" else []
    return own + [found for value in node.values() for found in objects(value)]


def test_strict_schema_closes_and_requires_everything() -> None:
    assert strict_schema(Answer) == {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["items", "note"],
        "additionalProperties": False,
        "$defs": {
            "Item": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "What it is called"},
                    "properties": {"type": "array", "items": {"type": "string"}},
                    "kind": {"type": "string", "const": "a"},
                },
                "required": ["title", "properties", "kind"],
                "additionalProperties": False,
            }
        },
    }


def test_the_edits_of_the_domain_become_strict() -> None:
    schema = strict_schema(ChangeSet)
    assert "oneOf" not in str(schema)
    assert all(o["required"] == list(o["properties"]) for o in objects(schema))
    assert all(o["additionalProperties"] is False for o in objects(schema))


def test_forms_that_are_sent() -> None:
    strict = {"name": "Answer", "strict": True, "schema": strict_schema(Answer)}
    assert response_format(Answer, "json_schema") == {"type": "json_schema", "json_schema": strict}
    assert response_format(Answer, "json_object") == {"type": "json_object"}
    assert response_format(Answer, "prompt") is None


def test_schema_is_put_into_the_system_message() -> None:
    said = [Message(role="system", content="Be brief."), Message(role="user", content="Go.")]
    first, second = with_schema(said, Answer)
    assert (first.role, second) == ("system", said[1])
    assert first.content.startswith("Be brief.\n\nAnswer with one JSON object")
    assert '"additionalProperties"' not in first.content


def test_a_conversation_without_system_message_gets_one() -> None:
    said = [Message(role="user", content="Go.")]
    assert [m.role for m in with_schema(said, Answer)] == ["system", "user"]
