"""The implementer's conversation, and how its answer is read."""

from typing import Any

import pytest

from agents.brief import Brief
from agents.implementer import Written, ask_again, ask_for, write
from gatewright.domain.conversation import Message, Reply
from gatewright.domain.edit import ChangeSet, EditFormat, WriteFile
from gatewright.domain.errors import ModelFault
from gatewright.domain.plan import Step
from gatewright.domain.task import Task
from gatewright.testing import ScriptedModel

STEP = Step(title="Mend it", what="Mend the comparison.", files=("a.py",))
ASKED = [Message(role="user", content="Write.")]


async def written(reply: Any) -> Written:
    return await write(ScriptedModel("m", [reply]), ASKED, "whole")


async def opening(task: Task, fmt: EditFormat, *, before: str = "") -> Message:
    asked = await ask_for(ScriptedModel("m"), Brief(task=task), STEP, fmt, before=before)
    return asked.messages[1]


async def test_the_form_of_the_answer_comes_last(task: Task) -> None:
    user = await opening(task, "search_replace")
    assert "# Step\nMend it\nMend the comparison.\nFiles: a.py" in user.content
    assert "# Form of the answer\n" in user.content.split("# Step")[1]


async def test_a_rejected_attempt_is_shown(task: Task) -> None:
    before, after = [await opening(task, "whole", before=diff) for diff in ("", "-old")]
    assert "-old" in after.content
    assert "rejected" not in before.content


async def test_edits_are_read() -> None:
    reply = Reply(text="Here it is.\n\na.py\n```python\nx = 2\n```\n", model="other")
    assert await written(reply) == Written(
        text=reply.text,
        model="other",
        changes=ChangeSet(edits=(WriteFile(path="a.py", content="x = 2\n"),)),
    )


async def test_an_answer_without_edits_is_a_problem_and_no_error() -> None:
    answer = await written("I cannot.")
    assert (answer.changes, answer.text) == (None, "I cannot.")
    assert answer.problem


async def test_an_answer_that_was_cut_off_is_not_applied() -> None:
    cut = Reply(text="a.py\n```python\nx = 2\n```\n", model="m", finish_reason="length")
    answer = await written(cut)
    assert answer.changes is None
    assert "cut off at the output limit" in answer.problem


async def test_a_fault_of_the_model_is_passed_on() -> None:
    with pytest.raises(ModelFault):
        await written(ModelFault("m", "timeout", "x"))


async def test_an_answer_that_did_not_apply_is_sent_back() -> None:
    assert [
        (m.role, m.content) for m in await ask_again(ScriptedModel("m"), ASKED, "", "no such text")
    ] == [
        ("user", "Write."),
        ("assistant", "(empty)"),
        (
            "user",
            "No file was changed, because: no such text\n"
            "Answer again with all edits of the step, in the same format.",
        ),
    ]
