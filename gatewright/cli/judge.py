"""`gatewright judge`: what a person found later about what a task delivered."""

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, TaskArgument

if TYPE_CHECKING:
    from gatewright.learning.judging import Judged, Word

Reverted = Annotated[bool, typer.Option("--reverted", help="It was taken back; this is final.")]
Bad = Annotated[bool, typer.Option("--bad", help="It passed the gate, and is wrong after all.")]
Good = Annotated[bool, typer.Option("--good", help="Somebody has looked at it, and it is right.")]
Note = Annotated[str, typer.Option("--note", help="Why; kept in the run log and the events.")]


def judge(
    task_id: TaskArgument,
    reverted: Reverted = False,
    bad: Bad = False,
    good: Good = False,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Say what became of a delivered task; the router learns from it."""
    with guarded(as_json=as_json):
        word = _one(reverted=reverted, bad=bad, good=good)

        from gatewright.learning.judging import judge as say
        from gatewright.settings import load_settings

        said = say(load_settings(), task_id, word, note=note)
        if as_json:
            print_json(said.model_dump(mode="json"))
        else:
            _print(said)


def _one(*, reverted: bool, bad: bool, good: bool) -> "Word":
    from gatewright.domain.errors import InputError

    words: dict[Word, bool] = {"reverted": reverted, "bad": bad, "good": good}
    given = [word for word, on in words.items() if on]
    if len(given) != 1:
        problem = "are several" if given else "is missing"
        raise InputError(
            "verdict", given or None, problem, "Give one of --reverted, --bad and --good."
        )
    return given[0]


def _print(said: "Judged") -> None:
    from gatewright.domain.plain import plain
    from gatewright.learning.judging import models_of

    for role, names in models_of(said.outcomes).items():
        typer.echo(plain(f"{said.task_id} is {said.word}: {role} {', '.join(names)}"))
    count = len(said.outcomes)
    typer.echo(f"{count} verdict{'s' * (count != 1)} recorded; the router counts them from now on.")
