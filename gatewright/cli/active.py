"""`gatewright summary` and `gatewright active`: all tasks at a glance."""

import asyncio

from gatewright.cli.guard import guarded, print_json
from gatewright.cli.options import Json


def summary(as_json: Json = False) -> None:
    """Totals by state, what is under way, who waits for a person, cost."""
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings
        from gatewright.tasks.overview import overview

        found = asyncio.run(overview(load_settings()))
        if as_json:
            print_json(found.model_dump(mode="json"))
        else:
            from gatewright.cli.active_text import print_overview

            print_overview(found)


def active(as_json: Json = False) -> None:
    """What is not over and asks nobody: who runs it, where it stands, what it took."""
    with guarded(as_json=as_json):
        from gatewright.settings import load_settings
        from gatewright.tasks.overview import active_tasks

        found = asyncio.run(active_tasks(load_settings()))
        if as_json:
            print_json({"active": [one.model_dump(mode="json") for one in found]})
        else:
            from gatewright.cli.active_text import print_active

            print_active(found)
