"""How much memory may be filled: the least of what the machine and its control groups leave."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.workspace.memory import available_bytes, is_in_memory

MACHINE = "MemTotal:  9000 kB\nMemFree:  100 kB\nMemAvailable:  4000 kB\n"
NEW = "0::/user/app\n"
OLD = "4:memory:/docker/abc\n1:cpu,cpuacct:/x\n0::/\n"


def system(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def group(path: str, most: str, used: int, cache: int = 0) -> dict[str, str]:
    """Of version 2."""
    at = f"sys/fs/cgroup/{path}".rstrip("/")
    return {
        f"{at}/memory.max": f"{most}\n",
        f"{at}/memory.current": f"{used}\n",
        f"{at}/memory.stat": f"anon 7\ninactive_file {cache}\n",
    }


@pytest.mark.parametrize(
    ("groups", "left"),
    [
        ({}, 4_096_000),
        (group("user/app", "max", 5), 4_096_000),
        (group("user/app", "1000", 400), 600),
        (group("user/app", "1000", 400, cache=300), 900),
        (group("user", "500", 100), 400),
        (group("user", "500", 100) | group("user/app", "9000", 0), 400),
        (group("user/app", "1000", 1200), 0),
        (group("user/app", "nonsense", 5), 4_096_000),
        # As a container sees it: the name is that of outside.
        (group("", "2000", 500), 1500),
    ],
)
def test_groups_of_version_2(tmp_path: Path, groups: dict[str, str], left: int) -> None:
    files = {"proc/meminfo": MACHINE, "proc/self/cgroup": NEW, **groups}
    assert available_bytes(system(tmp_path, files)) == left


@pytest.mark.parametrize("place", ["docker/abc/", ""])
def test_groups_of_version_1(tmp_path: Path, place: str) -> None:
    at = f"sys/fs/cgroup/memory/{place}"
    files = {
        "proc/meminfo": MACHINE,
        "proc/self/cgroup": OLD,
        f"{at}memory.limit_in_bytes": "3000000\n",
        f"{at}memory.usage_in_bytes": "1000000\n",
        f"{at}memory.stat": "inactive_file 1\ntotal_inactive_file 500000\n",
    }
    assert available_bytes(system(tmp_path, files)) == 2_500_000


@pytest.mark.parametrize("files", [{}, {"proc/meminfo": "MemTotal: 9000 kB\n"}])
def test_what_is_not_known_is_not_there(tmp_path: Path, files: dict[str, str]) -> None:
    assert available_bytes(system(tmp_path, files)) == 0


@given(most=st.integers(0, 10**12), used=st.integers(0, 10**12), cache=st.integers(0, 10**12))
def test_never_more_than_the_machine_has_nor_less_than_nothing(
    most: int, used: int, cache: int
) -> None:
    files = {"proc/meminfo": MACHINE, "proc/self/cgroup": NEW}
    files |= group("user/app", str(most), used, cache)
    with tempfile.TemporaryDirectory() as folder:
        assert 0 <= available_bytes(system(Path(folder), files)) <= 4_096_000


def test_this_machine_has_some() -> None:
    assert available_bytes() > 2**20


def test_a_folder_of_no_known_file_system_is_not_in_memory(tmp_path: Path) -> None:
    assert not is_in_memory(tmp_path, system(tmp_path, {"proc/self/mountinfo": "1 2 x\n"}))
