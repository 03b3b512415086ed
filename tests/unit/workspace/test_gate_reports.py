"""Reports of other tools: what is read from them, and what of it is new."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult
from gatewright.domain.task import Allowance
from gatewright.workspace.gate.junit import Case, new_failures, read_junit
from gatewright.workspace.gate.sarif_log import Log, read_sarif
from gatewright.workspace.gate.unreadable import Unreadable
from gatewright.workspace.gate.written import read_written, remove_written
from gatewright.workspace.sandbox.choose import choose
from gatewright.workspace.toolchain import find_toolchain
from tests.unit.workspace.gate_support import Shop, of

JEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="1" errors="0" time="1.2">
  <testsuite name="cart" errors="0" failures="1" skipped="1" tests="3">
    <testcase classname="cart adds" name="cart adds" time="0.003"></testcase>
    <testcase classname="cart total" name="cart total"><failure>Error: expected 3
      at cart.test.js:7</failure></testcase>
    <testcase classname="cart later" name="cart later"><skipped/></testcase>
  </testsuite>
</testsuites>"""
SUREFIRE = """<testsuite name="ShopTest" tests="2" errors="1" failures="0">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="total" classname="org.ShopTest" time="0"><system-out>noise</system-out></testcase>
  <testcase name="count" classname="org.ShopTest">
    <error message="null" type="java.lang.NullPointerException">at org.Shop</error></testcase>
</testsuite>"""
GTEST = """<testsuites tests="2" failures="0"><testsuite name="Cart" tests="2">
  <testcase name="Adds" status="run" result="completed" classname="Cart" file="c.cc" line="7"/>
  <testcase name="Off" status="notrun" result="suppressed" classname="Cart"/>
</testsuite></testsuites>"""
GO = """<testsuites><testsuite name="example/shop" failures="1"><testcase name="TestA" classname="">
<failure message="Failed"></failure></testcase></testsuite></testsuites>"""
BROKEN_SUITE = """<testsuite name="s" errors="1"><error message="cannot compile"/></testsuite>"""
TWICE = """<testsuite name="s"><testcase name="t"/><testcase name="t"><failure/></testcase>
</testsuite>"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            JEST,
            {
                "cart adds::cart adds": Case(passed=1),
                "cart total::cart total": Case(
                    failed=1, message="Error: expected 3\n      at cart.test.js:7"
                ),
                "cart later::cart later": Case(skipped=1),
            },
        ),
        (
            SUREFIRE,
            {
                "org.ShopTest::total": Case(passed=1),
                "org.ShopTest::count": Case(failed=1, message="null"),
            },
        ),
        (
            GTEST,
            {"Cart::Adds": Case(passed=1, file="c.cc", line=7), "Cart::Off": Case(skipped=1)},
        ),
        (GO, {"example/shop::TestA": Case(failed=1, message="Failed")}),
        (BROKEN_SUITE, {"s::(suite)": Case(failed=1, message="cannot compile")}),
        (TWICE, {"s::t": Case(passed=1, failed=1)}),
        ("<testsuites/>", {}),
    ],
)
def test_junit_of_many_tools_is_read(text: str, expected: dict[str, Case]) -> None:
    assert read_junit(text.encode()) == expected


LAUGHS = (
    "<!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {n} '{f'&{m};' * 10}'>" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><testsuite name='&i;'/>"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAUGHS, "document type"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><testsuite/>", "document type"),
        ("<testsuite>", "not well-formed"),
        ("", "not well-formed"),
        ("<html/>", "its root is 'html'"),
        ("<testsuite failures='2'><testcase name='a'/></testsuite>", "counts 2 failures"),
        ("<testsuite>" * 99 + "</testsuite>" * 99, "nested more than"),
        ("<?xml version='1.0' encoding='no-such'?><testsuite/>", "XML"),
    ],
)
def test_junit_that_is_none_or_lies_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_junit(text.encode())


@given(st.binary(max_size=200) | st.text(alphabet="<>/testsuitecas '=&!", max_size=200))
def test_any_bytes_are_junit_or_unreadable(data: bytes | str) -> None:
    try:
        cases = read_junit(data if isinstance(data, bytes) else data.encode())
    except Unreadable:
        return
    assert all(case.total for case in cases.values())


PASS, FAIL, SKIP = Case(passed=1), Case(failed=1, message="no"), Case(skipped=1)


@pytest.mark.parametrize(
    ("base", "after", "expected"),
    [
        ({"a": PASS}, {"a": PASS, "b": PASS}, []),
        ({"a": FAIL}, {"a": FAIL}, []),
        ({"a": FAIL}, {"a": PASS}, []),
        ({"a": PASS}, {"a": FAIL}, ["a failed: no"]),
        ({}, {"a": FAIL}, ["a failed: no"]),
        ({}, {"a": SKIP}, []),
        ({"a": PASS}, {"a": SKIP}, ["a is skipped; on the base it ran"]),
        ({"a": FAIL}, {"a": SKIP}, ["a is skipped; on the base it ran"]),
        ({"a": PASS}, {}, ["a is gone; the base has it"]),
        ({"a": SKIP}, {}, []),
        ({"a": Case(passed=2)}, {"a": PASS}, ["a is gone; the base has it"]),
        ({"a": Case(passed=1, failed=1)}, {"a": Case(failed=2)}, ["a failed"]),
    ],
)
def test_what_has_become_of_tests(
    base: dict[str, Case], after: dict[str, Case], expected: list[str]
) -> None:
    assert [finding.message for finding in new_failures("c", base, after)] == expected


def sarif(*results: dict[str, Any], **run: Any) -> bytes:
    driver = {"name": "clippy", "semanticVersion": "1.9.0", "rules": run.pop("rules", [])}
    runs = [{"tool": {"driver": driver}, "results": list(results), **run}]
    return json.dumps({"version": "2.1.0", "runs": runs}).encode()


def result(**fields: Any) -> dict[str, Any]:
    return {"ruleId": "R1", "level": "error", "message": {"text": "m"}, **fields}


def at(uri: str, line: int = 3, **more: Any) -> list[dict[str, Any]]:
    address = {"uri": uri, **more}
    return [{"physicalLocation": {"artifactLocation": address, "region": {"startLine": line}}}]


def read(data: bytes) -> Log:
    return read_sarif(data, check="c", root="/work/copy")


def test_a_sarif_result_is_a_finding() -> None:
    expected = Finding(check="c", message="m", file="src/a.c", line=3, rule="R1")
    assert read(sarif(result(locations=at("src/a.c")))) == Log((expected,), (), "clippy 1.9.0")


RULES = [
    {"id": "R0", "defaultConfiguration": {"level": "note"}},
    {
        "id": "R1",
        "defaultConfiguration": {"level": "error"},
        "messageStrings": {"x": {"text": "{0} is not {1}"}},
        "shortDescription": {"text": "short"},
    },
]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"level": "error"}, "blocking"),
        ({"level": "warning"}, "warning"),
        ({"level": "note"}, "note"),
        ({"level": "none"}, None),
        ({"level": None}, "blocking"),
        ({"level": None, "ruleIndex": 0}, "note"),
        ({"level": None, "ruleId": "R1/7"}, "blocking"),
        ({"level": None, "ruleId": "other"}, "warning"),
        ({"level": None, "kind": "pass"}, None),
        ({"baselineState": "absent"}, None),
        ({"baselineState": "unchanged"}, "blocking"),
    ],
)
def test_a_level_is_the_result_s_or_its_rule_s(
    fields: dict[str, Any], severity: str | None
) -> None:
    found = read(sarif(result(**fields), rules=RULES)).findings
    assert [finding.severity for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"id": "x", "arguments": ["a", "b"]}, "a is not b"),
        ({"id": "x", "arguments": ["a"]}, "a is not {1}"),
        ({"text": "{0} in /work/copy/a.c", "arguments": ["b"]}, "b in a.c"),
        ({"text": "{0}"}, "{0}"),
        ({}, "short"),
    ],
)
def test_a_message_may_stand_with_the_rule(message: dict[str, Any], text: str) -> None:
    (finding,) = read(sarif(result(message=message), rules=RULES)).findings
    assert finding.message == text


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("src/a%20b.c", "src/a b.c"),
        ("file:///work/copy/src/a.c", "src/a.c"),
        ("file://localhost/work/copy/src/a.c", "src/a.c"),
        ("/work/copy/a.c", "a.c"),
        ("./a.c", "a.c"),
        ("file:///etc/passwd", None),
        ("../a.c", None),
        ("https://example.org/a.c", None),
        ("", None),
    ],
)
def test_an_address_is_a_path_in_the_repository_or_none(uri: str, file: str | None) -> None:
    (finding,) = read(sarif(result(locations=at(uri)))).findings
    assert finding.file == file


def test_an_address_may_be_relative_to_a_base_and_stand_with_the_run() -> None:
    bases = {"ROOT": {"uri": "file:///work/copy/"}, "SRC": {"uri": "src/", "uriBaseId": "ROOT"}}
    artifacts = [{"location": {"uri": "a.c", "uriBaseId": "SRC"}}]
    place = [{"physicalLocation": {"artifactLocation": {"index": 0}}}]
    data = sarif(result(locations=place), originalUriBaseIds=bases, artifacts=artifacts)
    assert [finding.file for finding in read(data).findings] == ["src/a.c"]


@pytest.mark.parametrize(
    ("suppressions", "suppressed"),
    [
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "external", "status": "rejected"}], False),
        ([], False),
        (None, False),
    ],
)
def test_waived_results_are_kept_apart(suppressions: object, suppressed: bool) -> None:
    log = read(sarif(result(suppressions=suppressions)))
    assert (len(log.findings), len(log.suppressed)) == ((0, 1) if suppressed else (1, 0))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "no SARIF"),
        (b'{"version": "2.0.0", "runs": []}', "version"),
        (b'{"version": "2.1.0", "runs": []}', "no runs"),
        (b"[" * 100_000, "no SARIF"),
        (sarif(invocations=[{"executionSuccessful": False}]), "did not succeed"),
        (sarif(results=None), "has no results"),
    ],
)
def test_sarif_that_is_none_or_did_not_succeed_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(data)


@pytest.mark.parametrize("trick", ["link", "folder link", "pipe", "folder", "large", "missing"])
def test_only_a_regular_file_is_read(tmp_path: Path, trick: str) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    (root / "out").mkdir(parents=True)
    secret.mkdir()
    (secret / "r.xml").write_text("secret")
    report = root / "out" / "r.xml"
    if trick == "link":
        report.symlink_to(secret / "r.xml")
    elif trick == "folder link":
        (root / "out").rmdir()
        (root / "out").symlink_to(secret)
    elif trick == "pipe":
        os.mkfifo(report)
    elif trick == "folder":
        report.mkdir()
    elif trick == "large":
        report.write_text("x" * 100)
    with pytest.raises(Unreadable):
        read_written(root, "out/r.xml", most=99)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", ".", "a/../../secret"])
def test_a_path_out_of_the_repository_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    for act in (read_written, remove_written):
        with pytest.raises(Unreadable, match="leads out"):
            act(tmp_path / "root", path)
    assert (tmp_path / "secret").exists()


@pytest.mark.parametrize("what", ["file", "link", "folder"])
def test_what_stood_there_is_removed_and_nothing_that_it_links_to(
    tmp_path: Path, what: str
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "x").write_text("x")
    report = tmp_path / "root" / "r.xml"
    report.parent.mkdir()
    if what == "file":
        report.write_text("x")
    elif what == "link":
        report.symlink_to(kept)
    else:
        report.mkdir()
        (report / "link").symlink_to(kept)
    remove_written(tmp_path / "root", "r.xml")
    assert (os.path.lexists(report), (kept / "x").exists()) == (False, True)


def suite(**outcomes: bool) -> str:
    cases = "".join(
        f"<testcase name='{name}'>{'' if passed else '<failure/>'}</testcase>"
        for name, passed in outcomes.items()
    )
    return f"<testsuite name='s'>{cases}</testsuite>"


def log_of(*results: dict[str, Any]) -> str:
    return sarif(*results).decode()


FILES = {
    "junit.in": suite(old=False, good=True),
    "sarif.in": log_of(result(ruleId="old", locations=at("a.c"))),
    "out/stale.xml": suite(old=False, good=True),
}
"""What a tool says of the base, in files that stand for its insight into the code."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    shop = Shop(folder, FILES, runner=runner)
    shop.toolchain = find_toolchain(shop.repo, cache=folder / "environments")
    return shop


