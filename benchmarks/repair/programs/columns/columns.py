"""Text set in columns."""


def wrapped(text, width):
    """Lines of whole words; a word longer than the width stands alone."""
    lines = []
    line = []
    used = 0
    for word in text.split():
        needed = used + len(line) + len(word)
        if line and needed > width:
            lines.append(" ".join(line))
            line = []
            used = 0
        line.append(word)
        used += len(word)
    if line:
        lines.append(" ".join(line))
    return lines


def justified(line, width):
    """Blanks spread so that the line fills the width, more of them on the left."""
    words = line.split()
    if len(words) < 2:
        return line.ljust(width)
    blanks = width - sum(map(len, words))
    each, more = divmod(blanks, len(words) - 1)
    out = words[0]
    for place, word in enumerate(words[1:]):
        out += " " * (each + (1 if place < more else 0)) + word
    return out


def table(rows, gap=2):
    """Rows with their columns aligned; numbers to the right."""
    if not rows:
        return []
    widths = [max(len(str(row[n])) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for value, width in zip(row, widths):
            if isinstance(value, (int, float)):
                cells.append(str(value).rjust(width))
            else:
                cells.append(str(value).ljust(width))
        lines.append((" " * gap).join(cells).rstrip())
    return lines


def shortened(text, width, mark="..."):
    """Cut in the middle so that it fits."""
    if len(text) <= width:
        return text
    keep = width - len(mark)
    if keep <= 0:
        return mark[:width]
    left = (keep + 1) // 2
    right = keep - left
    return text[:left] + mark + text[len(text) - right :]


def indented(text, prefix, first=None):
    """Every line that is not blank with the prefix; the first line may have its own."""
    lines = []
    for number, line in enumerate(text.split("\n")):
        start = first if number == 0 and first is not None else prefix
        lines.append(start + line if line.strip() else line)
    return "\n".join(lines)
