"""One or more single edits that are tried together."""

from collections.abc import Mapping
from typing import NamedTuple

from gatewright.repair.mutate import Candidate


class Patch(NamedTuple):
    """Edits of places that do not overlap, by path and start; most have one, a pair has two."""

    edits: tuple[Candidate, ...]
    score: float
    """How likely it is to be the one, against other patches."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it changes, each once."""
        return tuple(dict.fromkeys(edit.path for edit in self.edits))

    @property
    def lines(self) -> int:
        """How many lines change."""
        return sum(edit.lines for edit in self.edits)

    def applied(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The changed files with the edits."""
        after = {path: files[path] for path in self.paths}
        for edit in sorted(self.edits, key=lambda edit: -edit.start):
            after[edit.path] = edit.applied(after[edit.path])
        return after


def single(candidate: Candidate) -> Patch:
    """A patch of one edit."""
    return Patch((candidate,), candidate.score)


def overlap(first: Candidate, second: Candidate) -> bool:
    """Whether two edits touch the same bytes, so that they cannot be made together."""
    if first.path != second.path:
        return False
    return first.start <= second.end and second.start <= first.end
