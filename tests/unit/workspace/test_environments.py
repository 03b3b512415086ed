"""Environments that are found, made clean, or made from what a repository declares."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gatewright.domain.errors import EnvironmentFault
from gatewright.domain.ports import Toolchain
from gatewright.workspace.environments.clean import clean_environment
from gatewright.workspace.environments.declared import Declared
from gatewright.workspace.environments.found import find_environment
from gatewright.workspace.environments.install import Installer, declared_environment
from gatewright.workspace.environments.installation import installed
from gatewright.workspace.environments.making import is_whole, made
from gatewright.workspace.environments.missing import advice
from tests.unit.workspace.environment_support import write
from tests.unit.workspace.test_toolchain import make_environment

OURS = ("pydantic", "langgraph", "litellm", "duckdb", "hypothesis", "gatewright", "pip")


def python(program: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )


def short_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:8]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a clean environment."""
    return clean_environment(tmp_path_factory.mktemp("environments"))


def test_a_clean_environment_has_the_gate_s_tools(clean: Path) -> None:
    assert {"pytest", "coverage", "mypy", "ruff"} <= set(installed(clean))


def test_a_clean_environment_has_nothing_of_ours(clean: Path) -> None:
    code = f"import importlib.util as u; print([n for n in {OURS!r} if u.find_spec(n)])"
    assert python(clean, code).stdout == "[]\n"


def test_a_clean_environment_brings_no_pytest_plugin(clean: Path) -> None:
    code = "from importlib.metadata import entry_points as e; print(list(e(group='pytest11')))"
    assert python(clean, code).stdout == "[]\n"


