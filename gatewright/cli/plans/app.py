"""`gatewright plan ...`: plans of commands, and their runs."""

import typer

from gatewright.cli.plans.check import check, graph, schema
from gatewright.cli.plans.logs import logs
from gatewright.cli.plans.look import cancel, runs, show
from gatewright.cli.plans.run import run

app = typer.Typer(
    help="Run plans of commands as graphs: parallel, resumable, and stopped well.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(check)
app.command()(graph)
app.command()(runs)
app.command()(show)
app.command()(logs)
app.command()(cancel)
app.command()(schema)
