"""What the driver in the sandbox answers. It could have been written by the code under test."""

from pydantic import ConfigDict, Field

from gatewright.domain.findings import Frozen


class Answer(Frozen):
    """Base: keys that we do not know are left alone."""

    model_config = ConfigDict(extra="ignore")


class Call(Answer):
    """A call from a test's own frame into the repository; its arguments are literals."""

    path: str
    name: str
    """The attribute path of a function or method, from its module."""
    args: str
    """A tuple, as `ast.literal_eval` reads it back."""
    kwargs: str
    """A dict, likewise."""
    test: str
    """The node id of the test."""
    failed: bool = False
    """Whether the test did."""


class Observation(Answer):
    """What the tests came to before anything was changed."""

    tests: dict[str, tuple[str, float]]
    """Outcome and seconds by node id."""
    targets: tuple[str, ...]
    failing: tuple[str, ...]
    """Those of the targets that fail."""
    errors: dict[str, str]
    """What could not be collected, and why."""
    exit: int | None
    """pytest's own code for the targets; None when it did not come to its end."""
    whole: bool
    tail: str
    """The end of what the run of the targets printed."""
    seconds: tuple[float, float]
    """Of the targets, and of the whole suite; traced."""
    modules: tuple[str, ...]
    """Of others, that the tests imported."""
    spectrum: dict[str, dict[int, tuple[int, int]]]
    passing: tuple[str, ...]
    users: dict[str, tuple[int, ...]]
    """By file: which of `passing` ran it."""
    groups: tuple[tuple[int, ...], ...] = ()
    """Sets of tests, by their numbers in `passing`."""
    witnesses: dict[str, dict[int, int]] = Field(default_factory=dict)
    """By path and line of a function that failing tests ran: which of `groups` ran it too."""
    sampled: bool = False
    """Whether tests of the suite were left out, for there are very many."""
    snapshots: dict[str, dict[int, list[dict[str, str]]]] = Field(default_factory=dict)
    """By path and line: the locals just before the line ran in a failing test, as literals."""
    complete: dict[str, list[int]] = Field(default_factory=dict)
    """Lines of a path whose snapshots are all there were."""
    types: dict[str, dict[int, dict[str, str]]] = Field(default_factory=dict)
    """The type's name by variable, for every local seen at a line."""
    calls: list[Call] = Field(default_factory=list)
    """Distinct ones, few."""


class Suite(Answer):
    """Every test with a candidate in place."""

    tests: dict[str, str]
    whole: bool


class Verdicts(Answer):
    """What came of a batch, by the places in it."""

    verdicts: dict[int, str]
    """`passed`, `failed`, `broke` (a test that passed before), `timeout`; absent: not reached."""
    ways: dict[str, int] = Field(default_factory=dict)
    """How many processes were run warm, cool and cold, from quick to slow; for figures."""
