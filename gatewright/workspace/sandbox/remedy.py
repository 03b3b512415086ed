"""Why bubblewrap cannot work on this machine, as its settings tell, and what to do about it."""

import os
from pathlib import Path

INSTALL = "Install bubblewrap: `apt install bubblewrap` (or dnf, pacman, apk)."

REINSTALL = (
    "Use the distribution's own bubblewrap (`apt install --reinstall bubblewrap`) on a kernel that "
    "gives it all its namespaces."
)

UNSAFE = "`--unsafe-no-sandbox` runs everything unconfined."

_PROFILE = (
    "AppArmor keeps unprivileged programs from making user namespaces: allow bubblewrap to with a "
    "profile (`apt install apparmor-profiles && ln -s "
    "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && "
    "apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict`), or everybody with "
    "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
)
_CONTAINER = (
    "In a container, its seccomp profile must allow user namespaces: with Docker, "
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined`."
)
_CONTAINER_MARKS = (".dockerenv", "run/.containerenv")


def namespaces_fix(*, root: Path = Path("/"), privileged: bool | None = None) -> str:
    """What must change for bubblewrap to be allowed its namespaces. Blocks on the file system.

    `root` is where /proc and the marks of containers are looked for; `privileged`, whether we run
    as root, whom most of these settings do not bind (default: as it is).
    """
    by_root = os.geteuid() == 0 if privileged is None else privileged
    if _setting(root, "user/max_user_namespaces") == 0:
        return "User namespaces are switched off: `sysctl -w user.max_user_namespaces=15000`."
    if not by_root and _setting(root, "kernel/unprivileged_userns_clone") == 0:
        return "User namespaces are for root only: `sysctl -w kernel.unprivileged_userns_clone=1`."
    if not by_root and _setting(root, "kernel/apparmor_restrict_unprivileged_userns") == 1:
        return _PROFILE
    if any((root / mark).exists() for mark in _CONTAINER_MARKS):
        return _CONTAINER
    return "Ask the machine's administrator to allow bubblewrap its user namespaces."


def _setting(root: Path, name: str) -> int | None:
    try:
        return int((root / "proc/sys" / name).read_text())
    except (OSError, ValueError):
        return None
