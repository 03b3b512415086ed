"""A SARIF 2.1.0 log as some tool wrote it: the parts that say what it found. Pure.

Read as the specification says (OASIS, "Static Analysis Results Interchange Format Version 2.1.0"):
a result's level is its own, else its rule's, else `warning` (3.27.10); a message may stand with the
rule (3.11); an address may be relative to a base of the run (3.4.4). What the tool says about a
baseline of its own is not believed: a change could have brought it along.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from gatewright.domain.findings import Finding, Severity
from gatewright.workspace.gate.unreadable import Unreadable

_Item = TypeVar("_Item")

Level = Literal["none", "note", "warning", "error"]

_MESSAGE_LIMIT = 500
_MOST_BASES = 8
_ADDRESS = re.compile(r"[a-zA-Z][\w+.-]*:")
"""How a URI begins that is not relative."""
_SEVERITY: Mapping[Level, Severity] = {"error": "blocking", "warning": "warning", "note": "note"}


class Log(NamedTuple):
    """What a log comes to."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    """Those that somebody has waived, in the source or elsewhere."""
    tool: str | None
    """Its names and versions."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, frozen=True)


class _Message(_Read):
    text: str | None = None
    id: str | None = None
    arguments: tuple[str, ...] = ()


class _Configuration(_Read):
    level: Level | None = None


class _Rule(_Read):
    id: str
    default_configuration: _Configuration = _Configuration()
    message_strings: dict[str, _Message] = {}
    short_description: _Message = _Message()


class _Component(_Read):
    name: str
    version: str | None = None
    semantic_version: str | None = None
    rules: tuple[_Rule, ...] = ()


class _Tool(_Read):
    driver: _Component
    extensions: tuple[_Component, ...] = ()


class _ComponentReference(_Read):
    index: int = -1


class _RuleReference(_Read):
    id: str | None = None
    index: int = -1
    tool_component: _ComponentReference = _ComponentReference()


class _Address(_Read):
    uri: str | None = None
    uri_base_id: str | None = None
    index: int = -1


class _Region(_Read):
    start_line: int | None = None


class _Physical(_Read):
    artifact_location: _Address = _Address()
    region: _Region = _Region()


class _Location(_Read):
    physical_location: _Physical = _Physical()


class _Suppression(_Read):
    status: Literal["accepted", "underReview", "rejected"] = "accepted"


class _Result(_Read):
    rule_id: str | None = None
    rule_index: int = -1
    rule: _RuleReference = _RuleReference()
    level: Level | None = None
    kind: str = "fail"
    message: _Message = _Message()
    locations: tuple[_Location, ...] = ()
    suppressions: tuple[_Suppression, ...] | None = None
    baseline_state: str | None = None


class _Artifact(_Read):
    location: _Address = _Address()


class _Notification(_Read):
    level: Level = "warning"
    message: _Message = _Message()


class _Invocation(_Read):
    execution_successful: bool
    tool_execution_notifications: tuple[_Notification, ...] = ()


class _Run(_Read):
    tool: _Tool
    results: tuple[_Result, ...] | None = None
    artifacts: tuple[_Artifact, ...] = ()
    invocations: tuple[_Invocation, ...] = ()
    original_uri_base_ids: dict[str, _Address] = {}


class _Log(_Read):
    version: Literal["2.1.0"]
    runs: tuple[_Run, ...] | None = Field(default=())


def read_sarif(data: bytes, *, check: str, root: str = "") -> Log:
    """The results of every run; `root` is the directory that the tool ran in.

    Raises: Unreadable, also where a run says that it did not succeed or has no results.
    """
    try:
        log = _Log.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unreadable(
            f"it is no SARIF 2.1.0: {place}: {first['msg']}"[:_MESSAGE_LIMIT]
        ) from None
    if not log.runs:
        raise Unreadable("it has no runs")
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    for run in log.runs:
        _refuse_failed(run)
        for result in run.results or ():
            finding = _finding(run, result, check=check, root=root)
            if finding is not None:
                (suppressed if _is_suppressed(result) else findings).append(finding)
    tools = dict.fromkeys(_named(run.tool.driver) for run in log.runs)
    return Log(tuple(findings), tuple(suppressed), ", ".join(tools)[:_MESSAGE_LIMIT] or None)


