"""What steps inherit of the engine's environment."""

import re
from collections.abc import Mapping

_OURS = re.compile(r"GATEWRIGHT_.*|(?:.*_)?API_?KEY(?:_.*)?|LANGSMITH_.*|LANGCHAIN_.*")
"""Settings of ours, and keys of model providers. GITHUB_TOKEN and the like are the steps' own."""


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """All but our settings and keys."""
    return {name: value for name, value in environment.items() if not _OURS.fullmatch(name.upper())}
