"""Plan files: text to a plan that can be run, or all that is wrong with it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

from pydantic import ValidationError

from gatewright.plans.documents.checking import faults
from gatewright.plans.documents.document import PlanFile
from gatewright.plans.documents.errors import faults_of
from gatewright.plans.documents.faults import Fault
from gatewright.plans.documents.form import MOST_NAMED, first_faults, validated
from gatewright.plans.documents.json_form import Unreadable, read_json
from gatewright.plans.documents.mending import Mended
from gatewright.plans.documents.positions import Found, Keys, scan
from gatewright.plans.documents.problems import (
    MOST_PROBLEMS,
    PlanInvalid,
    Problem,
    json_path,
    short,
)
from gatewright.plans.documents.yaml_form import read_yaml

Format = Literal["json", "yaml"]

MOST_BYTES = 8 * 2**20
_MOST_STEPS = 100_000


def load(path: Path) -> PlanFile:
    """The plan of a file; `.yaml` and `.yml` are YAML, `.json` is JSON, else what it looks like.

    Blocks: it reads the file, and checking 10,000 steps takes a part of a second.
    Raises: PlanInvalid with all that is wrong with it.
    """
    name = str(path)
    try:
        if not S_ISREG(path.stat().st_mode):
            raise _one(name, "is no file", "Name a plan file.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _one(name, f"cannot be read: {error}", "Check the path.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(data) <= MOST_BYTES:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"is no UTF-8 text: byte {error.start} is {data[error.start]:#04x}"
            raise _one(name, message, "Save it as UTF-8.", line=line) from None
        text = ""
    if len(data) > MOST_BYTES:
        raise _too_large(name)
    return loads(text, name=name, format=_format(path, text))


def loads(text: str, *, name: str = "plan", format: Format = "json") -> PlanFile:  # noqa: A002
    """The plan of a text; `name` is what problems call it.

    Raises: PlanInvalid with all that is wrong with it.
    """
    if len(text) > MOST_BYTES:
        raise _too_large(name)
    try:
        raw, twice = _read(text, format)
    except Unreadable as error:
        raise _one(name, error.message, error.fix, line=error.line) from None
    if not isinstance(raw, dict):
        raise _one(name, "is no object", "Write {...} with plan_id and steps.")
    steps = raw.get("steps")
    if isinstance(steps, list) and len(steps) > _MOST_STEPS:
        raise _one(name, f"holds {len(steps)} steps, more than {_MOST_STEPS}", "Split it.")
    raw.pop("$schema", None)
    plan, found = _plan(raw)
    if plan is not None and not found and not twice:
        return plan
    raise PlanInvalid(_problems(text, name, found, format))


def _format(path: Path, text: str) -> Format:
    if path.suffix.lower() in {".yaml", ".yml"}:
        return "yaml"
    is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in {"{", "["}
    return "json" if is_json else "yaml"


def _read(text: str, form: Format) -> tuple[Any, bool]:
    if form == "json":
        return read_json(text)
    read = read_yaml(text)
    return read.value, bool(read.found.twice)


def _plan(raw: dict[str, Any]) -> tuple[PlanFile | None, list[Fault]]:
    """The plan, or nothing, and what is wrong with it."""
    try:
        plan = validated(PlanFile, raw)
    except ValidationError as error:
        if error.error_count() > MOST_NAMED:
            return None, first_faults(raw)
        found = faults_of(error)
    else:
        return plan, faults(plan)
    mended = Mended(raw)
    if not mended.mend(fault.keys for fault in found):
        return None, found
    try:
        rest = validated(PlanFile, mended.raw)
    except ValidationError:
        return None, found
    return None, [*found, *faults(rest, unsure=mended.unsure)]


def _problems(text: str, name: str, found: Sequence[Fault], form: Format) -> list[Problem]:
    shown = found[:MOST_PROBLEMS]
    wanted = {part for fault in shown for part in _ways(fault.keys)}
    where = scan(text, wanted) if form == "json" else read_yaml(text, wanted).found
    twice = [
        Fault(keys, f"{short(str(keys[-1]))} stands there twice", "Leave one out.")
        for keys in where.twice
    ]
    problems = [
        Problem(
            file=name,
            path=json_path(fault.keys),
            line=_line(fault.keys, where),
            message=fault.message,
            fix=fault.fix,
        )
        for fault in [*twice[:MOST_PROBLEMS], *shown]
    ]
    problems.sort(key=lambda problem: problem.line or 0)
    more = len(twice) + len(found) - len(problems)
    if more > 0:
        problems.append(_problem(name, f"there are at least {more} more problems", "Mend these."))
    return problems


def _ways(keys: Keys) -> Iterable[Keys]:
    return (keys[:length] for length in range(len(keys) + 1))


def _line(keys: Keys, where: Found) -> int | None:
    """Of the nearest thing around it that is there."""
    for length in range(len(keys), -1, -1):
        line = where.lines.get(keys[:length])
        if line is not None:
            return line
    return None


def _problem(name: str, message: str, fix: str, *, line: int | None = None) -> Problem:
    return Problem(file=name, path="$", line=line, message=message, fix=fix)


def _one(name: str, message: str, fix: str, *, line: int | None = None) -> PlanInvalid:
    return PlanInvalid([_problem(name, message, fix, line=line)])


def _too_large(name: str) -> PlanInvalid:
    return _one(name, f"is larger than {MOST_BYTES // 2**20} MiB", "Split it into several plans.")
