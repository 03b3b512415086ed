"""The check `dependencies`: what a project asks for, by meaning."""

from pathlib import Path

import pytest

from gatewright.domain.policy import POLICIES
from tests.unit.workspace.static_support import Pair

PYPROJECT = """\
[build-system]
requires = ["setuptools>=70"]
[project]
name = "shop"
dependencies = ["requests>=2", "Flask_Login ~= 1.0", "tomli; python_version < '3.11'"]
[project.optional-dependencies]
dev = ["black"]
[dependency-groups]
lint = ["ruff"]
[tool.poetry.dependencies]
python = "^3.11"
rich = { version = "^13", extras = ["a"] }
[tool.poetry.group.dev.dependencies]
mypy = "*"
"""
BASE = {
    "pyproject.toml": PYPROJECT,
    "requirements.txt": "# what we need\nrequests>=2  # http\nflask==3.0 --hash=sha256:aa\n",
    "setup.cfg": "[metadata]\nname = shop\n[options]\n"
    "install_requires =\n    requests>=2\n    six\n",
    "setup.py": "from setuptools import setup\nsetup()\n",
    "uv.lock": "version = 1\n",
    "package.json": '{"name": "shop", "dependencies": {"left-pad": "^1"}, '
    '"scripts": {"test": "x"}}',
    "Cargo.toml": '[package]\nname = "shop"\n[dependencies]\nserde = "1"\n',
    "go.mod": "module shop\n\nrequire (\n\ta.b/c v1.0.0\n)\n",
    "environment.yml": "name: shop\nchannels: [conda-forge]\n"
    "dependencies:\n- numpy=2\n- pip:\n  - six\n",
    "Pipfile": '[packages]\nrequests = "*"\n[scripts]\na = "b"\n',
    "template/{{x}}/pyproject.toml": "{{ no toml }}\n",
}
EDITS = [
    ("pyproject.toml", '"requests>=2"', '"requests>=3"', "'>=2' -> '>=3'"),
    ("pyproject.toml", '"requests>=2", ', "", "'dependencies: requests' '>=2' was removed"),
    ("pyproject.toml", '["black"]', '["black", "evil"]', "optional-dependencies.dev: evil"),
    ("pyproject.toml", '["ruff"]', '["ruff<1"]', "dependency-groups.lint: ruff"),
    ("pyproject.toml", '"setuptools>=70"', '"hatchling"', "build-system: hatchling"),
    ("pyproject.toml", 'rich = { version = "^13"', 'rich = { version = "^14"', "poetry"),
    (
        "pyproject.toml",
        'mypy = "*"',
        'mypy = "*"\nevil = "1"',
        "poetry.group.dev.dependencies: evil",
    ),
    ("requirements.txt", "flask==3.0", "flask==3.1", "'==3.0' -> '==3.1'"),
    ("requirements.txt", "requests>=2", "requests>=2\nevil", "'evil' '' was added"),
    ("setup.cfg", "six", "sixer", "install_requires: sixer"),
    ("setup.py", "setup()", "setup(install_requires=['x'])", "decides what is installed"),
    ("uv.lock", "version = 1", "version = 2", "decides what is installed"),
    ("package.json", '"^1"', '"^2"', "'^1' -> '^2'"),
    ("package.json", '"test": "x"', '"postinstall": "evil"', "scripts: postinstall"),
    ("Cargo.toml", 'serde = "1"', 'serde = "1"\nrand = "0.9"', "dependencies: rand"),
    ("go.mod", "v1.0.0", "v1.1.0", "'v1.0.0' -> 'v1.1.0'"),
    ("environment.yml", "numpy=2", "numpy=3", "numpy"),
    ("environment.yml", "- six", "- evil", "dependencies.pip: evil"),
    ("Pipfile", '"*"', '"<3"', "packages: requests"),
]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(folder=tmp_path, base=BASE)


