"""`gatewright sql` and `gatewright report` as the console script has them."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from gatewright.cli.main import main
from tests.unit.telemetry.samples import Telemetry, call, node, run


class Said(NamedTuple):
    code: object
    out: str
    err: str


class Shell:
    """Runs the console script in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> Said:
        self._monkeypatch.setattr("sys.argv", ["gatewright", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(ended.value.code or 0, *self._capsys.readouterr())


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


@pytest.fixture
def telemetry(own_home: Path) -> Telemetry:
    telemetry = Telemetry(own_home / "telemetry")
    work = node("work\x1b[2J", 0)
    telemetry.add("runs", run())
    telemetry.add("node_runs", work, node("more", 1))
    telemetry.add("llm_calls", call(work))
    return telemetry


QUERY = "SELECT node, cost_usd, models FROM v_node_costs ORDER BY started_at"


@pytest.mark.usefixtures("telemetry")
def test_a_table_obeys_nobody(shell: Shell) -> None:
    said = shell("sql", QUERY)
    assert said.out.splitlines() == [
        "node         cost_usd  models",
        'work�[2J  0.500000000  ["openai/gpt-5-mini"]',
        "more      0.000000000  []",
    ]


@pytest.mark.usefixtures("telemetry")
def test_csv_is_as_it_is(shell: Shell) -> None:
    rows = list(csv.reader(StringIO(shell("sql", QUERY, "--format", "csv").out)))
    assert rows[:2] == [
        ["node", "cost_usd", "models"],
        ["work\x1b[2J", "0.500000000", '["openai/gpt-5-mini"]'],
    ]


@pytest.mark.usefixtures("telemetry")
def test_json_is_one_object_that_says_what_was_cut(shell: Shell) -> None:
    said = shell("sql", QUERY, "--json", "--limit", "1")
    found = json.loads(said.out)
    assert found["rows"] == [
        {"node": "work\x1b[2J", "cost_usd": 0.5, "models": ["openai/gpt-5-mini"]}
    ]
    assert (found["truncated"], "cut after 1 rows" in said.err) == (True, True)


@pytest.mark.usefixtures("telemetry")
@pytest.mark.parametrize("kind", ["csv", "json", "table", "parquet"])
def test_an_answer_can_go_into_a_file(shell: Shell, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "answer"
    said = shell("sql", QUERY, "--format", kind, "--output", str(target))
    assert (said.code, said.out, f"2 rows in {target}" in said.err) == (0, "", True)
    assert target.read_bytes()[:4] == {"parquet": b"PAR1", "json": b'{"co'}.get(kind, b"node")


WRONG = {
    "no sql": (["please"], 2),
    "a write": (["DROP TABLE runs"], 2),
    "two": (["SELECT 1; SELECT 2"], 2),
    "too long": (
        ["SELECT count(*) FROM range(10000000) a, range(9999999) b", "--timeout", "0.2"],
        4,
    ),
    "too little": (["SELECT 1", "--limit", "0"], 2),
    "parquet to a terminal": (["SELECT 1", "--format", "parquet"], 2),
    "no such folder": (["SELECT 1", "--output", "/nowhere/at/all"], 2),
    "no such format": (["SELECT 1", "--format", "xml"], 2),
}


@pytest.mark.parametrize(("arguments", "code"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_has_its_exit_code(shell: Shell, arguments: Sequence[str], code: int) -> None:
    said = shell("sql", *arguments, "--json" if "--format" not in arguments else "--limit=9")
    assert said.code == code
    assert "rror" in said.err
    if "--format" not in arguments:
        assert json.loads(said.out)["message"]


@pytest.mark.usefixtures("telemetry")
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ([], "days"),
        (["t1"], "nodes"),
        (["--run", "aaa"], "nodes"),
        (["--day", "2026-03-01"], "hardware_by_node"),
        (["--model", "gpt-5-mini"], "calls_by_model_and_node"),
        (["--compare", "t1", "aaa"], "totals"),
    ],
)
def test_every_report_is_json_and_text(shell: Shell, arguments: Sequence[str], field: str) -> None:
    assert field in json.loads(shell("report", *arguments, "--json").out)
    said = shell("report", *arguments)
    assert (said.code, "\x1b" in said.out) == (0, False)


@pytest.mark.parametrize(
    "arguments", [["t9"], ["--run", "x"], ["--day", "x"], ["--model", "x"], ["--compare", "x", "y"]]
)
def test_a_report_of_nothing_is_bad_input(shell: Shell, arguments: Sequence[str]) -> None:
    assert shell("report", *arguments).code == 2


def test_a_report_is_about_one_thing(shell: Shell) -> None:
    said = shell("report", "t1", "--day", "today", "--json")
    assert (said.code, json.loads(said.out)["problem"]) == (2, "is about one thing at a time")
