"""SARIF out: held against the specification, and read back as any other tool's."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from gatewright.domain.findings import Finding
from gatewright.domain.gate import CheckResult, GateReport
from gatewright.workspace.gate.sarif import as_sarif
from gatewright.workspace.gate.sarif_log import read_sarif

COMMIT = "a" * 40

Relative = Annotated[str, StringConstraints(pattern=r"^(?![A-Za-z][A-Za-z0-9+.-]*:)(?!/)[!-~]+$")]
"""RFC 3986: printable ASCII, no scheme, no root."""
Absolute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$")]
Hierarchical = Annotated[str, StringConstraints(pattern=r"^[^/]+(/[^/]+)*$")]


class Exact(BaseModel):
    """`additionalProperties` is false throughout the standard, but for property bags."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, strict=True, regex_engine="python-re"
    )


class Text(Exact):
    text: str


class Level(Exact):
    level: Literal["none", "note", "warning", "error"]
    message: Text


class Rule(Exact):
    id: str


class Component(Exact):
    """3.19; `name` is required."""

    name: str
    full_name: str | None = None
    version: str | None = None
    rules: list[Rule] = []


class Tool(Exact):
    driver: Component
    extensions: list[Component] = []


class Base(Exact):
    """3.14.14: a top-level base need not have a `uri`."""

    description: Text


class Address(Exact):
    uri: Relative | None = None
    uri_base_id: Literal["SRCROOT"]


class Region(Exact):
    start_line: Annotated[int, Field(ge=1)]


class Physical(Exact):
    artifact_location: Address
    region: Region | None = None


class Location(Exact):
    physical_location: Physical


class Result(Exact):
    """3.27; `message` is required."""

    rule_id: str
    rule_index: Annotated[int, Field(ge=0)]
    level: Literal["none", "note", "warning", "error"]
    message: Text
    locations: list[Location] = []
    partial_fingerprints: dict[Hierarchical, str]


class Invocation(Exact):
    """3.20; `executionSuccessful` is required."""

    execution_successful: bool
    tool_execution_notifications: list[Level] = []
    properties: dict[str, Any] = {}


class Provenance(Exact):
    """3.23; `repositoryUri` is required, and absolute."""

    repository_uri: Absolute
    revision_id: str
    mapped_to: Address


class Details(Exact):
    id: Annotated[str, StringConstraints(pattern=r"^[^/]+(/[^/]+)*/?$")]


class Run(Exact):
    tool: Tool
    automation_details: Details
    original_uri_base_ids: dict[str, Base]
    invocations: list[Invocation]
    results: list[Result]
    version_control_provenance: list[Provenance] = []
    properties: dict[str, Any] = {}


class Log(Exact):
    """3.13; `version` and `runs` are required."""

    schema_: str = Field(alias="$schema")
    version: Literal["2.1.0"]
    runs: list[Run]
    properties: dict[str, Any] = {}


def report(*checks: CheckResult, commit: str = COMMIT) -> GateReport:
    return GateReport(
        passed=False,
        commit=commit,
        checks=checks,
        sandbox="bubblewrap",
        environment="repository (.venv)",
    )


def check(*findings: Finding, **fields: Any) -> CheckResult:
    values = {"check": "ruff", "status": "failed", "summary": "s", "duration_s": 1.25}
    return CheckResult.model_validate({**values, **fields, "findings": findings})


UNUSED = Finding(check="ruff", message="unused", file="a b/ü.py", line=3, rule="F401")


def run_of(*findings: Finding, **fields: Any) -> Run:
    log = as_sarif(report(check(*findings, **fields)), version="1.2.3")
    return Log.model_validate_json(json.dumps(log)).runs[0]


def test_each_check_is_a_run_with_an_id_of_its_own() -> None:
    log = as_sarif(report(check(), check(check="mypy")), version="1.2.3")
    ids = [run.automation_details.id for run in Log.model_validate(log).runs]
    assert ids == ["gatewright/ruff/", "gatewright/mypy/"]


def test_a_finding_is_a_result_at_a_relative_address() -> None:
    (result,) = run_of(UNUSED).results
    (location,) = result.locations
    place = location.physical_location
    assert (result.rule_id, result.level, result.message.text) == ("F401", "error", "unused")
    assert (place.artifact_location.uri, place.region) == ("a%20b/%C3%BC.py", Region(startLine=3))


