"""Settings of the delivery: what cannot work, or could be turned against the user, is refused."""

from typing import Any

import pytest

from gatewright.deliver_settings import DeliverSettings
from gatewright.deliver_setup import delivery_of
from gatewright.workspace.delivery import Delivery

GH = ("gh", "pr", "create", "--head", "{branch}", "--title", "{title}", "-F", "{body_file}")


def test_with_nothing_set_a_branch_is_delivered() -> None:
    assert delivery_of(DeliverSettings()) == Delivery()


def test_a_command_opens_pull_requests() -> None:
    settings = DeliverSettings(kind="pull_request", pull_request=GH)
    assert delivery_of(settings).pull_request == GH


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "rebase"}, "Input should be"),
        ({"kind": "merge"}, r"needs the command deliver\.merge_test"),
        ({"kind": "merge", "merge_test": "x", "current_branch": True}, "does not go with"),
        ({"merge_remote": "--upload-pack=x"}, "should match"),
        ({"branch": "work"}, r"must hold \{task\}"),
        ({"branch": "{user}/{task}"}, r"knows no \{user\}, only \{slug\}, \{task\}"),
        ({"kind": "pull_request"}, r"needs the command deliver\.pull_request"),
        ({"pull_request": ["gh", "{titel}"]}, r"knows no \{titel\}"),
        ({"pull_request": ["{branch}"]}, "program must be named"),
        ({"pull_request": ["sh", "-c", "gh --title '{title}'"]}, "DELIVERED_TITLE"),
        ({"pull_request": ["/bin/bash", "-c", "{title}"]}, "DELIVERED_TITLE"),
        ({"pull_request": ["python3.11", "-c", "{title}"]}, "DELIVERED_TITLE"),
        ({"pull_request": ["sh", "-c", "gh --base {base}"]}, "DELIVERED_BASE"),
        ({"pull_request": ["./propose"]}, "a name or an absolute path"),
        ({"pull_request": ["", "x"]}, "program must be named"),
        ({"author_email": "a@b>\nX: y"}, "should match"),
        ({"timeout_s": 0}, "greater than 0"),
    ],
)
def test_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DeliverSettings(**fields)


def test_a_shell_may_have_what_is_no_text_of_others() -> None:
    script = 'git push origin "$DELIVERED_BRANCH" && gh pr create --title "$DELIVERED_TITLE"'
    assert DeliverSettings(pull_request=("sh", "-c", script)).pull_request[2] == script


def test_a_program_in_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert DeliverSettings(pull_request=("~/bin/propose",)).pull_request == (
        "/home/ada/bin/propose",
    )
