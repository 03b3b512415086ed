"""What holds of every check that reads a change, whatever the change."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.workspace.gate.static.checks import RULES, static_checks
from tests.unit.workspace.static_support import Pair

PATHS = (
    "shop.py",
    "json.py",
    "tests/test_shop.py",
    "tests/helper.py",
    "pyproject.toml",
    "requirements.txt",
    "setup.cfg",
    "package.json",
    "go.mod",
    "environment.yml",
    "uv.lock",
    ".env",
    "x.pth",
    "note.txt",
)
PIECES = (
    "import pytest\n",
    "x = 1  # noqa\n",
    "# type: ignore\n",
    "# coding: utf-7\n",
    "sys.modules['pytest']\n",
    "import os, sys, gc\n",
    "os._exit(0)\n",
    "password = 'h8Kq2-ZpX9wTr4'\n",
    "def f(:\n",
    "class A:\n    def __eq__(self, o): return True\n",
    "[project]\ndependencies = ['a @ git+https://b']\n",
    "- b: [\n",
    '{"dependencies": {"a": 1}}',
    "x = '''\n",
    "\r",
    "\x00",
    "\x0c",
    "\u2028",
    "'\\ud800'\n",
    "# Copyright 2020 X\n",
)
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=6).map("".join)
DATA = st.one_of(TEXTS.map(str.encode), st.binary(max_size=40))
FILES = st.dictionaries(st.sampled_from(PATHS), DATA, max_size=3)

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(FILES, FILES)
def test_any_change_has_an_answer_that_can_be_written_down(
    base: dict[str, bytes], change: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(folder=Path(folder), base=base, scope=("shop.py",))
        results = static_checks(pair.look(change))
    assert [result.check for result in results] == [rule.check for rule in RULES]
    for result in results:
        assert result.model_dump_json()
        blocking = any(found.severity == "blocking" for found in result.findings)
        assert (result.status == "failed") == blocking
        assert all(found.check == result.check and found.file for found in result.findings)


@FEW
@given(FILES)
def test_what_did_not_change_has_no_findings(base: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = static_checks(Pair(folder=Path(folder), base=base).look({}))
    assert [result.findings for result in results] == [()] * len(RULES)


@FEW
@given(st.lists(st.sampled_from(PIECES[:7]), min_size=1, max_size=5), st.data())
def test_lines_that_change_places_bring_nothing_new(pieces: list[str], data: st.DataObject) -> None:
    other = "".join(data.draw(st.permutations([*pieces, "\n", "y = 2\n"])))
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(folder=Path(folder), base={"shop.py": "".join(pieces)})
        results = static_checks(pair.look({"shop.py": other}))
    told = {r.check: [f.rule for f in r.findings] for r in results if r.findings}
    # An encoding has its effect in the first two lines only.
    assert {check: [r for r in rules if r != "encoding"] for check, rules in told.items()} in (
        {},
        {"introspection": []},
    )
