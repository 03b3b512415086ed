"""What secrets look like: the forms of tokens that their issuers document, and what holds others.

Every pattern takes time that is linear in the text: it begins with a literal, and what it repeats
is possessive or bounded.
"""

import math
import re
from collections import Counter
from typing import NamedTuple


class Form(NamedTuple):
    """One kind of token that can be told by how it is written."""

    name: str
    hints: tuple[str, ...]
    """A text without any of them holds none: far cheaper to find out than by the pattern."""
    pattern: re.Pattern[str]


_QUOTED = r"(?<=\\[nrt])|(?<=\[\dm)|(?<=\[\d\dm)"
"""After the `\\n` of a text that was quoted, or a terminal's colour, something begins as well."""
_B = rf"(?:(?<![A-Za-z0-9])|{_QUOTED})"

BEGIN_KEY = r"-----BEGIN (?:[A-Z0-9]++ )*?PRIVATE KEY(?: BLOCK)?-----"
END_KEY = r"-----END (?:[A-Z0-9]++ )*?PRIVATE KEY(?: BLOCK)?-----"

FORMS: tuple[Form, ...] = tuple(
    Form(name, tuple(hints.split()), re.compile(pattern))
    for name, hints, pattern in (
        ("private-key", "PRIVATE", BEGIN_KEY),
        (
            "aws-key-id",
            "AKIA ASIA ABIA ACCA",
            _B + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])",
        ),
        (
            "github-token",
            "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
            r"gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_\w{60,}+",
        ),
        (
            "gitlab-token",
            "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent-",
            r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{20,}+",
        ),
        ("slack-token", "xox xapp-", r"xox[abeoprs]-[A-Za-z0-9-]{20,}+|xapp-\d-[A-Za-z0-9-]{20,}+"),
        (
            "slack-webhook",
            "hooks.slack.com",
            r"hooks\.slack\.com/services/T\w{1,40}/B\w{1,40}/\w{20,}+",
        ),
        (
            "stripe-key",
            "k_live_ whsec_",
            _B + r"(?:[rs]k_live_[A-Za-z0-9]{20,}+|whsec_[A-Za-z0-9+/]{30,}+)",
        ),
        (
            "google-key",
            "AIza GOCSPX- ya29.",
            r"AIza[\w-]{35}(?![\w-])|GOCSPX-[\w-]{28}|" + _B + r"ya29\.[\w-]{20,}+",
        ),
        ("anthropic-key", "sk-ant-", r"sk-ant-[a-z]{2,12}\d\d-[\w-]{20,}+"),
        ("openrouter-key", "sk-or-", r"sk-or-v\d-[0-9a-f]{32,}+"),
        (
            "openai-key",
            "sk-",
            r"sk-(?:proj|svcacct|admin)-[\w-]{20,}+|" + _B + r"sk-[A-Za-z0-9]{32,}+",
        ),
        (
            "provider-key",
            "gsk_ xai- pplx- nvapi-",
            _B + r"(?:gsk_|xai-|pplx-|nvapi-)[\w-]{40,}+",
        ),
        ("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
        ("pypi-token", "pypi-", r"pypi-[\w-]{70,}+"),
        ("huggingface-token", "hf_", _B + r"hf_[A-Za-z]{30,}+"),
        ("sendgrid-key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
        ("twilio-key", "SK", _B + r"SK[0-9a-f]{32}(?![0-9A-Za-z])"),
        ("digitalocean-token", "_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
        ("docker-token", "dckr_pat_", r"dckr_pat_[\w-]{20,}+"),
        ("vault-token", "hvs. hvb.", _B + r"hv[sb]\.[\w-]{24,}+"),
        ("telegram-token", ":AA", r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"),
        (
            "azure-key",
            "Key= key= KEY=",
            r"(?i:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}+={0,2}",
        ),
        (
            "jwt",
            ".eyJ",
            rf"(?:(?<![\w-])|{_QUOTED})eyJ[\w-]{{10,}}+\.eyJ[\w-]{{10,}}+\.[\w-]{{20,}}+",
        ),
    )
)

HOLDERS = (
    r"passw(?:or)?d|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|credential"
)
"""In the names of what holds a secret."""

NOT_A_VALUE = re.compile(r"[./~]*\w+([./_-][A-Za-z]+)+|[a-z]+([A-Z][a-z]+)*|[A-Z_]+|[a-z_]+|\d+")
"""Words, names and paths. For short texts: it takes the square of their length."""

LEAST_ENTROPY = 3.5
"""Bits a character, of Shannon's; English words have less, random base64 of 16 has more."""
LEAST_HEX = 2.8


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def is_random(value: str) -> bool:
    """Whether no person would have written it. For short texts."""
    if NOT_A_VALUE.fullmatch(value):
        return False
    least = LEAST_HEX if re.fullmatch(r"[0-9a-fA-F-]+", value) else LEAST_ENTROPY
    # A short text cannot have many bits a character, however random it is.
    return entropy(value) >= min(least, 0.85 * math.log2(len(value)))
