"""Words with alternatives in braces, as shells know them: a{b,c}d."""


def split_top(text):
    """Cut at the commas that stand in no inner brace."""
    parts = []
    depth = 0
    start = 0
    for place, sign in enumerate(text):
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return parts


def closing(text, opening):
    """Where the brace that opens there is closed. Raises: ValueError."""
    depth = 0
    for place in range(opening, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place
    raise ValueError(f"brace at {opening} is never closed")


def expand(text):
    """Every word that the text stands for, in order."""
    opening = text.find("{")
    if opening < 0:
        return [text]
    end = closing(text, opening)
    before = text[:opening]
    inside = text[opening + 1 : end]
    words = []
    for choice in split_top(inside):
        for middle in expand(choice):
            for rest in expand(text[end + 1 :]):
                words.append(before + middle + rest)
    return words
