"""`gatewright models`: how well each model does; `simulate`: what another policy would cost."""

from typing import Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json, Role

app = typer.Typer(help="How well each model does, by role, risk and area.", rich_markup_mode=None)

Days = Annotated[
    float | None,
    typer.Option("--days", min=0.01, help="How far to look back.  [default: 30]"),
]
AllDays = Annotated[bool, typer.Option("--all", help="To the beginning.")]
Strategy = Annotated[
    str | None,
    typer.Option("--strategy", help="baseline, performance, cost, balanced or learning."),
]
Value = Annotated[
    float | None,
    typer.Option("--value", help="What a solved task is worth, in attempts of the best model."),
]
_DAYS = 30.0


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    role: Role = None,
    days: Days = None,
    all_days: AllDays = False,
    as_json: Json = False,
) -> None:
    """Success with intervals, cost and latency by role, risk and area; what changed lately."""
    if context.invoked_subcommand is not None:
        _none_before_a_command(context)
        return
    with guarded(as_json=as_json):
        from gatewright.cli.route import parse_role
        from gatewright.settings import load_settings
        from gatewright.telemetry.model_figures import model_figures

        if role is not None:
            parse_role(role)
        found = model_figures(
            load_settings().home / "telemetry",
            days=None if all_days else days or _DAYS,
            role=role,
        )
        if as_json:
            print_json(found.model_dump(mode="json"))
            return
        from gatewright.cli.models_text import print_models

        print_models(found)


@app.command()
def simulate(
    days: Days = None,
    strategy: Strategy = None,
    value: Value = None,
    role: Role = None,
    as_json: Json = False,
) -> None:
    """What another policy would have cost on the recorded history: an estimate."""
    with guarded(as_json=as_json):
        from gatewright.cli.route import parse_role
        from gatewright.learning.simulate import simulate as run
        from gatewright.settings import load_settings

        found = run(
            load_settings(),
            days=days or _DAYS,
            strategy=strategy,
            value=value,
            role=None if role is None else parse_role(role)[0],
        )
        if as_json:
            print_json(found.model_dump(mode="json"))
            return
        from gatewright.cli.simulation_text import print_simulation

        print_simulation(found)


def _none_before_a_command(context: typer.Context) -> None:
    """`models --days 3 simulate` would forget the 3."""
    given = [name for name, value in context.params.items() if value not in (None, False)]
    if given:
        raise typer.BadParameter("options of `simulate` go after it")
