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
