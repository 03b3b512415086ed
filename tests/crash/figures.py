"""What the crash tests counted, over all of them."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Figures:
    """Of one disturbance, or of many."""

    killed: int = 0
    """Processes that were killed where they were told to die."""
    trees: int = 0
    """Of these, how many times the tree came out as it does when nobody is killed."""
    in_flight: int = 0
    """Calls that the provider had and whose answers died with the process: asked again."""
    repeated: int = 0
    """Any other call that was made a second time."""
    spend: int = 0
    """How many times cost or tokens differ."""
    orphans: int = 0
    left: int = 0
    """Worktrees, locks, copies and control groups that somebody forgot."""
    litter: int = 0
    """Files that a process was about to rename or remove, which `gatewright gc` takes."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Figures", *, where: object = "") -> None:
        """Count another one's; its problems with where they came up."""
        for one in fields(self):
            if one.name != "problems":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.problems += [f"{where}: {problem}" for problem in other.problems]

    def as_json(self) -> dict[str, Any]:
        """As `record_property` takes it, which workers of xdist send to their master."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person."""
        return [
            f"processes killed           {self.killed}",
            f"trees identical            {self.trees} of {self.killed}",
            f"calls repeated             {self.repeated} (besides {self.in_flight} in flight)",
            f"spend differing            {self.spend}",
            f"orphan processes           {self.orphans}",
            f"worktrees, locks left      {self.left}",
            f"small files, for gc        {self.litter}",
        ]
