"""Records that say more than their fields."""

import pytest
from pydantic import ValidationError

from gatewright.domain.edit import ChangeSet, DeleteFile, RenameFile, ReplaceBlocks, WriteFile
from gatewright.domain.events import Event, describe, spend
from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.domain.plan import Plan, Step

AT = "2026-01-01T00:00:00.000+00:00"


def event(**fields: object) -> Event:
    return Event.model_validate({"kind": "node_started", "task_id": "t", "at": AT, **fields})


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (event(node="planner"), "planner: started"),
        (event(kind="node_ended", node="planner"), "planner: ended"),
        (event(node="planner", message="anew"), "planner: anew"),
        (event(kind="run_ended"), "run_ended"),
        (event(kind="state_changed", state="planning", node="planner"), "planning"),
        (
            event(
                kind="model_called",
                node="implementer",
                step=1,
                steps=3,
                attempt=2,
                model="openai/gpt-5-mini",
                message="two\n  lines",
            ),
            "implementer, step 1 of 3, attempt 2, openai/gpt-5-mini: two lines",
        ),
        (event(kind="edit_applied", node="implementer", step=1), "implementer, step 1"),
        (
            event(
                kind="model_called", node="planner", duration_s=1.26, cost_usd=0.5, input_tokens=9
            ),
            "planner: answered in 1.3 s ($0.5000, 9 tokens so far)",
        ),
    ],
)
def test_an_event_in_one_line(said: Event, line: str) -> None:
    assert describe(said) == line


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"cost_usd": 0.0, "input_tokens": 0}, ""),
        ({"input_tokens": 2, "output_tokens": 3}, "cost not known, 5 tokens so far"),
        ({"input_tokens": 2, "cost_usd": 0.00004}, "$0.0000, 2 tokens so far"),
    ],
)
def test_the_spend_in_words(fields: dict[str, object], words: str) -> None:
    assert spend(event(**fields)) == words


def test_an_event_survives_its_json() -> None:
    said = event(node="planner", cost_usd=0.1, step=1)
    assert Event.model_validate(said.model_dump(mode="json", exclude_none=True)) == said


def test_a_report_gathers_what_blocks() -> None:
    blocking = Finding(check="ruff", message="unused", rule="F401")
    note = Finding(check="ruff", message="long", severity="note")
    report = GateReport(
        passed=False,
        commit="c",
        sandbox="bubblewrap",
        environment="own",
        checks=(
            CheckResult(
                check="ruff", status="failed", summary="1", duration_s=0, findings=(note, blocking)
            ),
            CheckResult(check="mypy", status="passed", summary="0", duration_s=0),
        ),
    )
    assert report.findings == (blocking,)


def test_a_change_set_is_read_by_its_operations() -> None:
    edits = (
        WriteFile(path="a", content="x"),
        ReplaceBlocks(path="b", blocks=()),
        DeleteFile(path="c"),
        RenameFile(path="d", to="e"),
    )
    changes = ChangeSet(edits=edits)
    assert ChangeSet.model_validate_json(changes.model_dump_json()).edits == edits


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValidationError, match="op"):
        ChangeSet.model_validate({"edits": [{"op": "chmod", "path": "a"}]})


def test_records_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Finding(check="c", message="m").message = "n"


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": []},
        {"steps": [{"title": " ", "what": "w"}]},
        {"steps": [{"title": "t", "what": ""}]},
        {"steps": [{"title": "a\0b", "what": "w"}]},
        {"steps": [{"title": "t", "what": "a\0b"}]},
        {"steps": [{"title": "t", "what": "w", "files": ["a\0b"]}]},
        {"steps": [{"title": "t", "what": "w"}] * 21},
        {"why": ""},
    ],
)
def test_a_plan_that_cannot_be_done_is_refused(fields: dict[str, object]) -> None:
    good = {"why": "w", "steps": [{"title": "t", "what": "w"}]}
    with pytest.raises(ValidationError):
        Plan.model_validate({**good, **fields})


def test_a_plan_is_stripped() -> None:
    plan = Plan(why=" w ", steps=(Step(title=" t\n", what="w"),))
    assert (plan.why, plan.steps[0].title) == ("w", "t")
