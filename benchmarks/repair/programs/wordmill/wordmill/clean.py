"""Texts into terms."""

STOP = {"a", "an", "and", "the", "of", "to", "in", "is"}
ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")


def split(text):
    """Lower-case runs of letters and digits."""
    terms = []
    current = ""
    for sign in text.lower():
        if sign.isalnum():
            current += sign
        elif current:
            terms.append(current)
            current = ""
    if current:
        terms.append(current)
    return terms


def stem(term):
    """Without its ending, when at least three letters stay."""
    for ending in ENDINGS:
        if term.endswith(ending) and len(term) - len(ending) >= 3:
            base = term[: -len(ending)]
            return base + "y" if ending == "ies" else base
    return term


def terms(text, keep_stop=False):
    return [stem(term) for term in split(text) if keep_stop or term not in STOP]
