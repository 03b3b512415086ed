"""A plan of three steps that need nothing of each other, and one that needs two of them, as a
provider's script on the sample's repository."""

from typing import Any

from tests.support.scripts import (
    APPROVED,
    CODE_REVIEWER,
    FILE,
    IMPLEMENTER,
    PLAN_REVIEWER,
    PLANNER,
    fix,
    says,
)

Json = dict[str, Any]

NEW = ("limits", "names", "totals")
"""Modules of one constant, each made by a step: the second and third beside the repair."""


def new_file(name: str, value: int = 1) -> Json:
    """The answer that makes one."""
    text = f'"""About {name}."""\n\n{name.upper()} = {value}\n'
    return says(f"ledger/{name}.py\n```python\n{text}```\n")


def step(name: str, needs: list[int] | None) -> Json:
    return {
        "title": f"Add {name}",
        "what": f"Add ledger/{name}.py.",
        "files": [f"ledger/{name}.py"],
        "depends_on": needs,
    }


REPAIR = {
    "title": "Allow the limit",
    "what": "Mend the comparison.",
    "files": [FILE],
    "depends_on": [],
}
PLAN: Json = {
    "why": "The limit, and three modules.",
    "steps": [REPAIR, step("limits", []), step("names", []), step("totals", [1, 3])],
    "risks": [],
}
TITLES = [one["title"] for one in PLAN["steps"]]


def script(plan: Json = PLAN, **by_step: Json | list[Json]) -> Json:
    """A rule for each step and role; `repair`, `limits`, ... are what the implementer answers,
    and `review_limits`, ... the reviewer."""
    rules = [
        {"when": PLANNER, "answers": [says(plan)]},
        {"when": PLAN_REVIEWER, "answers": [says(APPROVED)]},
    ]
    words = {"repair": "Mend the comparison.", **{n: f"Add ledger/{n}.py." for n in NEW}}
    for name, said in words.items():
        plain = says(fix("whole")) if name == "repair" else new_file(name)
        made, reviewed = by_step.get(name, plain), by_step.get(f"review_{name}", says(APPROVED))
        for role, answers in ((IMPLEMENTER, made), (CODE_REVIEWER, reviewed)):
            played = answers if isinstance(answers, list) else [answers]
            rules.append({"when": [role, f"# Step\n{_title(name)}", said], "answers": played})
    return {"rules": rules}


def _title(name: str) -> str:
    return REPAIR["title"] if name == "repair" else f"Add {name}"
