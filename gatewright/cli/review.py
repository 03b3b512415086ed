"""`gatewright review`: the queue of the tasks that ask a person."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, UnsafeNoSandbox

if TYPE_CHECKING:
    from rich.console import Console

    from gatewright.settings import Settings
    from gatewright.tasks.reviewing import ReviewQueue, Waiting

Plain = Annotated[bool, typer.Option("--plain", help="Print the queue; ask nothing.")]


def review(
    plain: Plain = False, unsafe_no_sandbox: UnsafeNoSandbox = False, as_json: Json = False
) -> None:
    """Answer the tasks that ask a person, one by one; without a terminal: print them.

    An answer is kept at once. When all are asked, the tasks go on.
    """
    with guarded(as_json=as_json):
        from gatewright.cli.review_terminal import interactive
        from gatewright.settings import load_settings
        from gatewright.tasks.reviewing import review_queue

        settings = load_settings()
        queue = asyncio.run(review_queue(settings))
        if as_json:
            print_json(queue.model_dump(mode="json"))
        elif plain or not interactive() or not queue.waiting:
            _print(queue)
        else:
            _ask(queue, settings, unsafe=unsafe_no_sandbox)


def _print(queue: "ReviewQueue") -> None:
    from rich.console import Console

    from gatewright.cli.active_text import print_unreadable
    from gatewright.cli.review_text import print_queue

    console = Console(highlight=False, soft_wrap=True)
    print_queue(queue.waiting, console, now=datetime.now(UTC))
    print_unreadable(queue, console)


def _ask(queue: "ReviewQueue", settings: "Settings", *, unsafe: bool) -> None:
    from rich.console import Console

    from gatewright.cli.active_text import print_unreadable

    console = Console(highlight=False, soft_wrap=True)
    answered = _answers(queue, settings, console)
    print_unreadable(queue, console)
    if not answered:
        console.print("Nothing is answered.")
        return
    _go_on(answered, unsafe=unsafe)


def _answers(queue: "ReviewQueue", settings: "Settings", console: "Console") -> list[str]:
    """The tasks that got an answer, each kept before the next question is asked."""
    from gatewright.cli.review_session import Session
    from gatewright.cli.review_terminal import Tty
    from gatewright.cli.task_answer import make
    from gatewright.tasks.reviewing import proposal, record

    def change(one: "Waiting") -> str:
        return asyncio.run(proposal(settings, one))

    def keep(one: "Waiting", given: dict[str, Any]) -> None:
        asyncio.run(record(settings, one, make(given)))

    session = Session(Tty(), console, proposal=change, keep=keep, now=lambda: datetime.now(UTC))
    return session.go_through(queue.waiting)


def _go_on(tasks: list[str], *, unsafe: bool) -> None:
    """Let the tasks go on with their answers."""
    from gatewright.cli.task import resume_each

    code = resume_each(tasks, as_json=False, unsafe=unsafe)
    if code:
        raise typer.Exit(code)
