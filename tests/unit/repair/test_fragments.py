"""Parsing a part says the same as parsing the whole."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.repair.mutate import Candidate, is_sound
from tests.unit.repair.programs import programs

LAYOUTS = (
    "def f(a):\n    if a:\n        b = 1\n    elif a > 2:\n        b = 2\n"
    "    else:\n        b = 3\n    return b\n",
    "class A:\n\t@property\n\tdef f(self):\n\t\tfor a in self: print(a); b = a\n\t\treturn b\n",
    "def f():\r\n    try:\r\n        g()\r\n    except (A, B) as fault:  # why\r\n        raise\r\n"
    "    finally:\r\n        h('''x\r\ny''')\r\n",
    "\ufeffwith f() as a, \\\n     g() as b:\n    a = [\n  1,\n 2]\n"
    "match a:\n    case [1, *rest]:\n        b = rest\n",
    "if a:\n    pass\nelse: b = 2\nwhile b: b -= 1\nx = lambda y: (\n    y +\n  1)",
)
PIECES = (
    "",
    " ",
    "\n",
    "\n    ",
    "\n        ",
    "x",
    "(",
    ")",
    ":",
    "pass",
    "if a:",
    "'",
    "#",
    "\\",
)


def edit(data: bytes, start: int, end: int, new: str) -> Candidate:
    return Candidate("lib.py", start, end, data[start:end], new.encode(), 1, 1, 1.0)


def parses(data: bytes) -> bool:
    try:
        ast.parse(data.removeprefix(b"\xef\xbb\xbf"))
    except (SyntaxError, ValueError):
        return False
    return True


@settings(deadline=None, max_examples=200)
@given(data=st.data(), text=st.one_of(st.sampled_from(LAYOUTS), programs()))
def test_an_edit_is_sound_if_the_whole_file_parses_with_it(data: st.DataObject, text: str) -> None:
    before = text.encode()
    mark = 3 if before.startswith(b"\xef\xbb\xbf") else 0
    start = data.draw(st.integers(mark, len(before)))
    end = data.draw(st.integers(start, min(len(before), start + 12)))
    new = "".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=3)))
    candidate = edit(before, start, end, new)
    changed = candidate.old != candidate.new
    assert is_sound(candidate, before) == (changed and parses(candidate.applied(before)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_cut_of_a_few_bytes(layout: str) -> None:
    before = layout.encode()
    mark = 3 if before.startswith(b"\xef\xbb\xbf") else 0
    for start in range(mark, len(before)):
        for end in (start + 1, start + 4, start + 8):
            candidate = edit(before, start, min(end, len(before)), "")
            assert is_sound(candidate, before) == parses(candidate.applied(before)), candidate
