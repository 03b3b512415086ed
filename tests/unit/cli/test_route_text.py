"""What `gatewright route` prints of a decision."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gatewright.cli.route_text import counted, money, print_decision, print_dry_run
from gatewright.domain.decision import Considered, Decision, RoutingRequest
from gatewright.learning.dry_run import DryRun, Question

MINI, PRO = "openai/gpt-5-mini", "gemini/gemini-3-pro"


def arm(model: str = MINI, **fields: Any) -> Considered:
    given = {"stage": 0, "passed": 31, "failed": 19, "alpha": 32, "beta": 20, "chance": 0.58}
    return Considered.model_validate({"model": model, **given, "usd": 0.04, **fields})


def decision(**fields: Any) -> Decision:
    given: dict[str, Any] = {
        "model": MINI,
        "candidates": (MINI, PRO),
        "reason": "It pays.",
        "policy_version": "plan-1",
        "strategy": "learning",
        "plan": (MINI, PRO),
        "considered": (arm(), arm(PRO, usd=0.46, passed=0, failed=0, alpha=1, beta=1)),
    }
    return Decision(**{**given, **fields})


def request(**fields: Any) -> RoutingRequest:
    return RoutingRequest(**{"role": "implementer", "risk": "medium", **fields})


def printed(shown: Decision, asked: RoutingRequest | None = None) -> str:
    out = StringIO()
    console = Console(file=out, width=200, highlight=False, color_system=None)
    print_decision(asked or request(), shown, console)
    return out.getvalue()


def line(text: str, start: str) -> str:
    [found] = [one for one in text.splitlines() if one.strip().startswith(start)]
    return " ".join(found.split())


def test_an_arm_is_shown_with_its_counts_and_interval() -> None:
    assert line(printed(decision()), f"{MINI} ") == f"{MINI} 1 31 of 50 62 % (48-74) 58 % $0.0400 -"


def test_who_was_never_tried_has_no_counts() -> None:
    assert "none yet" in line(printed(decision()), f"{PRO} ")


def test_everyone_refused_is_named_with_the_reason() -> None:
    said = printed(decision(refused={"local/small": "too small a window: 8,192 < 30,000 tokens"}))
    assert line(said, "refused") == (
        "refused local/small: too small a window: 8,192 < 30,000 tokens"
    )


def test_the_same_model_twice_in_a_plan_is_one_that_tries_again() -> None:
    said = printed(decision(plan=(MINI, MINI, PRO)))
    assert line(said, "asked:").endswith(f"plan: {MINI}, then {MINI} again, then {PRO}")


def test_of_later_stages_only_the_planned_arms_are_shown() -> None:
    later = [arm(PRO, stage=1), arm(MINI, stage=1, again=True), arm("x/other", stage=1)]
    said = printed(decision(considered=(arm(), *later)))
    assert line(said, PRO).startswith(f"{PRO} 2 ")
    assert "again" not in said
    assert "x/other" not in said


def test_expectations_stand_beside_the_best_at_once() -> None:
    said = printed(
        decision(expected_usd=0.28, chance=0.931, best_model=PRO, best_usd=1.5, value_usd=3.0)
    )
    assert (
        f"93 % to be accepted; the best at once: {PRO}, $1.50; a solved task is worth $3.00"
    ) in said


def test_text_of_others_is_not_obeyed() -> None:
    said = printed(decision(refused={"[red]x[/]": "no\x1b[2J"}, reason="[bold]loud[/]"))
    assert "[red]x[/]" in said
    assert "[bold]loud[/]" in said
    assert "\x1b" not in said


def test_a_fallback_is_named() -> None:
    assert f"in place of {PRO}, which did not answer" in printed(decision(fallback_of=PRO))


@pytest.mark.parametrize(
    ("usd", "said"), [(None, "not known"), (0.0, "$0.00"), (0.0004, "$0.0004"), (12.345, "$12.35")]
)
def test_money_is_said_as_people_say_it(usd: float | None, said: str) -> None:
    assert money(usd) == said


@pytest.mark.parametrize(
    ("passed", "of", "said"),
    [(31, 50, "31 of 50"), (3.26, 10, "3.3 of 10"), (0, 0, "none yet"), (0.01, 0.04, "none yet")],
)
def test_forgotten_counts_have_a_decimal(passed: float, of: float, said: str) -> None:
    assert counted(passed, of) == said


def test_a_dry_run_says_how_sure_a_drawn_choice_is() -> None:
    out = StringIO()
    console = Console(file=out, width=200, highlight=False, color_system=None)
    asked = Question(request=request(), decision=decision(), draws={MINI: 83, PRO: 17})
    failed = Question(request=request(role="planner"), fault="No model may answer")
    found = DryRun(
        task_id="t", goal="Fix it\nnow", risk="medium", area="", questions=(asked, failed)
    )
    print_dry_run(found, console)
    said = out.getvalue()
    assert "t  Fix it (medium risk)" in said
    assert f"of 100 other draws: {MINI} 83, {PRO} 17" in said
    assert "No model may answer" in said
