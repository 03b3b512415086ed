"""Four of our packages have plain names; this checks that they are ours.

openai-agents, for one, ships a top-level `agents`, and pip overwrites it silently
(docs/adr/0001-plain-package-names.md).
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from gatewright.domain.errors import NameCollision

OURS = {
    "graph": "The floor plan: state, context, edges and the graphs.",
    "agents": "One file a role: an answer's schema and one async function over a model.",
    "nodes": "The graph's nodes, one small file each.",
    "routing": "The model router: who may answer, and why.",
}
"""Each package and its docstring, which is all that its `__init__.py` holds.

The file is compared, not looked for: a distribution of the same name that is installed after ours
leaves most of our files beside its own, and writes over this one.
"""


def check_names() -> None:
    """Raises: NameCollision when another distribution's package would be imported for ours."""
    for name, docstring in OURS.items():
        spec = find_spec(name)
        if spec is None or not _is_ours(spec, docstring):
            where = "nowhere" if spec is None else str(spec.origin or _places(spec))
            raise NameCollision(
                f"The package {name!r} that Python finds is not Gatewright's (found: {where})",
                "Give Gatewright an environment of its own: `pipx install gatewright`, "
                "`uv tool install gatewright` or a fresh virtual environment.",
            )


def _is_ours(spec: ModuleSpec, docstring: str) -> bool:
    if not spec.has_location or spec.origin is None:
        return False
    try:
        text = Path(spec.origin).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return text.strip() == f'"""{docstring}"""'


def _places(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())
