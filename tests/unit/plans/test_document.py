import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from gatewright.plans.documents.document import PlanFile, PlanStep, json_schema

LEAST = {"plan_id": "p", "steps": [{"id": "a", "command": "true"}]}


@pytest.mark.parametrize(
    ("critical", "on_failure", "policy"),
    [
        (True, None, "abort"),
        (False, None, "skip_dependents"),
        (False, "abort", "skip_dependents"),
        (True, "skip_dependents", "skip_dependents"),
        (True, "continue", "continue"),
        (False, "continue", "continue"),
    ],
)
def test_a_step_that_is_not_critical_never_aborts(critical, on_failure, policy):
    step = PlanStep(id="a", command="true", critical=critical, on_failure=on_failure)
    assert step.policy == policy


def test_only_ids_and_commands_must_be_given():
    plan = PlanFile.model_validate(LEAST)
    assert (plan.version, plan.globals.default_timeout_sec, plan.variables) == ("1", 3600, {})


@pytest.mark.parametrize("name", ["", "a b", "1a", "a.b", "-a", "a" * 65, "ä", "a\n"])
def test_an_id_that_could_be_read_otherwise_is_refused(name):
    with pytest.raises(ValidationError):
        PlanStep(id=name, command="true")


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
def test_no_word_of_a_command_holds_a_nul(text):
    with pytest.raises(ValidationError):
        PlanStep(id="a", command="true", args=(text,))


def test_words_of_a_command_may_hold_several_lines():
    assert PlanStep(id="a", command="sh", args=("-c", "one\ntwo\n")).args[1] == "one\ntwo\n"


def test_the_schema_is_one():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_is_described_for_editors():
    schema = json_schema()
    records = {"plan": schema, **schema["$defs"]}
    missing = [
        f"{name}.{key}"
        for name, record in records.items()
        for key, value in record.get("properties", {}).items()
        if not value.get("description")
    ]
    assert missing == []


@pytest.mark.parametrize(
    "change",
    [
        {"stepz": []},
        {"plan_id": "a b"},
        {"globals": {"max_concurrency": 0}},
        {"steps": []},
        {"steps": [{"id": "a"}]},
        {"steps": [{"id": "a", "command": "true", "on_failure": "stop"}]},
        {"steps": [{"id": "a", "command": "true", "shell": True}]},
    ],
)
def test_the_schema_refuses_what_is_wrong_in_form(change):
    assert not Draft202012Validator(json_schema()).is_valid({**LEAST, **change})


def test_the_schema_takes_a_plan_that_names_it():
    plan = {"$schema": "plan.schema.json", **LEAST, "metadata": {"project": {"deep": [1]}}}
    assert Draft202012Validator(json_schema()).is_valid(plan)


def test_a_plan_is_the_same_after_it_was_written_as_json():
    plan = PlanFile.model_validate(LEAST)
    assert PlanFile.model_validate_json(plan.model_dump_json()) == plan
    assert json.loads(plan.model_dump_json(exclude_defaults=True)) == LEAST
