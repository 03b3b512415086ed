from pathlib import Path

import pytest

from gatewright.workspace.gate.guard import enforce, inspect, tree

BASE = {
    "a.py": "1",
    "tests/test_a.py": "2",
    "tests/data/x.json": "3",
    "pyproject.toml": "[tool.ruff]\n",
}


def fill(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return fill(tmp_path / "base", BASE)


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return fill(tmp_path / "after", BASE)


def enforced(base: Path, after: Path) -> dict[str, str]:
    """What the checks see of a change, as text by path."""
    enforce(inspect(base, after), base=base, copy=after)
    return {path: (after / path).read_text() for path in tree(after)}


def test_code_and_new_tests_are_the_change_s_own(base: Path, after: Path) -> None:
    fill(after, {"a.py": "new", "tests/test_b.py": "more"})
    assert inspect(base, after).findings == ()


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("tests/test_a.py", "test"),
        ("tests/data/x.json", "test"),
        ("pyproject.toml", "configuration"),
    ],
)
def test_an_edited_file_of_the_base_is_found_and_put_back(
    base: Path, after: Path, path: str, rule: str
) -> None:
    fill(after, {path: "[tool.ruff]\nlint.ignore = ['ALL']"})
    (finding,) = inspect(base, after).findings
    assert (finding.file, finding.rule, finding.severity) == (path, rule, "blocking")
    assert enforced(base, after) == BASE


def test_a_deleted_test_is_found_and_put_back(base: Path, after: Path) -> None:
    (after / "tests/test_a.py").unlink()
    assert [f.file for f in inspect(base, after).findings] == ["tests/test_a.py"]
    assert enforced(base, after) == BASE


WHOLE = [
    "conftest.py",
    "tests/conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    "mypy.ini",
    "ruff.toml",
    ".coveragerc",
    ".flake8",
    ".pylintrc",
    "pyrightconfig.json",
    "x.pth",
    "sitecustomize.py",
    "evil.egg-info/entry_points.txt",
    "src/evil-1.0.dist-info/entry_points.txt",
    "evil.egg/EGG-INFO/entry_points.txt",
]
"""Files that are nothing but configuration."""


@pytest.mark.parametrize("path", [*WHOLE, "__pycache__/a.cpython-311.pyc"])
def test_new_configuration_is_found_and_taken_away(base: Path, after: Path, path: str) -> None:
    fill(after, {path: "x"})
    assert [f.file for f in inspect(base, after).findings] == [path]
    assert enforced(base, after) == BASE


def test_a_directory_in_the_place_of_a_test_gives_way(base: Path, after: Path) -> None:
    (after / "tests/test_a.py").unlink()
    fill(after, {"tests/test_a.py/x.txt": "x"})
    assert enforced(base, after) == BASE


def test_a_link_in_the_place_of_a_directory_is_not_written_through(
    base: Path, after: Path, tmp_path: Path
) -> None:
    outside = fill(tmp_path / "outside", {"test_a.py": "theirs", "data/x.json": "theirs"})
    for name in ("tests/test_a.py", "tests/data/x.json"):
        (after / name).unlink()
    (after / "tests/data").rmdir()
    (after / "tests").rmdir()
    (after / "tests").symlink_to(outside)
    assert enforced(base, after) == BASE
    assert {p: (outside / p).read_text() for p in tree(outside)} == {
        "test_a.py": "theirs",
        "data/x.json": "theirs",
    }


def test_a_link_with_the_same_content_is_an_edit(base: Path, after: Path) -> None:
    (after / "tests/test_a.py").unlink()
    fill(after, {"copy.py": "2"})
    (after / "tests/test_a.py").symlink_to("../copy.py")
    assert [f.file for f in inspect(base, after).findings] == ["tests/test_a.py"]


def test_a_name_that_is_no_text_can_be_told(base: Path, after: Path) -> None:
    (after / "tests/test_\udcff.py").parent.mkdir(exist_ok=True)
    (base / "tests/test_\udcff.py").write_text("x")
    (finding,) = inspect(base, after).findings
    assert finding.model_dump_json() and finding.file == "tests/test_\\xff.py"


@pytest.mark.parametrize("path", WHOLE)
def test_configuration_that_was_weakened_is_found_and_put_back(
    base: Path, after: Path, path: str
) -> None:
    fill(base, {path: "strict = true"})
    fill(after, {path: "strict = false"})
    (finding,) = inspect(base, after).findings
    assert (finding.file, finding.rule, finding.severity) == (path, "configuration", "blocking")
    assert enforced(base, after)[path] == "strict = true"


@pytest.mark.parametrize(
    ("path", "before", "now"),
    [
        ("pyproject.toml", "[tool.ruff]\n", "[tool.ruff]\nexclude = ['a.py']\n"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", ""),
        ("pyproject.toml", "", "[tool.coverage.run]\nomit = ['*']\n"),
        ("pyproject.toml", "", "[project.entry-points.pytest11]\nevil = 'evil'\n"),
        ("setup.cfg", "", "[tool:pytest]\naddopts = -k none\n"),
        ("setup.cfg", "", "[options.entry_points]\npytest11 =\n    evil = evil\n"),
        ("tox.ini", "[pytest]\naddopts = --strict-markers\n", "[pytest]\n"),
    ],
)
def test_sections_of_the_checks_are_put_back(
    base: Path, after: Path, path: str, before: str, now: str
) -> None:
    fill(base, {path: before})
    fill(after, {path: now})
    (finding,) = inspect(base, after).findings
    assert (finding.file, finding.rule) == (path, "configuration")
    assert enforced(base, after)[path] == before


def test_a_finding_tells_what_was_done_to_a_test(base: Path, after: Path) -> None:
    fill(base, {"test_x.py": "def test_x():\n    assert 1\n"})
    fill(after, {"test_x.py": "import pytest\n@pytest.mark.skip\ndef test_x():\n    assert 1\n"})
    (finding,) = inspect(base, after).findings
    assert finding.message == (
        "test_x.py is a test of the base and was edited: test_x marked skip or xfail; the checks "
        "ran with the base's. Leave it as it is and change the code; new tests go into new files."
    )


def test_edits_of_tests_that_a_task_allows_stay_and_are_told(base: Path, after: Path) -> None:
    fill(after, {"tests/test_a.py": "new", "conftest.py": "x"})
    found = inspect(base, after, allow=("tests",))
    assert [(f.file, f.severity) for f in found.findings] == [
        ("conftest.py", "blocking"),
        ("tests/test_a.py", "note"),
    ]
    enforce(found, base=base, copy=after)
    assert {p: (after / p).read_text() for p in tree(after)} == {**BASE, "tests/test_a.py": "new"}


def test_a_test_that_a_task_lets_go_is_told_louder(base: Path, after: Path) -> None:
    (after / "tests/test_a.py").unlink()
    (finding,) = inspect(base, after, allow=("tests",)).findings
    assert (finding.file, finding.severity) == ("tests/test_a.py", "warning")


def test_configuration_that_a_task_allows_is_used_and_told(base: Path, after: Path) -> None:
    fill(after, {"tests/test_a.py": "new", "conftest.py": "x"})
    found = inspect(base, after, allow=("configuration",))
    assert [(f.file, f.severity) for f in found.findings] == [
        ("conftest.py", "note"),
        ("tests/test_a.py", "blocking"),
    ]
    enforce(found, base=base, copy=after)
    assert {p: (after / p).read_text() for p in tree(after)} == {**BASE, "conftest.py": "x"}
