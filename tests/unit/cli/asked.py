"""Questions as the review queue has them, for tests of what is made of them."""

from typing import Any

from gatewright.domain.findings import Finding
from gatewright.domain.human import Question, Stop
from gatewright.tasks.reviewing import Waiting, about, status

NOW = "2026-11-21T12:00:00+00:00"
PLAN = {
    "why": "One comparison is wrong.",
    "steps": [{"title": "Mend it", "what": "Mend the [bold]comparison[/].", "files": ["a.py"]}],
    "risks": ["None known."],
}
DIFF = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,2 +1,2 @@
 def f():
-    return 1
+    return 2
"""
FINDING = Finding(check="pytest", message="failed", file="a.py", line=3, rule="test_a")


def asked(
    kind: str = "gate_failed",
    *,
    at: str = "quality_gate",
    choices: tuple[str, ...] = ("approve", "retry", "edit", "reject"),
    task_id: str = "t",
    **fields: Any,
) -> Question:
    """A question; everything of it may be said otherwise."""
    stop = Stop.model_validate(
        {"at": at, "kind": kind, "reason": "It failed 3 times.", "choices": choices}
        | {"findings": fields.pop("findings", (FINDING,))}
    )
    spent = {"cost_usd": 0.25, "input_tokens": 1000, "output_tokens": 200, "seconds": 12.4}
    known = {"plan": PLAN, "commit": "c" * 40, "diff": DIFF, "spent": spent}
    return Question.model_validate(
        {"task_id": task_id, "goal": "Mend the [red]paging[/]", "stop": stop, **known, **fields}
    )


def waiting(question: Question | None = None, **fields: Any) -> Waiting:
    """The same, in the queue."""
    question = question or asked()
    place = {"repo": "/src/shop", "risk": "high", "priority": "medium", "question_id": "q1"}
    said = {"about": about(question.stop), "status": status(question.stop)}
    return Waiting.model_validate(
        {"task_id": question.task_id, "goal": question.goal, "question": question, **place, **said}
        | {"since": "2026-11-21T09:30:00+00:00", **fields}
    )
