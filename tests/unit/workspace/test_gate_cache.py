"""A gate on an unchanged tree is free; whatever its verdict depends on makes it run anew."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gatewright.domain.task import GateSpec
from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import FIX, SHOP, Shop, commit, git


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("kept")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    shop = Shop(folder, SHOP, runner=runner)
    assert not asyncio.run(shop.check(FIX)).cached
    return shop


@pytest.fixture
async def shop(kept: Shop) -> AsyncIterator[Shop]:
    """With the fix checked already; what a test changes of it is put back."""
    site, toolchain = kept.site, kept.toolchain
    await asyncio.to_thread(git, kept.repo, "reset", "-q", "--hard", site.base_commit)
    await asyncio.to_thread(commit, kept.repo, FIX)
    kept.runner.commands.clear()
    yield kept
    kept.site, kept.toolchain = site, toolchain


async def test_the_same_tree_is_not_run_again(shop: Shop) -> None:
    shop.heard.clear()
    report = await shop.check(FIX)
    assert (report.cached, report.passed, shop.runner.commands) == (True, True, [])
    assert [check.check for check in report.checks] == [check.check for check in shop.heard]
    assert not any(check.duration_s for check in report.checks)


async def test_another_commit_of_the_same_tree_is_told_by_its_own_name(shop: Shop) -> None:
    git(shop.repo, "commit", "-q", "--amend", "-m", "another message")
    oid = git(shop.repo, "rev-parse", "HEAD")
    report = await shop.gate().check(shop.site, oid, GateSpec())
    assert (report.cached, report.commit, shop.runner.commands) == (True, oid, [])


async def test_the_same_base_tree_under_another_commit_is_known(shop: Shop) -> None:
    git(shop.repo, "reset", "-q", "--hard", shop.site.base_commit)
    git(shop.repo, "commit", "-q", "--amend", "-m", "another message")
    shop.site = shop.site.model_copy(update={"base_commit": git(shop.repo, "rev-parse", "HEAD")})
    assert (await shop.check(FIX)).cached


@pytest.mark.parametrize(
    "spec", [{"keep_going": True}, {"ruff": False}, {"pytest": ("tests/test_total.py",)}]
)
async def test_another_question_has_another_answer(shop: Shop, spec: dict[str, Any]) -> None:
    assert not (await shop.check(FIX, **spec)).cached


async def test_another_risk_has_another_answer(shop: Shop) -> None:
    head = git(shop.repo, "rev-parse", "HEAD")
    report = await shop.gate().check(shop.site, head, GateSpec(), risk="low")
    assert not report.cached


async def test_another_environment_has_another_answer(shop: Shop) -> None:
    shop.toolchain = replace(shop.toolchain, roots=("lib",))
    assert not (await shop.check(FIX)).cached


async def test_a_check_that_came_to_no_verdict_is_made_again(shop: Shop) -> None:
    change = {"shop.py": FIX["shop.py"] + "import os\nos._exit(0)\n"}
    allow = ("introspection",)
    assert not (await shop.check(change, allow=allow)).passed
    assert not (await shop.check(change, allow=allow)).cached


async def test_a_failure_is_remembered_with_its_findings(shop: Shop) -> None:
    first = await shop.check({"notes.txt": "x"}, pytest=("tests/test_total.py",))
    again = await shop.check({"notes.txt": "x"}, pytest=("tests/test_total.py",))
    assert (again.cached, again.findings) == (True, first.findings)


async def test_gates_at_once_agree(shop: Shop) -> None:
    await asyncio.to_thread(commit, shop.repo, {"new.py": "x = 1\n"})
    head = git(shop.repo, "rev-parse", "HEAD")
    gate = shop.gate()
    reports = await asyncio.gather(*(gate.check(shop.site, head, GateSpec()) for _ in range(2)))
    assert [report.passed for report in reports] == [True, True]
