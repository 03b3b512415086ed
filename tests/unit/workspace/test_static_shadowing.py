"""The check `shadowing`: new files that an import finds before what it means."""

from pathlib import Path

import pytest

from tests.unit.workspace.static_support import Pair

BASE = {
    "shop.py": "",
    "pkg/__init__.py": "",
    "pkg/code.py": "",
    "tests/test_shop.py": "",
    "inner/__init__.py": "",
    "inner/tests/__init__.py": "",
    "inner/tests/test_inner.py": "",
    "queue.py": "",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["app", "."]\n',
}


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(
        folder=tmp_path, base=BASE, roots=("lib/py",), modules=frozenset({"requests", "six"})
    )


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("json.py", "shadows"),
        ("random/__init__.py", "shadows"),
        ("requests.py", "shadows"),
        ("requests/__init__.py", "shadows"),
        ("pytest.py", "shadows"),
        ("_pytest/__init__.py", "shadows"),
        ("pluggy.py", "shadows"),
        ("coverage.py", "shadows"),
        ("tests/json.py", "shadows"),
        ("tests/six.py", "shadows"),
        ("src/json.py", "shadows"),
        ("app/json.py", "shadows"),
        ("lib/py/requests.py", "shadows"),
        ("math.cpython-311-x86_64-linux-gnu.so", "binary"),
        ("pkg/fast.so", "binary"),
        ("pkg/__pycache__/code.cpython-311.pyc", "binary"),
        ("evil.pth", "runs-by-itself"),
        ("pkg/sitecustomize.py", "runs-by-itself"),
        ("usercustomize.py", "runs-by-itself"),
        ("evil.dist-info/entry_points.txt", "metadata"),
        ("src/evil.EGG-INFO/PKG-INFO", "metadata"),
    ],
)
def test_a_file_that_hides_a_module_or_runs_by_itself(pair: Pair, path: str, rule: str) -> None:
    assert pair.told("shadowing", {path: "x"}) == [("blocking", rule, f"{path}:None")]


@pytest.mark.parametrize(
    "path",
    [
        "pkg/json.py",
        "pkg/requests/__init__.py",
        "pkg/random.py",
        "newmodule.py",
        "newpackage/__init__.py",
        "inner/tests/json.py",
        "inner/json.py",
        "docs/json.py",
        "json/data.txt",
        "json.txt",
        "json.pyi",
        "code/script.py",
        "test/test_new.py",
        "tests/__init__.py",
        "tests/test_json.py",
        "requests.md",
        "queue/more.py",
        "my.json.py.txt",
        "site/index.html",
    ],
)
def test_an_honest_new_file(pair: Pair, path: str) -> None:
    assert pair.told("shadowing", {path: "x"}) == []


def test_a_module_that_the_base_has_may_be_changed_and_may_become_a_package(pair: Pair) -> None:
    assert pair.told("shadowing", {"queue.py": "x = 1\n"}) == []
    assert pair.told("shadowing", {"queue.py": None, "queue/__init__.py": "x"}) == []


def test_one_finding_for_a_package_however_many_its_files(pair: Pair) -> None:
    change = {f"random/{name}.py": "" for name in ("__init__", "a", "b")}
    (found,) = pair.findings("shadowing", change)
    assert "'random'" in found.message and "another name" in found.message


def test_inside_the_package_of_the_tests_a_name_is_free(pair: Pair) -> None:
    change = {"tests/__init__.py": "", "tests/json.py": ""}
    assert pair.told("shadowing", change) == []
