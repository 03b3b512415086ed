"""What this machine offers, looked at the way a run would use it."""

import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from gatewright.domain.errors import EnvironmentFault, GatewrightError
from gatewright.domain.findings import Frozen
from gatewright.names import OURS, check_names
from gatewright.sandbox_setup import LEAST_FREE, environments
from gatewright.settings import Settings, config_path, load_settings
from gatewright.telemetry.model_figures import last_circuits
from gatewright.telemetry.sampling.gpu import GpuProbe
from gatewright.upkeep.disk_use import said, sizes
from gatewright.workspace.environments.clean import clean_environment
from gatewright.workspace.sandbox.choose import Standing as SandboxStanding
from gatewright.workspace.sandbox.choose import survey

Standing = Literal["ok", "warning", "missing"]
_LATELY = timedelta(days=1)
"""A circuit lives as long as its process; what is older says little of the next run."""
_OLDEST_GIT = (2, 30)
"""`git worktree` and `cat-file --batch` as the workspace uses them, in what Debian 11 ships."""


class Check(Frozen):
    """One thing that was looked at."""

    name: str
    standing: Standing
    """`missing`: tasks cannot be run until it is mended."""
    detail: str
    fix: str = ""


def examine(**flags: Any) -> list[Check]:
    """Every check, in the order in which a person would mend what they find; no exception."""
    checks = [_python(), _git(), _names(), _packages(), *_hardware()]
    try:
        settings = load_settings(**flags)
    except GatewrightError as error:
        return [*checks, Check(name="settings", standing="missing", detail=str(error))]
    home = _home(settings)
    # Their probes work in the home; what is wrong with it is to be mended first.
    sandboxes = [] if home.standing == "missing" else asyncio.run(_sandboxes(settings))
    environment = [] if home.standing == "missing" else [_environment(settings)]
    use = [] if home.standing == "missing" else [_sizes(settings), _circuits(settings)]
    return [*checks, _settings(), home, *use, *environment, *sandboxes, *_models(settings)]


def _python() -> Check:
    return Check(
        name="python", standing="ok", detail=f"{platform.python_version()} ({sys.executable})"
    )


def _git() -> Check:
    fix = "Install git 2.30 or newer."
    if shutil.which("git") is None:
        return Check(name="git", standing="missing", detail="not on PATH", fix=fix)
    told = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout
    number = told.split()[2] if len(told.split()) > 2 else "0"
    numbers = tuple(int(part) for part in number.split(".")[:2] if part.isdigit())
    standing: Standing = "ok" if numbers >= _OLDEST_GIT else "missing"
    return Check(name="git", standing=standing, detail=number, fix="" if standing == "ok" else fix)


def _names() -> Check:
    try:
        check_names()
    except GatewrightError as error:
        return Check(name="packages named", standing="missing", detail=str(error))
    return Check(name="packages named", standing="ok", detail=f"{', '.join(OURS)} are Gatewright's")


def _packages() -> Check:
    names = (
        "langgraph",
        "langgraph-checkpoint",
        "langgraph-checkpoint-sqlite",
        "litellm",
        "duckdb",
    )
    found = [f"{name} {_version(name)}" for name in names]
    return Check(name="libraries", standing="ok", detail=", ".join(found))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _hardware() -> list[Check]:
    import psutil  # noqa: PLC0415  only here

    memory = psutil.virtual_memory()
    detail = (
        f"{psutil.cpu_count()} CPUs, {memory.available / 2**30:.1f} of "
        f"{memory.total / 2**30:.1f} GiB memory available"
    )
    return [
        Check(name="machine", standing="ok", detail=detail),
        Check(name="gpu", standing="ok", detail=_gpus()),
    ]


def _gpus() -> str:
    probe = GpuProbe()
    found = probe.sample()
    probe.close()
    return probe.state if found else f"none ({probe.state}); not needed"


def _settings() -> Check:
    path = config_path()
    detail = str(path) if path.exists() else f"defaults; no {path}"
    return Check(name="settings", standing="ok", detail=detail)


