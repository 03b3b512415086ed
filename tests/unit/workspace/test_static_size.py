"""The checks `size` and `scope`."""

from dataclasses import replace
from pathlib import Path

import pytest

from gatewright.domain.policy import POLICIES
from tests.unit.workspace.static_support import Pair

BASE = {"shop.py": "a\nb\nc\n", "uv.lock": "x\n", "tests/test_shop.py": "x\n"}
POLICY = replace(POLICIES["medium"], changed_lines=4, changed_files=2)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(folder=tmp_path, base=BASE, policy=POLICY)


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"shop.py": "a\nx\nc\n"}, []),
        ({"shop.py": "1\n2\nc\n"}, []),
        ({"shop.py": "1\n2\n3\n"}, ["changed-lines"]),
        ({"shop.py": None}, []),
        ({"new.py": "1\n" * 5}, ["changed-lines"]),
        ({"a": "", "b": ""}, []),
        ({"a": "", "b": "", "c": ""}, ["changed-files"]),
        ({"uv.lock": "1\n" * 500}, []),
        ({"a": "", "b": "", "sub/package-lock.json": "1\n" * 9}, []),
        ({"tests/test_new.py": "1\n" * 500}, []),
        ({"tests/test_shop.py": "1\n" * 5}, ["changed-lines"]),
    ],
)
def test_size(pair: Pair, change: dict[str, str | None], rules: list[str]) -> None:
    assert [rule for _, rule, _ in pair.told("size", change)] == rules


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("shop.py", True),
        ("pkg/a.py", True),
        ("pkg/deep/a.py", True),
        ("pkg2/a.py", False),
        ("other.py", False),
        ("tests/test_new.py", True),
        ("tests/test_shop.py", False),
        ("CHANGELOG.md", True),
        ("docs/changes/12.feature.rst", True),
        ("newsfragments.py", False),
        ("history.py", False),
    ],
)
def test_scope(pair: Pair, path: str, inside: bool) -> None:
    planned = pair.but(scope=("./shop.py", "pkg/"))
    expected = [] if inside else [("warning", "outside-the-plan", f"{path}:None")]
    assert planned.told("scope", {path: "new"}) == expected


def test_where_the_plan_names_no_file_every_one_is_inside(pair: Pair) -> None:
    assert pair.told("scope", {"other.py": "x"}) == []


def test_severity_is_the_policy_s_and_a_task_may_allow_it(pair: Pair) -> None:
    planned = pair.but(scope=("shop.py",), policy=POLICIES["high"])
    assert planned.told("scope", {"x.py": ""}) == [("blocking", "outside-the-plan", "x.py:None")]
    assert planned.but(allow=("scope",)).told("scope", {"x.py": ""}) == []
