import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.command import Limits
from gatewright.workspace.sandbox.limits.cgroup import Cage, Controller, tidy, usable_controllers

V1 = """
24 1 0:20 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
25 24 0:21 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
26 24 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
"""
V2 = "30 1 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"


def machine(root: Path, mountinfo: str, cgroup: str) -> Path:
    """A root with these mounts and memberships, as /proc tells them."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text(mountinfo)
    (root / "proc/self/cgroup").write_text(cgroup)
    return root


def group(path: Path, *, passes_on: str | None = None) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / "cgroup.procs").touch()
    if passes_on is not None:
        (path / "cgroup.subtree_control").write_text(passes_on)


def test_version_1_in_the_group_of_this_process(tmp_path: Path) -> None:
    root = machine(tmp_path, V1, "8:pids:/box\n4:memory:/\n")
    group(root / "sys/fs/cgroup/pids/box")
    found = usable_controllers(root)
    assert [(one.name, one.base.relative_to(root).as_posix()) for one in found] == [
        ("pids", "sys/fs/cgroup/pids/box")
    ]


def test_version_2_where_the_controllers_are_passed_on(tmp_path: Path) -> None:
    root = machine(tmp_path, V2, "0::/user/us\n")
    group(root / "sys/fs/cgroup/user/us", passes_on="")
    group(root / "sys/fs/cgroup/user", passes_on="memory pids")
    found = usable_controllers(root)
    assert {(one.name, one.base.name) for one in found} == {("pids", "user"), ("memory", "user")}


def test_version_2_where_nothing_is_passed_on(tmp_path: Path) -> None:
    root = machine(tmp_path, V2, "0::/\n")
    group(root / "sys/fs/cgroup", passes_on="cpu")
    assert usable_controllers(root) == ()


def test_a_machine_without_proc(tmp_path: Path) -> None:
    assert usable_controllers(tmp_path) == ()


@given(st.text(), st.text(alphabet="0123456789:,/\nabc"))
def test_nonsense_in_proc_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, mountinfo: str, cgroup: str
) -> None:
    root = machine(tmp_path_factory.mktemp("root"), mountinfo, "")
    (root / "proc/self/cgroup").write_text(cgroup)
    assert usable_controllers(root) == ()


def test_groups_of_dead_processes_are_removed(tmp_path: Path) -> None:
    names = ["gatewright-4194305-0", f"gatewright-{os.getpid()}-7", "gatewright-other", "box"]
    for name in names:
        (tmp_path / name).mkdir()
    tidy([Controller(name="pids", base=tmp_path, version=2)])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


def test_no_group_is_left_by_a_cage() -> None:
    controllers = usable_controllers()
    if not controllers:
        pytest.skip("no control groups can be made here")
    cage = Cage(controllers, Limits())
    made = [group for one in controllers for group in one.base.glob(f"gatewright-{os.getpid()}-*")]
    cage.close()
    assert (len(made) > 0, [group for group in made if group.exists()]) == (True, [])
