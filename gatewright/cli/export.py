"""`gatewright export`: the sidecar's tables as Parquet files."""

from pathlib import Path
from typing import Annotated

import typer

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json

Folder = Annotated[Path, typer.Argument(help="Made if it is not there; files in it are replaced.")]
Tables = Annotated[
    list[str] | None, typer.Option("--table", help="A table or view; again for more. All tables.")
]


def export(folder: Folder, table: Tables = None, as_json: Json = False) -> None:
    """Write what the sidecar has recorded as one Parquet file a table."""
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings
        from gatewright.telemetry import segments

        rows = segments.export(load_settings().home / "telemetry", folder, tables=table)
        if as_json:
            print_json({"folder": str(folder), "rows": rows})
        else:
            typer.echo(f"{rows} rows in {folder}")
