"""Which files are not a change's to alter."""

import pytest

from gatewright.domain.protected import is_configuration, is_test


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("pkg/a_test.py", True),
        ("tests/data/a.json", True),
        ("pkg/test/helper.py", True),
        ("conftest.py", True),
        ("src/testing.py", False),
        ("contest/a.py", False),
        ("src/contest.py", False),
        ("test.md", False),
        ("tests", False),
    ],
)
def test_what_is_a_test(path: str, expected: bool) -> None:
    assert is_test(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pyproject.toml", True),
        ("sub/conftest.py", True),
        ("sub/.ruff.toml", True),
        ("site.pth", True),
        ("sitecustomize.py", True),
        ("tox.ini", True),
        ("pkg/__pycache__/a.cpython-311.pyc", True),
        (".pytest_cache/v/cache/lastfailed", True),
        (".flake8", True),
        (".pylintrc", True),
        ("pyrightconfig.json", True),
        (".coveragerc.toml", True),
        ("x.dist-info/entry_points.txt", True),
        ("src/X.EGG-INFO/PKG-INFO", True),
        ("config.toml", False),
        ("noxfile.py", False),
        (".pre-commit-config.yaml", False),
        ("eggs/info.txt", False),
        ("src/ruff.py", False),
    ],
)
def test_what_is_configuration(path: str, expected: bool) -> None:
    assert is_configuration(path) is expected