async def reported(
    shop: Shop,
    change: dict[str, str | None],
    *,
    run: str = "mkdir -p out; cp {0}.in out/r.xml; exit 1",
    path: str = "out/r.xml",
    format: str = "junit",  # noqa: A002 - as the task spells it
    allow: tuple[Allowance, ...] = (),
    timeout_s: float = 60,
) -> CheckResult:
    spec = {"name": "tool", "run": run.format(format), "path": path, "format": format}
    only = {"pytest": (), "mypy": False, "ruff": False, "keep_going": True}
    report = await shop.check(change, reports=(spec,), allow=allow, timeout_s=timeout_s, **only)
    return of(report, "report:tool")


async def test_what_failed_before_does_not_block(shop: Shop) -> None:
    found = await reported(shop, {"junit.in": suite(old=False, good=True, new=True)})
    assert (found.status, found.summary) == ("passed", "3 tests, 1 failed, no new")


async def test_what_fails_anew_blocks(shop: Shop) -> None:
    found = await reported(shop, {"junit.in": suite(old=False, good=False)})
    assert (found.status, [finding.rule for finding in found.findings]) == ("failed", ["s::good"])


async def test_moved_sarif_results_are_not_new(shop: Shop) -> None:
    moved = log_of(result(ruleId="old", locations=at("a.c", line=90)))
    found = await reported(shop, {"sarif.in": moved}, format="sarif")
    assert (found.status, found.summary, found.tool_version) == (
        "passed",
        "1 finding, no new",
        "clippy 1.9.0",
    )


