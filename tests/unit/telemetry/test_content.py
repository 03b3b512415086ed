"""What is kept of prompts and answers: sizes and salted hashes, unless somebody asked for more."""

import stat
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, Generation, LLMResult

from gatewright.domain.secret_forms import REDACTED
from gatewright.telemetry.content import MOST_KEPT, ContentFilter
from gatewright.telemetry.queue import Row
from gatewright.telemetry.sidecar import Sidecar
from tests.unit.telemetry.graphs import State, ainvoke, rows, single

TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eFgH1j"
KEY = "a-key-of-this-module-only"
QUESTION = [[SystemMessage("You plan."), HumanMessage(f"What is {TOKEN}?")]]
ANSWER = LLMResult(generations=[[ChatGeneration(message=AIMessage(f"It is {KEY}."))]])
FOREIGN = "0" * 64


def call(**values: Any) -> Row:
    given = {
        "trace_id": "t",
        "run_id": uuid.UUID(int=1),
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "_prompt": QUESTION,
        "_completion": ANSWER,
    }
    return Row("llm_calls", {**given, **values})


def the(rows: list[Row], table: str) -> dict[str, Any]:
    [row] = [row for row in rows if row.table == table]
    return dict(row.values)


@pytest.fixture
def plain(tmp_path: Path) -> ContentFilter:
    return ContentFilter(tmp_path, capture=False)


@pytest.fixture
def capturing(tmp_path: Path) -> ContentFilter:
    return ContentFilter(tmp_path, capture=True, secrets=lambda: [KEY])


def test_sizes_are_kept_and_texts_are_not(plain: ContentFilter) -> None:
    kept = plain([call()])
    values = the(kept, "llm_calls")
    assert (values["prompt_chars"], values["completion_chars"]) == (9 + 49, 32)
    assert {"_prompt", "_completion"}.isdisjoint(values)
    assert len(kept) == 1


def test_the_same_words_have_the_same_hash(plain: ContentFilter) -> None:
    one, two, other = (
        the(plain([call(_prompt=prompt)]), "llm_calls")["prompt_hash"]
        for prompt in (QUESTION, QUESTION, [["What is it?"]])
    )
    assert one == two != other
    assert len(one) == 64


def test_another_installation_has_other_hashes(tmp_path: Path) -> None:
    hashes = {
        the(ContentFilter(tmp_path / name, capture=False)([call()]), "llm_calls")["prompt_hash"]
        for name in ("a", "b")
    }
    assert len(hashes) == 2


def test_the_salt_is_kept_and_is_the_owners_alone(tmp_path: Path) -> None:
    first, second = (
        the(ContentFilter(tmp_path, capture=False)([call()]), "llm_calls")["prompt_hash"]
        for _ in range(2)
    )
    assert first == second
    assert stat.S_IMODE((tmp_path / ".salt").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".salt"]


def test_who_comes_at_the_same_time_gets_the_same_salt(tmp_path: Path) -> None:
    meet = threading.Barrier(4)
    hashes: list[str] = []

    def make() -> None:
        meet.wait()
        values = the(ContentFilter(tmp_path, capture=False)([call()]), "llm_calls")
        hashes.append(values["prompt_hash"])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashes) == 4
    assert len(set(hashes)) == 1


def test_a_damaged_salt_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".salt").write_bytes(b"")
    values = the(ContentFilter(tmp_path, capture=False)([call()]), "llm_calls")
    assert len(values["prompt_hash"]) == 64


def test_without_a_salt_there_is_no_hash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    values = the(ContentFilter(tmp_path / "file", capture=False)([call()]), "llm_calls")
    assert (values["prompt_hash"], values["prompt_chars"]) == (None, 58)


def test_what_is_captured_is_redacted(capturing: ContentFilter) -> None:
    values = the(capturing([call()]), "llm_contents")
    assert {name: values[name] for name in ("prompt", "completion", "redactions")} == {
        "prompt": [
            {"role": "system", "content": "You plan."},
            {"role": "user", "content": f"What is {REDACTED}?"},
        ],
        "completion": f"It is {REDACTED}.",
        "redactions": 2,
    }


