import os
import sys
from pathlib import Path

import pytest

from gatewright.domain.errors import InputError
from gatewright.workspace.toolchain import (
    OWN,
    find_tool,
    find_toolchain,
    installed,
    is_own,
    own_toolchain,
)

BASE = Path(sys.base_prefix)
PYTHON = Path(os.path.realpath(sys.executable))
LIBRARY = f"lib/python{sys.version_info.major}.{sys.version_info.minor}"


def make_environment(
    repo: Path, name: str = ".venv", *, home: Path = BASE / "bin", packages: tuple[str, ...] = ()
) -> Path:
    """A virtual environment as `python -m venv` lays it out, with some packages' folders."""
    folder = repo / name
    site = folder / LIBRARY / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(PYTHON)
    (folder / "pyvenv.cfg").write_text(f"home = {home}\n")
    for package in packages:
        distribution, _, _ = package.partition("-")
        (site / distribution).mkdir()
        (site / f"{package}.dist-info").mkdir()
    return folder


def test_a_repository_without_an_environment_is_checked_in_ours(tmp_path: Path) -> None:
    found = find_toolchain(tmp_path)
    assert (found, found.source, is_own(found)) == (own_toolchain(), OWN, True)


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_repository_s_own_environment_is_taken(tmp_path: Path, name: str) -> None:
    folder = make_environment(tmp_path, name, packages=("pytest-8.0.0",))
    found = find_toolchain(tmp_path)
    assert (found.python, found.source) == (folder / "bin" / "python", f"repository ({name})")


def test_its_environment_and_the_python_behind_it_are_shown(tmp_path: Path) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    readable = find_toolchain(tmp_path).readable
    assert folder in readable
    assert BASE in readable or BASE.parts[:2] == ("/", "usr")


def test_an_environment_without_pytest_is_not_taken(tmp_path: Path) -> None:
    make_environment(tmp_path, packages=("requests-2.0",))
    assert find_toolchain(tmp_path).source == OWN


@pytest.mark.parametrize("home", [Path.home() / "bin", Path("/bin"), Path("/etc/x")])
def test_an_environment_that_asks_for_strange_places_is_not_taken(
    tmp_path: Path, home: Path
) -> None:
    make_environment(tmp_path, home=home, packages=("pytest-8.0.0",))
    assert find_toolchain(tmp_path).source == OWN


def test_an_environment_whose_python_is_another_program_is_not_taken(tmp_path: Path) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/bin/sh")
    assert find_toolchain(tmp_path).source == OWN


def test_the_setting_comes_first(tmp_path: Path) -> None:
    make_environment(tmp_path, packages=("pytest-8.0.0",))
    found = find_toolchain(tmp_path, python=Path(sys.executable))
    assert (found.python, found.source) == (Path(sys.executable), "setting gate.python")


def test_a_setting_that_is_no_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_toolchain(tmp_path, python=tmp_path / "python")
    assert refused.value.field == "gate.python"


def test_what_is_installed_is_read_from_its_folders(tmp_path: Path) -> None:
    packages = ("pytest-8.0.0", "Foo_Bar.baz-1.2")
    folder = make_environment(tmp_path, packages=packages)
    found = installed(folder / "bin" / "python")
    assert found == {"pytest": "8.0.0", "foo-bar-baz": "1.2"}


@pytest.mark.parametrize(
    ("package", "theirs"), [("mypy-1.11.0", True), ("mypy-1.10.9", False), ("other-9", False)]
)
def test_a_tool_is_theirs_if_it_is_new_enough(tmp_path: Path, package: str, theirs: bool) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0", package))
    tool = find_tool(find_toolchain(tmp_path), "mypy")
    python = folder / "bin" / "python" if theirs else Path(sys.executable)
    assert tool.argv == (str(python), "-I", "-m", "mypy")


def test_a_tool_that_is_ours_is_shown_beside_their_environment(tmp_path: Path) -> None:
    make_environment(tmp_path, packages=("pytest-8.0.0",))
    assert set(own_toolchain().readable) <= set(find_toolchain(tmp_path).readable)


def test_editable_installs_of_the_repository_are_its_source_roots(tmp_path: Path) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    (tmp_path / "src").mkdir()
    pth = f"import x\n{tmp_path / 'src'}\n/usr/lib\nrelative\n"
    (folder / LIBRARY / "site-packages" / "x.pth").write_text(pth)
    assert find_toolchain(tmp_path).roots == ("src",)


@pytest.mark.parametrize(("folder", "roots"), [("src", ("src",)), ("lib", ())])
def test_in_our_own_environment_src_is_the_source_root(
    tmp_path: Path, folder: str, roots: tuple[str, ...]
) -> None:
    (tmp_path / folder).mkdir()
    assert find_toolchain(tmp_path).roots == roots
