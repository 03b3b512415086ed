"""What operators read: one line an event, with a run's ids, and without secrets."""

import logging
from pathlib import PurePosixPath

import pytest
import structlog

from gatewright.domain.secret_forms import REDACTED
from gatewright.logs import logger

TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eFgH1j"


def test_bound_ids_are_in_every_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="gatewright.tests")
    with structlog.contextvars.bound_contextvars(task_id="t1"):
        logger("gatewright.tests").info("begun", step=1)
    logger("gatewright.tests").info("ended")
    assert caplog.messages == ["event=begun step=1 task_id=t1", "event=ended"]


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"failed: {TOKEN} is refused",
        {"said": [TOKEN]},
        (TOKEN,),
        PurePosixPath("/tmp", TOKEN),
        ValueError(TOKEN),
    ],
)
def test_no_secret_is_in_a_line(caplog: pytest.LogCaptureFixture, value: object) -> None:
    logger("gatewright.tests").warning("seen", value=value)
    assert TOKEN not in caplog.text
    assert REDACTED in caplog.text


def test_none_is_in_the_event_or_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log = logger("gatewright.tests")
    try:
        raise ValueError(TOKEN)
    except ValueError:
        log.warning(f"refused {TOKEN}", exc_info=True)
    assert "Traceback" in caplog.text
    assert TOKEN not in caplog.text


def test_the_name_of_a_value_tells_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    logger("gatewright.tests").warning("login", password="hunter2!", tokens=12)
    assert caplog.messages == [f"event=login password={REDACTED} tokens=12"]
