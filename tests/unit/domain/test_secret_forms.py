"""Secrets are taken out of text. Every token here was made for this file, at run time."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatewright.domain.secret_forms import (
    REDACTED,
    keep_out,
    redact,
    redact_forms,
    redact_known,
    redact_value,
)
from gatewright.domain.secret_patterns import FORMS

MIXED = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"
LONG = MIXED + MIXED[::-1]
HEX = "9f86d081884c7d659a2feaa0c55ad015"
LETTERS = "QwErTyUiOpAsDfGhJkLzXcVbNmqWeRtYuI"
BODY = "\n".join([LONG, LONG[::-1], LONG, MIXED])
PRIVATE = " PRIVATE"
PEM = f"-----BEGIN RSA{PRIVATE} KEY-----\n{BODY}\n-----END RSA{PRIVATE} KEY-----"

TOKENS = {
    "private-key": f"-----BEGIN{PRIVATE} KEY-----",
    "aws-key-id": "AKIA" + "Q3ZK7TDV5PXWM2LA",
    "github-token": f"ghp_{LONG[:36]}",
    "gitlab-token": f"glpat-{MIXED[:20]}",
    "slack-token": f"xoxb-{MIXED}",
    "slack-webhook": f"hooks.slack.com/services/T0AB/B0CD/{MIXED[:24]}",
    "stripe-key": f"sk_live_{MIXED}",
    "google-key": f"AIza{MIXED}abc",
    "anthropic-key": f"sk-ant-api03-{LONG}",
    "openrouter-key": f"sk-or-v1-{HEX}{HEX}",
    "openai-key": f"sk-proj-{LONG}",
    "provider-key": f"gsk_{LONG[:52]}",
    "npm-token": f"npm_{LONG[:36]}",
    "pypi-token": f"pypi-{LONG}{MIXED}",
    "huggingface-token": f"hf_{LETTERS}",
    "sendgrid-key": f"SG.{LONG[:22]}.{LONG[:43]}",
    "twilio-key": f"SK{HEX}",
    "digitalocean-token": f"dop_v1_{HEX}{HEX}",
    "docker-token": f"dckr_pat_{MIXED}",
    "vault-token": f"hvs.{MIXED}",
    "telegram-token": f"123456789:AA{LONG[:33]}",
    "azure-key": f"AccountKey={LONG[:44]}==",
    "jwt": f"eyJ{MIXED[:20]}.eyJ{MIXED}.{MIXED}",
}
"""One of each form."""

PLANTED = [
    ("https://shop:{}@db.shop.com/x", "h8Kq2ZpX"),
    ("postgresql://shop:{}@db", "p@ss:w0rd"),
    ("redis://:{}@cache:6379/0", "a/b?c#d9x"),
    ("git clone https://{}@git.shop.com/x", HEX),
    ("Authorization: Bearer {}", "s3ssion.of.4n.hour"),
    ("{{'authorization': 'Basic {}'}}", "dXNlcjpwYXNzdw=="),
    ("[(b'x-api-key', b'{}')]", "q-12-k"),
    ("Proxy-Authorization: Digest {}", 'username="u", response="0a1b"'),
    ("Cookie: {}", "session=8aa1; csrf=91b"),
    ("said bearer {}, then", "abcdefghijklmnop"),
    ("password={}", "hunter2"),
    ('"db_password": "{}"', "correct.h0rse"),
    ('{{\\"client_secret\\": \\"{}\\"}}', MIXED),
    ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz1pQ8sT1v"),
    ("API_KEY: str = '{}'", MIXED),
    ("GET /v1?api_key={}&page=2", MIXED),
    ("--token {}", "f81ab29c"),
    ("E   {}", PEM),
]


@pytest.mark.parametrize("name", [form.name for form in FORMS])
@pytest.mark.parametrize(
    "around", ["{}", "x = '{}'", "failed:\\n{}\\nend", "({}),", "\x1b[31m{}\x1b[0m"]
)
def test_every_form_is_taken_out(name: str, around: str) -> None:
    clean = redact_forms(around.format(TOKENS[name]))
    assert (clean.text, clean.places) == (around.format(REDACTED), 1)


@pytest.mark.parametrize(("around", "secret"), PLANTED)
def test_what_stands_before_it_tells_a_secret(around: str, secret: str) -> None:
    assert redact(around.format(secret)).text == around.format(REDACTED)


@pytest.mark.parametrize(
    "text",
    [
        "password = os.environ['SHOP_PASSWORD']",
        "token_url = 'https://auth.shop.com/oauth/v2'",
        "tokens = 'one two three'",
        "input_tokens: 1000, output_tokens=200",
        "secret = secrets.token_hex(32)",
        "https://shop.com:8080/path@home",
        "see https://docs.shop.com/a:b and mail me@shop.com",
        f"commit {HEX}{HEX[:8]} of sha256:{HEX}{HEX}",
        "E       assert token == 'expected'",
        "tests/test_login.py::test_password_is_hashed FAILED",
        "def token(self, password: str = 'x') -> str: ...",
        "-----BEGIN CERTIFICATE-----",
        "the cookie: what it is and the authorization: none",
        "risk-management-and-control-of-the-whole-business-unit-and-of-task-0123",
        "AssertionError: PasswordError('wrong') at shop/password.py:12",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == (text, 0)


@pytest.mark.parametrize("cut", [70, 150])
def test_a_private_key_without_its_end(cut: int) -> None:
    clean = redact(f"before\n{PEM[:cut]}")
    assert clean.text.startswith(f"before\n{REDACTED}")
    assert MIXED[:16] not in clean.text


def test_a_private_key_without_its_beginning() -> None:
    clean = redact(f"{PEM[40:]} after")
    assert (clean.text, clean.places) == (f"{REDACTED} after", 1)


def test_a_private_key_as_pytest_quotes_it() -> None:
    quoted = "\n".join(f"E   {line}" for line in PEM.splitlines()[:-1])
    assert redact(quoted).text == f"E   {REDACTED}"


@pytest.mark.parametrize(
    "spelt",
    [
        lambda key: key,
        lambda key: quote(key, safe=""),
        lambda key: json.dumps(key)[1:-1],
        lambda key: base64.b64encode(key.encode()).decode().rstrip("="),
    ],
)
def test_a_known_value_in_any_spelling(spelt) -> None:
    key = 'a "key"/that+nobody may see'
    clean = redact_known(f"refused: {spelt(key)}!", [key])
    assert clean == (f"refused: {REDACTED}!", 1)


def test_a_known_value_that_was_cut_off() -> None:
    key = "a-key-that-nobody-may-see"
    assert redact_known(f"{key[5:]} and {key[:12]}", [key]) == (f"{REDACTED} and {REDACTED}", 2)


def test_a_short_known_value_is_no_secret() -> None:
    assert redact_known("none of them", ["none"]) == ("none of them", 0)


def test_what_is_kept_out_need_not_be_named() -> None:
    keep_out(["the-key-of-test-secret-forms"])
    assert redact("it is the-key-of-test-secret-forms.") == (f"it is {REDACTED}.", 1)


def test_a_value_is_cleaned_all_through() -> None:
    given_value = {
        "password": "hunter2!",
        "evidence": [f"saw {TOKENS['jwt']}", 3, None, {"url": "a://b:cdef@g"}],
        TOKENS["github-token"]: True,
    }
    assert redact_value(given_value) == (
        {
            "password": REDACTED,
            "evidence": [f"saw {REDACTED}", 3, None, {"url": f"a://b:{REDACTED}@g"}],
            REDACTED: True,
        },
        4,
    )


pieces = st.sampled_from([*TOKENS.values(), *(around.format(s) for around, s in PLANTED)])
words = st.text(alphabet=" \n\t.,abcXYZ", max_size=12)


@given(st.lists(st.tuples(words, pieces), min_size=1, max_size=4))
def test_no_secret_is_left_wherever_it_stands(parts: list[tuple[str, str]]) -> None:
    text = redact(" | ".join(f"{word} {piece} " for word, piece in parts)).text
    secrets = [*TOKENS.values(), *(secret for _, secret in PLANTED)]
    assert [s for s in secrets if len(s) > 6 and s in text and s not in REDACTED] == []


@given(st.text() | st.from_regex(r"(token|password)[\"' ]*[=:]+ ?[\w\"'@:/-]{0,40}"))
@example("password=[redacted]")
@example("://a:[redacted]@b")
def test_a_clean_text_is_clean(text: str) -> None:
    once = redact(text).text
    assert redact(once) == (once, 0)


ADVERSARIAL = [
    "-----BEGIN PRIVATE" + " KEY-----",
    "-----END PRIVATE" + " KEY-----",
    "-----BEGIN A ",
    "-----BEGIN " + "A " * 50,
    "://",
    "://:",
    "://a:b:",
    "://a:1/",
    "eyJ-",
    "eyJaaaaaaaaaaa.eyJ",
    "eyJaaaaaaaaaaa.eyJaaaaaaaaaaa.",
    "secret",
    "secret-",
    "token:",
    "token : a ",
    "token=a ",
    "password==",
    "api_key=a_b.",
    "token=" + "a_" * 40 + "! ",
    "authorization:",
    "cookie:a=",
    "bearer ",
    "sk-",
    "sk-ant-",
    "ghp_aaaa",
    "github_pat_",
    "hooks.slack.com/services/T",
    "1:AA",
    "\\",
    '\\"',
    "AccountKey=",
    "--token ",
    "aaaa\n",
    " ",
    "E  ",
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_a_megabyte_takes_a_moment(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    redact(text, ["a-key-that-nobody-may-see"])
    assert time.process_time() - began < 5


def test_time_is_linear_in_the_text() -> None:
    def took(size: int) -> float:
        text = "".join(ADVERSARIAL) * (size // 800)
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    took(10_000)
    assert took(800_000) < 40 * max(took(80_000), 0.01)
