"""The run log: what happened to a task, for people, appended line by line."""

from pathlib import Path

from gatewright.domain.events import Event, describe
from gatewright.domain.plain import plain


class RunLog:
    """One Markdown file a task; every run of it is a section."""

    def __init__(self, folder: Path, task_id: str) -> None:
        self.path = folder / f"{task_id}.md"

    def begin(self, goal: str) -> None:
        """Open a section. Raises: OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8") as file:
            if new:
                file.write(f"# {self.path.stem}\n\n{_quoted(goal)}\n")
            file.write("\n## Run\n\n")

    def add(self, event: Event) -> None:
        """Append one event. Raises: OSError."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"- {event.at} {describe(event)}\n")


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in text.splitlines())
