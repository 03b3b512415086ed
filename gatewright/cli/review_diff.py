"""A unified diff for a terminal, in colours."""

from rich.text import Text

from gatewright.domain.plain import plain

_STYLES = {"+": "green", "-": "red", "@": "cyan", "\\": "dim"}


def coloured(diff: str) -> Text:
    """The diff line by line: what comes green, what goes red, places cyan, files bold.

    What a terminal would obey is taken out; the text is no markup, whatever is in it.
    """
    text = Text(no_wrap=True, overflow="ignore", end="")
    inside = False
    for line in plain(diff).splitlines(keepends=True):
        # In a hunk, `--- x` is a line `-- x` that goes.
        inside = line.startswith("@@") or (inside and not line.startswith("diff "))
        text.append(line, style=_STYLES.get(line[0], "") if inside else "bold")
    return text
