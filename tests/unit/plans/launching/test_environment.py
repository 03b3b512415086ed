import pytest

from gatewright.plans.launching.environment import inherited


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "openai_api_key", "API_KEY", "GATEWRIGHT_HOME", "LANGSMITH_API_KEY"],
)
def test_ours_stays_with_us(name: str) -> None:
    assert inherited({name: "value"}) == {}


@pytest.mark.parametrize("name", ["PATH", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "KEYBOARD", "MONKEY"])
def test_the_rest_is_for_the_steps(name: str) -> None:
    assert inherited({name: "value"}) == {name: "value"}
