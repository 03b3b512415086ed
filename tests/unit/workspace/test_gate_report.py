import hashlib
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


def signed(*lines: str, token: str = TOKEN) -> str:
    """As `inside/journal.py` writes them, which the gate's other tests show."""
    key = hashlib.sha256(token.encode()).digest()
    found = []
    for line in lines:
        digest = hashlib.blake2b(line.encode(), key=key, digest_size=16).hexdigest()
        found.append(f"{digest} {line}\n")
        key = hashlib.blake2b(key=key, digest_size=32).digest()
    return "".join(found)


def text(*records: dict[str, Any], token: str = TOKEN) -> str:
    return signed(*(json.dumps(record) for record in records), token=token)


START = {"kind": "start", "version": "9"}
END = {"kind": "end", "exit": 0}
FIRST, LAST = (
    {"kind": "canary", "when": when, "outcomes": ["failed", "failed"]} for when in ("first", "last")
)


def whole(*outcomes: str, **more: Any) -> list[dict[str, Any]]:
    collected = {"kind": "collected", "ids": ["t.py::a"]}
    return [START, FIRST, collected, *phases("t.py::a", *outcomes, **more), LAST, END]


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
    records = whole("passed", "passed", "passed")[:5]
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
    },
    optional={
        name: json_values | st.sampled_from(["passed", "call", "x"])
        for name in ("id", "ids", "when", "outcome", "version", "message")
    },
)


@settings(max_examples=50)
@given(st.lists(near_records, max_size=4))
def test_records_without_an_end_are_never_a_complete_run(records: list[dict[str, Any]]) -> None:
    assert read_session(text(*records), token=TOKEN).problem is not None


@given(st.data())
def test_a_report_that_was_cut_off_is_never_complete(data: st.DataObject) -> None:
    report = text(*whole("passed", "passed", "passed"))
    cut = data.draw(st.integers(0, len(report) - 1))
    assert read_session(report[:cut], token=TOKEN).problem is not None


def test_a_line_that_was_changed_is_refused() -> None:
    report = text(*whole("passed", "failed", "passed")).replace('"failed"', '"passed"')
    assert "not written by the gate" in str(read_session(report, token=TOKEN).problem)


def test_the_key_of_a_later_line_writes_no_earlier_one() -> None:
    lines = text(*whole("passed", "failed", "passed")).splitlines(keepends=True)
    later = text(*whole("passed", "passed", "passed")).splitlines(keepends=True)
    forged = "".join([*lines[:3], *later[4:]])
    assert "line 4" in str(read_session(forged, token=TOKEN).problem)


def test_a_signed_line_that_is_no_record_is_damage() -> None:
    problem = read_session(signed("{}"), token=TOKEN).problem
    assert problem == "the report is damaged in line 1"


@pytest.mark.parametrize("outcomes", [["passed", "failed"], [], ["skipped", "failed"]])
def test_a_canary_that_does_not_fail_spoils_the_run(outcomes: list[str]) -> None:
    records = [
        {**record, "outcomes": outcomes} if record is LAST else record
        for record in whole("passed", "passed", "passed")
    ]
    problem = read_session(text(*records), token=TOKEN).problem
    assert problem == "a test of the gate's that must fail did not: outcomes are being changed"


@pytest.mark.parametrize("missing", [FIRST, LAST])
def test_a_run_without_a_canary_is_not_believed(missing: dict[str, Any]) -> None:
    records = [record for record in whole("passed", "passed", "passed") if record is not missing]
    problem = read_session(text(*records), token=TOKEN).problem
    assert problem == "the gate's own failing tests were not run"


def test_the_second_time_of_a_test_is_apart() -> None:
    again = phases("t.py::a", "passed", "failed", "passed", round=1)[1:]
    records = whole("passed", "passed", "passed")
    session = read_session(text(*records[:-2], *again, *records[-2:]), token=TOKEN)
    (first, second) = session.tests["t.py::a"], session.again["t.py::a"]
    assert (session.problem, first.outcome, second.outcome) == (None, "passed", "failed")


def test_places_are_renamed_only_once_a_record_is_known_for_ours() -> None:
    report = text({"kind": "start", "version": "/copy/1"})
    session = read_session(report, token=TOKEN, renamed={"/copy": "/repository"})
    assert session.version == "/repository/1"
