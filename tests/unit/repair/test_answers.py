"""The sandbox's answer could have been written by the code under test."""

import base64
import json
import zlib
from pathlib import Path

import pytest

from gatewright.domain.command import Command, Completed
from gatewright.repair.engine import Problem, repair

FRAME = "GATEWRIGHT-REPAIR "


def framed(data: bytes) -> str:
    return FRAME + base64.b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    ("stdout", "timed_out", "why"),
    [
        ("", False, "the tests could not be run (exit code 3)"),
        ("", True, "the time is over"),
        (FRAME + "%%%", False, "is damaged"),
        (FRAME + base64.b64encode(b"abc").decode(), False, "is damaged"),
        (framed(b"[1, 2]"), False, "makes no sense"),
        (framed(b'{"tests": 1}'), False, "makes no sense"),
        (framed(b"\xff"), False, "makes no sense"),
        (framed(bytes(65 * 2**20)), False, "is larger than"),
        (framed(json.dumps({"error": "no pytest here"}).encode()), False, "no pytest here"),
    ],
)
async def test_what_is_no_answer_is_said_to_be_none(
    tmp_path: Path, stdout: str, timed_out: bool, why: str
) -> None:
    async def run(command: Command) -> Completed:
        return Completed(
            returncode=3,
            stdout=stdout,
            stderr="",
            duration_s=0.1,
            timed_out=timed_out,
            sandbox="none",
        )

    problem = Problem(
        root=tmp_path,
        tests=(),
        python=Path("/usr/bin/python3"),
        readable=(),
        max_seconds=5,
        max_candidates=5,
    )
    found = await repair(problem, run, lambda tried, total, what: None)
    assert found.changes is None
    assert why in found.why
