"""Edits as a unified diff, read by its content: line numbers in it are not believed."""

from agents.edit_format_hunks import Hunk, next_hunk
from agents.edit_format_lines import Malformed, fence, lines_of, short
from agents.edit_format_names import Header, next_header, starts_header
from gatewright.domain.edit import Block, DeleteFile, FileEdit, RenameFile, ReplaceBlocks

INSTRUCTIONS = """Give all changes as a unified diff between fences, like `git diff`. Example:

```diff
--- a/src/greeting.py
+++ b/src/greeting.py
@@ -1,2 +1,2 @@
 def greet(name: str) -> str:
-    return "Hello"
+    return f"Hello, {name}!"
```

- Every line of a hunk begins with a space (unchanged), `-` (goes) or `+` (comes); the rest of the
  line is exactly as in the file, indentation included. Never write `...` in place of lines.
- Line numbers may be wrong; the unchanged and removed lines decide where a hunk applies. Give
  about three unchanged lines around it, and more where the same lines stand several times.
- A new file: `--- /dev/null`, `+++ b/path`, and a hunk of `+` lines.
- A deleted file: `--- a/path`, `+++ /dev/null`; its lines need not be given.
- A renamed file: `diff --git a/old b/new`, `rename from old`, `rename to new`, then `--- a/old`,
  `+++ b/new` and hunks if its text changes as well.
- A file without a newline at its end: `\\ No newline at end of file` after that line."""


def parse_udiff(text: str) -> list[FileEdit]:
    """Edits in the order in which they stand. Raises: agents.edit_format_lines.Malformed."""
    lines = lines_of(text)
    edits: list[FileEdit] = []
    index, fenced = 0, False
    while index < len(lines):
        if not starts_header(lines, index):
            _check_stray(lines[index], index + 1)
            fenced = fenced != (fence(lines[index]) is not None)
            index += 1
            continue
        header = next_header(lines, index)
        hunks: list[Hunk] = []
        index = header.after
        while (hunk := next_hunk(lines, index, fenced=fenced)) is not None:
            hunks.append(hunk)
            index = hunk.after
        edits += _edits(header, hunks)
    return edits


def _edits(header: Header, hunks: list[Hunk]) -> list[FileEdit]:
    changing = tuple(hunk.block for hunk in hunks if hunk.changes)
    if header.new is None:
        return [DeleteFile(path=header.old or "")]
    if header.old is None:
        return [_new_file(header, hunks)]
    edits: list[FileEdit] = []
    if header.old != header.new:
        edits.append(RenameFile(path=header.old, to=header.new))
    if changing:
        edits.append(ReplaceBlocks(path=header.new, blocks=changing))
    if not edits:
        raise Malformed(
            f"the diff of {header.new!r} (line {header.number}) has no line that begins with `-` "
            "or `+`; give its hunks, each after a line that begins with @@"
        )
    return edits


def _new_file(header: Header, hunks: list[Hunk]) -> ReplaceBlocks:
    """An empty search, so that a file that is there after all is not written over."""
    if any(hunk.block.search for hunk in hunks):
        raise Malformed(
            f"the diff of the new file {header.new!r} (line {header.number}) has lines that do not "
            "begin with `+`; every line of a new file does"
        )
    content = "".join(hunk.block.replace for hunk in hunks)
    return ReplaceBlocks(path=header.new or "", blocks=(Block(search="", replace=content),))


def _check_stray(line: str, number: int) -> None:
    if line.startswith("@@"):
        raise Malformed(
            f"the hunk at line {number} ({short(line)}) belongs to no file; write `--- a/path` and "
            "`+++ b/path` before it"
        )
