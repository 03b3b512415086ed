"""The release plan: the same engine, another plan, on real repositories."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.domain.plan_run import PlanRun
from gatewright.orchestration.plans import Plans
from gatewright.settings import load_settings
from tests.support.merges import RELEASE, Scene
from tests.support.projects import git

CHANGELOG = "# Changes\n\n## 1.2.0\n\n- It is faster.\n\n## 1.1.0\n\n- It is.\n"


class Shop:
    """A repository whose version 1.2.0 is to be released, and a home."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene(folder / "work")
        self.home = folder / "home"
        git(self.scene.repo, "checkout", "-q", "main")
        git(self.scene.repo, "tag", "v1.1.0")
        self.scene.commit("VERSION", "1.2.0\n")
        self.commit = self.scene.commit("CHANGELOG.md", CHANGELOG)

    async def release(self, **variables: str) -> PlanRun:
        """1.2.0, tested by a command that passes, unless something else is given."""
        given = {"VERSION": "1.2.0", "TEST": "grep -q one shared.txt", **variables}
        async with Plans(load_settings(home=self.home)) as plans:
            return await plans.arun(RELEASE, variables=given, directory=self.scene.repo)

    async def failed(self, run: PlanRun) -> list[str]:
        """Its failed steps."""
        async with Plans(load_settings(home=self.home)) as plans:
            steps = (await plans.aprogress(run.run_id)).steps
        return [name for name, one in steps.items() if one.status == "failed"]

    def tags(self, repo: Path) -> str:
        """Each with the commit that it is on."""
        return git(
            repo, "for-each-ref", "--format=%(refname:short) %(*objectname)", "refs/tags/v1.2*"
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_a_version_is_tagged_with_what_is_told_about_it(shop: Shop) -> None:
    run = await shop.release()
    assert run.status == "succeeded"
    assert shop.tags(shop.scene.repo) == f"v1.2.0 {shop.commit}\n"
    message = git(shop.scene.repo, "for-each-ref", "--format=%(contents)", "refs/tags/v1.2.0")
    assert message.strip() == "Release 1.2.0\n\n- It is faster."
    assert shop.tags(shop.scene.remote) == ""


async def test_it_is_published_when_that_is_asked_for(shop: Shop) -> None:
    run = await shop.release(PUBLISH="yes", BUILD='echo built >"dist/$(cat VERSION)"')
    assert run.status == "succeeded"
    assert shop.tags(shop.scene.remote) == f"v1.2.0 {shop.commit}\n"


def _same_again(shop: Shop) -> None:
    git(shop.scene.repo, "tag", "v1.2.0")


def _higher(shop: Shop) -> None:
    git(shop.scene.repo, "tag", "v1.10.0")


def _told_only(shop: Shop) -> None:
    shop.scene.commit("CHANGELOG.md", "## 1.3.0\n\n- It is better.\n")


def _refusing(shop: Shop) -> None:
    shop.scene.hook("pre-receive", "exit 1")


def _uncommitted(shop: Shop) -> None:
    (shop.scene.repo / "VERSION").write_text("1.3.0\n")


@pytest.mark.parametrize(
    ("arrange", "variables", "step"),
    [
        (_same_again, {}, "clean"),
        (_uncommitted, {}, "clean"),
        (_higher, {}, "bumped"),
        (_told_only, {"VERSION": "1.3.0"}, "bumped"),
        (None, {"CHANGELOG": "VERSION"}, "changelog"),
        (None, {"TEST": "false"}, "test"),
        (None, {"BUILD": ":"}, "build"),
        (_refusing, {"PUBLISH": "yes"}, "publish"),
    ],
)
async def test_what_cannot_be_released_leaves_no_tag(
    shop: Shop,
    arrange: Callable[[Shop], None] | None,
    variables: dict[str, str],
    step: str,
) -> None:
    if arrange is not None:
        arrange(shop)
    refs = shop.scene.refs()
    run = await shop.release(**variables)
    assert run.status == "failed"
    assert step in await shop.failed(run)
    assert shop.scene.refs() == refs
    assert shop.tags(shop.scene.remote) == ""
