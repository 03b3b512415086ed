import pytest
from pydantic import ValidationError

from gatewright.domain.errors import InputError, ModelFault
from gatewright.models.catalogue import NO_KEY, ModelSpec, api_key
from gatewright.models.client import Catalogue

SECRETS = {"OPENAI_API_KEY": "sk-usual", "TEAM_KEY": "sk-team", "EMPTY": ""}.get


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"name": "openai/gpt-5-mini"}, "sk-usual"),
        ({"name": "openai/gpt-5-mini", "api_key_env": "TEAM_KEY"}, "sk-team"),
        ({"name": "openai/x", "api_base": "http://h/v1", "api_key_env": "TEAM_KEY"}, "sk-team"),
        ({"name": "openai/x", "api_base": "http://h/v1"}, NO_KEY),
        ({"name": "bedrock/x"}, None),
    ],
)
def test_key_that_is_sent(fields: dict[str, str], key: str | None) -> None:
    assert api_key(ModelSpec(**fields), SECRETS) == key


@pytest.mark.parametrize("name", ["MISSING", "EMPTY"])
def test_missing_key_names_its_variable(name: str) -> None:
    with pytest.raises(ModelFault, match=f"set the environment variable '{name}'") as caught:
        api_key(ModelSpec(name="openai/x", api_key_env=name), SECRETS)
    assert (caught.value.kind, caught.value.retryable) == ("not_configured", False)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "gpt-5"},
        {"name": "openai/"},
        {"name": " openai/x"},
        {"name": "openai/x", "api_base": "localhost:8000"},
        {"name": "openai/x", "api_base": "http://user:sk-secret@host/v1"},
        {"name": "openai/x", "api_base": "https://host/v1?key=sk-secret"},
        {"name": "openai/x", "api_key_env": "sk-secret"},
        {"name": "openai/x", "input_cost_per_token": 0.1},
        {"name": "openai/x", "input_cost_per_token": -1.0, "output_cost_per_token": 0.0},
        {"name": "openai/x", "timeout_s": 0},
        {"name": "openai/x", "timout_s": 5},
    ],
)
def test_refused_settings_do_not_show_their_values(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        ModelSpec.model_validate(fields)
    assert "sk-secret" not in str(caught.value)


def test_unknown_model_names_the_known_ones() -> None:
    catalogue = Catalogue([ModelSpec(name="openai/a"), ModelSpec(name="openai/b")])
    with pytest.raises(ModelFault, match="holds openai/a, openai/b") as caught:
        catalogue.get("openai/c")
    assert caught.value.kind == "not_configured"


def test_a_model_is_the_same_object_each_time() -> None:
    catalogue = Catalogue([ModelSpec(name="openai/a")])
    assert catalogue.get("openai/a") is catalogue.get("openai/a")


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(InputError, match="named twice"):
        Catalogue([ModelSpec(name="openai/a"), ModelSpec(name="openai/a", stream=True)])
