"""Environments for other tools, made and thrown away here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


class PeerUnavailable(Exception):
    """It could not be installed or run; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """Where a tool is installed."""

    bin: Path
    version: str
    variables: Mapping[str, str]
    """A clean environment for its processes, with this package and nothing else of ours."""

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.bin / "python")


def clean(**more: str) -> dict[str, str]:
    """Of our environment, what any program needs, and `more`."""
    return {key: os.environ[key] for key in _KEPT if key in os.environ} | more


def installed(name: str, packages: Sequence[str], *, cache: Path, timeout_s: float) -> Environment:
    """An environment with `packages`, the first being the tool; kept in `cache` for the next time.

    Raises: PeerUnavailable.
    """
    home = cache / name
    if not (home / "ready").exists():
        _install(home, packages, timeout_s)
    return Environment(
        bin=home / "env" / "bin",
        version=(home / "ready").read_text("utf-8").strip(),
        variables=clean(PYTHONPATH=str(home / "path"), PYTHONDONTWRITEBYTECODE="1"),
    )


def _install(home: Path, packages: Sequence[str], timeout_s: float) -> None:
    shutil.rmtree(home, ignore_errors=True)
    # Ours alone on its path: the project's folder holds packages of common names.
    (home / "path").mkdir(parents=True)
    (home / "path" / "benchmarks").symlink_to(_ROOT / "benchmarks")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise PeerUnavailable("uv was not found; install it, or use --peers none")
    env = home / "env"
    python = str(env / "bin" / "python")
    call([uv, "venv", "-q", "--python", sys.executable, str(env)], timeout_s=120)
    call([uv, "pip", "install", "-q", "--python", python, *packages], timeout_s=timeout_s)
    freeze = call([uv, "pip", "freeze", "--python", python], timeout_s=60)
    pins = dict(line.split("==", 1) for line in freeze.splitlines() if "==" in line)
    (home / "ready").write_text(pins.get(packages[0], "?"), "utf-8")


def call(
    argv: Sequence[str],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """What it wrote. Raises: PeerUnavailable when it cannot be run, hangs or fails."""
    tool = " ".join([Path(argv[0]).name, *argv[1:2]])
    try:
        done = subprocess.run(
            argv, env=env, cwd=cwd, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except OSError as error:
        raise PeerUnavailable(f"{tool} could not be run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise PeerUnavailable(f"{tool} took more than {timeout_s:.0f} s") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip()[-300:]
        raise PeerUnavailable(f"{tool} ended with {done.returncode}: {last}")
    return done.stdout
