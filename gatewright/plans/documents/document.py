"""A plan file as records: what may stand in it, and what holds where nothing stands."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints

from gatewright.domain.findings import Frozen

OnFailure = Literal["abort", "skip_dependents", "continue"]
Backoff = Literal["fixed", "exponential"]

STEP_ID = r"[A-Za-z_][A-Za-z0-9_-]{0,63}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
WHENS = ("success", "failure", "always")
"""The words that `when` knows; what else stands there is a condition."""

_YEAR = 366 * 86_400


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=1_000_000)]
"""What becomes a word of a command or of an environment takes no NUL."""
StepId = Annotated[str, StringConstraints(pattern=rf"^{STEP_ID}$")]
Name = Annotated[str, StringConstraints(pattern=rf"^{VARIABLE}$")]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$")]
Regex = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_regex)]
Seconds = Annotated[float, Field(ge=0, le=_YEAR, allow_inf_nan=False)]
SomeSeconds = Annotated[float, Field(gt=0, le=_YEAR, allow_inf_nan=False)]
Amount = Annotated[int, Field(ge=1, le=1_000_000)]


class Record(Frozen):
    """Base of what stands in a plan file; the texts under the fields are shown by editors."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Globals(Record):
    """What holds for all steps."""

    max_concurrency: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Steps that run at the same time, at most; default: the number of cores."""
    default_timeout_sec: SomeSeconds = 3600
    """Seconds that an attempt of a step may take which has no `timeout_sec`."""
    env: dict[EnvName, Text] = Field(default_factory=dict)
    """Environment of every step; values may hold `${VARIABLES}`."""
    working_directory: Text | None = None
    """Where the steps' relative paths begin; relative to the plan file's folder."""
    critical_grace_period_sec: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 5
    """Seconds between SIGTERM and SIGKILL when a step is stopped."""
    resources: dict[Label, Amount] = Field(default_factory=dict)
    """How much there is of what steps ask for, by name; `cpu` is the number of cores."""
    sandbox: bool = False
    """Run the steps in a sandbox."""
    approval: bool = False
    """Ask a person before the first step."""


class Variable(Record):
    """A value that is given to a run: `--var NAME=VALUE`."""

    default: Text | None = None
    """Taken when none is given; without it the variable must be given where it is used."""
    pattern: Regex | None = None
    """A regular expression that the whole value must match."""
    description: str = ""
    """For people."""
    secret: bool = False
    """Never stored, shown or logged."""


class PlanStep(Record):
    """One command of a plan."""

    id: StepId
    """Its name in `depends_on` and `${steps.ID.stdout}`; unique."""
    name: str = ""
    """For people; default: the id."""
    description: str = ""
    """For people."""
    command: Annotated[Text, StringConstraints(min_length=1)]
    """The program; started without a shell."""
    args: tuple[Text, ...] = ()
    """Its arguments; may hold `${VARIABLES}` and `${steps.ID.stdout}`."""
    depends_on: tuple[str, ...] = ()
    """Ids of the steps that must be over before."""
    timeout_sec: SomeSeconds | None = None
    """Seconds that one attempt may take; default: `globals.default_timeout_sec`."""
    retries: Annotated[int, Field(ge=0, le=1_000)] = 0
    """Further attempts after a failure or a timeout."""
    retry_delay_sec: Seconds = 0
    """Seconds before the next attempt."""
    retry_backoff: Backoff = "fixed"
    """`exponential`: the delay doubles each time."""
    retry_max_delay_sec: Seconds = 300
    """Seconds that the delay never exceeds."""
    critical: bool = True
    """Its failure makes the run `failed`."""
    on_failure: OnFailure | None = None
    """What its failure does to others. Default: `abort` when critical, else `skip_dependents`."""
    env: dict[EnvName, Text] = Field(default_factory=dict)
    """Environment of this step; values may hold `${VARIABLES}`."""
    cwd: Text | None = None
    """The folder that it runs in, relative to `globals.working_directory`."""
    when: Annotated[str, StringConstraints(min_length=1, max_length=4_000)] = "success"
    """`success`, `failure`, `always`, or a condition such as `failed('a') or exit_code('b') == 3`
    over steps that come before."""
    captures: dict[Name, Regex] = Field(default_factory=dict)
    """Names for what regular expressions find in its output: `${steps.ID.captures.NAME}`."""
    inputs: tuple[Text, ...] = ()
    """Globs of the files it reads; when they are as at its last success it is not run."""
    outputs: tuple[Text, ...] = ()
    """Globs of the files it makes."""
    locks: tuple[Label, ...] = ()
    """Names of locks that it holds while it runs, over all runs on this machine."""
    resources: dict[Label, Amount] = Field(default_factory=dict)
    """What it takes of `globals.resources` while it runs."""
    sandbox: bool | None = None
    """Run it in a sandbox; default: `globals.sandbox`."""
    idempotent: bool = True
    """False: when the engine was killed while it ran, a person is asked before it is run again."""
    success_codes: Annotated[
        tuple[Annotated[int, Field(ge=0, le=255)], ...], Field(min_length=1)
    ] = (0,)
    """Exit codes that are a success."""

    @property
    def policy(self) -> OnFailure:
        """What its failure does to others, by default or as told: a step that is not critical does
        not abort the run."""
        if self.on_failure is None or (self.on_failure == "abort" and not self.critical):
            return "abort" if self.critical else "skip_dependents"
        return self.on_failure


class PlanFile(Record):
    """A graph of commands that is run by `gatewright plan run`."""

    plan_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
    """Its name among plans."""
    version: str = "1"
    """Of this plan, as its author counts."""
    name: str = ""
    """For people; default: the id."""
    description: str = ""
    """For people."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    """Whatever its author wants to keep with it: project, phase_id, ..."""
    globals: Globals = Globals()
    """Limits and defaults of a run, and what its steps share."""
    variables: dict[Name, Variable] = Field(default_factory=dict)
    """What may be given to a run."""
    steps: tuple[PlanStep, ...]
    """The commands; those that are ready are started in this order."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file, draft 2020-12, for editors and other programs."""
    schema = PlanFile.model_json_schema()
    schema["properties"] = {
        "$schema": {"type": "string", "description": "Where this schema is; for editors."},
        **schema["properties"],
    }
    schema["properties"]["steps"]["minItems"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Gatewright plan",
    }
