from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from gatewright.domain.command import Command, Completed
from gatewright.domain.errors import SandboxUnavailable
from gatewright.domain.ports import Runner
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from gatewright.workspace.sandbox.choose import choose, survey
from gatewright.workspace.sandbox.probe import probe


class Leaky:
    """A sandbox with a hole: what it is asked to run is changed first."""

    def __init__(self, runner: Runner, hole: Callable[[Command], Command]) -> None:
        self._runner, self._hole = runner, hole
        self.kind, self.label = runner.kind, runner.label

    async def run(self, command: Command) -> Completed:
        return await self._runner.run(self._hole(command))


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


async def test_bubblewrap_comes_first(bubblewrap: Runner, scratch: Path) -> None:
    runner, report = await choose("auto", scratch=scratch)
    assert (runner.kind, runner.label, report.held) == ("bubblewrap", "bubblewrap", True)


@pytest.mark.usefixtures("no_bubblewrap", "landlock")
async def test_without_bubblewrap_it_is_landlock(scratch: Path) -> None:
    runner, report = await choose("auto", scratch=scratch)
    assert (runner.label, report.label, report.held) == (*["landlock (weak)"] * 2, True)


@pytest.mark.usefixtures("no_bubblewrap")
async def test_a_sandbox_that_was_named_is_not_replaced(scratch: Path) -> None:
    with pytest.raises(SandboxUnavailable) as refusal:
        await choose("bubblewrap", scratch=scratch)
    assert "bubblewrap is not installed" in refusal.value.problem
    assert "`apt install bubblewrap`" in refusal.value.fix
    assert "--unsafe-no-sandbox" in refusal.value.fix


async def test_landlock_by_name(landlock: Runner, scratch: Path) -> None:
    runner, _ = await choose("landlock", scratch=scratch)
    assert runner.label == "landlock (weak)"


async def test_none_by_name(scratch: Path) -> None:
    runner, report = await choose("none", scratch=scratch)
    assert (runner.kind, runner.label, report.label) == ("none", *["none (unsafe)"] * 2)


BROKEN_BWRAP = """#!/bin/sh
case "$1" in
--version) echo bubblewrap 9.9 ;;
--help) echo "    --size BYTES" ;;
*) echo "bwrap: setting up uid map: Permission denied" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def broken_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bubblewrap that the kernel refuses its namespaces, as on Ubuntu 24.04."""
    program = tmp_path / "bwrap"
    program.write_text(BROKEN_BWRAP)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("broken_bubblewrap")
async def test_the_reason_of_a_bubblewrap_that_cannot_work_is_told(scratch: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="uid map: Permission denied"):
        await choose("bubblewrap", scratch=scratch)


@pytest.mark.usefixtures("broken_bubblewrap", "landlock")
async def test_a_bubblewrap_that_cannot_work_is_passed_over(scratch: Path) -> None:
    runner, _ = await choose("auto", scratch=scratch)
    assert runner.kind == "landlock"


HONEST_FACE = """#!/bin/sh
case "$1" in
--version) echo bubblewrap 9.9 ;;
--help) exec {bwrap} --help ;;
esac
for word; do
  shift
  case "$word" in --unshare-net) ;; *) set -- "$@" "$word" ;; esac
done
exec {bwrap} "$@"
"""


async def test_a_bubblewrap_that_leaks_is_not_used(
    bubblewrap: Bubblewrap, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text(HONEST_FACE.format(bwrap=bubblewrap.tool.path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SandboxUnavailable, match=r"loopback \(was reached\)"):
        await choose("bubblewrap", scratch=scratch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hole", "canary"),
    [
        (lambda c: replace(c, env={"API_KEY": "x"}), "environment"),
        (lambda c: replace(c, readable=(*c.readable, c.cwd.parent)), "secret"),
        (lambda c: replace(c, writable=(c.cwd.parent,)), "write_parent"),
        (lambda c: replace(c, writable=(c.cwd.parent,)), "foreign_modes"),
        (lambda c: replace(c, readable=(*c.readable, Path("/tmp"))), "unix_socket"),
        (lambda c: replace(c, limits=replace(c.limits, processes=1000)), "fork"),
        (lambda c: replace(c, limits=replace(c.limits, output_bytes=2**26)), "output_flood"),
    ],
)
async def test_the_probe_sees_a_hole(
    bubblewrap: Runner, scratch: Path, hole: Callable[[Command], Command], canary: str
) -> None:
    def opened(command: Command) -> Command:
        if canary == "output_flood" and command.argv[0] == "cat":
            return replace(command, argv=("true",))
        return hole(command)

    report = await probe(Leaky(bubblewrap, opened), scratch=scratch)
    assert (report.held, canary in {broken.name for broken in report.broken}) == (False, True)


async def test_canaries_that_cannot_run_prove_nothing(bubblewrap: Runner, scratch: Path) -> None:
    report = await probe(
        Leaky(bubblewrap, lambda c: replace(c, readable=()) if c.stdin else c), scratch=scratch
    )
    assert {"canaries", "daemon"} <= {broken.name for broken in report.broken}


async def test_without_a_sandbox_most_canaries_get_through(scratch: Path) -> None:
    _, report = await choose("none", scratch=scratch)
    assert {canary.name for canary in report.weak} >= {
        *("loopback", "udp", "unix_socket", "abstract_socket", "write_parent", "git_metadata"),
        *("secret", "foreign_modes", "processes"),
    }


async def test_the_weaknesses_of_landlock_are_told(landlock: Runner, scratch: Path) -> None:
    report = await probe(landlock, scratch=scratch)
    assert {canary.name for canary in report.weak} >= {"unix_socket", "git_metadata"}


async def test_nothing_of_the_probe_is_left(scratch: Path) -> None:
    await choose("none", scratch=scratch)
    assert list(scratch.iterdir()) == []


async def test_the_probe_does_not_block_the_event_loop(bubblewrap: Runner, scratch: Path) -> None:
    with blockbuster_ctx():
        report = await probe(bubblewrap, scratch=scratch)
    assert report.held


async def test_the_survey_names_every_kind(bubblewrap: Runner, scratch: Path) -> None:
    standings = await survey(scratch=scratch)
    assert [standing.label for standing in standings] == [
        *("bubblewrap", "landlock (weak)", "none (unsafe)")
    ]
    assert standings[0].available
    assert standings[0].version[0].isdigit()
    assert {canary.name for canary in standings[0].canaries} >= {
        *("write_etc", "loopback", "secret", "fork", "environment", "memory", "daemon", "timeout")
    }


@pytest.mark.usefixtures("no_bubblewrap")
async def test_the_survey_says_what_is_missing(scratch: Path) -> None:
    missing = (await survey(scratch=scratch))[0]
    assert (missing.available, missing.version, missing.canaries) == (False, "", ())
    assert ("not installed" in missing.problem, "apt install" in missing.fix) == (True, True)
