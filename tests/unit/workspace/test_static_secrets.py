"""The check `secrets`. Every token here was made for this file, and put together at run time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.secret_patterns import entropy
from tests.unit.workspace.static_support import Pair

MIXED = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"
LONG = MIXED + MIXED[::-1]
HEX = "9f86d081884c7d659a2feaa0c55ad015"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(folder=tmp_path, base={"settings.py": "DEBUG = True\n"})


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"key = 'AKIA{'Q3ZK7TDV5PXWM2LA'}'", "aws-key-id"),
        (f"x = 'ghp_{LONG[:36]}'", "github-token"),
        (f"x = 'github_pat_{LONG + 'x'}'", "github-token"),
        (f"url = f('glpat-{MIXED[:20]}')", "gitlab-token"),
        (f"xoxb-{MIXED}", "slack-token"),
        (f"sk_live_{MIXED}", "stripe-key"),
        (f"AIza{MIXED + 'abc'}", "google-key"),
        (f"sk-ant-api03-{LONG}", "anthropic-key"),
        (f"sk-proj-{LONG}", "openai-key"),
        (f"sk-{LONG[:48]}", "openai-key"),
        (f"npm_{LONG[:36]}", "npm-token"),
        (f"pypi-{LONG}{MIXED}", "pypi-token"),
        (f"eyJ{MIXED[:20]}.eyJ{MIXED}.{MIXED}", "jwt"),
        ("-----BEGIN RSA PRIVATE" + " KEY-----", "private-key"),
        ("-----BEGIN PRIVATE" + " KEY-----", "private-key"),
        ("postgresql://shop:" + "h8Kq2ZpX@db.shop.com/shop", "url-password"),
        (f"DefaultEndpointsProtocol=https;AccountKey={LONG[:44]}==", "azure-key"),
        (f"password = '{'h8Kq2-ZpX9w'}'", "assigned"),
        (f'API_KEY: str = "{MIXED}"', "assigned"),
        (f'{{"client_secret": "{MIXED}"}}', "assigned"),
        (f"auth_token = '{HEX}'", "assigned"),
    ],
)
def test_a_secret_in_a_new_line(pair: Pair, line: str, rule: str) -> None:
    text = f"DEBUG = True\n{line}\n"
    assert pair.told("secrets", {"settings.py": text}) == [("blocking", rule, "settings.py:2")]


@pytest.mark.parametrize("path", [".env", "deploy/app.yml", "shop.properties", "prod.env"])
def test_settings_files_need_no_quotes(pair: Pair, path: str) -> None:
    line = f"API_TOKEN: {MIXED}\n" if path.endswith("yml") else f"API_TOKEN={MIXED}\n"
    assert pair.told("secrets", {path: line}) == [("blocking", "assigned", f"{path}:1")]


@pytest.mark.parametrize(
    "line",
    [
        "password = os.environ['SHOP_PASSWORD']",
        "password = getpass.getpass()",
        "password = 'changeme'",
        "password = ''",
        "password = '<your password>'",
        "api_key = 'your-api-key-here'",
        "API_KEY = '${API_KEY}'",
        "API_KEY = '{{ vault.api_key }}'",
        "token = 'xxxxxxxxxxxxxxxxxxxx'",
        "token_url = 'https://auth.shop.com/oauth/v2'",
        "TOKEN_TYPE = 'access_code_or_refresh'",
        "secret_name = 'shop.database.credentials'",
        "PASSWORD_FIELD = 'current-password'",
        "tokens = 'one two three'",
        "tokenizer = 'cl100k_base'",
        "SECRET_PATH = '/var/lib/shop/keys'",
        "password_hasher = 'PBKDF2PasswordHasher'",
        "AWS = 'AKIAIOSFODNN7EXAMPLE'",
        "x = 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
        "x = 'sk-test'",
        "x = 'risk-management-and-control-of-the-whole-business-unit'",
        "postgresql://user:password@localhost/shop",
        "postgresql://shop:${PASSWORD}@db/shop",
        "https://shop.com:8080/path@home",
        "https://docs.shop.com/a:b",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        f"sha256 = '{HEX}{HEX}'",
        f"commit = '{HEX}'",
        "x = 'eyJhbGciOiJIUzI1NiJ9'",
        "def token(self, password: str = 'x') -> str: ...",
        "for token in tokens: pass",
        "secret = secrets.token_hex(32)",
        "uuid = '123e4567-e89b-12d3-a456-426614174000'",
    ],
)
def test_no_secret(pair: Pair, line: str) -> None:
    assert pair.told("secrets", {"settings.py": f"DEBUG = True\n{line}\n"}) == []


def test_a_finding_does_not_repeat_the_secret(pair: Pair) -> None:
    (found,) = pair.findings("secrets", {"new.txt": f"ghp_{LONG[:36]}\n"})
    assert "github-token: starts with 'ghp_', 40 characters" in found.message
    assert MIXED[:3] not in found.model_dump_json()
    (found,) = pair.findings("secrets", {"new.txt": f"password = '{MIXED}'\n"})
    assert MIXED[:3] not in found.model_dump_json()


def test_what_the_base_holds_is_not_new_wherever_it_goes(pair: Pair) -> None:
    old = pair.but(base={"settings.py": f"KEY = 'ghp_{LONG[:36]}'\n"})
    assert old.told("secrets", {"settings.py": f"\nKEY2 = 'ghp_{LONG[:36]}'\n"}) == []
    assert old.told("secrets", {"settings.py": None, "b.py": f"'ghp_{LONG[:36]}'\n"}) == []


def test_lock_files_and_binary_files_hold_much_that_looks_like_one(pair: Pair) -> None:
    assert pair.told("secrets", {"uv.lock": f"token = '{MIXED}'\n"}) == []
    assert pair.told("secrets", {"a.bin": f"\x00 ghp_{LONG[:36]}\n"}) == []


def test_passwords_of_tests_are_told_only(pair: Pair) -> None:
    change = {"tests/test_login.py": f"password = '{MIXED}'\n"}
    assert pair.told("secrets", change) == [("warning", "assigned", "tests/test_login.py:1")]


def test_a_very_long_line_is_read_to_its_end(pair: Pair) -> None:
    change = {"a.js": f"{'x;' * 3_990}'ghp_{LONG[:36]}'{'x;' * 100_000}\n"}
    assert pair.told("secrets", change) == [("blocking", "github-token", "a.js:1")]


def test_a_task_may_allow_them(pair: Pair) -> None:
    assert pair.but(allow=("secrets",)).told("secrets", {"a": f"ghp_{LONG[:36]}\n"}) == []


@given(st.text(min_size=1))
def test_entropy_is_at_most_that_of_as_many_different_characters(text: str) -> None:
    assert 0 <= entropy(text) <= len(set(text)).bit_length()
