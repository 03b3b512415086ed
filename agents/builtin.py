"""The names of the agents that need no model; they stand in the catalogue like any model."""

PLANNER = "builtin/planner"
REVIEWER = "builtin/reviewer"
REPAIR = "builtin/repair"


def is_builtin(name: str) -> bool:
    """Whether no model is called for this name."""
    return name.startswith("builtin/")
