import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.ports import Toolchain
from gatewright.workspace.toolchain import (
    CLEAN,
    find_tool,
    find_toolchain,
    installed,
    source_roots,
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


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where environments of ours are made, once for all tests here."""
    return tmp_path_factory.mktemp("environments")


def test_a_repository_without_an_environment_is_checked_in_a_clean_one(
    tmp_path: Path, cache: Path
) -> None:
    found = find_toolchain(tmp_path, cache=cache)
    assert (found.source, found.python.is_relative_to(cache)) == (CLEAN, True)


def test_gatewright_s_own_environment_is_never_shown_to_a_repository(
    tmp_path: Path, cache: Path
) -> None:
    make_environment(tmp_path, packages=("pytest-8.0.0",))
    own = Path(sys.prefix)
    for repo in (tmp_path, tmp_path / "another"):
        readable = find_toolchain(repo, cache=cache).readable
        assert not any(own.is_relative_to(path) for path in readable)


@pytest.mark.parametrize("name", [".venv", "venv", "env"])
def test_the_repository_s_own_environment_is_taken(tmp_path: Path, cache: Path, name: str) -> None:
    folder = make_environment(tmp_path, name, packages=("pytest-8.0.0",))
    found = find_toolchain(tmp_path, cache=cache)
    assert (found.python, found.source) == (folder / "bin" / "python", f"repository ({name})")


def test_its_environment_and_the_python_behind_it_are_shown(tmp_path: Path, cache: Path) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    readable = find_toolchain(tmp_path, cache=cache).readable
    assert folder in readable
    assert BASE in readable or BASE.parts[:2] == ("/", "usr")


def test_an_environment_without_pytest_is_not_taken(tmp_path: Path, cache: Path) -> None:
    make_environment(tmp_path, packages=("requests-2.0",))
    assert find_toolchain(tmp_path, cache=cache).source == CLEAN


@pytest.mark.parametrize("home", [Path.home() / "bin", Path("/bin"), Path("/etc/x")])
def test_an_environment_that_asks_for_strange_places_is_not_taken(
    tmp_path: Path, cache: Path, home: Path
) -> None:
    make_environment(tmp_path, home=home, packages=("pytest-8.0.0",))
    assert find_toolchain(tmp_path, cache=cache).source == CLEAN


def test_an_environment_whose_python_is_another_program_is_not_taken(
    tmp_path: Path, cache: Path
) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/bin/sh")
    assert find_toolchain(tmp_path, cache=cache).source == CLEAN


def test_the_setting_comes_first(tmp_path: Path, cache: Path) -> None:
    make_environment(tmp_path, packages=("pytest-8.0.0",))
    found = find_toolchain(tmp_path, cache=cache, python=Path(sys.executable))
    assert (found.python, found.source) == (Path(sys.executable), "setting gate.python")


def test_a_setting_s_python_without_pytest_is_told(tmp_path: Path, cache: Path) -> None:
    bare = make_environment(tmp_path, "bare") / "bin" / "python"
    own = Path(sys.executable)
    notes = [find_toolchain(tmp_path, cache=cache, python=p).note for p in (bare, own)]
    assert notes == ["pytest is not installed for gate.python", ""]


def test_a_setting_that_is_no_program_is_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_toolchain(tmp_path, cache=cache, python=tmp_path / "python")
    assert refused.value.field == "gate.python"


def test_what_is_installed_is_read_from_its_folders(tmp_path: Path) -> None:
    packages = ("pytest-8.0.0", "Foo_Bar.baz-1.2")
    folder = make_environment(tmp_path, packages=packages)
    found = installed(folder / "bin" / "python")
    assert found == {"pytest": "8.0.0", "foo-bar-baz": "1.2"}


@pytest.mark.parametrize(
    ("package", "theirs"), [("mypy-1.11.0", True), ("mypy-1.10.9", False), ("other-9", False)]
)
def test_a_tool_is_theirs_if_it_is_new_enough_else_the_clean_environment_s(
    tmp_path: Path, cache: Path, package: str, theirs: bool
) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0", package))
    found = find_toolchain(tmp_path, cache=cache)
    tool = find_tool(found, "mypy")
    python = folder / "bin" / "python" if theirs else found.tools
    assert tool.argv == (str(python), "-I", "-m", "mypy")


def test_a_tool_that_is_not_theirs_is_shown_beside_their_environment(
    tmp_path: Path, cache: Path
) -> None:
    make_environment(tmp_path, packages=("pytest-8.0.0",))
    found = find_toolchain(tmp_path, cache=cache)
    assert found.tools is not None
    assert found.tools.parent.parent in found.readable


def test_a_tool_that_is_nowhere_has_no_version(tmp_path: Path) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    python = folder / "bin" / "python"
    toolchain = Toolchain(python=python, readable=(), source="x", tools=python)
    assert find_tool(toolchain, "ruff").version is None


def test_editable_installs_of_the_repository_are_its_source_roots(
    tmp_path: Path, cache: Path
) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    (tmp_path / "src").mkdir()
    pth = f"import x\n{tmp_path / 'src'}\n/usr/lib\nrelative\n"
    (folder / LIBRARY / "site-packages" / "x.pth").write_text(pth)
    assert find_toolchain(tmp_path, cache=cache).roots == ("src",)


@pytest.mark.parametrize(
    ("mapping", "roots"),
    [("{'shop': '%s/lib/shop'}", ("lib",)), ("{'shop': '/x/shop'}", ()), ("{'shop': f()}", ())],
)
def test_setuptools_finders_name_source_roots_too(
    tmp_path: Path, cache: Path, mapping: str, roots: tuple[str, ...]
) -> None:
    folder = make_environment(tmp_path, packages=("pytest-8.0.0",))
    finder = folder / LIBRARY / "site-packages" / "__editable___shop_0_1_finder.py"
    text = mapping.replace("%s", str(tmp_path))
    finder.write_text(f"import sys\nMAPPING: dict[str, str] = {text}\nNAMESPACES = {{}}\n")
    assert find_toolchain(tmp_path, cache=cache).roots == roots


@pytest.mark.parametrize(("folder", "roots"), [("src", ("src",)), ("lib", ())])
@pytest.mark.parametrize("source", [CLEAN, "what the repository declares (x)"])
def test_in_an_environment_of_ours_src_is_the_source_root(
    tmp_path: Path, cache: Path, source: str, folder: str, roots: tuple[str, ...]
) -> None:
    (tmp_path / folder).mkdir()
    assert (
        source_roots(replace(find_toolchain(tmp_path, cache=cache), source=source), tmp_path)
        == roots
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, ""),
        (
            {"requirements.txt": "flask\n"},
            "1 dependency is declared in requirements.txt and not installed",
        ),
        (
            {"pyproject.toml": "[project]\nname = 'x'\ndependencies = ['a', 'b>1']\n"},
            "2 dependencies are declared in pyproject.toml and not installed",
        ),
        (
            {"pyproject.toml": "[project]\nname = 'x'\nrequires-python = '>=3.99'\n"},
            "the repository asks for Python >=3.99",
        ),
        ({".venv/pyvenv.cfg": "home = /x\n"}, "repository (.venv) was not taken: it has no pytest"),
    ],
)
def test_a_clean_environment_says_what_it_lacks(
    tmp_path: Path, cache: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    note = find_toolchain(tmp_path, cache=cache).note
    assert (said in note, bool(said)) == (True, bool(note))
