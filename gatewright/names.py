"""Four of our packages have plain names; this checks that they are ours.

openai-agents, for one, ships a top-level `agents`, and pip overwrites it silently
(docs/adr/0001-plain-package-names.md).
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from gatewright.domain.errors import NameCollision

OURS = ("graph", "agents", "nodes", "routing")
_MARKS = {
    "graph": "develop.py",
    "agents": "builtin_planner.py",
    "nodes": "desk.py",
    "routing": "table.py",
}


def check_names() -> None:
    """Raises: NameCollision when another distribution's package would be imported for ours."""
    for name in OURS:
        spec = find_spec(name)
        if spec is None or not _is_ours(name, spec):
            where = "nowhere" if spec is None else str(spec.origin or _places(spec))
            raise NameCollision(
                f"The package {name!r} that Python finds is not Gatewright's (found: {where})",
                "Give Gatewright an environment of its own: `pipx install gatewright`, "
                "`uv tool install gatewright` or a fresh virtual environment.",
            )


def _is_ours(name: str, spec: ModuleSpec) -> bool:
    return any((Path(place) / _MARKS[name]).is_file() for place in _places(spec))


def _places(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())
