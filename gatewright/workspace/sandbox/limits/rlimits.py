"""Resource limits of a process, lowered from outside before its program starts."""

import resource

from gatewright.domain.command import Limits

OPEN_FILES = 4096
"""Descriptors a process may have open."""

_CPU_GRACE_S = 2
"""Between SIGXCPU, which a program may handle, and SIGKILL."""


def rlimits(limits: Limits) -> dict[int, tuple[int, int]]:
    """The limits as (soft, hard) by `resource.RLIMIT_*`."""
    return {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (limits.cpu_s, limits.cpu_s + _CPU_GRACE_S),
        resource.RLIMIT_AS: (limits.memory_bytes, limits.memory_bytes),
        resource.RLIMIT_FSIZE: (limits.file_bytes, limits.file_bytes),
        resource.RLIMIT_NPROC: (limits.processes, limits.processes),
        resource.RLIMIT_NOFILE: (OPEN_FILES, OPEN_FILES),
    }


def lower(pid: int, wanted: dict[int, tuple[int, int]]) -> None:
    """Lower a process's limits; one that is lower already stays.

    Raises: ProcessLookupError when the process is gone.
    """
    for kind, (soft, hard) in wanted.items():
        _, allowed = resource.prlimit(pid, kind)
        ceiling = hard if allowed == resource.RLIM_INFINITY else min(hard, allowed)
        resource.prlimit(pid, kind, (min(soft, ceiling), ceiling))
