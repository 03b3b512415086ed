"""`gatewright`: the command line. Modules here import nothing heavy until a command runs."""

import os

import typer

from gatewright.cli.demo import demo
from gatewright.cli.doctor import doctor
from gatewright.cli.look import diff, list_, report, show
from gatewright.cli.run import resume, run

app = typer.Typer(
    name="gatewright",
    help="Take an engineering task to a change that has passed its quality gate.",
    epilog="Exit codes: 0 done, 1 task failed, 2 bad input, 3 awaiting a person, 4 environment.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its import alone takes longer than the help
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(resume)
app.command()(show)
app.command("list")(list_)
app.command()(diff)
app.command()(report)
app.command()(doctor)
app.command()(demo)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Take an engineering task to a change that has passed its quality gate."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"gatewright {installed('gatewright')}")
        raise typer.Exit


def main() -> None:
    """The console script."""
    # Read by LangGraph when it is imported: checkpoints hold data, never classes to be loaded.
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    app()
