"""Which lines are suspicious: Ochiai on the lines that failing and passing tests ran.

Pure. The formula is that of Ochiai (1957), which Abreu, Zoeteweij and van Gemund found best for
fault localisation ("On the Accuracy of Spectrum-based Fault Localization", 2007).
"""

import math
from collections.abc import Mapping

Counts = tuple[int, int]
"""How many failing and how many passing tests ran a line."""
Spectrum = Mapping[str, Mapping[int, Counts]]
"""Counts by path and 1-based line."""
Scores = dict[str, dict[int, float]]
"""Suspiciousness by path and line, in (0, 1]; lines that no failing test ran are not there."""


def ochiai(failing: int, passing: int, *, all_failing: int) -> float:
    """Suspiciousness in [0, 1] of what so many failing and passing tests ran."""
    if failing <= 0 or all_failing <= 0:
        return 0.0
    return failing / math.sqrt(all_failing * (failing + max(0, passing)))


def localise(spectrum: Spectrum, *, all_failing: int) -> Scores:
    """Suspiciousness of every line that a failing test ran."""
    scores: Scores = {}
    for path, lines in spectrum.items():
        of_file = {
            line: ochiai(failing, passing, all_failing=all_failing)
            for line, (failing, passing) in lines.items()
        }
        scores[path] = {line: score for line, score in sorted(of_file.items()) if score > 0}
    return scores
