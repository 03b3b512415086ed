"""The check `secrets`: keys and passwords in new lines.

The forms of tokens are those that their issuers document. A finding never repeats a secret.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from gatewright.domain.findings import Finding
from gatewright.domain.protected import is_test
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

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("private-key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
        ("aws-key-id", r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])"),
        ("github-token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_\w{60,255}\b"),
        ("gitlab-token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{20,}"),
        ("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}|\bxapp-\d-[A-Za-z0-9-]{20,}"),
        ("slack-webhook", r"hooks\.slack\.com/services/T\w+/B\w+/\w{20,}"),
        ("stripe-key", r"\b[rs]k_live_[A-Za-z0-9]{20,}\b|\bwhsec_[A-Za-z0-9+/]{30,}"),
        ("google-key", r"\bAIza[\w-]{35}(?![\w-])|\bGOCSPX-[\w-]{28}"),
        ("anthropic-key", r"\bsk-ant-[a-z]+\d\d-[\w-]{20,}"),
        ("openai-key", r"\bsk-(?:proj|svcacct|admin)-[\w-]{20,}|\bsk-[A-Za-z0-9]{40,}\b"),
        ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("pypi-token", r"\bpypi-[\w-]{70,}"),
        ("huggingface-token", r"\bhf_[A-Za-z]{30,}\b"),
        ("sendgrid-key", r"\bSG\.[\w-]{22}\.[\w-]{43}"),
        ("twilio-key", r"\bSK[0-9a-f]{32}\b"),
        ("digitalocean-token", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
        ("telegram-token", r"\b\d{8,10}:AA[\w-]{33}(?![\w-])"),
        ("azure-key", r"(?i:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}"),
        ("jwt", r"\beyJ[\w-]{10,1000}\.eyJ[\w-]{10,3000}\.[\w-]{20,}"),
    )
)
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
_NOT_A_VALUE = re.compile(r"[./~]*\w+([./_-][A-Za-z]+)+|[a-z]+([A-Z][a-z]+)*|[A-Z_]+|[a-z_]+|\d+")
"""Words, names and paths."""
_LEAST_ENTROPY = 3.5
"""Bits a character, of Shannon's; English words have less, random base64 of 16 has more."""
_LEAST_HEX = 2.8


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
    for kind, form in _FORMS:
        for match in form.finditer(text):
            if not _is_made_up(match[0]):
                yield _Secret(kind, match[0])
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
    if _PLACEHOLDER.search(value) or _NOT_A_VALUE.fullmatch(value):
        return False
    least = _LEAST_HEX if re.fullmatch(r"[0-9a-fA-F-]+", value) else _LEAST_ENTROPY
    # A short text cannot have many bits a character, however random it is.
    return entropy(value) >= min(least, 0.85 * math.log2(len(value)))


def _is_made_up(value: str) -> bool:
    """Whether it has a token's form and none of its randomness: `ghp_xxxx…`, `AKIA…EXAMPLE`."""
    if value.startswith("-----"):
        return False
    body = re.sub(r"^[A-Za-z]+[-_=.]", "", value)
    return "EXAMPLE" in value or entropy(body) < 2.5 or bool(re.search(r"(.)\1{5}", body))


def _is_word(value: str) -> bool:
    return value.isalpha() and (value.islower() or value.isupper()) and len(value) < 10


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


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
