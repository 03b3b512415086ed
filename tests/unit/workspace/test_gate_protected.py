import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.workspace.gate.protected import same_configuration

BASE = b'[project]\nname = "x"\n[tool.ruff]\nline-length = 100\n'


@pytest.mark.parametrize(
    ("path", "before", "after", "same"),
    [
        ("pyproject.toml", BASE, BASE.replace(b'"x"', b'"y"'), True),
        ("pyproject.toml", BASE, BASE.replace(b"100", b"200"), False),
        ("pyproject.toml", BASE, BASE + b"[tool.pytest.ini_options]\naddopts='-k a'\n", False),
        ("pyproject.toml", BASE, None, False),
        ("pyproject.toml", None, b'[project]\nname = "x"\n', True),
        ("pyproject.toml", BASE, b"[[", False),
        ("pyproject.toml", BASE, b"\xff", False),
        ("setup.cfg", b"[metadata]\na=1\n", b"[metadata]\na=2\n", True),
        ("setup.cfg", b"[metadata]\na=1\n", b"[metadata]\na=1\n[tool:pytest]\nb=2\n", False),
        ("tox.ini", b"[mypy-a.*]\nx=1\n", b"[mypy-a.*]\nx=2\n", False),
        ("ruff.toml", b"a=1", b"a = 1", False),
        ("pyproject.toml", b"[tool.mypy]\nstrict = true", b"[tool.mypy]\nstrict = 1", False),
        ("pyproject.toml", b"[tool.mypy]\na=1\nb=2", b"[tool.mypy]\nb=2\na=1", True),
        ("pyproject.toml", BASE, b"tool = 'none'", False),
        ("pyproject.toml", BASE, BASE + b"[project.entry-points.pytest11]\na='b'\n", False),
        ("pyproject.toml", BASE, BASE + b"[project.entry-points.mine]\na='b'\n", True),
        ("pyproject.toml", BASE, BASE + b"[tool.poetry.plugins.pytest11]\na='b'\n", False),
        ("pyproject.toml", BASE, BASE + b"[tool.pyright]\nstrict=[]\n", False),
        ("pyproject.toml", BASE, BASE + b"[tool.bandit]\nskips=['B1']\n", False),
        ("pyproject.toml", BASE, BASE + b"[tool.black]\nline-length=1\n", True),
        ("pyproject.toml", BASE, b"a=" + b"[" * 5000, False),
        ("setup.cfg", b"", b"[options.entry_points]\npytest11 = a=b\n", False),
        ("setup.cfg", b"", b"[options.entry_points]\nconsole_scripts = a=b\n", True),
        ("setup.cfg", b"[tool:pytest]\naddopts=-x\n", b"[tool:pytest]\nADDOPTS=-x\n", False),
        ("tox.ini", b"", b"[flake8]\nignore=E\n", False),
        ("tox.ini", b"", b"[testenv]\ncommands=pytest\n", True),
    ],
)
def test_what_says_the_same(
    path: str, before: bytes | None, after: bytes | None, same: bool
) -> None:
    assert same_configuration(path, before, after) is same


@given(st.binary(), st.sampled_from(["pyproject.toml", "setup.cfg", "ruff.toml"]))
def test_any_bytes_can_be_compared_and_are_the_same_as_themselves(data: bytes, path: str) -> None:
    same_configuration(path, BASE, data)
    assert same_configuration(path, data, data)
