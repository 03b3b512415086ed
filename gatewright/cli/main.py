"""`gatewright`: the command line. Modules here import nothing heavy until a command runs."""

import os
import sys
from typing import cast

import typer

from gatewright.cli.active import active, summary
from gatewright.cli.alone import gate, repair
from gatewright.cli.cancel import cancel
from gatewright.cli.clean import clean
from gatewright.cli.demo import demo
from gatewright.cli.doctor import doctor
from gatewright.cli.export import export
from gatewright.cli.gc import gc
from gatewright.cli.guard import print_json
from gatewright.cli.judge import judge
from gatewright.cli.log import log
from gatewright.cli.look import diff, list_, show
from gatewright.cli.models import app as models
from gatewright.cli.plans.app import app as plan
from gatewright.cli.report import report
from gatewright.cli.review import review
from gatewright.cli.route import route
from gatewright.cli.run import resume, run
from gatewright.cli.sql import sql
from gatewright.cli.task import task

_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])
"""The base of what can be wrong on the command line; typer gives it no public name."""

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
app.command()(summary)
app.command()(active)
app.command()(review)
app.command()(task)
app.command()(cancel)
app.command()(show)
app.command("list")(list_)
app.command()(diff)
app.command()(log)
app.command()(clean)
app.command()(gc)
app.command()(report)
app.command()(sql)
app.command()(export)
app.command()(route)
app.add_typer(models, name="models")
app.add_typer(plan, name="plan")
app.command()(judge)
app.command()(gate)
app.command()(repair)
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
    try:
        sys.exit(app(standalone_mode=False))
    except _UsageError as error:
        error.show()
        if "--json" in sys.argv:
            print_json({"error": "UsageError", "message": error.format_message()})
        sys.exit(error.exit_code)
