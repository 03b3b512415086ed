"""Text of others, made safe to be shown on a terminal or written into a log."""


def plain(text: str) -> str:
    """The text without what a terminal would obey or turn round; lines and tabs stay.

    Control characters (an escape sequence begins with one) and invisible ones that change the
    order of what is read become U+FFFD.
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
