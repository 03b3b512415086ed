import os
import subprocess
from pathlib import Path

import pytest

from gatewright.plans.launching import groups
from gatewright.plans.launching.client import ProcessLauncher
from tests.unit.plans.launching.scene import Scene

LINE = "41 31 0:38 {root} {at} rw,relatime - {kind} x rw\n"


@pytest.fixture
def base() -> Path:
    """Where this machine lets us make groups; that it is cgroup2, the kernel itself says."""
    found = groups.find()
    if found is None:
        pytest.skip("needs a control group of version 2 that may be written to")
    kind = subprocess.run(
        ["stat", "-f", "-c", "%T", found], capture_output=True, text=True, check=True
    )
    assert kind.stdout.strip() == "cgroup2fs"
    return found


@pytest.mark.parametrize(
    ("root", "membership", "folder"),
    [
        ("/", "0::/\n", ""),
        ("/", "3:cpu:/x\n0::/user/one\n", "user/one"),
        ("/user", "0::/user/one\n", "one"),
    ],
)
def test_where_we_are(tmp_path: Path, root: str, membership: str, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / "cgroup.procs").touch()
    mounts = LINE.format(root=root, at=tmp_path, kind="cgroup2")
    assert groups.usable(mounts, membership) == tmp_path / folder


@pytest.mark.parametrize(
    ("root", "kind", "membership"),
    [
        ("/", "tmpfs", "0::/\n"),
        ("/", "cgroup", "0::/\n"),
        ("/", "cgroup2", "3:cpu:/\n"),
        ("/", "cgroup2", "0::/../elsewhere\n"),
        ("/other", "cgroup2", "0::/user\n"),
        ("/", "cgroup2", "0::/no/such/group\n"),
    ],
)
def test_nowhere(tmp_path: Path, root: str, kind: str, membership: str) -> None:
    (tmp_path / "cgroup.procs").touch()
    mounts = LINE.format(root=root, at=tmp_path, kind=kind)
    assert groups.usable(mounts, membership) is None


async def test_a_step_is_in_a_group_of_its_worker(base: Path, scene: Scene) -> None:
    spawn = scene.shell("echo $PPID; cat /proc/self/cgroup")
    async with ProcessLauncher() as launcher:
        await launcher.run(spawn)
    worker, *lines = spawn.stdout.read_text().splitlines()
    (group,) = (line for line in lines if line.startswith("0::"))
    assert group.endswith(f"/gatewright-plan-{worker}")


async def test_no_group_is_left(base: Path, scene: Scene) -> None:
    spawn = scene.shell("echo $PPID")
    async with ProcessLauncher() as launcher:
        await launcher.run(spawn)
    assert not (base / f"gatewright-plan-{spawn.stdout.read_text().strip()}").exists()


async def test_no_group_of_a_killed_worker_is_left(base: Path, scene: Scene) -> None:
    spawn = scene.shell("echo $PPID > worker; kill -9 $PPID")
    async with ProcessLauncher() as launcher:
        await launcher.run(spawn)
    worker = (scene.folder / "worker").read_text().strip()
    assert not (base / f"gatewright-plan-{worker}").exists()


async def test_tidying_leaves_the_living_alone(base: Path, scene: Scene) -> None:
    async with ProcessLauncher() as first:
        await first.run(scene.spawn("true"))
        spawn = scene.shell("echo $PPID > ppid; read _ < bell")
        bell = scene.bell()
        groups.tidy(base)
        bell.ring()
        assert (await first.run(spawn)).exit_code == 0
    bell.close()


def test_tidying_removes_what_a_dead_worker_left(base: Path) -> None:
    folder = base / f"gatewright-plan-test-{os.getpid()}"
    (folder / "inner").mkdir(parents=True)
    with subprocess.Popen(["sleep", "86400"]) as sleeper:
        (folder / "inner" / "cgroup.procs").write_text(str(sleeper.pid))
        groups.tidy(base)
        assert sleeper.wait() == -9
    groups.tidy(base)
    assert not folder.exists()


async def test_a_step_that_makes_groups(base: Path, scene: Scene) -> None:
    code = f"""
        here={base}$(sed -n s/^0:://p /proc/self/cgroup)
        mkdir $here/inner && echo $here && sleep {{mark}} &
        sleep 0.1; echo $! > $here/inner/cgroup.procs"""
    spawn = scene.shell(code)
    async with ProcessLauncher() as launcher:
        ended = await launcher.run(spawn)
    assert (ended.exit_code, scene.alive()) == (0, [])
    assert not Path(spawn.stdout.read_text().strip()).exists()
