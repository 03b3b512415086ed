"""Files that were made to do harm: a clear error, in bounded time."""

import json
import os
import time

import pytest

from gatewright.plans.documents.loading import MOST_BYTES, load, loads
from gatewright.plans.documents.problems import MOST_PROBLEMS, PlanInvalid

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{two}: &{two} [{','.join([f'*{one}'] * 9)}]\n"
    for one, two in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusal(text: str, **rest) -> str:
    with pytest.raises(PlanInvalid) as caught:
        loads(text, **rest)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ('{"a": 1,}', "Take the comma before it away."),
        ("{'a': 1}", "Write strings in double quotes."),
        ('{\n"a": 1, // x\n}', "plan:2: $: is no JSON"),
        ('{"a": NaN}', "NaN is no number of JSON"),
        ('{"a": 1e999}', "is too large a number"),
        ("[" * 100_000, "is nested too deep"),
        ('{"a":' * 100_000, "is nested too deep"),
        ('{"plan_id": "p", "metadata": {"a": ' + "[" * 500 + "]" * 500 + "}}", "is no JSON"),
        ('{"plan_id": "p", "metadata": {"a": 1' + "0" * 5_000 + "}}", "is no JSON"),
        ('{"plan_id": "\\ud800", "steps": []}', "$"),
        ('{"plan_id": "p", "x": "' + "a" * MOST_BYTES + '"}', "is larger than 8 MiB"),
    ],
    ids=range(13),
)
def test_text_that_is_no_plan_in_json(text, words):
    assert words in refusal(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no document"),
        ("a: b\n---\nc: d\n", "holds more than one document"),
        ("a: [b\nc: d", "plan:2: $: is no YAML"),
        ("\tx", "is no YAML"),
        ("a: *b", "there is no anchor 'b' before"),
        ("a: &a [*a]", "there is no anchor 'a' before"),
        (BOMB, "holds more than 1000000 values"),
        ("[" * 100_000, "is nested too deep"),
        ("- " * 10_000 + "x", "is nested too deep"),
        ("? [a]\n: b", "a key is no text"),
        ("a: !!python/object/apply:os.system [id]", "is not understood"),
        ("a: !!binary aGk=", "is not understood"),
        ("\x00", "is no YAML"),
    ],
    ids=range(13),
)
def test_text_that_is_no_plan_in_yaml(text, words):
    started = time.process_time()
    assert words in refusal(text, format="yaml")
    assert time.process_time() - started < 3


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "plan.json"
    path.write_bytes(b'{"plan_id":\n "\xff\xfe"}')
    with pytest.raises(PlanInvalid, match=r"plan.json:2: .* byte 14 is 0xff"):
        load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PlanInvalid, match="cannot be read"):
        load(tmp_path / "none.json")


def test_what_is_no_file_is_not_read(tmp_path):
    """A pipe has no end, and opening it waits for who writes."""
    os.mkfifo(tmp_path / "plan.json")
    with pytest.raises(PlanInvalid, match="is no file"):
        load(tmp_path / "plan.json")


def test_of_a_large_file_not_all_is_read(tmp_path):
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(PlanInvalid, match="is larger than 8 MiB"):
        load(path)


@pytest.mark.parametrize(
    "steps",
    [
        [1] * 100_000,
        [{"id": "a", "command": "x", "depends_on": ["no"] * 200_000}],
        [{"id": "a", "command": "x", "args": [1] * 400_000}],
        [{"id": "a", "command": "x", **{f"k{number}": 1 for number in range(100_000)}}],
        [{"id": f"s{number}", "command": "x", "depends_on": ["n"]} for number in range(10_000)],
        [{"id": "a", "command": "x"}] * 10_000,
        [{"id": f"s{number}", "command": "x", "when": "fail()"} for number in range(10_000)],
    ],
    ids=range(7),
)
def test_a_million_problems_are_told_in_short(steps):
    text = json.dumps({"plan_id": "p", "steps": steps})
    started = time.process_time()
    with pytest.raises(PlanInvalid) as caught:
        loads(text)
    assert time.process_time() - started < 5
    assert len(caught.value.problems) <= MOST_PROBLEMS + 1
    assert len(str(caught.value)) < 50_000


def test_more_steps_than_anybody_runs_are_refused():
    assert "more than 100000" in refusal('{"plan_id": "p", "steps": [' + "1," * 100_000 + "1]}")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_ten_thousand_steps_are_read_soon(form):
    steps = [
        {"id": f"s{at}", "command": "true", "depends_on": [f"s{at - 1}"] if at else []}
        for at in range(10_000)
    ]
    text = json.dumps({"plan_id": "p", "steps": steps})
    started = time.process_time()
    assert len(loads(text, format=form).steps) == 10_000
    assert time.process_time() - started < (1 if form == "json" else 2.5)
