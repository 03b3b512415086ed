"""`gatewright models` and `gatewright models simulate` on a home with real rows."""

from collections.abc import Iterator

import pytest

from gatewright.domain.decision import RoutingRequest
from gatewright.domain.errors import ModelFault
from gatewright.learning.routing_setup import make_router, open_circuits
from gatewright.settings import load_settings
from gatewright.sidecars import open_sidecar
from routing.history import History
from tests.support.routed import decide_all, write
from tests.unit.cli.conftest import Gatewright

pytestmark = pytest.mark.slow

CHEAP, STRONG = "openai/gpt-5-mini", "openai/gpt-5"
SETTINGS = f"""
[models."{CHEAP}"]
[models."{STRONG}"]
[routing]
strategy = "learning"
implementer = ["{CHEAP}", "{STRONG}"]
"""


@pytest.fixture
def home(gatewright: Gatewright) -> Iterator[Gatewright]:
    """Twenty first attempts in two areas, three quarters of which passed."""
    gatewright.settings(SETTINGS)
    router = make_router(load_settings(), history=History())
    asked = [
        (
            RoutingRequest(
                role="implementer", risk="medium", area="shop" if n % 2 else "cart", seed=f"s{n}"
            ),
            n % 4 != 0,
        )
        for n in range(20)
    ]
    write(gatewright.home, decide_all(router, asked, usd=0.05))
    return gatewright


def test_success_is_told_by_role_risk_and_area(home: Gatewright) -> None:
    arms = home("models", "--json").json["arms"]
    whole = [arm for arm in arms if arm["risk"] is None]
    assert sum(arm["first"]["passed"] for arm in whole) == 15
    assert sum(arm["first"]["failed"] for arm in whole) == 5
    assert {arm["area"] for arm in arms} >= {None, "shop", "cart"}


def test_a_person_sees_a_table_a_role(home: Gatewright) -> None:
    said = home("models")
    assert said.code == 0
    assert "implementer, in the last 30 days" in said.lines


def test_of_another_role_there_is_nothing(home: Gatewright) -> None:
    assert home("models", "--role", "planner", "--json").json["arms"] == []


def test_an_empty_home_says_so(gatewright: Gatewright) -> None:
    said = gatewright("models")
    assert (said.code, said.lines) == (
        0,
        ["No attempt has come to a verdict in the last 30 days; see docs/routing.md."],
    )


def test_the_past_can_be_left_out(home: Gatewright) -> None:
    assert home("models", "--days", "0.01", "--json").json["arms"] == []
    assert home("models", "--all", "--json").json["days"] is None


def test_a_simulation_stands_beside_what_was_spent(home: Gatewright) -> None:
    found = home("models", "simulate", "--json").json
    [spent] = found["spent"]
    assert (spent["questions"], spent["passed"], spent["attempts"]) == (20, 15, 20)
    assert spent["cost_usd"] == pytest.approx(1.0)
    assert {one["policy"] for one in found["estimates"]} == {
        "always the best, one attempt",
        "as set",
        "baseline",
        "performance",
        "cost",
        "balanced",
        "learning, value 1",
        "learning, value 4",
    }


def test_every_estimate_answers_every_question(home: Gatewright) -> None:
    for one in home("models", "simulate", "--json").json["estimates"]:
        assert one["unanswered"] == 0
        assert 0 < one["passed"] <= 20
        most = 20 if one["policy"].startswith("always") else 60
        assert 20 - 1e-6 <= one["attempts"] <= most + 1e-6
        assert sum(one["models"].values()) == pytest.approx(one["attempts"])


def test_a_named_policy_alone_is_estimated(home: Gatewright) -> None:
    said = home("models", "simulate", "--strategy", "balanced", "--value", "5", "--json")
    assert [one["policy"] for one in said.json["estimates"]] == [
        "always the best, one attempt",
        "as set",
        "balanced, value 5",
    ]


def test_the_same_history_gives_the_same_estimate(home: Gatewright) -> None:
    assert home("models", "simulate", "--json").out == home("models", "simulate", "--json").out


def test_a_person_is_told_that_it_is_an_estimate(home: Gatewright) -> None:
    said = home("models", "simulate")
    assert any(line.startswith("really done 75 % $1.00 20") for line in said.lines)
    assert any(line.startswith("An estimate, not a replay") for line in said.lines)


@pytest.mark.parametrize(
    ("flag", "value"), [("--strategy", "luck"), ("--value", "0"), ("--role", "boss")]
)
def test_what_is_no_policy_is_bad_input(gatewright: Gatewright, flag: str, value: str) -> None:
    said = gatewright("models", "simulate", flag, value, "--json")
    assert (said.code, said.json["field"]) == (2, flag)


def test_options_before_the_subcommand_are_refused_not_forgotten(home: Gatewright) -> None:
    said = home("models", "--days", "3", "simulate", "--json")
    assert (said.code, said.json["error"]) == (2, "UsageError")


def test_the_last_state_of_a_circuit_is_shown(gatewright: Gatewright) -> None:
    settings = load_settings()
    sidecar = open_sidecar(settings)
    circuits = open_circuits(settings)
    for _ in range(settings.circuits.failures):
        circuits.admit(CHEAP)
        circuits.failed(ModelFault(CHEAP, "timeout", "no answer"))
    assert sidecar.flush()
    [circuit] = gatewright("models", "--json").json["circuits"]
    assert (circuit["model"], circuit["state"]) == (CHEAP, "open")
    assert any(line.startswith(f"circuit of {CHEAP} open") for line in gatewright("models").lines)
