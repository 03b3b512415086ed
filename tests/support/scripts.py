"""What a scripted provider answers for the sample's task, role by role."""

import json
from importlib import resources
from typing import Any

MODEL = "openai/gpt-4o-mini"
REVIEWER = "openai/gpt-4o"
USAGE = {"input": 1000, "output": 200}
"""gpt-4o-mini: 1000 x 0.15e-6 + 200 x 0.60e-6 = 0.00027 USD."""

PLANNER = "You plan engineering work"
PLAN_REVIEWER = "You review a plan"
IMPLEMENTER = "You implement one step"
CODE_REVIEWER = "You review one change"

PLAN = {
    "why": "One comparison is wrong.",
    "steps": [{"title": "Mend the boundary", "what": "Mend the comparison.", "files": []}],
    "risks": [],
}
APPROVED = {"verdict": "approved", "why": "It does what it should.", "concerns": []}
REJECTED = {
    "verdict": "rejected",
    "why": "It is too vague.",
    "concerns": [{"message": "Say which comparison."}],
}


def says(value: object, **options: Any) -> dict[str, Any]:
    """One answer: text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return {"text": text, "usage": USAGE, **options}


def script(**answers: list[dict[str, Any]]) -> dict[str, Any]:
    """A script with a rule for each role; a role's last answer repeats."""
    roles = {
        "planner": (PLANNER, [says(PLAN)]),
        "plan_reviewer": (PLAN_REVIEWER, [says(APPROVED)]),
        "implementer": (IMPLEMENTER, []),
        "code_reviewer": (CODE_REVIEWER, [says(APPROVED)]),
    }
    rules = [
        {"when": when, "answers": answers.get(role, default)}
        for role, (when, default) in roles.items()
    ]
    return {"rules": [rule for rule in rules if rule["answers"]]}


def flags(url: str, **models: Any) -> dict[str, Any]:
    """Settings that send every role to the provider, the reviewers to another model, in order."""
    spec = {"api_base": url, "api_key_env": "TEST_PROVIDER_KEY", **models}
    return {
        "models": {MODEL: spec, REVIEWER: spec},
        "routing": {
            "strategy": "baseline",
            "planner": [MODEL],
            "plan_reviewer": [REVIEWER],
            "implementer": [MODEL],
            "code_reviewer": [REVIEWER],
        },
    }


FILE = "ledger/account.py"
WRONG = "        if remaining <= ZERO:"
RIGHT = "        if remaining < ZERO:"


def fix(fmt: str, *, right: str = RIGHT) -> str:
    """The sample's repair as a model would write it; `right` may as well be wrong."""
    match fmt:
        case "whole":
            text = resources.files("gatewright").joinpath("sample", FILE).read_text()
            fenced = f"```python\n{text.replace(WRONG, right)}```"
            return f"The limit itself is allowed.\n\n{FILE}\n{fenced}\n"
        case "search_replace":
            return f"{FILE}\n<<<<<<< SEARCH\n{WRONG}\n=======\n{right}\n>>>>>>> REPLACE\n"
        case _:
            context = "        remaining = self.available - wanted"
            return f"--- a/{FILE}\n+++ b/{FILE}\n@@ -1,2 +1,2 @@\n {context}\n-{WRONG}\n+{right}\n"