@pytest.mark.parametrize(
    ("severity", "level"), [("blocking", "error"), ("warning", "warning"), ("note", "note")]
)
def test_severities_are_levels(severity: str, level: str) -> None:
    (result,) = run_of(UNUSED.model_copy(update={"severity": severity})).results
    assert result.level == level


def test_rules_are_listed_once_and_pointed_to() -> None:
    run = run_of(UNUSED, UNUSED.model_copy(update={"rule": None}), UNUSED)
    names = [run.tool.driver.rules[result.rule_index].id for result in run.results]
    assert (names, len(run.tool.driver.rules)) == (["F401", "ruff", "F401"], 2)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"line": 90}, True),
        ({"message": "other"}, False),
        ({"file": "b.py"}, False),
        ({"rule": "F402"}, False),
    ],
)
def test_a_fingerprint_outlives_a_move_of_lines(other: dict[str, object], same: bool) -> None:
    first = run_of(UNUSED).results[0].partial_fingerprints
    second = run_of(UNUSED.model_copy(update=other)).results[0].partial_fingerprints
    assert (first == second) is same


def test_equal_findings_have_fingerprints_of_their_own() -> None:
    one, two = run_of(UNUSED, UNUSED).results
    assert one.partial_fingerprints != two.partial_fingerprints


@pytest.mark.parametrize(("status", "successful"), [("error", False), ("failed", True)])
def test_a_check_without_a_verdict_did_not_succeed(status: str, successful: bool) -> None:
    (invocation,) = run_of(status=status, summary="stopped").invocations
    said = [note.message.text for note in invocation.tool_execution_notifications]
    assert (invocation.execution_successful, said) == (
        successful,
        [] if successful else ["stopped"],
    )
    assert invocation.properties == {"durationSeconds": 1.25}


def test_the_tool_and_its_version_are_named_beside_ours() -> None:
    tool = run_of(tool_version="0.15.1").tool
    assert (tool.driver.name, tool.driver.version) == ("Gatewright", "1.2.3")
    assert [(each.name, each.version) for each in tool.extensions] == [("ruff", "0.15.1")]


def test_the_commit_is_the_revision_and_its_own_address() -> None:
    (origin,) = run_of().version_control_provenance
    assert (origin.revision_id, origin.repository_uri) == (COMMIT, f"swh:1:rev:{COMMIT}")


def test_a_given_address_of_the_repository_is_taken() -> None:
    log = as_sarif(report(check()), version="1", repository="https://example.org/shop.git")
    (origin,) = Log.model_validate(log).runs[0].version_control_provenance
    assert origin.repository_uri == "https://example.org/shop.git"


def test_sandbox_and_environment_are_told() -> None:
    properties = run_of().properties
    assert (properties["sandbox"], properties["environment"]) == (
        "bubblewrap",
        "repository (.venv)",
    )


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and "/" not in name
)
findings = st.builds(
    Finding,
    check=st.just("ruff"),
    message=st.text(st.characters(exclude_categories=["Cs"])),
    file=st.none() | st.lists(names, min_size=1, max_size=3).map("/".join),
    line=st.none(),
    rule=st.just("F401"),
    severity=st.sampled_from(["blocking", "warning", "note"]),
)


@given(st.lists(findings, max_size=4))
def test_what_is_written_is_read_back_as_it_was(given: list[Finding]) -> None:
    data = json.dumps(as_sarif(report(check(*given)), version="1.2.3"))
    Log.model_validate_json(data)
    log = read_sarif(data.encode(), check="ruff")
    expected = [finding.model_copy(update={"message": finding.message[:500]}) for finding in given]
    assert (list(log.findings), log.tool) == (
        [f if f.message else f.model_copy(update={"message": "F401"}) for f in expected],
        "Gatewright 1.2.3",
    )


def test_lines_are_read_back_too() -> None:
    data = json.dumps(as_sarif(report(check(UNUSED)), version="1"))
    assert read_sarif(data.encode(), check="ruff").findings == (UNUSED,)
