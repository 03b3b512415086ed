"""Tests that must fail, run by the same pytest as the others and told to nobody."""

# ruff: noqa: UP006, UP035
# The annotations are read by Pythons from 3.8 on.

import os
import secrets
from types import ModuleType
from typing import Any, List

import pytest
from _pytest.fixtures import FuncFixtureInfo
from _pytest.runner import runtestprotocol


def _an_assertion_fails() -> None:
    assert os.sep == "no separator", "as it must"


def _an_exception_is_raised() -> None:
    raise ValueError("as it must")


def outcomes(session: Any) -> List[str]:
    """What became of each, `failed` if all is well; `broken` where it could not even be run."""
    name = f"test_{secrets.token_hex(4)}"
    module = pytest.Module.from_parent(session, path=session.config.rootpath / f"{name}.py")
    module.obj = ModuleType(name)
    following = session.items[0] if session.items else None
    return [
        _outcome(module, each, following) for each in (_an_assertion_fails, _an_exception_is_raised)
    ]


def _outcome(module: Any, function: Any, following: Any) -> str:
    item: Any = pytest.Function.from_parent(
        module,
        name=f"test_{secrets.token_hex(4)}",
        callobj=function,
        fixtureinfo=FuncFixtureInfo((), (), [], {}),
    )
    item.repr_failure = lambda *_: ""  # which nobody reads
    reports = runtestprotocol(item, log=False, nextitem=following)
    failed = [report for report in reports if report.when == "call" and report.outcome == "failed"]
    return "failed" if failed else ",".join(report.outcome for report in reports)
