from pathlib import Path

import pytest

from gatewright.workspace.sandbox.remedy import namespaces_fix


def machine(root: Path, **settings: int) -> Path:
    """A root whose kernel has these settings, by name with `__` for `/`."""
    for name, value in settings.items():
        path = root / "proc/sys" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return root


@pytest.mark.parametrize(
    ("settings", "privileged", "command"),
    [
        ({"user__max_user_namespaces": 0}, True, "sysctl -w user.max_user_namespaces="),
        ({"user__max_user_namespaces": 0}, False, "sysctl -w user.max_user_namespaces="),
        (
            {"user__max_user_namespaces": 99, "kernel__unprivileged_userns_clone": 0},
            False,
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            {"kernel__apparmor_restrict_unprivileged_userns": 1},
            False,
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ({"kernel__apparmor_restrict_unprivileged_userns": 1}, True, "administrator"),
        ({"kernel__apparmor_restrict_unprivileged_userns": 0}, False, "administrator"),
    ],
)
def test_the_setting_that_is_in_the_way(
    tmp_path: Path, settings: dict[str, int], privileged: bool, command: str
) -> None:
    assert command in namespaces_fix(root=machine(tmp_path, **settings), privileged=privileged)


def test_in_a_container(tmp_path: Path) -> None:
    (tmp_path / ".dockerenv").touch()
    assert "--security-opt seccomp=" in namespaces_fix(root=tmp_path, privileged=True)
