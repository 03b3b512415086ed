"""Edits as whole files: a path, then the file between fences."""

from agents.edit_format_lines import (
    MOVES,
    Fence,
    Malformed,
    clean,
    fence,
    joined,
    lines_of,
    move,
    path_in,
    path_on,
    short,
)
from gatewright.domain.edit import FileEdit, WriteFile

INSTRUCTIONS = f"""Give every file that changes, or is new, as a whole: first its path on a line of
its own, then the complete new text of the file between fences. Example:

src/greeting.py
```python
def greet(name: str) -> str:
    return f"Hello, {{name}}!"
```

- Write every line of the file. Never leave lines out and never write `...` in place of code.
- If the file itself has lines of three or more backticks, use a longer fence than any of them
  (````), the same at both ends.
- Do not put other text between fences; every fenced text is taken for a file.
- Files that you do not name stay as they are.

{MOVES}"""


def parse_whole(text: str) -> list[FileEdit]:
    """Edits in the order in which they stand. Raises: agents.edit_format_lines.Malformed."""
    lines = lines_of(text)
    edits: list[FileEdit] = []
    above, index = "", 0
    while index < len(lines):
        opening = fence(lines[index])
        if opening is None:
            moved = move(lines[index], index + 1)
            edits += [moved] if moved else []
            above = lines[index] if lines[index].strip() else above
            index += 1
            continue
        path = _path(above, opening, index + 1)
        closing = _closing(lines, index, opening, path)
        edits.append(WriteFile(path=path, content=joined(lines[index + 1 : closing])))
        above, index = "", closing + 1
    return edits


def _path(above: str, opening: Fence, number: int) -> str:
    path = path_in(opening.info) or (path_on(above) if above else None)
    if path is None:
        found = f"; the line above it is {short(above)}" if above else ""
        raise Malformed(
            f"the fenced text at line {number} has no path above it{found}. Write the file's path "
            "alone on the line before the fence, and put nothing but files between fences; if the "
            "fence belongs to a file's text, use a longer fence around that file"
        )
    return clean(path)


def _closing(lines: list[str], start: int, opening: Fence, path: str) -> int:
    """The next fence of the same length; longer and shorter ones belong to the file."""
    for index in range(start + 1, len(lines)):
        found = fence(lines[index])
        if found is None or found.mark != opening.mark:
            continue
        if not found.info:
            return index
        raise Malformed(
            f"{path}: the fence opened at line {start + 1} is not closed before another one of "
            f"the same length opens at line {index + 1} ({short(lines[index])}). Close it, or, if "
            "the file itself has fences, use a longer fence around the file"
        )
    raise Malformed(
        f"{path}: the fence opened at line {start + 1} is not closed. Give the file to its end, "
        f"then {opening.mark} on a line of its own"
    )
