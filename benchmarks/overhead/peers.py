"""Environments for other tools, made and thrown away here, and what they measured of themselves."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "langsmith": ("langsmith",),
    "openinference": ("openinference-instrumentation-langchain", "opentelemetry-sdk"),
    "openllmetry": ("opentelemetry-instrumentation-langchain", "opentelemetry-sdk"),
    "mlflow": ("mlflow", "langchain"),
}
"""What is installed for each, beside our own version of langgraph. The first is the tool."""

_ENVIRONMENT = {
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


class PeerUnavailable(Exception):
    """It could not be installed or run; the message says why."""


def measure_peer(name: str, *, cache: Path, rounds: int) -> dict[str, Any]:
    """`paired` of this tool, sync and async, with its `version`.

    `cache` keeps its environment for the next time.

    Raises: PeerUnavailable.
    """
    home = cache / name
    python = home / "env" / "bin" / "python"
    if not (home / "ready").exists():
        _install(name, home)
    clean = {key: os.environ[key] for key in _KEPT if key in os.environ}
    shutil.rmtree(home / "data", ignore_errors=True)
    (home / "data").mkdir()
    said = _call(
        [str(python), "-m", "benchmarks.overhead.inside", name, str(rounds), str(home / "data")],
        env={**clean, **_ENVIRONMENT, "PYTHONPATH": str(home / "path")},
        timeout_s=900,
    )
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if not lines:
        raise PeerUnavailable(f"{name} measured nothing; it said {said[-300:]!r}")
    found: dict[str, Any] = json.loads(lines[-1])
    return {"version": (home / "ready").read_text().strip(), **found}


def _install(name: str, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    # Ours alone on its path: the project's folder holds packages of common names.
    (home / "path").mkdir(parents=True)
    (home / "path" / "benchmarks").symlink_to(_ROOT / "benchmarks")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise PeerUnavailable("uv was not found; install it, or use --peers none")
    env = home / "env"
    same = [f"{package}=={version(package)}" for package in ("langgraph", "langchain-core")]
    quiet = [uv, "pip", "install", "-q", "--python", str(env / "bin" / "python")]
    _call([uv, "venv", "-q", "--python", sys.executable, str(env)], timeout_s=120)
    _call([*quiet, *same, *PACKAGES[name]], timeout_s=600)
    freeze = _call([uv, "pip", "freeze", "--python", str(env / "bin" / "python")], timeout_s=60)
    pins = dict(line.split("==", 1) for line in freeze.splitlines() if "==" in line)
    (home / "ready").write_text(pins.get(PACKAGES[name][0], "?"))


def _call(argv: list[str], *, timeout_s: float, env: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            argv, env=env, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerUnavailable(f"{argv[0]!r} could not be run: {error!r}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip()[-300:]
        raise PeerUnavailable(
            f"{Path(argv[0]).name} {argv[1]} ended with {done.returncode}: {last}"
        )
    return done.stdout
