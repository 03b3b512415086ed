"""Settings: environment (`GATEWRIGHT_`), then a TOML file, then defaults; read once, never from
the repository under work."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from gatewright.deliver_settings import DeliverSettings
from gatewright.domain.errors import InputError
from gatewright.domain.task import Risk, Role
from gatewright.models.catalogue import ModelSpec
from gatewright.routing_settings import (
    BUILTIN,
    BudgetSettings,
    CircuitSettings,
    RetrySettings,
    RoutingSettings,
    Row,
    Section,
    full,
)


def _program(path: Path) -> Path:
    program = full(path)
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise ValueError("is no program")
    return program


class LimitSettings(Section):
    """How often a loop may turn before a person is asked."""

    rejections: int = Field(default=3, ge=1, le=10)
    format_retries: int = Field(default=3, ge=0, le=10)
    same: int = Field(default=2, ge=0, le=10)
    """Attempts in a row that end alike, after which a person is asked at once; 0: nobody looks."""
    parallel: int = Field(default=2, ge=1, le=8)
    """Steps of a plan made at one time, where the plan says that they do not need each other."""
    repair_seconds: float = Field(default=120, gt=0)
    repair_candidates: int = Field(default=20_000, gt=0)


class GateSettings(Section):
    """What the gate runs with."""

    python: Annotated[Path, AfterValidator(_program)] | None = None
    """The interpreter of the repository's environment; None: it is looked for."""
    install: bool = False
    """Make an environment from what the repository declares, where it has none; wheels only."""
    environments: Annotated[Path, AfterValidator(full)] | None = None
    """Where environments that Gatewright makes are kept; None: `environments` in its home."""
    timeout_s: float = Field(default=600, gt=0)
    """Of one check."""


class ReviewSettings(Section):
    """Questions to people."""

    plans: tuple[Risk, ...] = ("high",)
    """Risks at which a person approves the plan before anything is made."""
    timeout_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """After so long without an answer, `on_timeout` is done; None: whoever is asked has time."""
    on_timeout: Literal["wait", "reject"] = "wait"


Days = Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False)]


class RetentionSettings(Section):
    """For how many days after a task is over `gatewright gc` leaves what it left behind."""

    worktree_days: Days = 7
    refs_days: Days = 30
    """The private commits of work that a branch or tag holds; see `unmerged_days`."""
    unmerged_days: Days | None = None
    """Those of work that none holds; None: they stay."""
    history_days: Days = 90
    """Checkpoints before the last, and the models' answers."""
    log_days: Days = 365
    plan_days: Days = 90
    """Runs of plans, from their end: their output, their events, and what is known of them."""
    baseline_days: Days = 30
    """What checks found on a base, from when it was found."""
    purse_days: Days = 90
    """What each call cost; afterwards, what each month's did."""


Percent = Annotated[float, Field(gt=0, le=100)]


class ThresholdSettings(Section):
    """Samples beyond these are counted as violations; None: nothing is too much."""

    cpu_percent: Percent | None = 95
    memory_percent: Percent | None = 90
    disk_percent: Percent | None = 95
    gpu_percent: Percent | None = None


class TelemetrySettings(Section):
    """The sidecar."""

    enabled: bool = True
    interval_seconds: float = Field(default=5.0, ge=0.1, le=60)
    """Between two samples of the machine while a run is under way."""
    include_gpu: bool = True
    thresholds: ThresholdSettings = ThresholdSettings()
    capture_content: bool = False
    """Keep prompts and answers, redacted; otherwise only their sizes and salted hashes."""
    retention_days: int = Field(default=90, ge=1)
    """Files older than this are removed."""
    otlp_endpoint: str | None = None
    """Base URL of an OpenTelemetry collector (`http://localhost:4318`); needs the extra `otlp`."""


class Settings(BaseSettings):
    """Everything that can be set; `docs/settings.md` lists it with examples."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWRIGHT_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    home: Annotated[Path, AfterValidator(full)] = Field(
        default_factory=lambda: platformdirs.user_data_path("gatewright")
    )
    """Where tasks, checkpoints, telemetry, logs and worktrees are kept."""
    sandbox: Literal["auto", "bubblewrap", "landlock"] = "auto"
    unsafe_no_sandbox: bool = False
    """Run untrusted code unconfined; every report then says so."""
    models: dict[str, ModelSpec] = Field(default_factory=dict)
    """The catalogue; each name is `provider/model` as LiteLLM spells it."""
    routing: RoutingSettings = RoutingSettings()
    retries: RetrySettings = RetrySettings()
    circuits: CircuitSettings = CircuitSettings()
    budget: BudgetSettings = BudgetSettings()
    limits: LimitSettings = LimitSettings()
    gate: GateSettings = GateSettings()
    review: ReviewSettings = ReviewSettings()
    deliver: DeliverSettings = DeliverSettings()
    retention: RetentionSettings = RetentionSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    def rows(self) -> dict[Role, Row]:
        """Who may answer, by role and risk."""
        return self.routing.rows(list(self.models))

    def answering(self) -> set[str]:
        """Every model of the catalogue that may answer."""
        rows = [row for role in self.rows().values() for row in role.values()]
        return {name for row in rows for name in row if not name.startswith("builtin/")}

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
    if named:
        return Path(named).expanduser()
    return platformdirs.user_config_path("gatewright") / "gatewright.toml"


def load_settings(**flags: Any) -> Settings:
    """Settings, with those given here before all others.

    Raises: InputError naming the setting, the value and where it is documented.
    """
    try:
        settings = Settings(**flags)
    except ValidationError as error:
        raise _first_error(error) from None
    except SettingsError as error:
        raise InputError("environment", None, str(error), _fix()) from None
    _check_routing(settings)
    return settings


def _first_error(error: ValidationError) -> InputError:
    first = error.errors(include_url=False)[0]
    place = first["loc"]
    # In the catalogue, or under a name that we do not know, a value may be a key in the wrong
    # place; it is never shown.
    hidden = place[:1] == ("models",) or first["type"] == "extra_forbidden"
    value = "..." if hidden else first.get("input")
    field = ".".join(str(part) for part in place)
    return InputError(f"setting {field}", value, first["msg"].lower(), _fix())


def _fix() -> str:
    return f"Correct it in the environment or in {str(config_path())!r}; see docs/settings.md."


def _check_routing(settings: Settings) -> None:
    for role, row in settings.routing.given().items():
        for name in (name for names in row.values() for name in names):
            if name == BUILTIN[role] or name in settings.models:
                continue
            if name.startswith("builtin/"):
                raise InputError(
                    f"setting routing.{role}",
                    name,
                    "is no built-in agent of this role",
                    f"Name {BUILTIN[role]!r}, or a model of the catalogue.",
                )
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
        if os.environ.get("GATEWRIGHT_CONFIG"):
            raise InputError(
                "GATEWRIGHT_CONFIG", str(path), "there is no such file", "Name one that exists."
            ) from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            "settings file", str(path), f"cannot be read: {error}", "Correct or remove it."
        ) from error
