"""`gatewright clean`: what it shows, and when it removes."""

import asyncio
from pathlib import Path

import pytest

from gatewright.settings import load_settings
from tests.unit.cli.conftest import Gatewright
from tests.unit.upkeep.test_cleaning import House
from tests.unit.workspace.git_support import git


@pytest.fixture
def house(gatewright: Gatewright, tmp_path: Path) -> House:
    """The command's home, with a failed task and one whose branch is merged."""
    house = House(tmp_path / "house")
    house.settings = load_settings(home=gatewright.home)
    asyncio.run(house.task("lost", "failed"))
    asyncio.run(house.task("merged", "done"))
    git(house.repo, "merge", "-q", "gatewright/merged")
    return house


def test_it_shows_what_there_is_and_removes_nothing(house: House, gatewright: Gatewright) -> None:
    said = gatewright("clean")
    assert said.lines[1].startswith("merged done")
    assert said.lines[2].startswith("lost failed")
    assert said.lines[3:] == [
        "Nothing is removed; --yes removes what loses nothing.",
        "1 with unmerged work stay; --force removes them as well.",
    ]
    assert sorted(house.worktrees()) == ["lost", "merged"]


def test_with_a_yes_only_what_loses_nothing_goes(house: House, gatewright: Gatewright) -> None:
    said = gatewright("clean", "--yes", "--json").json
    assert (said["removed"], [one["task_id"] for one in said["tasks"]]) == (
        ["merged"],
        ["merged", "lost"],
    )
    assert house.worktrees() == ["lost"]


def test_with_force_all_of_it_goes(house: House, gatewright: Gatewright) -> None:
    said = gatewright("clean", "--force")
    assert said.lines[-1] == "Removed what 2 of 2 tasks left."
    assert (house.worktrees(), house.refs()) == ([], [])


def test_states_choose_the_tasks(house: House, gatewright: Gatewright) -> None:
    said = gatewright("clean", "--state", "failed,cancelled", "--force", "--json").json
    assert said["removed"] == ["lost"]


def test_ages_choose_the_tasks(house: House, gatewright: Gatewright) -> None:
    assert gatewright("clean", "--older", "1", "--force", "--json").json["removed"] == []


def test_a_state_of_tasks_that_are_not_over_is_bad_input(gatewright: Gatewright) -> None:
    said = gatewright("clean", "--state", "awaiting_human", "--json")
    assert (said.code, said.json["field"]) == (2, "--state")


def test_where_nothing_is_left_it_says_so(gatewright: Gatewright) -> None:
    assert gatewright("clean").lines == ["Nothing is left of tasks that are over."]
