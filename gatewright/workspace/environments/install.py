"""An environment from what a repository declares, made with uv or pip. Blocks, for minutes.

Wheels only: a source distribution is built by running it, and that would be outside of the sandbox.
For the same reason nothing of the new environment is started here once foreign files are in it.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gatewright.domain.errors import EnvironmentFault
from gatewright.workspace.environments.clean import digest
from gatewright.workspace.environments.declared import Declared
from gatewright.workspace.environments.layout import SITE_PACKAGES, lay_out
from gatewright.workspace.environments.making import made
from gatewright.workspace.environments.seeds import seeds

Installer = Literal["uv", "pip"]

_RUNNERS = ("pytest", "coverage")
"""What the gate needs in every environment; ours, unless the repository pins others."""

_INSTALL_S = 900.0
_COMPILE_S = 300.0
_TOLD = 600
"""Characters of an installer's last words."""


def declared_environment(
    wanted: Declared,
    cache: Path,
    *,
    installer: Installer | None = None,
    options: Sequence[str] = (),
    timeout_s: float = _INSTALL_S,
) -> Path:
    """The Python of an environment with these dependencies, below this folder.

    It is made once for each set of them, by uv if it is there, else pip. `options` go to the
    installer: `--no-index`, ...
    Raises: EnvironmentFault with what the installer said last.
    """
    planted = seeds(_RUNNERS)
    name = f"declared-{digest(planted, wanted.requirements, wanted.constraints)}"

    def build(fresh: Path) -> None:
        lay_out(fresh, planted)
        argv = (*_installer(fresh / "bin" / "python", installer), *options)
        _install(wanted, fresh, argv=argv, timeout_s=timeout_s)

    return made(cache / name, build) / "bin" / "python"


def _install(wanted: Declared, folder: Path, *, argv: Sequence[str], timeout_s: float) -> None:
    lists = folder / "declared"
    lists.mkdir()
    (lists / "requirements.txt").write_text(
        "".join(f"{line}\n" for line in (*wanted.requirements, *_RUNNERS)), encoding="utf-8"
    )
    (lists / "constraints.txt").write_text(
        "".join(f"{line}\n" for line in wanted.constraints), encoding="utf-8"
    )
    files = ("-r", "requirements.txt", "-c", "constraints.txt")
    code, said = _run((*argv, *files), cwd=lists, timeout_s=timeout_s)
    if code != 0:
        why = (
            f"did not end within {timeout_s:g} s"
            if code is None
            else " ".join(said[-_TOLD:].split()).rstrip(".")
        )
        raise EnvironmentFault(
            f"The dependencies in {' and '.join(wanted.files)} could not be installed: {why}",
            "Make the repository's .venv yourself (with pytest in it), name its Python by "
            "gate.python, or leave gate.install off. Only wheels are installed.",
        )
    # By our own Python, and with nothing imported: for the sandbox keeps no compiled files.
    compiler = (sys.executable, "-I", "-m", "compileall", "-q", "-j", "0")
    _run((*compiler, str(folder / SITE_PACKAGES)), cwd=lists, timeout_s=_COMPILE_S)


def _installer(python: Path, wanted: Installer | None) -> tuple[str, ...]:
    uv = _uv() if wanted != "pip" else None
    if uv is not None:
        uv_pip = (uv, "pip", "install", "--python", str(python))
        return (*uv_pip, "--only-binary", ":all:", "--no-progress", "--quiet")
    if wanted == "uv" or importlib.util.find_spec("pip") is None:
        raise EnvironmentFault(
            "Neither uv nor pip is there to install the repository's dependencies with",
            "Install uv, or leave gate.install off and make the repository's .venv yourself.",
        )
    pip = (sys.executable, "-I", "-m", "pip", "--python", str(python), "install")
    options = ("--only-binary", ":all:", "--no-compile", "--no-input", "--quiet")
    return (*pip, *options, "--disable-pip-version-check")


def _uv() -> str | None:
    """Beside our own Python, or on PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")


def _run(argv: Sequence[str], *, cwd: Path, timeout_s: float) -> tuple[int | None, str]:
    """Exit code, None where it had to be stopped, and what was printed."""
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return None, said
    return process.returncode, said