def _refuse_failed(run: _Run) -> None:
    for invocation in run.invocations:
        if invocation.execution_successful:
            continue
        said = [n.message.text for n in invocation.tool_execution_notifications if n.message.text]
        why = f": {said[0]}" if said else ""
        raise Unreadable(f"{run.tool.driver.name} did not succeed{why}"[:_MESSAGE_LIMIT])
    if run.results is None:
        # 3.14.23: the tool failed to start, or was not asked to look.
        raise Unreadable(f"{run.tool.driver.name} has no results"[:_MESSAGE_LIMIT])


def _finding(run: _Run, result: _Result, *, check: str, root: str) -> Finding | None:
    rule = _rule(run, result)
    severity = _SEVERITY.get(_level(result, rule))
    if severity is None or result.baseline_state == "absent":
        return None
    place = result.locations[0].physical_location if result.locations else _Physical()
    line = place.region.start_line
    text = _text(result, rule)
    return Finding(
        check=check,
        message=(text.replace(f"{root}/", "") if root else text)[:_MESSAGE_LIMIT],
        file=_file(run, place.artifact_location, root),
        line=line if line is not None and line > 0 else None,
        rule=result.rule_id or result.rule.id or (rule.id if rule else None),
        severity=severity,
    )


def _rule(run: _Run, result: _Result) -> _Rule | None:
    of = result.rule.tool_component.index
    component = _at(run.tool.extensions, of) if of >= 0 else run.tool.driver
    index = result.rule_index if result.rule_index >= 0 else result.rule.index
    rules = component.rules if component is not None else ()
    if index >= 0:
        return _at(rules, index)
    name = result.rule_id or result.rule.id
    every = (*rules, *(rule for each in run.tool.extensions for rule in each.rules))
    # `CA1000/1` is a finer kind of the rule `CA1000` (3.5.4).
    return next((rule for rule in every if name in (rule.id,) or _above(name) == rule.id), None)


def _level(result: _Result, rule: _Rule | None) -> Level:
    if result.kind != "fail":
        return "none"
    if result.level is not None:
        return result.level
    return (rule.default_configuration.level if rule else None) or "warning"


def _text(result: _Result, rule: _Rule | None) -> str:
    message = result.message
    text = message.text
    if text is None and rule is not None and message.id is not None:
        text = rule.message_strings.get(message.id, _Message()).text
    if text is None and rule is not None:
        text = rule.short_description.text
    arguments = message.arguments

    def fill(found: re.Match[str]) -> str:
        number = int(found[1])
        return arguments[number] if number < len(arguments) else found[0]

    if not text:
        return result.rule_id or "(no message)"
    return re.sub(r"\{(\d{1,3})\}", fill, text) if arguments else text


def _is_suppressed(result: _Result) -> bool:
    """3.27.23: there are some, and none of them is still to be decided or was refused."""
    given = result.suppressions or ()
    return bool(given) and all(each.status == "accepted" for each in given)


def _file(run: _Run, address: _Address, root: str) -> str | None:
    """A path in the repository; None for a place outside of it."""
    if address.uri is None and address.index >= 0:
        artifact = _at(run.artifacts, address.index)
        address = artifact.location if artifact is not None else address
    uri = address.uri
    base = address.uri_base_id
    for _ in range(_MOST_BASES):
        if uri is None or base is None or _ADDRESS.match(uri):
            break
        above = run.original_uri_base_ids.get(base, _Address())
        uri, base = f"{above.uri or ''}{uri}", above.uri_base_id
    if not uri:
        return None
    path = unquote(re.sub(r"^file:(//(localhost)?(?=/))?", "", uri))
    path = path.removeprefix(f"{root}/") if root else path
    pure = PurePosixPath(path.replace("\x00", ""))
    outside = pure.is_absolute() or ".." in pure.parts or _ADDRESS.match(path)
    return None if outside or not pure.parts else pure.as_posix()


def _named(component: _Component) -> str:
    version = component.semantic_version or component.version
    return f"{component.name} {version}" if version else component.name


def _above(name: str | None) -> str | None:
    return name.rpartition("/")[0] or None if name else None


def _at(items: Sequence[_Item], index: int) -> _Item | None:
    return items[index] if 0 <= index < len(items) else None