@pytest.mark.parametrize(("level", "status"), [("error", "failed"), ("warning", "passed")])
async def test_new_sarif_results_are_told_and_errors_block(
    shop: Shop, level: str, status: str
) -> None:
    found = await reported(shop, {"sarif.in": log_of(result(level=level))}, format="sarif")
    assert (found.status, [finding.rule for finding in found.findings]) == (status, ["R1"])


@pytest.mark.parametrize(
    ("allow", "status", "severity"),
    [((), "failed", "blocking"), (("suppressions",), "passed", "note")],
)
async def test_a_result_that_is_waived_anew_blocks_unless_allowed(
    shop: Shop, allow: tuple[Allowance, ...], status: str, severity: str
) -> None:
    waived = result(ruleId="old", locations=at("a.c"), suppressions=[{"kind": "inSource"}])
    found = await reported(shop, {"sarif.in": log_of(waived)}, format="sarif", allow=allow)
    assert (found.status, [finding.severity for finding in found.findings]) == (status, [severity])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"run": "exit 3"}, "it was not written (its command exited with 3)"),
        ({"run": "true", "path": "out/stale.xml"}, "it was not written"),
        ({"run": "echo '<' > r.xml", "path": "r.xml"}, "not well-formed"),
        ({"run": "echo '<testsuite/>' > r.xml", "path": "r.xml"}, "lists no tests"),
        ({"run": "ln -s /etc/hostname r.xml", "path": "r.xml"}, "cannot be read"),
        ({"run": "true", "path": "../r.xml"}, "leads out of the repository"),
        ({"run": "sleep 60", "timeout_s": 0.5}, "did not end within 0.5 s"),
    ],
)
async def test_without_a_report_there_is_no_verdict(
    shop: Shop, given: dict[str, Any], said: str
) -> None:
    found = await reported(shop, {"x": "1"}, **given)
    assert (found.status, said in found.summary) == ("error", True)


async def test_the_base_is_run_once(shop: Shop) -> None:
    run = "echo once >/dev/null; cp junit.in r.xml"
    await reported(shop, {"x": "1"}, run=run, path="r.xml")
    before = len(shop.runner.commands)
    await reported(shop, {"x": "2"}, run=run, path="r.xml")
    assert len(shop.runner.commands) == before + 1


@pytest.mark.parametrize(("good", "status"), [(True, "passed"), (False, "failed")])
async def test_where_the_base_has_no_report_every_failure_is_new(
    shop: Shop, good: bool, status: str
) -> None:
    change = {"later.in": suite(good=good)}
    found = await reported(shop, change, run="cp later.in r.xml", path="r.xml")
    assert (found.status, "not compared" in found.summary) == (status, True)
