"""Settings: environment (`GATEWRIGHT_`), then a TOML file, then defaults; read once, never from
the repository under work."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from gatewright.domain.errors import InputError
from gatewright.domain.task import Risk, Role
from gatewright.models.catalogue import ModelSpec

Row = dict[Risk, tuple[str, ...]]
_RISKS: tuple[Risk, ...] = get_args(Risk)


def _row(models: Sequence[str]) -> Row:
    return {risk: tuple(models) for risk in _RISKS}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoutingSettings(_Section):
    """Who answers: for each role the models in the order in which they are tried, either one row
    for every risk, or a row by risk (a missing one is the default's)."""

    planner: Row = Field(default_factory=lambda: _row(("builtin/planner",)))
    plan_reviewer: Row = Field(default_factory=lambda: _row(("builtin/reviewer",)))
    implementer: Row = Field(default_factory=lambda: _row(("builtin/repair",)))
    code_reviewer: Row = Field(default_factory=lambda: _row(("builtin/reviewer",)))

    @field_validator("*", mode="before")
    @classmethod
    def _one_row_for_all(cls, value: object) -> object:
        if isinstance(value, str):
            return _row((value,))
        return _row(value) if isinstance(value, Sequence) else value

    def table(self) -> dict[Role, Row]:
        """As the router takes it."""
        return {
            "planner": self.planner,
            "plan_reviewer": self.plan_reviewer,
            "implementer": self.implementer,
            "code_reviewer": self.code_reviewer,
        }


class LimitSettings(_Section):
    """How often a loop may turn before a person is asked."""

    rejections: int = Field(default=3, ge=1, le=10)
    format_retries: int = Field(default=3, ge=0, le=10)
    repair_seconds: float = Field(default=120, gt=0)
    repair_candidates: int = Field(default=400, gt=0)


class GateSettings(_Section):
    """What the gate runs with."""

    python: Path | None = None
    """The interpreter of the repository's environment; None: its `.venv`, else Gatewright's own."""
    timeout_s: float = Field(default=600, gt=0)
    """Of one check."""


class TelemetrySettings(_Section):
    """The sidecar."""

    enabled: bool = True


class Settings(BaseSettings):
    """Everything that can be set; `docs/settings.md` lists it with examples."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWRIGHT_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("gatewright"))
    """Where tasks, checkpoints, telemetry, logs and worktrees are kept."""
    sandbox: Literal["auto", "bubblewrap", "landlock"] = "auto"
    unsafe_no_sandbox: bool = False
    """Run untrusted code unconfined; every report then says so."""
    models: dict[str, ModelSpec] = Field(default_factory=dict)
    """The catalogue; each name is `provider/model` as LiteLLM spells it."""
    routing: RoutingSettings = RoutingSettings()
    limits: LimitSettings = LimitSettings()
    gate: GateSettings = GateSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; no `.env`, which may be the repository's."""
        return (init_settings, env_settings, InitSettingsSource(settings_cls, _from_file()))

    @field_validator("models", mode="before")
    @classmethod
    def _named_by_key(cls, models: object) -> object:
        if not isinstance(models, Mapping):
            return models
        return {
            name: {**spec, "name": name} if isinstance(spec, Mapping) else spec
            for name, spec in models.items()
        }


def config_path() -> Path:
    """`GATEWRIGHT_CONFIG`, or the platform's place for it."""
    named = os.environ.get("GATEWRIGHT_CONFIG")
    return Path(named) if named else platformdirs.user_config_path("gatewright") / "gatewright.toml"


def load_settings(**flags: Any) -> Settings:
    """Settings, with those given here before all others.

    Raises: InputError naming the setting, the value and where it is documented.
    """
    try:
        settings = Settings(**flags)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"setting {field}",
            first.get("input"),
            first["msg"].lower(),
            f"Correct it in the environment or in {str(config_path())!r}; see docs/settings.md.",
        ) from None
    _check_routing(settings)
    return settings


def _check_routing(settings: Settings) -> None:
    known = set(settings.models)
    for role, row in settings.routing.table().items():
        for names in row.values():
            for name in names:
                if not name.startswith("builtin/") and name not in known:
                    raise InputError(
                        f"setting routing.{role}",
                        name,
                        "is not in the catalogue",
                        f'Add [models."{name}"] to {str(config_path())!r}; see docs/settings.md.',
                    )


def _from_file() -> dict[str, Any]:
    path = config_path()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if "GATEWRIGHT_CONFIG" in os.environ:
            raise InputError(
                "GATEWRIGHT_CONFIG", str(path), "there is no such file", "Name one that exists."
            ) from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            "settings file", str(path), f"cannot be read: {error}", "Correct or remove it."
        ) from error
