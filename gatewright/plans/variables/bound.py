"""Values for a plan's variables, and the command that a step becomes with them.

A value is never read again for variables, and never becomes part of a shell's code: there it goes
into the environment, under the variable's name.
"""

import base64
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, quote_plus

from gatewright.domain.plan_run import StepResult
from gatewright.plans.documents.document import PlanFile, PlanStep
from gatewright.plans.documents.problems import PlanInvalid
from gatewright.plans.variables.binding import binding_problems
from gatewright.plans.variables.filling import Filling, filling_of
from gatewright.plans.variables.places import holds_places
from gatewright.plans.variables.templates import Use, of_text

Stream = Literal["stdout", "stderr"]
Output = Callable[[str, Stream], str]
"""What a step wrote in its last attempt, by its id."""

_STREAMS: Mapping[str, Stream] = {"stdout": "stdout", "stderr": "stderr"}
_LEAST_SPELLED = 8
"""Characters; a shorter secret's other spellings would stand everywhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A step's command with its values."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Of `globals.env`, of the step, and what the code of a shell reads; not to be changed."""
    cwd: str | None
    """`globals.working_directory` and the step's `cwd`, joined; relative to the run's folder.
    None: that folder."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """A plan whose variables have values."""

    plan: PlanFile
    values: Mapping[str, str]
    """Given ones and defaults."""
    secrets: frozenset[str]
    """Names of the secret variables among them."""
    _env: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _folder: str | None = field(init=False, repr=False, compare=False)
    _secret: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _fillings: dict[str, Filling] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _steps: Mapping[str, PlanStep] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folder = self.plan.globals.working_directory
        env = {name: self._text(value) for name, value in self.plan.globals.env.items()}
        object.__setattr__(self, "_steps", {step.id: step for step in self.plan.steps})
        object.__setattr__(self, "_env", env)
        object.__setattr__(self, "_folder", None if folder is None else self._text(folder))
        object.__setattr__(self, "_secret", _spelled(self.values[name] for name in self.secrets))

    def call(self, step: PlanStep, results: Mapping[str, StepResult], output: Output) -> Call:
        """The command of a step of this plan.

        `output` is called for what the step reads, and only for that.
        """
        if not holds_places(step):
            env = {**self._env, **step.env} if step.env else self._env
            return Call(
                argv=(step.command, *step.args),
                env=env,
                cwd=self._joined(step.cwd),
                inputs=step.inputs,
                outputs=step.outputs,
            )
        filling = self._filling(step)

        def value(use: Use) -> str:
            if use.name:
                return self._value(use)
            return _of_step(use, results, output)

        env = {**self._env}
        for name, use in filling.exported.items():
            if not use.name:
                env[name] = value(use)
            elif use.name in self.values or use.name in self.plan.variables:
                # Empty rather than what the engine's own environment happens to hold.
                env[name] = self.values.get(use.name, "")
        env |= {name: text.filled(value) for name, text in filling.env.items()}
        return Call(
            argv=tuple(word.filled(value) for word in filling.argv),
            env=env,
            cwd=self._joined(None if filling.cwd is None else filling.cwd.filled(value)),
            inputs=tuple(text.filled(value) for text in filling.inputs),
            outputs=tuple(text.filled(value) for text in filling.outputs),
        )

    def mask(self, text: str) -> str:
        """The text with `***` where the value of a secret variable stands."""
        return text if self._secret is None else self._secret.sub("***", text)

    def reads(self, step_id: str) -> frozenset[str]:
        """Ids of the steps whose output or end the command of this step reads."""
        step = self._steps.get(step_id)
        if step is None or not holds_places(step):
            return frozenset()
        return self._filling(step).reads

    def _filling(self, step: PlanStep) -> Filling:
        found = self._fillings.get(step.id)
        if found is None:
            found = self._fillings[step.id] = filling_of(step, of_all=self.plan.globals.env)
        return found

    def _joined(self, cwd: str | None) -> str | None:
        if self._folder is None or cwd is None:
            return cwd if self._folder is None else self._folder
        return posixpath.join(self._folder, cwd)

    def _text(self, text: str) -> str:
        return of_text(text).filled(self._value)

    def _value(self, use: Use) -> str:
        value = self.values.get(use.name, "")
        return value if value or use.default is None else use.default


def bind(plan: PlanFile, given: Mapping[str, str]) -> Bound:
    """Give the variables of a plan their values.

    Raises: PlanInvalid that names each variable that is missing, unknown or does not match its
    pattern, and where it is used.
    """
    problems = binding_problems(plan, given)
    if problems:
        raise PlanInvalid(problems)
    defaults = {
        name: variable.default
        for name, variable in plan.variables.items()
        if variable.default is not None
    }
    values = {**defaults, **given}
    secrets = {name for name, variable in plan.variables.items() if variable.secret}
    return Bound(plan, values, frozenset(secrets & values.keys()))


def _of_step(use: Use, results: Mapping[str, StepResult], output: Output) -> str:
    result = results.get(use.step)
    stream = _STREAMS.get(use.what)
    if stream is not None:
        # No word of a command and no environment can hold a NUL.
        return output(use.step, stream).replace("\x00", "")
    if result is None:
        return "pending" if use.what == "status" else ""
    if use.what == "status":
        return result.status
    if use.what == "exit_code":
        return "" if result.exit_code is None else str(result.exit_code)
    return result.captures.get(use.capture, "").replace("\x00", "")


def _spelled(values: Iterable[str]) -> re.Pattern[str] | None:
    """All ways in which a program may write a secret: as it is, by lines, quoted, in base64."""
    forms: set[str] = set()
    for value in values:
        forms.add(value)
        forms.update(line for line in value.splitlines() if len(line) >= _LEAST_SPELLED)
        if len(value) >= _LEAST_SPELLED:
            encoded = base64.b64encode(value.encode()).decode().rstrip("=")
            forms |= {quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], encoded}
    forms.discard("")
    if not forms:
        return None
    # The longest first: one secret may begin like another.
    return re.compile("|".join(map(re.escape, sorted(forms, key=lambda one: (-len(one), one)))))
