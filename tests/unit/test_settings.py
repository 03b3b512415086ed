"""Settings: flags, environment, file, defaults; one clear error each."""

import os
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import InputError
from gatewright.settings import Settings, config_path, load_settings
from tests.conftest import SHARED

MODEL = "openai/gpt-5-mini"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file, named by the environment."""
    file = tmp_path / "gatewright.toml"
    monkeypatch.setenv("GATEWRIGHT_CONFIG", str(file))
    file.write_text("")
    return file


def refused(**flags: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        load_settings(**flags)
    return caught.value


@pytest.fixture(autouse=True)
def _nothing_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SHARED:
        monkeypatch.delenv(name)


def test_with_nothing_set_the_built_in_agents_answer() -> None:
    table = load_settings().rows()
    assert {role: row["medium"] for role, row in table.items()} == {
        "planner": ("builtin/planner",),
        "plan_reviewer": ("builtin/reviewer",),
        "implementer": ("builtin/repair",),
        "code_reviewer": ("builtin/reviewer",),
    }


def test_every_section_has_its_defaults() -> None:
    settings = load_settings()
    assert (settings.sandbox, settings.unsafe_no_sandbox) == ("auto", False)
    assert settings.limits.model_dump() == {
        "rejections": 3,
        "format_retries": 3,
        "same": 2,
        "parallel": 2,
        "repair_seconds": 120,
        "repair_candidates": 20_000,
    }
    assert settings.review.model_dump() == {
        "plans": ("high",),
        "timeout_hours": None,
        "on_timeout": "wait",
    }
    assert (settings.gate.python, settings.gate.timeout_s) == (None, 600)
    assert settings.telemetry.model_dump() == {
        "enabled": True,
        "interval_seconds": 5.0,
        "include_gpu": True,
        "thresholds": {
            "cpu_percent": 95,
            "memory_percent": 90,
            "disk_percent": 95,
            "gpu_percent": None,
        },
        "capture_content": False,
        "retention_days": 90,
        "otlp_endpoint": None,
    }


@pytest.mark.parametrize("seconds", [0.1, 1, 60])
def test_the_sampling_interval_has_bounds(seconds: float) -> None:
    settings = load_settings(telemetry={"interval_seconds": seconds})
    assert settings.telemetry.interval_seconds == seconds


@pytest.mark.parametrize("seconds", [0, 0.099, 60.1, -1, "often", float("nan")])
def test_an_interval_out_of_bounds_is_refused(seconds: object) -> None:
    fault = refused(telemetry={"interval_seconds": seconds})
    assert fault.field == "setting telemetry.interval_seconds"


@pytest.mark.parametrize("limit", [0, 101])
def test_a_threshold_is_a_percentage(limit: float) -> None:
    fault = refused(telemetry={"thresholds": {"cpu_percent": limit}})
    assert fault.field == "setting telemetry.thresholds.cpu_percent"


def test_flag_before_environment_before_file_before_default(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[limits]\nrejections = 4\nformat_retries = 4\nrepair_candidates = 4\n")
    monkeypatch.setenv("GATEWRIGHT_LIMITS__FORMAT_RETRIES", "5")
    monkeypatch.setenv("GATEWRIGHT_LIMITS__REPAIR_CANDIDATES", "5")
    limits = load_settings(limits={"repair_candidates": 6}).limits
    assert limits.model_dump() == {
        "rejections": 4,
        "format_retries": 5,
        "repair_candidates": 6,
        "repair_seconds": 120,
        "same": 2,
        "parallel": 2,
    }


def test_a_dot_env_of_the_repository_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("GATEWRIGHT_UNSAFE_NO_SANDBOX=true\nUNSAFE_NO_SANDBOX=true\n")
    (tmp_path / "gatewright.toml").write_text("unsafe_no_sandbox = true\n")
    monkeypatch.chdir(tmp_path)
    assert not load_settings().unsafe_no_sandbox


def test_a_variable_without_our_prefix_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSAFE_NO_SANDBOX", "true")
    monkeypatch.setenv("SANDBOX", "landlock")
    settings = load_settings()
    assert (settings.unsafe_no_sandbox, settings.sandbox) == (False, "auto")


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_HOME", "")
    monkeypatch.setenv("GATEWRIGHT_CONFIG", "")
    assert load_settings().home == Path(os.environ["HOME"], ".local/share/gatewright")


def test_the_home_is_one_folder_wherever_a_command_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    assert [load_settings(home=h).home for h in ("here", "~/there", Path("/abs"))] == [
        tmp_path / "here",
        Path("/home/ada/there"),
        Path("/abs"),
    ]


def test_the_platforms_place_for_the_file() -> None:
    assert config_path() == Path(os.environ["HOME"], ".config/gatewright/gatewright.toml")


def test_a_model_of_the_catalogue_knows_its_name(config: Path) -> None:
    config.write_text(f'[models."{MODEL}"]\ntimeout_s = 9\n[routing]\nplanner = "{MODEL}"\n')
    settings = load_settings()
    assert settings.models[MODEL].name == MODEL
    assert settings.routing.planner == dict.fromkeys(("low", "medium", "high"), (MODEL,))


def test_where_no_row_is_set_everybody_may_answer() -> None:
    settings = load_settings(models={MODEL: {}}, routing={"implementer": {"high": [MODEL]}})
    assert settings.rows()["implementer"] == {
        "low": ("builtin/repair", MODEL),
        "medium": ("builtin/repair", MODEL),
        "high": (MODEL,),
    }
    assert settings.rows()["planner"]["high"] == ("builtin/planner", MODEL)
    assert settings.answering() == {MODEL}


def test_a_list_is_a_row_for_every_risk() -> None:
    row = ["builtin/repair", MODEL]
    settings = load_settings(models={MODEL: {}}, routing={"implementer": row})
    assert settings.routing.implementer["low"] == ("builtin/repair", MODEL)


@pytest.mark.parametrize(
    ("flags", "field", "said"),
    [
        ({"sandbox": "docker"}, "setting sandbox", "docker"),
        ({"limits": {"rejections": 0}}, "setting limits.rejections", "0"),
        ({"limits": {"rejectons": 3}}, "setting limits.rejectons", "extra inputs"),
        ({"nonsense": 1}, "setting nonsense", "extra inputs"),
        ({"home": "~no-such-user-here"}, "setting home", "home directory"),
        ({"routing": {"planner": []}}, "setting routing.planner.low", "at least 1"),
        ({"routing": {"planner": {"none": ["x"]}}}, "setting routing.planner.none", "low"),
        ({"routing": {"planner": 7}}, "setting routing.planner.low", "7"),
        ({"routing": {"planner": MODEL}}, "setting routing.planner", "not in the catalogue"),
        ({"routing": {"planner": "builtin/repair"}}, "setting routing.planner", "builtin/planner"),
        ({"routing": {"implementer": "builtin/x"}}, "setting routing.implementer", "builtin/x"),
        ({"gate": {"python": "/nowhere/python"}}, "setting gate.python", "is no program"),
        ({"models": {"gpt": {}}}, "setting models.gpt.name", "provider/model"),
        ({"models": []}, "setting models", "dictionary"),
    ],
)
def test_an_error_names_the_setting(flags: dict[str, Any], field: str, said: str) -> None:
    error = refused(**flags)
    assert error.field.startswith(field)
    assert said in str(error)


@pytest.mark.parametrize("wrong", ["api_key_env", "api_key", "timeout_s"])
def test_a_key_in_the_wrong_place_is_not_printed(wrong: str) -> None:
    error = refused(models={MODEL: {wrong: "sk-very-secret"}})
    assert wrong in error.field
    assert "sk-very-secret" not in f"{error!s} {vars(error)}"


def test_a_variable_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWRIGHT_MODELS", "{not json")
    assert '"models"' in str(refused())


@pytest.mark.parametrize("text", ["[limits", "\udcff", "a = 1\na = 2"])
def test_a_file_that_cannot_be_read_is_named(config: Path, text: str) -> None:
    config.write_text(text, errors="surrogateescape")
    error = refused()
    assert (error.field, error.value) == ("settings file", str(config))


def test_a_named_file_must_be_there(config: Path) -> None:
    config.unlink()
    assert "no such file" in str(refused())


def test_a_bad_value_in_the_file_is_named_with_the_file(config: Path) -> None:
    config.write_text('sandbox = "docker"\n')
    error = refused()
    assert error.field == "setting sandbox"
    assert str(config) in error.fix


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().sandbox = "landlock"  # type: ignore[misc]


def test_every_setting_is_documented() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "settings.md").read_text()
    sections = {"limits", "gate", "telemetry"}
    names = [name for name in Settings.model_fields if name not in sections]
    for section in sections:
        model = Settings.model_fields[section].annotation
        assert model is not None
        names += [f"{section}.{name}" for name in model.model_fields]
    assert [name for name in names if f"`{name}" not in text] == []


@pytest.mark.parametrize("line", ['openai_key = "sk-1"', '[routing]\nkey = "sk-1"'])
def test_a_key_under_a_name_that_we_do_not_know_is_not_shown(config: Path, line: str) -> None:
    config.write_text(line)
    assert "sk-1" not in str(refused()) + repr(vars(refused()))
