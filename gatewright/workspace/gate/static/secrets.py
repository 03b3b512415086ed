"""The check `secrets`: keys and passwords in new lines.

What they look like is in `gatewright.domain.secret_patterns`. A finding never repeats a secret.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from gatewright.domain.findings import Finding
from gatewright.domain.protected import is_test
from gatewright.domain.secret_patterns import FORMS, entropy, is_random
from gatewright.workspace.gate.changed import FileChange
from gatewright.workspace.gate.static.look import Look
from gatewright.workspace.gate.static.manifests import is_lock
from gatewright.workspace.gate.static.telling import tell

CHECK = "secrets"

_SHOWN = 4
"""Characters of a secret that a finding shows; issuers give each kind a public prefix."""
_BINARY = 8000
"""Bytes in which a zero byte tells that a file is no text; git looks as far."""
_MOST_READ = 5_000_000
"""Bytes of one file's new lines."""
_LONGEST_LINE = 4000
_MOST_A_LINE = 5

_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"'<>]{0,100}:([^\s/:@\"'<>]{3,200})@[\w.-]", re.IGNORECASE
)
_ASSIGNED = re.compile(
    r"""(?<![a-z0-9])([\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key
    |private[_-]?key|credential)s?[\w-]{0,40})["']?\s*(?::\s*\w+\s*)?(?:=>|:=|=|:)\s*(["'`])([^"'`\s]{8,})\2""",
    re.IGNORECASE | re.VERBOSE,
)
"""A name that says secret, and a quoted value."""
_PLAIN_ASSIGNED = re.compile(
    r"""^\s*(?:export\s+)?([\w.-]{0,40}(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key)[\w-]{0,40})
    \s*[=:]\s*([^\s"'`#$<>{}()\[\],;]{12,})\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""The same without quotes, as settings files have it."""
_SETTINGS = (".cfg", ".conf", ".env", ".ini", ".properties", ".toml", ".yaml", ".yml")

_PLACEHOLDER = re.compile(
    r"example|sample|dummy|fake|placeholder|change.?me|your.?|replace|redacted|secret|passw|token"
    r"|insert|todo|fixme|xxx|\*\*\*|\.\.\.|<.*>|\$\{|\{\{|%\(|^\$|test|mock|foo|bar|lorem|none|null"
    r"|12345|abcde|qwert|deadbeef|localhost|https?://",
    re.IGNORECASE,
)


class _Secret(NamedTuple):
    kind: str
    value: str


def secrets(look: Look) -> list[Finding]:
    """Those in lines that are new, of every text file; what only moved is not new."""
    before = [change.before for change in look.changes if change.before is not None]
    findings = []
    for change in look.changes:
        if change.after is None or b"\x00" in change.after[:_BINARY]:
            continue
        for number, line in _new_lines(change):
            for found in dict.fromkeys(_of_line(change.path, line)):
                if not any(found.value.encode() in data for data in before):
                    findings.append(_told(change, number, found))
    return findings


def _new_lines(change: FileChange) -> Iterator[tuple[int, str]]:
    left = _MOST_READ
    for number, line in enumerate((change.after or b"").splitlines(), start=1):
        if number in change.added and left > 0:
            left -= len(line)
            yield number, line[:_MOST_READ].decode("utf-8", "replace")


def _of_line(path: str, line: str) -> list[_Secret]:
    found: list[_Secret] = []
    for start in range(0, max(len(line), 1), _LONGEST_LINE):
        # Overlapping pieces, so that none is cut in two.
        piece = line[start : start + _LONGEST_LINE + 300]
        found += _forms(piece)
        if not is_lock(path):
            found += _assigned(path, piece)
        if len(found) >= _MOST_A_LINE:
            break
    # What has a form of its own is told once, and not as an assigned value too.
    named = [secret.value for secret in found if secret.kind != "assigned"]
    return [
        secret
        for secret in found[:_MOST_A_LINE]
        if secret.kind != "assigned"
        or not any(secret.value in n or n in secret.value for n in named)
    ]


def _forms(text: str) -> Iterator[_Secret]:
    for form in FORMS:
        for match in form.pattern.finditer(text):
            if not _is_made_up(match[0]):
                yield _Secret(form.name, match[0])
    for match in _URL.finditer(text):
        if not _PLACEHOLDER.search(match[1]) and not _is_word(match[1]):
            yield _Secret("url-password", match[1])


def _assigned(path: str, text: str) -> Iterator[_Secret]:
    for match in _ASSIGNED.finditer(text):
        if _is_random(match[3]):
            yield _Secret("assigned", match[3])
    pure = PurePosixPath(path)
    if pure.suffix in _SETTINGS or pure.name.startswith(".env"):
        bare = _PLAIN_ASSIGNED.match(text)
        if bare is not None and _is_random(bare[2]):
            yield _Secret("assigned", bare[2])


def _is_random(value: str) -> bool:
    return not _PLACEHOLDER.search(value) and is_random(value)


def _is_made_up(value: str) -> bool:
    """Whether it has a token's form and none of its randomness: `ghp_xxxx…`, `AKIA…EXAMPLE`."""
    if value.startswith("-----"):
        return False
    body = re.sub(r"^[A-Za-z]+[-_=.]", "", value)
    return "EXAMPLE" in value or entropy(body) < 2.5 or bool(re.search(r"(.)\1{5}", body))


def _is_word(value: str) -> bool:
    return value.isalpha() and (value.islower() or value.isupper()) and len(value) < 10


def _told(change: FileChange, line: int, secret: _Secret) -> Finding:
    shown = "" if secret.kind in ("url-password", "assigned") else secret.value[:_SHOWN]
    what = f"starts with {shown!a}, " if shown else ""
    test = secret.kind in ("assigned", "url-password") and is_test(change.path)
    return tell(
        CHECK,
        f"this looks like a secret ({secret.kind}: {what}{len(secret.value)} characters). "
        "Take it from the environment or a store, and revoke it if it is real.",
        file=change.path,
        line=line,
        rule=secret.kind,
        severity="warning" if test else "blocking",
    )
