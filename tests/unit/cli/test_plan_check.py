"""`gatewright plan check`, `graph` and `schema`."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.unit.cli.conftest import Gatewright

A = {"id": "a", "command": "true"}
DOCS = Path(__file__).parents[3] / "docs"
B = {"id": "b", "command": "false", "depends_on": ["a"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def write(path: Path, *steps: dict[str, Any], **fields: Any) -> Path:
    path.write_text(json.dumps({"plan_id": "p", "steps": steps, **fields}))
    return path


def test_a_good_plan_is_said_to_be_one(gatewright: Gatewright, path: Path) -> None:
    said = gatewright("plan", "check", write(path, A, B, variables={"X": {"default": "1"}}))
    assert (said.code, said.out) == (0, "p: 2 steps, 1 variable; it can be run.\n")


def test_a_good_plan_as_json(gatewright: Gatewright, path: Path) -> None:
    plan = write(path, A, variables={"K": {"secret": True}, "N": {"default": "1"}})
    assert gatewright("plan", "check", plan, "--json").json == {
        "ok": True,
        "plan_id": "p",
        "version": "1",
        "steps": ["a"],
        "variables": {
            "K": {"default": None, "secret": True},
            "N": {"default": "1", "secret": False},
        },
    }


def test_every_problem_has_a_line(gatewright: Gatewright, path: Path) -> None:
    said = gatewright("plan", "check", write(path, A, A, B | {"depends_on": ["b", "c"]}))
    places = {line.split(": ")[1] for line in said.err.splitlines()}
    assert said.code == 2
    assert places == {"$.steps[1].id", "$.steps[2].depends_on[0]", "$.steps[2].depends_on[1]"}


def test_variables_are_checked_where_some_are_given(gatewright: Gatewright, path: Path) -> None:
    step = A | {"args": ["${X}"]}
    plan = write(path, step, variables={"X": {"pattern": "[0-9]+"}})
    assert gatewright("plan", "check", plan).code == 0
    assert gatewright("plan", "check", plan, "--var", "X=1").code == 0
    said = gatewright("plan", "check", plan, "--var", "X=one", "--json")
    assert (said.code, said.json["problems"][0]["path"]) == (2, "$.variables.X")


@pytest.mark.parametrize("name", ["safe_merge"])
def test_built_in_plans_are_good(gatewright: Gatewright, name: str) -> None:
    assert gatewright("plan", "check", name).code == 0


def test_the_example_is_as_the_documentation_shows_it(gatewright: Gatewright) -> None:
    dry = gatewright("plan", "run", DOCS / "examples/hello.json", "--dry-run")
    text = (DOCS / "plans.md").read_text()
    assert (DOCS / "examples/hello.json").read_text() in text
    assert dry.out in text


def test_problems_are_as_the_documentation_shows_them(
    gatewright: Gatewright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    steps = [
        {"id": "build", "command": "make", "retires": 2},
        {"id": "test", "command": "make", "args": ["test"], "depends_on": ["biuld"]},
        {"id": "ship", "command": "make", "args": ["ship"], "depends_on": ["sign"]},
        {"id": "sign", "command": "make", "args": ["sign"], "depends_on": ["ship"]},
    ]
    lines = ",\n".join(json.dumps(one) for one in steps)
    Path("bad.json").write_text(f'{{\n"plan_id": "bad",\n"steps": [\n{lines}\n]}}')
    said = gatewright("plan", "check", "bad.json")
    assert said.err in (DOCS / "plans.md").read_text()


@pytest.mark.parametrize(
    ("flags", "begins"),
    [
        ((), "flowchart"),
        (("--format", "mermaid"), "flowchart"),
        (("--format", "dot"), "digraph"),
        (("--format", "svg"), "<svg"),
    ],
)
def test_a_plan_is_drawn(
    gatewright: Gatewright, path: Path, flags: tuple[str, ...], begins: str
) -> None:
    said = gatewright("plan", "graph", write(path, A, B), *flags)
    assert said.code == 0
    assert said.out.lstrip().startswith(begins)


def test_a_picture_is_written_as_its_name_says(gatewright: Gatewright, path: Path) -> None:
    picture = path.with_suffix(".svg")
    said = gatewright("plan", "graph", write(path, A, B), "--output", picture)
    assert (said.code, said.out) == (0, "")
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_a_run_is_drawn_with_its_states(gatewright: Gatewright, path: Path) -> None:
    run = gatewright("plan", "run", write(path, A, B), "--json").json["run_id"]
    drawn = gatewright("plan", "graph", "--run", run).out
    assert ":::succeeded" in drawn
    assert ":::failed" in drawn


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((), "plan"),
        (("plan.json", "--run", "r"), "plan"),
        (("plan.json", "--format", "png"), "--format"),
        (("plan.json", "--output", "x.png"), "--format"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    gatewright: Gatewright,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    field: str,
) -> None:
    monkeypatch.chdir(write(path, A).parent)
    said = gatewright("plan", "graph", *arguments, "--json")
    assert (said.code, said.json["field"]) == (2, field)


def test_the_schema_is_one_that_editors_know(gatewright: Gatewright) -> None:
    said = json.loads(gatewright("plan", "schema").out)
    assert said["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert said["additionalProperties"] is False
    assert {"plan_id", "steps", "globals", "variables"} <= set(said["properties"])
