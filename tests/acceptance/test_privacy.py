"""Secrets that were planted everywhere are in no file that Gatewright keeps, and in no log.

Every secret here was made for this file. The repository holds them only in base64, as a program
that makes them up while it runs would.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.domain.errors import ModelFault
from gatewright.domain.secret_forms import REDACTED
from gatewright.telemetry.reader import open_reading
from gatewright.telemetry.sql import tables as names
from tests.acceptance.conftest import Workshop
from tests.support.openai_server import OpenAIServer
from tests.support.projects import git
from tests.support.scripts import APPROVED, PLAN, RIGHT, WRONG, fix, flags, says, script

pytestmark = pytest.mark.slow

MIXED = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"
LONG = MIXED + MIXED[::-1]
KEY = "qz/our-key+that nobody-may-see"
"""The provider's; it has no form that would give it away."""

PLANTED = {
    "github-token": f"ghp_{LONG[:36]}",
    "aws-key-id": "AKIA" + "Q3ZK7TDV5PXWM2LA",
    "openai-key": f"sk-proj-{LONG}",
    "anthropic-key": f"sk-ant-api03-{LONG}",
    "jwt": f"eyJ{MIXED[:20]}.eyJ{MIXED}.{MIXED}",
    "private-key": "\n".join(
        ["-----BEGIN PRIVATE" + " KEY-----", LONG, LONG[::-1], "-----END PRIVATE" + " KEY-----"]
    ),
    "url": "postgresql://shop:h8Kq2ZpX9w@db.shop.com/shop",
    "header": "Authorization: Bearer q7-session-4242",
    "assigned": "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz1pQ8sT1v",
    "password": "password = 'corr3ct-h0rse'",
}
TELLING = {
    "private-key": LONG[::-1],
    "url": "h8Kq2ZpX9w",
    "header": "q7-session-4242",
    "assigned": "wJalrXUtnFEMI/K7MDENG",
    "password": "corr3ct-h0rse",
}
"""The part of it that nobody may see, where that is not all."""
GOAL = "The limit itself is allowed; see https://shop:g0al-pa55word@wiki.shop.com and {}."
GOAL_PASSWORD = "g0al-pa55word"

TEST = f"""\
import base64
import json
from datetime import date
from decimal import Decimal

from ledger.account import Account, InsufficientFunds

PLANTED = json.loads(base64.b64decode({base64.b64encode(json.dumps(PLANTED).encode())!r}))


def test_the_limit_itself_may_be_drawn() -> None:
    account = Account("Ada", overdraft=Decimal("50.00"))
    try:
        account.withdraw("50.00", on=date(2026, 3, 1))
    except InsufficientFunds:
        for secret in PLANTED.values():
            print(secret)
        raise AssertionError("with " + " and ".join(PLANTED.values())) from None
"""


def answers(every: str) -> dict[str, Any]:
    """A provider that repeats all it knows: in an error, a plan, verdicts and prose."""
    step = {**PLAN["steps"][0], "what": f"Mend the comparison. {every}"}
    plan = {**PLAN, "why": f"{KEY} {every}", "steps": [step], "risks": [every]}
    refused = {"error": {"message": f"{KEY} is too fast; {every}", "code": "rate_limited"}}
    busy = {"status": 429, "body": refused, "headers": {"Retry-After": "0"}}
    approved = {**APPROVED, "why": f"With {KEY}: {every}"}
    wrong = f"By {KEY}.\n\n{fix('whole', right=WRONG + '  # looked at')}"
    return script(
        planner=[busy, says(plan, id=f"chatcmpl-{KEY}")],
        plan_reviewer=[says(approved)],
        implementer=[says(wrong), says(f"By {KEY}.\n\n{fix('whole', right=RIGHT)}")],
        code_reviewer=[says(approved)],
    )


@pytest.fixture(scope="module")
def planted() -> dict[str, bytes]:
    """What is looked for, by kind."""
    found = {kind: TELLING.get(kind, secret) for kind, secret in PLANTED.items()}
    return {kind: s.encode() for kind, s in {**found, "key": KEY, "goal": GOAL_PASSWORD}.items()}


