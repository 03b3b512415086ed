"""What to do about a module that is not there, for whoever reads a failed check. Pure."""

import re

from gatewright.domain.ports import Toolchain

_MISSING = re.compile(r"ModuleNotFoundError: No module named '([^'\n]{1,200})'")


def missing_module(text: str) -> str | None:
    """The first module that a run's output says is not there."""
    found = _MISSING.search(text)
    return found[1] if found else None


def advice(toolchain: Toolchain, text: str) -> str:
    """One sentence for a finding whose text says that a module is missing; else empty."""
    module = missing_module(text)
    if module is None:
        return ""
    why = f" {toolchain.note}." if toolchain.note else ""
    return (
        f"{module!r} is not in the environment of the checks ({toolchain.source}).{why} If it is a "
        "dependency, install it into the repository's .venv together with pytest; if it is the "
        "repository's own, set `pythonpath` in its pytest settings."
    )
