"""Any goal makes a task with a safe name; any file makes tasks or one clear error."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.errors import InputError
from gatewright.domain.intake import make_task
from gatewright.domain.task import TASK_ID, Priority, Task
from gatewright.tasks.taskfile import by_priority, load_tasks

NO_NUL = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
LINES = st.lists(st.text(NO_NUL, min_size=1, max_size=20), max_size=3)
AMOUNTS = st.none() | st.integers(1, 10**12)
GOALS = st.text(NO_NUL, min_size=1, max_size=80).filter(lambda goal: bool(goal.strip()))

TASKS = st.fixed_dictionaries(
    {"goal": GOALS, "repo": st.just("/src/shop")},
    optional={
        "base": st.text(NO_NUL, min_size=1, max_size=20),
        "risk": st.sampled_from(["low", "medium", "high"]),
        "priority": st.sampled_from(["low", "medium", "high", "critical"]),
        "constraints": LINES,
        "acceptance_criteria": LINES,
        "budget": st.fixed_dictionaries(
            {}, optional={"max_cost_usd": AMOUNTS, "max_seconds": AMOUNTS, "max_tokens": AMOUNTS}
        ),
        "gate": st.fixed_dictionaries(
            {}, optional={"pytest": st.none() | LINES, "mypy": st.booleans(), "commands": LINES}
        ),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(sorted(Task.model_fields)), inner)
    ),
    max_leaves=8,
)


def read(folder: Path, text: str | bytes) -> list[dict[str, Any]]:
    file = folder / "tasks.yaml"
    if isinstance(text, str):
        text = text.encode("utf-8", errors="surrogatepass")
    file.write_bytes(text)
    return load_tasks(file)


@given(goal=st.text(min_size=1), base=st.text(max_size=40))
def test_a_made_id_is_safe_as_a_file_a_ref_and_in_a_url(goal: str, base: str) -> None:
    try:
        task = make_task({"goal": goal, "repo": "/r"}, base_commit=base)
    except InputError as error:
        assert error.field == "goal"
        return
    assert re.fullmatch(TASK_ID, task.id)
    assert make_task(task.model_dump(mode="json")) == task


@given(given_=TASKS, form=st.sampled_from([json.dumps, yaml.safe_dump]), many=st.booleans())
def test_a_task_is_the_same_through_yaml_and_json(
    tmp_path: Path, given_: dict[str, Any], form: Any, many: bool
) -> None:
    [found] = read(tmp_path, form({"tasks": [given_]} if many else given_))
    assert make_task(found) == make_task(given_)


@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_tasks_or_an_input_error(tmp_path: Path, text: str | bytes) -> None:
    try:
        assert all(isinstance(task, dict) for task in read(tmp_path, text))
    except InputError as error:
        assert error.field.startswith("FILE")


TOKENS = ["goal: ", "- ", "\n", "  ", "[", "]", "{", "}", "&a ", "*a", "!!", "int ", "bool ", "x"]
TOKENS += ["timestamp ", "float ", "binary ", "set ", "omap ", "<<: ", "? ", ": ", "|\n", "---\n"]
TOKENS += ["tasks:", "2026-13-45", "0o9", "1:99", ".nan", "'", '"', "%YAML 9.9\n", "\t", "#"]


@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=14))
def test_what_looks_like_yaml_is_tasks_or_an_input_error(tmp_path: Path, tokens: list[str]) -> None:
    try:
        read(tmp_path, "".join(tokens))
    except InputError as error:
        assert error.field.startswith("FILE")


@given(raw=st.dictionaries(st.sampled_from(sorted(Task.model_fields)) | st.text(max_size=5), JSON))
def test_any_keys_and_values_are_a_task_or_an_input_error(raw: dict[str, Any]) -> None:
    try:
        task = make_task(raw)
    except InputError as error:
        assert str(error)
    else:
        assert isinstance(task, Task)


@given(st.lists(st.sampled_from(["low", "medium", "high", "critical", None, 7]), max_size=8))
def test_the_order_of_priorities_is_stable(priorities: list[Any]) -> None:
    tasks = [{"n": n, "priority": one} for n, one in enumerate(priorities)]
    ordered = by_priority(tasks)
    rank = ["critical", "high", "medium", "low"]
    keys = [
        (rank.index(t["priority"] if t["priority"] in rank else "medium"), t["n"]) for t in ordered
    ]
    assert keys == sorted(keys)
    assert len(keys) == len(tasks)
    assert set(rank) == set(Priority.__args__)
