"""What people ask of tasks: to be cancelled, to be reopened, and their answers to questions."""

from gatewright.domain.errors import InputError
from gatewright.domain.human import Answer
from gatewright.domain.secret_forms import redact
from gatewright.storage.statements import Statements, now


class Wishes:
    """A part of the ledger: kept first, then carried out by whichever process runs the task."""

    _statements: Statements

    async def request_cancel(self, task_id: str, *, by: str, reason: str = "") -> None:
        """Somebody wants a task to be cancelled; whoever runs it sees it by `cancel_requested`.

        Raises: InputError for a task that is over, or is not known.
        """
        await self._known(task_id)
        values = {"task_id": task_id, "at": now(), "by": by, "reason": redact(reason).text}
        if await self._statements.row("ask_cancel", values) is None:
            raise InputError(
                "task",
                task_id,
                "is over and cannot be cancelled",
                f"See what it came to: `gatewright show {task_id}`.",
            )

    async def cancel_requested(self, task_id: str) -> str | None:
        """The reason, perhaps empty, of a wish that nothing came of yet; None: nobody wishes it."""
        row = await self._statements.row("cancel_asked", {"task_id": task_id})
        return None if row is None else str(row[0])

    async def cancelled(self, task_id: str) -> bool:
        """It is carried out: the task is `cancelled`, whatever is noted of it, until `reopen`.

        False: it was over before, and stays as it was.
        """
        reason = await self.cancel_requested(task_id) or ""
        values = {"task_id": task_id, "at": now(), "detail": reason}
        return await self._statements.row("cancelled", values) is not None

    async def reopen(self, task_id: str, *, by: str) -> None:
        """A cancelled task may go on, in the state in which it was; a mere wish is taken back.

        Raises: InputError for a task that is neither cancelled nor to be.
        """
        await self._known(task_id)
        if (
            await self._statements.row("reopen", {"task_id": task_id, "at": now(), "by": by})
            is None
        ):
            raise InputError(
                "task",
                task_id,
                "was not cancelled",
                f"Go on with it as it is: `gatewright resume {task_id}`.",
            )

    async def answer(self, interrupt_id: str, task_id: str, answer: Answer, *, by: str) -> None:
        """Keep a person's answer, before it is applied.

        Raises: InputError when the question was answered, by whichever process, naming by whom and
        when, or for a task that is not known.
        """
        await self._known(task_id)
        values = {
            "interrupt_id": interrupt_id,
            "task_id": task_id,
            "at": now(),
            "by": by,
            "action": answer.action,
            # Of a budget, only what the person named.
            "answer": answer.model_dump_json(exclude_unset=True),
        }
        if await self._statements.row("answer", values) is not None:
            return
        row = await self._statements.row("answered", {"interrupt_id": interrupt_id})
        assert row is not None  # rows are never taken away
        first, whom, at = row
        action = Answer.model_validate_json(first).action
        raise InputError(
            "answer",
            answer.action,
            f"comes too late: {whom or 'somebody'} answered {action!r} at {at}",
            f"See what task {task_id!r} asks now: `gatewright show {task_id}`.",
        )

    async def answer_to(self, interrupt_id: str) -> Answer | None:
        """The answer that was kept, applied or not yet."""
        row = await self._statements.row("answered", {"interrupt_id": interrupt_id})
        return None if row is None else Answer.model_validate_json(row[0])

    async def _known(self, task_id: str) -> None:
        if await self._statements.row("digest", {"id": task_id}) is None:
            raise InputError(
                "task", task_id, "is not known", "See the known ones: `gatewright list`."
            )
