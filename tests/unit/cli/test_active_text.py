"""All tasks at a glance, as a terminal has them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gatewright.cli.active_text import print_active, print_overview
from gatewright.tasks.overview import Active, Costs, Overview
from gatewright.tasks.reviewing import ReviewQueue, Unreadable
from tests.unit.cli.asked import waiting


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def active(**fields: Any) -> Active:
    known = {"task_id": "t", "goal": "Mend [red]it[/]\nsoon", "state": "implementing"}
    more = {"standing": "running", "priority": "high", "since": datetime.now(UTC).isoformat()}
    return Active.model_validate({**known, **more, **fields})


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_running_task_says_who_runs_it_and_where_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    by = "process 7 on mill, for ada@mill"
    print_active([active(process=by, step=2, steps=3, attempts=4, cost_usd=0.5, runs=1)])
    [_, line] = printed(capsys)
    assert line == f"t running implementing 2 of 3 4 $0.5000 0 s 1 by {by}; Mend [red]it[/]"


@pytest.mark.parametrize("standing", ["stopped", "killed", "accepted"])
def test_what_nobody_runs_says_how_to_go_on(
    standing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_active([active(standing=standing)])
    assert "`gatewright resume --all` goes on with what nobody runs." in printed(capsys)


def test_what_is_to_be_cancelled_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    print_active([active(cancel="too dear")])
    assert printed(capsys)[-1].endswith("to be cancelled: too dear; Mend [red]it[/]")


def test_an_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_active([active(standing="stopped", detail="the disk is full")])
    assert "the disk is full; Mend" in " ".join(printed(capsys))


def test_costs_are_beside_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    costs = Costs(today_usd=0.5, month_usd=12.345, all_usd=100, day_limit_usd=5)
    review = ReviewQueue(waiting=(waiting(),), unreadable=(Unreadable(task_id="x", problem="[b]"),))
    print_overview(Overview(tasks=2, states={"done": 2}, active=(), review=review, costs=costs))
    lines = printed(capsys)
    assert lines[:2] == [
        "2 tasks: 2 done",
        "cost: $0.5000 today of $5.00, $12.35 this month, $100.00 in all",
    ]
    assert "x: [b]" in lines
