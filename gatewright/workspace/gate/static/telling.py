"""How a check of this room tells what it found."""

import os

from gatewright.domain.findings import Finding, Severity

_LONGEST = 500


def tell(
    check: str,
    message: str,
    *,
    file: str,
    rule: str,
    line: int | None = None,
    severity: Severity = "blocking",
) -> Finding:
    """A finding that can be written down, whatever a file's name is made of."""
    return Finding(
        check=check,
        message=_plain(message)[:_LONGEST],
        file=_plain(file),
        line=line,
        rule=rule,
        severity=severity,
    )


def short(text: str, *, most: int = 60) -> str:
    """The start of somebody else's text, quoted and with nothing unprintable in it."""
    return ascii(text if len(text) <= most else f"{text[:most]}…")


def _plain(text: str) -> str:
    """Names may hold bytes that are no text, which a record cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "backslashreplace")
    return text
