import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.workspace.gate.report import read_session

TOKEN = "secret"


def phases(name: str, *outcomes: str, **more: Any) -> list[dict[str, Any]]:
    whens = ["setup", "call", "teardown"] if len(outcomes) == 3 else ["setup", "teardown"]
    return [
        {"kind": "begin", "id": name},
        *(
            {"kind": "phase", "id": name, "when": w, "outcome": o, **more}
            for w, o in zip(whens, outcomes, strict=True)
        ),
    ]


def text(*records: dict[str, Any], token: str = TOKEN) -> str:
    return "".join(
        json.dumps({"n": n, "token": token, **record}) + "\n" for n, record in enumerate(records)
    )


START = {"kind": "start", "version": "9"}
END = {"kind": "end", "exit": 0}


def whole(*outcomes: str, **more: Any) -> list[dict[str, Any]]:
    collected = {"kind": "collected", "ids": ["t.py::a"]}
    return [START, collected, *phases("t.py::a", *outcomes, **more), END]


@pytest.mark.parametrize(
    ("outcomes", "more", "expected"),
    [
        (("passed", "passed", "passed"), {}, "passed"),
        (("passed", "failed", "passed"), {}, "failed"),
        (("failed", "passed"), {}, "error"),
        (("passed", "passed", "failed"), {}, "error"),
        (("skipped", "passed"), {}, "skipped"),
        (("passed", "skipped", "passed"), {}, "skipped"),
        (("passed", "skipped", "passed"), {"xfail": True}, "xfailed"),
        (("passed", "passed", "passed"), {"xfail": True}, "xpassed"),
    ],
)
def test_a_test_s_outcome(outcomes: tuple[str, ...], more: dict[str, Any], expected: str) -> None:
    session = read_session(text(*whole(*outcomes, **more)), token=TOKEN)
    assert (session.problem, session.tests["t.py::a"].outcome) == (None, expected)


def test_nothing_at_all_is_no_run() -> None:
    assert read_session("", token=TOKEN).problem == "pytest did not start"


def test_a_run_without_an_end_is_not_complete() -> None:
    records = whole("passed", "passed", "passed")[:-1]
    session = read_session(text(*records), token=TOKEN)
    assert session.problem == "pytest was ended before it had finished"


def test_the_test_that_did_not_end_is_named() -> None:
    records = whole("passed", "passed", "passed")[:4]
    assert read_session(text(*records), token=TOKEN).running == "t.py::a"


def test_a_collected_test_that_never_ran_is_not_passed_over() -> None:
    collected = {"kind": "collected", "ids": ["t.py::a", "t.py::b"]}
    records = [START, collected, *phases("t.py::a", "passed", "passed", "passed"), END]
    problem = read_session(text(*records), token=TOKEN).problem
    assert problem == "1 collected tests did not finish, the first: 't.py::b'"


def test_records_after_the_end_are_refused() -> None:
    records = [*whole("passed", "failed", "passed"), *phases("t.py::a", "passed", "passed"), END]
    problem = read_session(text(*records), token=TOKEN).problem
    assert problem == "something was reported after the end"


def test_a_record_with_another_token_is_refused() -> None:
    records = whole("passed", "passed", "passed")
    problem = read_session(text(*records, token="guess"), token=TOKEN).problem
    assert problem == "line 1 of the report was not written by the gate"


def test_a_record_put_in_between_is_refused() -> None:
    lines = text(*whole("passed", "failed", "passed")).splitlines(keepends=True)
    forged = "".join([*lines[:4], lines[1], *lines[4:]])
    assert "line 5" in str(read_session(forged, token=TOKEN).problem)


@given(st.binary())
def test_arbitrary_bytes_are_never_a_complete_run(data: bytes) -> None:
    assert read_session(data.decode("utf-8", "replace"), token=TOKEN).problem is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
near_records = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["start", "collected", "not_collected", "begin", "phase"]),
        "token": st.just(TOKEN) | json_values,
        "n": st.integers(0, 3) | json_values,
    },
    optional={
        name: json_values | st.sampled_from(["passed", "call", "x"])
        for name in ("id", "ids", "when", "outcome", "version", "message")
    },
)


@settings(max_examples=50)
@given(st.lists(near_records, max_size=4))
def test_records_without_an_end_are_never_a_complete_run(records: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    assert read_session(lines, token=TOKEN).problem is not None


@given(st.data())
def test_a_report_that_was_cut_off_is_never_complete(data: st.DataObject) -> None:
    report = text(*whole("passed", "passed", "passed"))
    cut = data.draw(st.integers(0, len(report) - 1))
    assert read_session(report[:cut], token=TOKEN).problem is not None
