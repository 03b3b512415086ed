"""The memory of this process and its helpers."""

from pathlib import Path

import psutil


def high_water() -> int:
    """The most memory that this process ever had, in bytes. Not getrusage's, which begins with
    that of the process that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1024


def memory(before: int) -> dict[str, float]:
    """In bytes: `rss_before` as given, `rss_peak`, and the shares of its helpers that are alive."""
    helpers = 0
    for process in psutil.Process().children(recursive=True):
        try:
            helpers += process.memory_full_info().pss
        except psutil.Error:
            continue  # It is gone.
    return {"rss_before": before, "rss_peak": high_water(), "helpers_pss": helpers}
