"""`gatewright gc` and runs of plans."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gatewright.upkeep.freed import Freed
from gatewright.upkeep.housekeeping import agc
from tests.unit.orchestration.conftest import Shop, step


async def gc(shop: Shop, *, days: float, dry_run: bool = False) -> Freed:
    now = datetime.now(UTC) + timedelta(days=days, minutes=1)
    return await agc(shop.plans.settings, now=now, dry_run=dry_run)


def counted(freed: Freed) -> int:
    return sum(part.count for part in freed.parts if part.name == "plans")


def rows(shop: Shop) -> int:
    """Of everything that is kept by run."""
    found = 0
    for name, tables in (
        ("state", ("plan_runs", "plan_events", "plan_attempts")),
        ("checkpoints", ("checkpoints", "writes")),
    ):
        with closing(sqlite3.connect(shop.folder / "home" / f"{name}.sqlite")) as db:
            for table in tables:
                found += db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


async def test_what_is_old_and_over_is_taken_away_with_all_that_is_kept_of_it(shop: Shop) -> None:
    run = await shop.plans.arun(shop.plan(step("a", "echo x"), step("b", "false")))
    assert run.status == "failed"
    assert counted(await gc(shop, days=89)) == 0
    assert counted(await gc(shop, days=91, dry_run=True)) == 1
    assert shop.plans.folder(run.run_id).exists()
    freed = await gc(shop, days=91)
    assert (counted(freed), freed.problems) == (1, ())
    assert not shop.plans.folder(run.run_id).exists()
    assert (await shop.plans.aruns(), rows(shop)) == ([], 0)


@pytest.mark.parametrize("days", [91, 4000])
async def test_what_may_be_gone_on_with_stays(shop: Shop, days: float) -> None:
    path = shop.plan(step("a"), globals={"approval": True})
    run = await shop.plans.arun(path)
    assert counted(await gc(shop, days=days)) == 0
    assert (await shop.plans.aresume(run.run_id, approved=True)).status == "succeeded"