def test_blocks_and_tools_are_captured_as_text(capturing: ContentFilter) -> None:
    asked = HumanMessage(
        [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": "x"}]
    )
    tool = AIMessage("", tool_calls=[{"name": "find", "args": {"api_key": KEY}, "id": "1"}])
    answer = LLMResult(generations=[[ChatGeneration(message=tool)]])
    values = the(capturing([call(_prompt=[[asked]], _completion=answer)]), "llm_contents")
    assert values["prompt"][0]["content"].startswith('look\n{"image_url": "x"')
    assert KEY not in values["completion"]
    assert '"name": "find"' in values["completion"]


def test_a_completion_model_is_captured(capturing: ContentFilter) -> None:
    answer = LLMResult(generations=[[Generation(text="four")]])
    values = the(capturing([call(_prompt=["2 + 2"], _completion=answer)]), "llm_contents")
    assert (values["prompt"], values["completion"]) == (
        [{"role": "user", "content": "2 + 2"}],
        "four",
    )


def test_a_failed_call_has_a_prompt_only(capturing: ContentFilter) -> None:
    row = Row("llm_calls", {"run_id": 1, "_prompt": [["hi"]]})
    kept = capturing([row])
    assert "completion_chars" not in the(kept, "llm_calls")
    assert the(kept, "llm_contents")["completion"] is None


def test_what_is_too_long_is_not_captured(capturing: ContentFilter) -> None:
    values = the(capturing([call(_prompt=["x" * (MOST_KEPT + 1)])]), "llm_contents")
    assert values["prompt"] == [{"role": "none", "content": f"[{MOST_KEPT + 1} characters]"}]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("gate_checks", {"gate": "pytest", "evidence": {"log": [f"token {TOKEN}"]}}),
        ("gate_checks", {"evidence": {"error": ValueError(TOKEN)}}),
        ("events", {"attributes": {TOKEN: 1}}),
        ("routing_decisions", {"reason": f"{TOKEN} is cheap", "candidates": [TOKEN]}),
        ("runs", {"area": TOKEN, "error_type": "Boom"}),
        ("node_runs", {"node": TOKEN}),
        ("llm_calls", {"response_id": TOKEN, "finish_reasons": ["stop", TOKEN]}),
        ("gpu_samples", {"error": TOKEN}),
        ("a_table_of_tomorrow", {"text": TOKEN}),
    ],
)
def test_no_column_keeps_a_secret(plain: ContentFilter, table: str, values: dict[str, Any]) -> None:
    [kept] = plain([Row(table, values)])
    assert TOKEN not in str(kept.values)
    assert REDACTED in str(kept.values)


def test_a_key_that_becomes_known_later_is_taken_out(tmp_path: Path) -> None:
    known: list[str] = []
    clean = ContentFilter(tmp_path, capture=False, secrets=lambda: known)
    row = Row("events", {"name": KEY})
    assert clean([row]) == [row]
    known.append(KEY)
    assert clean([row]) == [Row("events", {"name": REDACTED})]


def test_nothing_given_is_changed(capturing: ContentFilter) -> None:
    row = call(response_id=TOKEN)
    before = dict(row.values)
    assert capturing([row]) == capturing([row])
    assert row.values == before


async def talking(state: State) -> State:
    reply = await FakeListChatModel(responses=[f"the answer is {TOKEN}"]).ainvoke("a question")
    return {"answer": str(reply.content)}


@pytest.mark.parametrize("capture", [False, True])
async def test_through_the_sidecar(tmp_path: Path, capture: bool) -> None:
    clean = ContentFilter(tmp_path, capture=capture)
    with Sidecar(tmp_path, prepare=clean) as sidecar:
        await ainvoke(sidecar, single(talking))
    [row] = rows(tmp_path, "llm_calls")
    assert (row["prompt_chars"], row["completion_chars"]) == (10, 54)
    assert len(row["prompt_hash"]) == 64
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert (b"the answer is" in held) == capture
    assert TOKEN.encode() not in held


async def test_an_answer_that_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    """Fails closed: the row is there, without anything of what was said, and it is counted."""
    row = Row("llm_calls", {"trace_id": "t", "run_id": uuid.uuid4(), "_completion": object()})
    with Sidecar(tmp_path, prepare=ContentFilter(tmp_path, capture=True)) as sidecar:
        sidecar.record(row.table, row.values)
        assert sidecar.flush()
        assert sidecar.losses.errors == {"prepare: AttributeError": 1}
    [kept] = rows(tmp_path, "llm_calls")
    assert kept["completion_chars"] is None