@pytest.mark.parametrize(("path", "old", "new", "said"), EDITS)
def test_a_changed_requirement(pair: Pair, path: str, old: str, new: str, said: str) -> None:
    assert old in BASE[path]
    found = pair.findings("dependencies", {path: BASE[path].replace(old, new)})
    assert any(said in each.message for each in found)
    assert {(each.file, each.severity) for each in found} == {(path, "blocking")}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", '"shop"', '"shop"\ndescription = "requests"'),
        (
            "pyproject.toml",
            '"requests>=2", "Flask_Login ~= 1.0"',
            '"flask-login~=1.0","requests >=2"',
        ),
        ("pyproject.toml", "[project]", "# requests>=3\n[project]"),
        ("pyproject.toml", "[project]", "[tool.ruff]\nline-length = 3\n[project]"),
        ("requirements.txt", "# http", "# the web"),
        ("requirements.txt", "requests>=2  # http\n", "\nRequests >= 2\n\n"),
        ("requirements.txt", "sha256:aa", "sha256:bb"),
        ("setup.cfg", "name = shop", "name = shop2"),
        ("setup.cfg", "    requests>=2\n    six", "    six\n    requests >= 2"),
        ("package.json", '"test": "x"', '"test": "y"'),
        ("package.json", '"name": "shop", ', ""),
        ("Cargo.toml", '"shop"', '"shop2"'),
        ("go.mod", "\ta.b/c v1.0.0\n", "\ta.b/c v1.0.0 // indirect\n"),
        ("environment.yml", "name: shop", "name: shop2"),
        ("Pipfile", 'a = "b"', 'a = "c"'),
        ("template/{{x}}/pyproject.toml", "no toml", "still no toml"),
    ],
)
def test_what_asks_for_the_same(pair: Pair, path: str, old: str, new: str) -> None:
    assert old in BASE[path]
    found = pair.told("dependencies", {path: BASE[path].replace(old, new)})
    expected = [("blocking", "unreadable", f"{path}:None")] if "template" in path else []
    assert found == expected


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", '"black"', '"black @ https://evil.example/black.whl"'),
        ("pyproject.toml", '"black"', '"black @ git+ssh://git@evil.example/black"'),
        (
            "pyproject.toml",
            "[project]",
            '[tool.uv.sources]\nrequests = { path = "vendor" }\n[project]',
        ),
        (
            "pyproject.toml",
            "[project]",
            '[tool.uv]\nextra-index-url = ["https://e.com"]\n[project]',
        ),
        ("pyproject.toml", "[project]", '[[tool.uv.index]]\nurl = "https://e.com"\n[project]'),
        ("pyproject.toml", 'rich = { version = "^13"', 'rich = { git = "https://e.com/r"'),
        ("requirements.txt", "requests>=2", "--extra-index-url https://evil.example\nrequests>=2"),
        ("requirements.txt", "requests>=2", "-e ./vendor/requests"),
        ("requirements.txt", "requests>=2", "git+https://evil.example/requests"),
        ("requirements.txt", "requests>=2", "./vendor/requests.whl"),
        ("package.json", '"^1"', '"git+https://evil.example/left-pad"'),
        ("package.json", '"^1"', '"file:../left-pad"'),
        ("Cargo.toml", 'serde = "1"', 'serde = { git = "https://evil.example" }'),
        ("Cargo.toml", 'serde = "1"', 'serde = { path = "../serde" }'),
        ("go.mod", "require (", "replace a.b/c => ../c\n\nrequire ("),
        ("environment.yml", "conda-forge", "evil-forge"),
    ],
)
def test_a_place_of_its_own_blocks_at_any_risk(pair: Pair, path: str, old: str, new: str) -> None:
    low = pair.but(policy=POLICIES["low"])
    assert old in BASE[path]
    told = low.told("dependencies", {path: BASE[path].replace(old, new)})
    assert ("blocking", "direct") in {(severity, rule) for severity, rule, _ in told}


def test_other_changes_have_the_policy_s_severity(pair: Pair) -> None:
    low = pair.but(policy=POLICIES["low"])
    change = {"requirements.txt": "requests>=2\nflask==3.0\nevil\n"}
    assert low.told("dependencies", change) == [("warning", "requirement", "requirements.txt:3")]


@pytest.mark.parametrize(
    "path",
    [
        "requirements-dev.txt",
        "dev-requirements.in",
        "requirements/dev.txt",
        "constraints.txt",
        "sub/requirements.txt",
        "poetry.lock",
        "Pipfile.lock",
        "yarn.lock",
        "pnpm-lock.yaml",
        "go.sum",
        "Cargo.lock",
    ],
)
def test_manifests_are_known_by_their_names(pair: Pair, path: str) -> None:
    assert [s for s, _, _ in pair.told("dependencies", {path: "evil==1\n"})] == ["blocking"]


@pytest.mark.parametrize("path", ["notes.txt", "docs/requirements.md", "src/requirements.py"])
def test_other_files_are_none(pair: Pair, path: str) -> None:
    assert pair.told("dependencies", {path: "evil==1\n"}) == []


@pytest.mark.parametrize("text", ["[[", "{", "\x00"])
@pytest.mark.parametrize("path", ["pyproject.toml", "package.json"])
def test_what_could_be_read_and_no_longer_can_blocks(pair: Pair, path: str, text: str) -> None:
    low = pair.but(policy=POLICIES["low"])
    assert low.told("dependencies", {path: text}) == [("blocking", "unreadable", f"{path}:None")]


def test_a_task_may_allow_it(pair: Pair) -> None:
    allowed = pair.but(allow=("dependencies",))
    assert allowed.told("dependencies", {"uv.lock": "x"}) == []
