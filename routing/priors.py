"""What is known of models before the first day: success rates from a public benchmark.

The file beside this one holds Aider's polyglot leaderboard (see `priors/README.md` for source and
licence): 225 hard exercises in six languages, the share solved at the first try, and the share
solved after one look at the test's errors.

It is another task mix than ours, in two ways:

- Its exercises are harder. Half of the models solve less than a fifth of them at the first try, so
  a model on the list would look worse than one that nobody has measured, which is taken as 50 %.
  Therefore the odds of all are multiplied by one factor that brings the median model to `MIDDLE`:
  order and odds ratios stay, and a model of the list's middle stands where an unknown one does.
- It is not our work, so a rate weighs no more than WEIGHT attempts of ours: after some ten outcomes
  a model's own record counts for more.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from gatewright.domain.catalogue import Prior

FILE = Path(__file__).with_name("priors") / "aider_polyglot.csv"
WEIGHT = 10.0
"""Attempts of ours that a shipped rate stands for. 225 exercises would carry far more, were they
our tasks; cold, the router takes 2."""
MIDDLE = 0.5

_DATE = r"(?:20\d\d-?[01]\d-?[0-3]\d|(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))"
_SUFFIX = re.compile(rf"(?:[-@]{_DATE}|-latest|-exp|-preview)$")


class Run(NamedTuple):
    """One run of the benchmark by one model."""

    date: str
    """ISO 8601."""
    model: str
    """As our catalogue would name it, with the version that was run."""
    options: str
    """What it was given beyond its defaults, such as more thinking; for people."""
    cases: int
    passed: int
    """At the first try."""
    passed_after: int
    """At the first try, or at the second with the errors of the first."""
    seconds: float
    """Per exercise."""
    usd: float | None
    """Of the whole run; None: not known."""

    @property
    def rate(self) -> float:
        """At the first try; half an exercise is added on either side, so that odds exist."""
        return (self.passed + 0.5) / (self.cases + 1)

    @property
    def again(self) -> float:
        """Of those that failed at the first try, how many passed with the errors in sight."""
        return (self.passed_after - self.passed) / (self.cases - self.passed)


def prior_of(name: str) -> Prior | None:
    """The shipped prior of a catalogue's model, if there is one.

    Versions by date count as the same model; so does a model under another provider's name
    (`openrouter/openai/o3`), unless that provider's own run is listed.
    """
    known = priors()
    full = undated(name)
    return known.get(full) or _by_last_part().get(full.rpartition("/")[2])


@cache
def priors() -> Mapping[str, Prior]:
    """Shipped priors by `provider/model`, undated and in lower case. Reads the file once."""
    chosen = {undated(run.model): run for run in sorted(runs(), key=_standing)}
    typical = median(_odds(run.rate) for run in chosen.values())
    factor = _odds(MIDDLE) / typical
    return MappingProxyType({name: _prior(run, factor) for name, run in chosen.items()})


@cache
def runs() -> tuple[Run, ...]:
    """Every run of the file, in its order."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return tuple(
        Run(
            date=row["date"],
            model=row["model"],
            options=row["options"],
            cases=int(row["test_cases"]),
            passed=int(row["pass_num_1"]),
            passed_after=int(row["pass_num_2"]),
            seconds=float(row["seconds_per_case"]),
            usd=float(row["total_cost_usd"]) if row["total_cost_usd"] else None,
        )
        for row in rows
    )


def undated(name: str) -> str:
    """A model's name in lower case, without a date or `-latest`, `-preview`, `-exp` at its end.

    What is left must hold a digit: of `gemini-exp-1206` nothing else would say which model it is.
    """
    name = name.lower()
    while (match := _SUFFIX.search(name)) and any(
        c.isdigit() for c in name[: match.start()].rpartition("/")[2]
    ):
        name = name[: match.start()]
    return name


@cache
def _by_last_part() -> Mapping[str, Prior]:
    return {name.rpartition("/")[2]: prior for name, prior in priors().items()}


def _standing(run: Run) -> tuple[str, bool]:
    """The later run counts, of one day the one with the model's defaults; that one comes last."""
    return run.date, not run.options


def _odds(rate: float) -> float:
    return rate / (1 - rate)


def _prior(run: Run, factor: float) -> Prior:
    odds = _odds(run.rate) * factor
    return Prior(
        rate=round(odds / (1 + odds), 4),
        weight=WEIGHT,
        source=(
            f"Aider polyglot, {run.date}: {run.passed} of {run.cases} at the first try, "
            f"its odds taken {factor:.1f} times"
        ),
    )
