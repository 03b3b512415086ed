"""Made-up outcomes that look like those of real pools of models on SWE-bench tasks.

One normal latent ease a task makes the models' failures go together, as they do in truth. The pass
rates and mean costs are near those of the public mini-SWE-agent leaderboard (December 2025); how
much goes together, and how costs rise on hard tasks, is set so that what one model passes after
another failed is near what was seen in recorded runs (a strong model passes 73 % of all tasks and
42 % of those that a cheap one failed, and costs a fifth more on those; a second cheap one passes
30 % of them). Nothing here is a measurement.
"""

import math
import random
from collections.abc import Mapping
from statistics import NormalDist
from typing import NamedTuple

from benchmarks.replay.recorded import Run, Task
from gatewright.domain.task import Risk

TASKS = 500
AREA_SPREAD = 0.25
"""Standard deviation between areas, of the latent ability."""
DEARER_WHEN_HARD = 0.22
"""By what share a task costs more that is one standard deviation harder."""
COST_SPREAD = 0.45
"""Standard deviation of a cost's logarithm besides."""
HIGH_RISK = 0.09
LOW_RISK = 0.39
LABEL_NOISE = 1.2
"""Risk is judged from a task's looks, not from how hard it turns out to be."""

AREAS: Mapping[str, int] = {
    "django": 231,
    "sympy": 75,
    "sphinx": 44,
    "matplotlib": 34,
    "scikit-learn": 32,
    "astropy": 22,
    "xarray": 22,
    "pytest": 19,
    "pylint": 10,
    "requests": 8,
    "seaborn": 2,
    "flask": 1,
}
"""Tasks of each repository in SWE-bench Verified."""


class Marginal(NamedTuple):
    """One model's figures over all tasks."""

    rate: float
    usd: float
    shared: float
    """How much of its luck at a task is the task's ease, and not the model's own."""


POOLS: Mapping[str, Mapping[str, Marginal]] = {
    "swe": {
        "deepseek-v3.2": Marginal(0.60, 0.027, 0.64),
        "gpt-5-mini": Marginal(0.60, 0.04, 0.64),
        "qwen3-coder": Marginal(0.55, 0.25, 0.95),
        "gpt-5": Marginal(0.65, 0.28, 0.95),
        "kimi-k2-thinking": Marginal(0.63, 0.44, 0.95),
        "gemini-3-pro": Marginal(0.73, 0.46, 0.95),
        "sonnet-4.5": Marginal(0.70, 0.56, 0.95),
    },
    "hard": {
        "gpt-5-nano": Marginal(0.35, 0.035, 0.75),
        "gpt-oss-120b": Marginal(0.26, 0.06, 0.75),
        "qwen2.5-coder-32b": Marginal(0.09, 0.065, 0.75),
        "o3": Marginal(0.58, 0.33, 0.75),
        "sonnet-4": Marginal(0.65, 0.37, 0.75),
        "kimi-k2": Marginal(0.44, 0.53, 0.75),
        "opus-4.5": Marginal(0.75, 0.72, 0.75),
    },
}
"""`swe` has two models that are unusually good for their price; `hard` has none."""


def synthetic(pool: str, *, seed: str = "1", tasks: int = TASKS) -> tuple[Task, ...]:
    """Outcomes of every model of a pool on so many tasks; the same for the same seed.

    Raises: KeyError for a pool that there is none of.
    """
    marginals = POOLS[pool]
    draw = random.Random(f"synthetic:{pool}:{seed}")
    shifts = {area: draw.gauss(0.0, AREA_SPREAD) for area in AREAS}
    return tuple(_task(f"{pool}-{n}", marginals, shifts, draw) for n in range(tasks))


def _task(
    name: str,
    marginals: Mapping[str, Marginal],
    shifts: Mapping[str, float],
    draw: random.Random,
) -> Task:
    [area] = draw.choices(list(AREAS), weights=list(AREAS.values()))
    ease = shifts[area] + draw.gauss(0.0, math.sqrt(1 - AREA_SPREAD**2))
    runs = {model: _run(known, ease, draw) for model, known in marginals.items()}
    return Task(name, area, _risk(ease, draw), runs)


def _run(known: Marginal, ease: float, draw: random.Random) -> Run:
    ability = math.sqrt(known.shared) * ease + math.sqrt(1 - known.shared) * draw.gauss(0.0, 1.0)
    passed = ability > NormalDist().inv_cdf(1 - known.rate)
    logarithm = -DEARER_WHEN_HARD * ease + draw.gauss(0.0, COST_SPREAD)
    # A lognormal's mean is above its median.
    logarithm -= (DEARER_WHEN_HARD**2 + COST_SPREAD**2) / 2
    return Run(passed, known.usd * math.exp(logarithm))


def _risk(ease: float, draw: random.Random) -> Risk:
    looks = (ease + draw.gauss(0.0, LABEL_NOISE)) / math.sqrt(1 + LABEL_NOISE**2)
    if looks < NormalDist().inv_cdf(HIGH_RISK):
        return "high"
    return "low" if looks > NormalDist().inv_cdf(1 - LOW_RISK) else "medium"
