"""`gatewright judge`: what cannot be judged; tests/acceptance/test_routing_cli.py has what can."""

import pytest

from tests.unit.cli.conftest import Gatewright

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("words", [(), ("--good", "--bad"), ("--bad", "--reverted")])
def test_one_word_is_needed(gatewright: Gatewright, words: tuple[str, ...]) -> None:
    said = gatewright("judge", "t", *words, "--json")
    assert (said.code, said.json["field"]) == (2, "verdict")


def test_an_unknown_task_is_bad_input(gatewright: Gatewright) -> None:
    said = gatewright("judge", "nobody", "--bad", "--json")
    assert (said.code, said.json["field"], said.json["value"]) == (2, "task", "nobody")


def test_without_telemetry_nothing_can_be_kept(
    gatewright: Gatewright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWRIGHT_TELEMETRY__ENABLED", "false")
    said = gatewright("judge", "t", "--bad", "--json")
    assert (said.code, said.json["field"]) == (2, "setting telemetry.enabled")