@pytest.mark.parametrize("tool", ["pytest", "coverage", "mypy", "ruff"])
def test_its_commands_run_by_name_from_wherever_it_lies(clean: Path, tool: str) -> None:
    ran = subprocess.run(
        [tool, "--version"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{clean.parent}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (ran.returncode, installed(clean)[tool] in ran.stdout) == (0, True)


def test_no_file_of_it_is_one_of_our_own_installation(clean: Path) -> None:
    """Whatever wrote to a hard link would write into Gatewright."""
    files = [path.lstat() for path in clean.parents[1].rglob("*") if path.is_file()]
    assert {seen.st_nlink for seen in files} == {1}


def test_a_second_call_makes_nothing(clean: Path) -> None:
    before = clean.parent.parent.stat().st_ino
    assert clean_environment(clean.parents[2]) == clean
    assert clean.parent.parent.stat().st_ino == before


def test_many_at_once_agree_on_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: clean_environment(tmp_path), range(4)))
    names = [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")]
    assert (len(set(found)), names) == (1, [found[0].parts[-3]])


def three_files(folder: Path) -> None:
    write(folder, {"bin/a": "a", "lib/x/site-packages/b.py": "b", "c": "c"})


@pytest.mark.parametrize("harm", ["cut", "gone", "added", "no seal", "foreign"])
def test_a_damaged_environment_is_made_anew(tmp_path: Path, harm: str) -> None:
    folder = made(tmp_path / "clean-x", three_files)
    if harm == "cut":
        (folder / "bin" / "a").write_text("")
    elif harm == "gone":
        (folder / "c").unlink()
    elif harm == "added":
        (folder / "lib/x/site-packages/evil.pth").write_text("import evil")
    elif harm == "no seal":
        (folder / "gatewright.json").unlink()
    else:
        (folder / "gatewright.json").write_text("[1]")
    was_whole = is_whole(folder)
    made(folder, three_files)
    texts = [(folder / name).read_text() for name in ("bin/a", "lib/x/site-packages/b.py", "c")]
    assert (was_whole, texts, is_whole(folder)) == (False, ["a", "b", "c"], True)
    assert not (folder / "lib/x/site-packages/evil.pth").exists()


def test_what_could_not_be_built_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        three_files(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(EnvironmentFault, match="No space left on device"):
        made(tmp_path / "clean-x", fail)
    assert [path.name for path in tmp_path.iterdir()] == [".clean-x.lock"]


def test_what_was_not_used_for_long_makes_room(tmp_path: Path) -> None:
    old = made(tmp_path / "declared-old", three_files)
    young = made(tmp_path / "declared-young", three_files)
    mine = tmp_path / "mine"
    mine.mkdir()
    for folder in (old, mine):
        os.utime(folder if folder is mine else folder / "gatewright.json", (0, 0))
    made(tmp_path / "clean-new", three_files)
    assert [folder.exists() for folder in (old, young, mine)] == [False, True, True]


@pytest.mark.parametrize(
    "pyproject", ["[tool.poetry]\nname = 'My Shop'\n", "[project]\nname = 'My Shop'\n"]
)
def test_poetry_s_environment_is_found_by_its_name(tmp_path: Path, pyproject: str) -> None:
    repo = write(tmp_path / "repo", {"pyproject.toml": pyproject})
    home = tmp_path / "home"
    stem = f".cache/pypoetry/virtualenvs/my_shop-{short_hash(str(repo.resolve()))}"
    for version in ("3.9", "3.11"):
        make_environment(home, f"{stem}-py{version}", packages=("pytest-8.0.0",))
    found = find_environment(repo, home=home)
    assert found is not None
    assert found.installation.prefix == home / f"{stem}-py3.11"


def test_pipenv_s_environment_is_found_by_its_name(tmp_path: Path) -> None:
    repo = write(tmp_path / "my shop", {"Pipfile": ""})
    home = tmp_path / "home"
    name = f".local/share/virtualenvs/my_shop-{short_hash(str(repo.resolve() / 'Pipfile'))}"
    make_environment(home, name, packages=("pytest-8.0.0",))
    found = find_environment(repo, home=home)
    assert found is not None
    assert (found.installation.prefix, found.source) == (home / name, "repository (pipenv)")


@pytest.mark.parametrize("name", ["../../evil", "/evil", "", "7"])
def test_a_name_that_leads_elsewhere_finds_nothing(tmp_path: Path, name: str) -> None:
    repo = write(tmp_path / "repo", {"pyproject.toml": f"[project]\nname = {name!r}\n"})
    (tmp_path / "home/.cache/pypoetry/virtualenvs").mkdir(parents=True)
    make_environment(
        tmp_path / "home",
        f"evil-{short_hash(str(repo.resolve()))}-py3.11",
        packages=("pytest-8.0.0",),
    )
    assert find_environment(repo, home=tmp_path / "home") is None


def wheel(folder: Path, name: str, *, requires: str = "") -> None:
    """The smallest wheel there can be: one module."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name}.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.mark.slow
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_declared_dependencies_are_installed_beside_the_gate_s_tools(
    tmp_path: Path, installer: Installer
) -> None:
    wheel(tmp_path / "wheels", "shopping", requires="basket")
    wheel(tmp_path / "wheels", "basket")
    wanted = Declared(requirements=("shopping==1.0",), files=("requirements.txt",))
    options = ("--no-index", "--find-links", str(tmp_path / "wheels"))
    made = declared_environment(wanted, tmp_path / "c", installer=installer, options=options)
    assert python(made, "import shopping, basket, pytest, coverage").stderr == ""
    assert is_whole(made.parent.parent)


@pytest.mark.slow
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_source_distributions_are_never_built(tmp_path: Path, installer: Installer) -> None:
    trace = tmp_path / "trace"
    source = write(
        tmp_path / "sdist/evil-1.0",
        {
            "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'evil'\n"
            "backend-path = ['.']\n",
            "evil.py": f"open({str(trace)!r}, 'w')\n",
            "PKG-INFO": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
        },
    )
    (tmp_path / "wheels").mkdir()
    archive = tmp_path / "wheels" / "evil-1.0.tar.gz"
    subprocess.run(["tar", "czf", archive, "-C", source.parent, source.name], check=True)
    options = ("--no-index", "--find-links", str(archive.parent))
    wanted = Declared(requirements=("evil",), files=("requirements.txt",))
    with pytest.raises(
        EnvironmentFault, match=r"(?s)requirements\.txt could not be installed.*evil"
    ):
        declared_environment(wanted, tmp_path / "c", installer=installer, options=options)
    assert (trace.exists(), list((tmp_path / "c").glob("declared-*"))) == (False, [])


def test_an_install_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    wanted = Declared(requirements=("x",), files=("requirements.txt",))
    with pytest.raises(EnvironmentFault, match="did not end within 0 s"):
        declared_environment(wanted, tmp_path, options=("--no-index",), timeout_s=0)


def test_a_missing_module_is_told_with_what_to_do() -> None:
    toolchain = Toolchain(python=Path(sys.executable), readable=(), source="clean", note="1 is not")
    said = advice(toolchain, "E   ModuleNotFoundError: No module named 'flask.views'\n")
    assert said.startswith(
        "'flask.views' is not in the environment of the checks (clean). 1 is not."
    )
    assert advice(toolchain, "AssertionError: no") == ""
