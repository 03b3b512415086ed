"""For every operator: the right text is proposed, and soon enough."""

import ast

import pytest

from gatewright.repair.canonical import form
from gatewright.repair.mutate import candidates
from tests.unit.repair.bugs import BUGS, Bug


def rank(bug: Bug) -> int | None:
    """The place of the first candidate that means what the right text means, from 1."""
    data = bug.code.encode()
    lines = dict.fromkeys(range(1, data.count(b"\n") + 2), 1.0)
    wanted = form(ast.parse(bug.fixed))
    found = candidates({"lib.py": data}, {"lib.py": lines})
    texts = (candidate.applied(data).decode() for candidate in found)
    return next((n for n, text in enumerate(texts, 1) if form(ast.parse(text)) == wanted), None)


@pytest.mark.parametrize("name", BUGS)
def test_the_right_text_comes_early(name: str) -> None:
    found = rank(BUGS[name])
    assert found is not None
    assert found <= BUGS[name].rank
