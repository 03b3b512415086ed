"""The ports and limits of a run; never persisted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gatewright.domain.catalogue import Card
from gatewright.domain.edit import EditFormat
from gatewright.domain.ports import (
    Gate,
    Journal,
    Models,
    Purse,
    Router,
    Runner,
    Telemetry,
    Toolchain,
    Workspace,
)
from gatewright.domain.task import Risk, Site


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How often a loop may turn before a person is asked."""

    rejections: int = 3
    """Of a plan, of a step's change, and failures of the gate: each counted apart."""
    format_retries: int = 3
    """Answers in a row that hold no edit that applies."""
    approve_plans: frozenset[Risk] = frozenset()
    """Risks at which a person approves the plan before anything is made."""
    same: int = 2
    """So many attempts in a row that end alike (the same findings, the same change, two changes in
    turn) are a loop that leads nowhere; 0: nobody looks."""
    parallel: int = 2
    """Steps of a plan that are made at one time, where the plan says that they do not need each
    other; 1: one after the other."""
    repair_seconds: float = 120
    """The repair engine's time for one attempt."""
    repair_candidates: int = 20_000


class Options(BaseModel):
    """What a client of a LangGraph server may set for one run."""

    model_config = ConfigDict(extra="forbid")

    rejections: int = Field(
        default=3, ge=1, le=10, description="Rejections or failures of one loop before a person"
    )
    format_retries: int = Field(
        default=3, ge=0, le=10, description="Answers in a row that hold no edit that applies"
    )


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything that a node may reach besides its state."""

    workspace: Workspace
    gate: Gate
    runner: Runner
    toolchain: Callable[[Site], Toolchain]
    models: Models
    router: Router
    journal: Journal
    purse: Purse
    telemetry: Telemetry
    limits: Limits = Limits()
    private: tuple[Path, ...] = ()
    """Repositories, or folders of them, whose text may not go to everybody."""
    cards: Mapping[str, Card] = field(default_factory=dict)
    """What is known of each model beforehand."""
    edit_formats: Mapping[str, EditFormat | Literal["auto"]] = field(default_factory=dict)
    """By model; `auto`: whole files while they are small, search/replace blocks otherwise."""