def _home(settings: Settings) -> Check:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free
    except OSError as error:
        fix = "Set GATEWRIGHT_HOME to a folder that you can write to."
        return Check(name="home", standing="missing", detail=str(error), fix=fix)
    if not os.access(home, os.W_OK):
        fix = "Set GATEWRIGHT_HOME to a folder that you can write to."
        return Check(name="home", standing="missing", detail=f"{home} is read-only", fix=fix)
    detail = f"{home} ({free / 2**30:.1f} GiB free)"
    if free < LEAST_FREE:
        fix = f"Free some space: a run needs {LEAST_FREE / 2**20:.0f} MiB."
        return Check(name="home", standing="missing", detail=detail, fix=fix)
    return Check(name="home", standing="ok", detail=detail)


def _sizes(settings: Settings) -> Check:
    """What fills the home, part by part."""
    parts = sizes(settings.home)
    total = said(sum(part.bytes for part in parts))
    listed = ", ".join(f"{part.name} {said(part.bytes)}" for part in parts)
    detail = f"{total}: {listed}" if parts else "empty"
    return Check(name="home sizes", standing="ok", detail=detail)


def _circuits(settings: Settings) -> Check:
    """Which models were left alone lately, by the last that any process said of them."""
    name = "circuits"
    folder = settings.home / "telemetry"
    try:
        seen = last_circuits(folder) if folder.is_dir() else ()
    except Exception as error:  # noqa: BLE001  whatever ails the sidecar's files, the rest is said
        fix = "`gatewright sql` and `gatewright report` read the same files."
        detail = f"not known: {type(error).__name__}: {error}"
        return Check(name=name, standing="warning", detail=detail, fix=fix)
    lately = datetime.now(UTC) - _LATELY
    broken = [one for one in seen if one.state not in ("closed", None) and one.at > lately]
    if not broken:
        detail = f"none open; {len(seen)} ever were" if seen else "none was ever open"
        return Check(name=name, standing="ok", detail=detail)
    listed = (f"{one.model} {one.state} since {one.at:%Y-%m-%d %H:%M} UTC" for one in broken)
    return Check(
        name=name,
        standing="warning",
        detail=", ".join(listed),
        fix="The next run that asks one tries it again; see `gatewright models` for the faults.",
    )


def _environment(settings: Settings) -> Check:
    """What repositories without an environment of their own are checked in."""
    name = "clean environment"
    try:
        python = clean_environment(environments(settings))
    except EnvironmentFault as error:
        return Check(name=name, standing="missing", detail=error.problem, fix=error.fix)
    return Check(name=name, standing="ok", detail=str(python.parent.parent))


def _models(settings: Settings) -> list[Check]:
    if not settings.models:
        detail = "none in the catalogue; the built-in planner, reviewers and repair engine work"
        return [Check(name="models", standing="ok", detail=detail)]
    return [_model(settings, name, os.environ.get) for name in settings.models]


def _model(settings: Settings, name: str, secret: Callable[[str], str | None]) -> Check:
    """Whether its key is there; never the key, and nothing is sent."""
    key = settings.models[name].key_name
    if key is None or secret(key):
        detail = "no key needed" if key is None else f"{key} is set"
        return Check(name=f"model {name}", standing="ok", detail=detail)
    return Check(
        name=f"model {name}",
        standing="warning",
        detail=f"{key} is not set",
        fix=f"Export {key}, or take the model out of the routing table.",
    )


async def _sandboxes(settings: Settings) -> list[Check]:
    """The sandboxes, strongest first; one that works is enough, so the others only warn."""
    found = [s for s in await survey(scratch=settings.home / "scratch") if s.kind != "none"]
    works = any(sandbox.available for sandbox in found)
    return [_sandbox(sandbox, works=works) for sandbox in found]


def _sandbox(sandbox: SandboxStanding, *, works: bool) -> Check:
    name = f"sandbox {sandbox.label}"
    if not sandbox.available:
        standing: Standing = "warning" if works else "missing"
        return Check(name=name, standing=standing, detail=sandbox.problem, fix=sandbox.fix)
    held = [canary.name for canary in sandbox.canaries if canary.held]
    weak = [f"{canary.name} ({canary.detail})" for canary in sandbox.canaries if not canary.held]
    detail = f"{sandbox.version}; held {len(held)} canaries: {', '.join(held)}"
    if weak:
        detail += f"; not held: {', '.join(weak)}"
    return Check(name=name, standing="ok", detail=detail)
