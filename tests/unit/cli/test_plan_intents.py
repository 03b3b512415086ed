"""What a run would do with each step, and why."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gatewright.cli.plans.intents import Intent, Intents, Kept
from gatewright.cli.plans.preview_text import print_preview
from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.loading import loads
from gatewright.plans.variables.bound import bind

OK = StepResult(status="succeeded", exit_code=0, attempts=1)


def step(name: str, *depends_on: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "command": "true", "depends_on": list(depends_on), **fields}


def intents(
    *steps: dict[str, Any],
    given: Mapping[str, str] | None = None,
    earlier: Mapping[str, StepResult] | None = None,
    chosen: tuple[str, ...] | None = None,
    kept: Mapping[str, Kept] | None = None,
    **fields: Any,
) -> dict[str, Intent]:
    plan = loads(json.dumps({"plan_id": "p", "steps": list(steps), **fields}))
    bound = bind(plan, given or {})
    looked = Intents(
        bound,
        earlier=earlier or {},
        chosen=chosen,
        kept=lambda one: (kept or {}).get(one.id, "no"),
    )
    return {one.step: one for one in looked.all()}


def said(found: Mapping[str, Intent]) -> dict[str, tuple[str, str]]:
    return {name: (one.will, one.why) for name, one in found.items()}


def test_of_a_new_run_every_step_is_new() -> None:
    assert said(intents(step("b", "a"), step("a"))) == {"b": ("run", "new"), "a": ("run", "new")}


def test_what_succeeded_is_not_run_again_and_what_failed_says_how() -> None:
    earlier = {
        "a": OK,
        "b": StepResult(status="failed", exit_code=3, attempts=1),
        "c": StepResult(status="skipped"),
        "d": StepResult(status="pending", attempts=1),
        "e": StepResult(status="pending"),
    }
    found = said(intents(*map(step, "abcde"), earlier=earlier))
    assert found == {
        "a": ("done", "it succeeded before"),
        "b": ("run", "failed before (exit 3)"),
        "c": ("run", "skipped before"),
        "d": ("run", "it was cut off before"),
        "e": ("run", "new"),
    }


def test_only_what_is_asked_for_is_run() -> None:
    found = said(intents(step("a"), step("b", "a"), chosen=("b",)))
    assert found == {"a": ("out", "not asked for"), "b": ("run", "new")}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("always", ("run", "whatever happens before it")),
        ("failure", ("maybe", "only if a step before it fails")),
        ("failed('a')", ("maybe", "only if failed('a')")),
    ],
)
def test_a_condition_is_told(when: str, expected: tuple[str, str]) -> None:
    assert said(intents(step("a"), step("b", "a", when=when)))["b"] == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("succeeded('a')", ("run", "succeeded('a') holds")),
        ("failed('a')", ("skip", "failed('a') does not hold")),
    ],
)
def test_a_condition_over_what_is_known_is_decided(when: str, expected: tuple[str, str]) -> None:
    found = intents(step("a"), step("b", "a", when=when), earlier={"a": OK})
    assert said(found)["b"] == expected


def test_what_follows_is_as_uncertain_as_what_it_depends_on() -> None:
    steps = step("a"), step("b", "a", when="failed('a')"), step("c", "b")
    assert said(intents(*steps))["c"] == ("maybe", "only if b is run and succeeds")
    assert said(intents(*steps, earlier={"a": OK}))["c"] == ("skip", "b is skipped")


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("same", ("same", "its inputs and outputs are as they were after its last success")),
        ("changed", ("run", "its command, inputs or outputs changed")),
        ("new", ("run", "new")),
    ],
)
def test_inputs_decide(kept: Kept, expected: tuple[str, str]) -> None:
    assert said(intents(step("a", inputs=["*.c"]), kept={"a": kept}))["a"] == expected


def test_what_is_run_before_may_change_inputs() -> None:
    found = intents(step("a"), step("b", "a", inputs=["*.c"]), kept={"b": "same"})
    assert said(found)["b"] == ("maybe", "unchanged so far, but a is run before")


def test_a_command_has_its_values_and_no_secret() -> None:
    variables = {"WHO": {"default": "ada"}, "KEY": {"secret": True}}
    args = ["${WHO}", "${KEY}", "${steps.a.stdout}", "${steps.a.captures.N}"]
    found = intents(
        step("a", captures={"N": "x"}),
        step("b", "a", args=args, env={"TOKEN": "${KEY}"}),
        variables=variables,
        given={"KEY": "hunter2-hunter2"},
    )["b"]
    unknown = ("${steps.a.stdout}", "${steps.a.captures.N}")
    assert found.argv == ("true", "ada", "***", *unknown)
    assert found.env["TOKEN"] == "***"


def test_a_preview_is_printed_with_commands_that_can_be_copied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = intents(step("a", args=["x y", "if [red]\nfi\n"]), step("b", "a", when="failure"))
    print_preview(list(found.values()), plan_id="p")
    assert capsys.readouterr().out.splitlines() == [
        "run        a  new",
        "           true 'x y' '...'",
        "             if [red]",
        "             fi",
        "perhaps    b  only if a step before it fails",
        "           true",
        "p: 2 steps: 1 run, 1 perhaps. Nothing was run.",
    ]