async def test_planted_secrets_are_nowhere(
    planted: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setenv("TEST_PROVIDER_KEY", KEY)
    workshop = Workshop(tmp_path)
    task = planted_task(workshop)
    said: list[str] = []
    telemetry = {"capture_content": True}
    async with OpenAIServer(answers(" ".join(PLANTED.values()))) as server:
        with workshop.gatewright(**flags(server.url), telemetry=telemetry) as gatewright:
            result = await gatewright.arun(task, on_event=lambda event: said.append(repr(event)))
    assert (result.state, result.attempts) == ("done", 2)
    places = kept(workshop) | told(caplog, said)
    places["the result"] = repr(result).encode()
    assert REDACTED.encode() in places["table llm_contents"]
    assert leaks(places, planted) == {}


async def test_an_error_that_ends_a_run_tells_no_secret(
    planted: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setenv("TEST_PROVIDER_KEY", KEY)
    workshop = Workshop(tmp_path)
    said: list[str] = []
    task = planted_task(workshop)
    async with OpenAIServer(script(planner=[refusal(" ".join(PLANTED.values()))])) as server:
        with workshop.gatewright(**flags(server.url)) as gatewright:
            with pytest.raises(ModelFault, match="HTTP 403"):
                await gatewright.arun(task, on_event=lambda event: said.append(repr(event)))
            (entry,) = await gatewright.atasks()
    places = kept(workshop) | told(caplog, said)
    places["the entry"] = repr(entry).encode()
    assert b"stopped: openai/gpt-4o-mini: permission" in places["runs/planted.md"]
    assert leaks(places, planted) == {}


def planted_task(workshop: Workshop) -> dict[str, Any]:
    """A task whose goal holds secrets, on a repository whose test prints them all."""
    task = workshop.task("planted", goal=GOAL.format(PLANTED["jwt"]))
    repo = Path(task["repo"])
    (repo / "tests" / "test_planted.py").write_text(TEST)
    git(repo, "add", "-A")
    git(repo, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "planted")
    task["gate"] = {"pytest": ["tests/test_planted.py"], "mypy": False, "ruff": False}
    return task


def refusal(every: str) -> dict[str, Any]:
    """A provider's last word, with a secret wherever an error has room for one."""
    error = {
        "message": f"{KEY} may not: {every}",
        "type": PLANTED["github-token"],
        "code": PLANTED["aws-key-id"],
        "param": KEY,
    }
    return {"status": 403, "body": {"error": error}}


def kept(workshop: Workshop) -> dict[str, bytes]:
    """Every byte below the home, by place."""
    found = {str(path.relative_to(workshop.home)): path.read_bytes() for path in files(workshop)}
    assert {"state.sqlite", "checkpoints.sqlite", "runs/planted.md"} <= set(found)
    return found | tables(workshop)


def told(caplog: pytest.LogCaptureFixture, said: list[str]) -> dict[str, bytes]:
    """What operators and listeners got to know, by place."""
    return {"the log": caplog.text.encode(), "the events": "\n".join(said).encode()}


def leaks(places: dict[str, bytes], planted: dict[str, bytes]) -> dict[str, list[str]]:
    """The kinds of secrets that are seen, by place."""
    found = {place: seen(held, planted) for place, held in places.items()}
    return {place: kinds for place, kinds in found.items() if kinds}


def files(workshop: Workshop) -> list[Path]:
    """Everything below the home; the salt is random, and the worktree is the repository's."""
    found = [path for path in workshop.home.rglob("*") if path.is_file()]
    return [path for path in found if path.name != ".salt" and "worktrees" not in path.parts]


def tables(workshop: Workshop) -> dict[str, bytes]:
    """What the sidecar's files hold, which are compressed."""
    with open_reading(workshop.home / "telemetry") as reading:
        return {
            f"table {name}": repr(reading.sql(f"SELECT * FROM {name}")).encode() for name in names()
        }


def seen(held: bytes, planted: dict[str, bytes]) -> list[str]:
    return [kind for kind, secret in planted.items() if secret in held]
