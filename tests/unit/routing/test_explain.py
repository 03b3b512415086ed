"""The sentence of a decision, from the numbers that it was made with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.decision import Considered, RoutingRequest
from routing.explain import dollars, sentence


def arm(model: str, *, passed: float = 0, failed: float = 0, **fields: Any) -> Considered:
    given_: dict[str, Any] = {"stage": 0, "usd": 0.04, "chance": 0.99}
    given_ |= {"alpha": passed + 1, "beta": failed + 1} | fields
    return Considered(model=model, passed=passed, failed=failed, **given_)


MINI = arm("openai/gpt-5-mini", passed=31, failed=19)
GEMINI = arm("gemini/gemini-3-pro", passed=3, failed=5, alpha=4.1, beta=5.9, stage=1, usd=0.46)
BEST = GEMINI.model_copy(update={"stage": 0})


def say(plan: list[Considered], **fields: Any) -> str:
    request = {"role": "implementer", "risk": "medium", "area": "django"} | fields.pop("ask", {})
    return sentence(plan, request=RoutingRequest(**request), **fields)


def test_a_plan_of_two() -> None:
    assert say([MINI, GEMINI], best=BEST, expected_usd=0.28) == (
        "openai/gpt-5-mini first: 31 of 50 passed on medium django (62%, 48-74), $0.04; "
        "break-even needs 9%; on failure gemini/gemini-3-pro (41% after one failure); "
        "expected $0.28 against $0.46 for the best at once."
    )


def test_a_plan_of_three_that_tries_again() -> None:
    again = arm("openai/gpt-5-mini", passed=2, failed=3, stage=1, again=True)
    last = GEMINI.model_copy(update={"stage": 2})
    assert say([MINI, again, last], best=BEST, expected_usd=0.2).split("; ")[2:] == [
        "on failure openai/gpt-5-mini again (43% after one failure)",
        "then gemini/gemini-3-pro (41% after two failures)",
        "expected $0.20 against $0.46 for the best at once.",
    ]


@pytest.mark.parametrize(
    ("level", "area", "words"),
    [
        ("area", "django", "on medium django"),
        ("area", "", "at medium risk"),
        ("risk", "django", "at medium risk"),
        ("role", "django", "as implementer"),
        ("all", "django", "in all roles"),
    ],
)
def test_where_the_attempts_were_counted(level: str, area: str, words: str) -> None:
    said = say([arm("x/y", passed=3, failed=1, level=level)], ask={"area": area})
    assert f"3 of 4 passed {words} (" in said


def test_what_is_built_in_and_alone_needs_no_figures() -> None:
    said = say([arm("builtin/planner", usd=0.0)], alone=True, expected_usd=0.0)
    assert said == "builtin/planner, the only one that may answer."


def test_without_any_history() -> None:
    assert say([arm("x/new")], ask={"area": ""}) == (
        "x/new first: no attempts yet, taken as 50%, $0.04."
    )


def test_a_prior_is_what_it_is_taken_as() -> None:
    assert "no attempts yet, taken as 76%" in say([arm("x/new", alpha=7.6, beta=2.4)])


def test_what_was_drawn_is_not_told_as_known() -> None:
    assert "99%" not in say([MINI, GEMINI], best=BEST, expected_usd=0.28)


def test_where_nothing_passes_more_often_there_is_no_break_even() -> None:
    second = MINI.model_copy(update={"stage": 1})
    assert say([BEST, second], best=BEST, expected_usd=0.5).endswith(
        "; on failure openai/gpt-5-mini (62% after one failure); "
        "expected $0.50, and nobody passes more often."
    )


@pytest.mark.parametrize(
    ("first", "best"), [(None, 0.46), (0.04, None), (0.04, 0.0), (0.5, 0.46), (0.04, "none")]
)
def test_a_break_even_needs_two_prices_and_the_dearer_one_second(first: Any, best: Any) -> None:
    other = None if best == "none" else BEST.model_copy(update={"usd": best})
    words = say([MINI.model_copy(update={"usd": first})], best=other)
    assert "break-even" not in words


def test_a_cost_that_is_not_known() -> None:
    words = say([MINI.model_copy(update={"usd": None})], best=BEST)
    assert words.endswith("(62%, 48-74), cost not known.")


def test_the_only_candidate() -> None:
    words = say([MINI], alone=True, best=MINI, expected_usd=0.04, refused={"x/y": "deny list"})
    assert words == (
        "openai/gpt-5-mini, the only one that may answer: 31 of 50 passed on medium django "
        "(62%, 48-74), $0.04; not asked: x/y (deny list)."
    )


def test_a_fallback_names_who_did_not_answer() -> None:
    words = say([MINI], ask={"faulted": ("x/a", "x/b")}, refused={})
    assert words.startswith("x/a and x/b did not answer, so openai/gpt-5-mini first: ")


def test_an_escalation() -> None:
    words = say([GEMINI], ask={"stage": 1, "tried": ("openai/gpt-5-mini",)}, escalates=True)
    assert words.startswith(
        "gemini/gemini-3-pro after one failure, a stronger model than the one before: 3 of 8 "
    )


def test_the_best_that_has_failed_is_nothing_to_compare_with() -> None:
    ask = {"stage": 1, "tried": (BEST.model,)}
    second = MINI.model_copy(update={"stage": 1})
    assert say([second], ask=ask, best=BEST, expected_usd=0.04).endswith("; expected $0.04.")


def test_the_same_model_again() -> None:
    again = arm("x/y", passed=2, failed=3, stage=1, again=True)
    words = say([again], ask={"stage": 1, "tried": ("x/y",)})
    assert words.startswith("x/y again after one failure, with the findings: 2 of 5 ")


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("baseline", "x/y first, the next in its row: "),
        ("performance", "x/y first, the likeliest to pass: "),
        ("cost", "x/y first, the cheapest that is worth trying: "),
        ("balanced", "x/y first: "),
        ("learning", "x/y first: "),
    ],
)
def test_strategies(strategy: str, words: str) -> None:
    assert say([arm("x/y")], strategy=strategy).startswith(words)


def test_of_many_that_were_refused_some_are_named() -> None:
    refused = {f"x/{n}": "deny list" for n in range(5)}
    assert say([MINI], refused=refused).endswith(
        "; not asked: x/0 (deny list), x/1 (deny list), x/2 (deny list), 2 more."
    )


def test_forgotten_outcomes_are_fractions() -> None:
    assert "10.5 of 20 passed" in say([arm("x/y", passed=10.5, failed=9.5)])


def test_an_area_is_one_short_line_whatever_the_task_calls_it() -> None:
    words = say([MINI], ask={"area": "a\n\x1b[31mb " + "c" * 5000})
    assert "\n" not in words and "\x1b" not in words and len(words) < 200


def test_a_plan_has_attempts() -> None:
    with pytest.raises(ValueError, match="without attempts"):
        say([])


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (0, "$0"),
        (1e-12, "$0"),
        (0.0031, "$0.0031"),
        (0.00314, "$0.0031"),
        (0.04, "$0.04"),
        (0.0999, "$0.10"),
        (0.28, "$0.28"),
        (1.2, "$1.20"),
        (1234.5, "$1234.50"),
    ],
)
def test_dollars(usd: float, words: str) -> None:
    assert dollars(usd) == words


@given(st.floats(1e-9, 1e6))
def test_dollars_tell_the_size(usd: float) -> None:
    assert float(dollars(usd)[1:]) == pytest.approx(usd, rel=0.051)
