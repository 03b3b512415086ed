"""What a repository declares that it needs, read without trust."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.workspace.environments.declared import Declared, declared
from tests.unit.workspace.environment_support import write

PROJECT = """
[project]
name = "shop"
requires-python = ">=3.9"
dependencies = ["flask>=2", "shop[extra]"]
[project.optional-dependencies]
test = ["responses"]
docs = ["sphinx"]
[dependency-groups]
dev = [{include-group = "lint"}, "faker"]
lint = ["black", {include-group = "dev"}]
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ()),
        ({"requirements.txt": "# x\nflask==2.0 # y\n\n"}, ("flask==2.0",)),
        ({"requirements.txt": "flask==2.0 \\\n  --hash=sha256:00\n"}, ("flask==2.0",)),
        ({"requirements-dev.txt": "-r base.txt\nfaker\n", "base.txt": "flask"}, ("flask", "faker")),
        ({"requirements.txt": "-r requirements.txt\nflask"}, ("flask",)),
        ({"requirements.txt": "-r ../secret.txt\n-e .\nflask"}, ("flask",)),
        ({"pyproject.toml": PROJECT}, ("flask>=2", "responses", "black", "faker")),
        ({"setup.cfg": "[options]\ninstall_requires =\n  flask\n"}, ("flask",)),
        ({"pyproject.toml": "[[", "setup.cfg": "[["}, ()),
    ],
)
def test_what_a_repository_declares(
    tmp_path: Path, files: dict[str, str], expected: tuple[str, ...]
) -> None:
    write(tmp_path, {"secret.txt": "secret"})
    assert declared(write(tmp_path / "repo", files)).requirements == expected


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example/simple",
        "--find-links ./wheels",
        "git+https://evil.example/x.git",
        "x @ https://evil.example/x.whl",
        "./local",
        "-e ./other",
        "-r ../secret.txt",
    ],
)
def test_addresses_folders_and_options_are_left_out_and_told(tmp_path: Path, line: str) -> None:
    found = declared(write(tmp_path / "repo", {"requirements.txt": f"{line}\nflask\n"}))
    assert (found.requirements, len(found.left_out)) == (("flask",), 1)


def test_constraints_are_kept_apart(tmp_path: Path) -> None:
    found = declared(write(tmp_path, {"requirements.txt": "-c c.txt\nflask", "c.txt": "jinja2<3"}))
    assert (found.requirements, found.constraints) == (("flask",), ("jinja2<3",))


UV = """
version = 1
[[package]]
name = "shop"
source = { editable = "." }
dependencies = [{ name = "a" }, { name = "w", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "d", extra = ["x"] }]
docs = [{ name = "o" }]
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "b" }]
[[package]]
name = "b"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "a" }]
[[package]]
name = "d"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
[package.optional-dependencies]
x = [{ name = "e" }]
y = [{ name = "o" }]
[[package]]
name = "e"
version = "4.0"
source = { git = "https://evil.example/e" }
[[package]]
name = "o"
version = "5.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "w"
version = "6.0"
source = { registry = "https://pypi.org/simple" }
"""
POETRY = """
[[package]]
name = "a"
version = "1.0"
optional = false
groups = ["main", "docs"]
markers = { main = "sys_platform == 'linux'", docs = "sys_platform == 'win32'" }
[[package]]
name = "b"
version = "2.0"
optional = true
[[package]]
name = "c"
version = "3.0"
optional = false
groups = ["docs"]
[[package]]
name = "d"
version = "4.0"
optional = false
[package.source]
type = "git"
"""
PIPENV = json.dumps(
    {
        "default": {"a": {"version": "==1.0"}, "g": {"git": "https://evil.example"}},
        "develop": {"w": {"version": "==1", "markers": "sys_platform == 'win32'"}},
    }
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("uv.lock", UV, ("a==1.0", "b==2.0", "d==3.0")),
        ("poetry.lock", POETRY, ("a==1.0",)),
        ("Pipfile.lock", PIPENV, ("a==1.0",)),
    ],
)
def test_lock_files_come_before_everything_else(
    tmp_path: Path, name: str, text: str, expected: tuple[str, ...]
) -> None:
    found = declared(write(tmp_path, {name: text, "requirements.txt": "flask"}))
    assert (found.requirements, found.files) == (expected, (name,))


@given(text=st.text(), name=st.sampled_from(["uv.lock", "Pipfile.lock", "setup.cfg"]))
def test_any_file_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    repo = tmp_path_factory.mktemp("repo")
    (repo / name).write_text(text, encoding="utf-8", errors="replace")
    assert isinstance(declared(repo), Declared)
