import json

import pytest

from gatewright.domain.errors import EXIT_BAD_INPUT
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.loading import load, loads
from gatewright.plans.documents.problems import PlanInvalid

LEAST = '{"plan_id": "p", "steps": [{"id": "a", "command": "true"}]}'
PLAN = PlanFile.model_validate_json(LEAST)


def told(text: str, **rest) -> list[str]:
    with pytest.raises(PlanInvalid) as caught:
        loads(text, **rest)
    return str(caught.value).splitlines()


def test_a_json_file(tmp_path):
    (tmp_path / "plan.json").write_text(LEAST)
    assert load(tmp_path / "plan.json") == PLAN


@pytest.mark.parametrize("name", ["plan.yaml", "plan.yml", "plan.YAML", "plan"])
def test_a_yaml_file(name, tmp_path):
    (tmp_path / name).write_text("plan_id: p\nsteps:\n- {id: a, command: 'true'}\n")
    assert load(tmp_path / name) == PLAN


def test_a_file_without_a_suffix_is_what_it_looks_like(tmp_path):
    (tmp_path / "plan").write_text("\n  " + LEAST)
    assert load(tmp_path / "plan") == PLAN


def test_a_mark_at_the_beginning_is_no_part_of_the_text(tmp_path):
    (tmp_path / "plan.json").write_text(LEAST, encoding="utf-8-sig")
    assert load(tmp_path / "plan.json") == PLAN


def test_the_schema_may_be_named():
    assert loads(LEAST.replace("{", '{"$schema": "x", ', 1)) == PLAN


def test_all_problems_are_told_at_once_with_file_line_and_path():
    text = """{
  "plan_id": "p",
  "globals": {"max_concurency": 2},
  "steps": [
    {"id": "a", "command": "true", "depends_on": ["c"]},
    {"id": "b", "command": 5, "depends_on": [
      "a",
      "b",
      "sea"]},
    {"id": "c", "command": "x", "depends_on": ["b"], "on_failure": "abrt", "retries": -1},
    {"id": "c", "comand": "x", "when": "alway"},
    7
  ]
}"""
    assert told(text, name="f.json") == [
        "f.json:3: $.globals.max_concurency: 'max_concurency' is no key of globals. "
        "Did you mean 'max_concurrency'? Leave it out.",
        "f.json:5: $.steps[0].depends_on[0]: steps depend on each other: a -> c -> b -> a. "
        "Take one of these dependencies away.",
        "f.json:6: $.steps[1].command: must be text, not 5. Write it in quotes.",
        "f.json:8: $.steps[1].depends_on[1]: step 'b' depends on itself. Leave it out.",
        "f.json:9: $.steps[1].depends_on[2]: there is no step 'sea'. Name a step of this plan.",
        "f.json:10: $.steps[2].retries: should be greater than or equal to 0, not -1. "
        "Write another one.",
        "f.json:10: $.steps[2].on_failure: must be 'abort' or 'skip_dependents' or 'continue', "
        "not 'abrt'. Did you mean 'abort'? Choose one.",
        "f.json:11: $.steps[3].command: command is missing. Every step has one.",
        "f.json:11: $.steps[3].comand: 'comand' is no key of a step. "
        "Did you mean 'command'? Leave it out.",
        "f.json:11: $.steps[3].id: 'c' is the id of $.steps[2] too. Give it another one.",
        "f.json:11: $.steps[3].when: column 1: 'alway' is no function of conditions. "
        "Did you mean 'always'? Write success, failure, always or a condition such as failed('a').",
        "f.json:12: $.steps[4]: must be an object, not 7. Write another one.",
    ]


def test_yaml_has_lines_too():
    text = "plan_id: p\nsteps:\n- id: a\n  command: x\n  depends_on:\n  - b\n  shell: yes\n"
    assert told(text, format="yaml") == [
        "plan:6: $.steps[0].depends_on[0]: there is no step 'b'. Name a step of this plan.",
        "plan:7: $.steps[0].shell: 'shell' is no key of a step. Leave it out.",
    ]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_key_that_stands_there_twice_is_named(form):
    text = '{"plan_id": "p",\n"steps": [{"id": "a",\n"command": "x",\n"id": "b"}]}'
    assert told(text, format=form) == [
        "plan:4: $.steps[0].id: 'id' stands there twice. Leave one out."
    ]


def test_one_bad_name_is_not_told_again_of_those_who_use_it():
    text = json.dumps(
        {
            "plan_id": "p",
            "variables": {"X": {"pattern": "("}},
            "steps": [
                {"id": "a b", "command": "x"},
                {"id": "c", "command": "${X}", "depends_on": ["a b"]},
            ],
        }
    )
    assert [line.split(": ")[1] for line in told(text)] == [
        "$.variables.X.pattern",
        "$.steps[0].id",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_concurrency": "4"}, "must be a whole number, not '4'"),
        ({"max_concurrency": 4.5}, "must be a whole number, not 4.5"),
        ({"max_concurrency": True}, "must be a whole number, not true"),
        ({"sandbox": "yes"}, "must be true or false, not 'yes'"),
        ({"env": {"A": 1}}, "must be text, not 1. Write it in quotes."),
        ({"env": {"A B": "x"}}, "the name must be a letter or _"),
        ({"env": ["A"]}, "must be an object, not a list"),
        ({"working_directory": "a\x00"}, "must hold no NUL character"),
    ],
)
def test_nothing_is_taken_for_something_else(change, words):
    text = json.dumps({**json.loads(LEAST), "globals": change})
    (line,) = told(text)
    assert words in line


def test_the_error_is_bad_input():
    with pytest.raises(PlanInvalid) as caught:
        loads("{}")
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert [problem.path for problem in caught.value.problems] == ["$.plan_id", "$.steps"]


@pytest.mark.parametrize(
    "word", ["no", "on", "2026-01-02", "0777", "1:30", "12e567", "=", "<<", "1_0"]
)
def test_in_yaml_a_word_is_a_text(word):
    plan = loads(f"plan_id: p\nsteps:\n- id: a\n  command: {word}\n", format="yaml")
    assert plan.steps[0].command == word


def test_in_yaml_anchors_may_be_used():
    text = "plan_id: p\nsteps:\n- {id: a, command: x, env: &e {A: '1'}}\n"
    text += "- {id: b, command: x, env: *e}"
    assert loads(text, format="yaml").steps[1].env == {"A": "1"}


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"'])
def test_a_plan_is_an_object(text):
    assert told(text) == ["plan: $: is no object. Write {...} with plan_id and steps."]
