"""Task files: one task or many, YAML or JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.intake import make_task
from gatewright.tasks.taskfile import MOST_BYTES, by_priority, load_tasks


def loaded(folder: Path, text: str, *, name: str = "tasks.yaml") -> list[dict[str, Any]]:
    (folder / name).write_text(text, encoding="utf-8")
    return load_tasks(folder / name)


def refused(folder: Path, text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(folder, text)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "goal: a\n---\ngoal: b\n",
        "- goal: a\n- goal: b\n",
        "tasks:\n- goal: a\n- goal: b\n",
        '[{"goal": "a"}, {"goal": "b"}]',
        '{"tasks": [{"goal": "a"}, {"goal": "b"}]}',
        "---\n---\ngoal: a\n---\n- goal: b\n---\n",
        "tasks: [goal: a]\n---\ntasks:\n---\n[goal: b]",
    ],
)
def test_the_forms_of_a_file(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text) == [{"goal": "a"}, {"goal": "b"}]


def test_a_character_that_json_escapes_in_two_halves(tmp_path: Path) -> None:
    assert loaded(tmp_path, r'{"goal": "\ud83d\ude00"}') == [{"goal": "\U0001f600"}]


def test_a_file_of_one_task_with_everything(tmp_path: Path) -> None:
    text = """
    goal: |
      Fix the paging bug.
      The last page is missing.
    repo: shop
    base: main
    risk: low
    priority: high
    constraints: [Keep the API.]
    budget: {max_cost_usd: 0.5, max_seconds: 600, max_tokens: 100000}
    gate: {pytest: [tests/test_paging.py], mypy: false, commands: [make check]}
    """
    [raw] = loaded(tmp_path, text)
    task = make_task(raw)
    assert task.goal == "Fix the paging bug.\nThe last page is missing."
    assert (task.repo, task.gate.commands) == (tmp_path / "shop", ("make check",))


@pytest.mark.parametrize(
    ("repo", "expected"),
    [("shop", "{folder}/shop"), (".", "{folder}"), ("/src/shop", "/src/shop"), ("~/s", "~/s")],
)
def test_a_relative_repo_is_taken_from_the_files_folder(
    tmp_path: Path, repo: str, expected: str
) -> None:
    [task] = loaded(tmp_path, json.dumps({"goal": "x", "repo": repo}))
    assert task["repo"] == expected.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no task"),
        ("---\n---\n", "holds no task"),
        ("tasks:\n", "holds no task"),
        ("tasks: []", "holds no task"),
        ("[]", "holds no task"),
        ("tasks: 7", "is no list"),
        ("tasks: {goal: x}", "is no list"),
        ("tasks: text", "is no list"),
        ("just words", "is no mapping"),
        ("[7]", "is no mapping"),
        ("{1: x}", "is no mapping"),
        ("goal: [", "is no YAML or JSON"),
        ("goal: *nothing", "is no YAML or JSON"),
        ("goal: !!python/object/apply:os.mkdir [x]", "is no YAML or JSON"),
        ("goal: 2026-13-01", "is no YAML or JSON"),
        ("goal: !!bool maybe", "is no YAML or JSON"),
        ("goal: !!timestamp soon", "is no YAML or JSON"),
        ("goal: " + "9" * 5000, "is no YAML or JSON"),
        ("[" * 5000, "is no YAML or JSON"),
        ("goal: a\0b", "is no YAML or JSON"),
        ("? [a, b]\n: x", "is no YAML or JSON"),
    ],
)
def test_a_file_that_holds_no_task(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in refused(tmp_path, text).problem


def test_the_task_that_is_wrong_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, "- goal: a\n- just words\n").field == "FILE, task 2"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read.*No such file.*Check the path"):
        load_tasks(tmp_path / "none.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_tasks(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_bytes(b"goal: \xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        load_tasks(tmp_path / "t.yaml")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "t.yaml").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match="larger than 4 MiB"):
        load_tasks(tmp_path / "t.yaml")


def test_the_most_urgent_task_comes_first_and_the_order_of_the_file_is_kept() -> None:
    tasks = [
        {"goal": "1"},
        {"goal": "2", "priority": "low"},
        {"goal": "3", "priority": "critical"},
        {"goal": "4", "priority": "medium"},
        {"goal": "5", "priority": "nonsense"},
        {"goal": "6", "priority": "high"},
        {"goal": "7", "priority": "critical"},
    ]
    assert [task["goal"] for task in by_priority(tasks)] == ["3", "7", "6", "1", "4", "5", "2"]
