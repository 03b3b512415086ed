"""What is proposed for a text; nothing is run."""

import ast
import builtins
import keyword
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatewright.repair
from gatewright.repair.mutate import MOST, Candidate, candidates, is_sound
from tests.unit.repair.programs import programs

ROOM = Path(gatewright.repair.__file__).parent
CORPUS = [ROOM / name for name in ("source.py", "families/numbers.py", "inside/driver.py")]


def every(data: bytes) -> list[Candidate]:
    """All candidates of a file, each line as suspicious as the others."""
    lines = dict.fromkeys(range(1, data.count(b"\n") + 2), 1.0)
    return candidates({"lib.py": data}, {"lib.py": lines})


def texts(code: str) -> list[str]:
    data = code.encode()
    return [c.applied(data).decode() for c in every(data) if is_sound(c, data)]


@lru_cache
def of_corpus(path: Path, *, crlf: bool) -> tuple[bytes, list[Candidate]]:
    data = path.read_bytes()
    data = data.replace(b"\n", b"\r\n") if crlf else data
    return data, candidates({"lib.py": data}, {"lib.py": dict.fromkeys(range(20, 50), 1.0)})


@pytest.mark.parametrize(
    ("code", "proposed"),
    [
        ("x = a <= b\n", "x = a < b\n"),
        ("x = (a\n  <  # >\n  b)\n", "x = (a\n  <=  # >\n  b)\n"),
        ("x = a not in b\n", "x = a in b\n"),
        ("x = a is  not b\n", "x = a is b\n"),
        ("x = 1 < a < 9\n", "x = 1 < a <= 9\n"),
        ("x = (a) + (b)\n", "x = (a) - (b)\n"),
        ("x //= 2\n", "x /= 2\n"),
        ("x = -a\n", "x = a\n"),
        ("x = b - a\n", "x = a - b\n"),
        ("x = a and b\n", "x = a or b\n"),
        ("x = a and b\n", "x = b\n"),
        ("if not a:\n    pass\n", "if a:\n    pass\n"),
        ("if a or b:\n    pass\n", "if not (a or b):\n    pass\n"),
        ("while f(a):\n    break\n", "while not f(a):\n    break\n"),
        ("while a:\n    break\n", "while a:\n    continue\n"),
        ("x = range(n)\n", "x = range(n + 1)\n"),
        ("x = y[n]\n", "x = y[n - 1]\n"),
        ("x = y[a:b]\n", "x = y[a : b + 1]\n"),
        ("x = y[:b]\n", "x = y[: b - 1]\n"),
        ("x = y[a:]\n", "x = y[a + 1 :]\n"),
        ("x = y[1:]\n", "x = y[2:]\n"),
        ("x = y[-1]\n", "x = y[-2]\n"),
        ("x = n + 1\n", "x = n\n"),
        ("x = 60\n", "x = 61\n"),
        ("x = True\n", "x = False\n"),
        ("x = {'a': 1}\ny = x['b']\n", "x = {'a': 1}\ny = x['a']\n"),
        ("x = max(a)\n", "x = min(a)\n"),
        ("x = a.startswith(b)\n", "x = a.endswith(b)\n"),
        ("x = f(a, b)\n", "x = f(b, a)\n"),
        ("x = f(a,  # first\n      b)\n", "x = f(b,  # first\n      a)\n"),
        ("x = f(a=1, b=2)\n", "x = f(a=2, b=1)\n"),
        ("x = a, b\n", "x = b, a\n"),
        ("x = a if c else b\n", "x = b if c else a\n"),
        ("def f(a):\n    return a\n", "def f(a):\n    return not a\n"),
        ("def f(a):\n    return a * 2\n", "def f(a):\n    return a\n"),
        ("def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
        ("LOW = 1\nHIGH = 9\nx = LOW\n", "LOW = 1\nHIGH = 9\nx = HIGH\n"),
        (
            "class A:\n    b: int\n    c: int\n    def f(self):\n        return self.b\n",
            "class A:\n    b: int\n    c: int\n    def f(self):\n        return self.c\n",
        ),
        ("for a in b:\n    x = a\n", "for a in b:\n    x += a\n"),
    ],
)
def test_it_is_proposed(code: str, proposed: str) -> None:
    assert proposed in texts(code)


@pytest.mark.parametrize(
    "code",
    [
        '"""A docstring with 1 < 2."""\n',
        "import a\n",
        "if __name__ == '__main__':\n    pass\n",
        "x: Literal[1]\n",
        "def f(a: int = None) -> Literal[1]: ...\n".replace(" = None", ""),
        "@cache(10)\ndef f(): ...\n",
        "def broken(:\n",
    ],
)
def test_nothing_is_proposed_for_what_does_nothing(code: str) -> None:
    assert texts(code) == []


def test_lines_that_no_failing_test_ran_are_left() -> None:
    files = {"lib.py": b"x = a < b\ny = a < b\n"}
    assert {c.line for c in candidates(files, {"lib.py": {2: 1.0}})} == {2}


def test_the_more_suspicious_line_comes_first() -> None:
    files = {"lib.py": b"x = a < b\ny = a < b\n"}
    assert candidates(files, {"lib.py": {1: 0.3, 2: 1.0}})[0].line == 2


def test_files_to_be_left_are_left() -> None:
    files = {"lib.py": b"x = a < b\n"}
    assert candidates(files, {"lib.py": {1: 1.0}}, leave={"lib.py"}) == []


def test_no_text_is_proposed_twice() -> None:
    data, every_one = of_corpus(CORPUS[2], crlf=False)
    found = [candidate.applied(data) for candidate in every_one]
    assert len(found) == len(set(found))


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(path=st.sampled_from(CORPUS), crlf=st.booleans(), data=st.data())
def test_a_mutation_parses_and_changes_only_its_range(
    path: Path, crlf: bool, data: st.DataObject
) -> None:
    before, found = of_corpus(path, crlf=crlf)
    if not found:
        return
    candidate = data.draw(st.sampled_from(found))
    after = candidate.applied(before)
    tail = len(before) - candidate.end
    assert before[candidate.start : candidate.end] == candidate.old
    assert after[: candidate.start] == before[: candidate.start]
    assert tail == 0 or after[-tail:] == before[-tail:]
    assert after != before
    if is_sound(candidate, before):
        ast.parse(after)
        assert after.count(b"\r\n") == after.count(b"\n") if crlf else b"\r" not in after


@pytest.mark.slow
@settings(deadline=None, max_examples=8)
@given(text=programs())
def test_every_candidate_parses_changes_the_meaning_and_names_only_what_is_bound(
    text: str,
) -> None:
    data = text.encode()
    meant = ast.dump(ast.parse(data))
    found = every(data)
    for candidate in found[:: max(1, len(found) // 100)]:
        after = candidate.applied(data)
        assert ast.dump(ast.parse(after)) != meant, candidate
        assert is_sound(candidate, data)
        assert candidate.family
        if candidate.family != "move":
            assert mentioned(candidate, after) <= bound(data, candidate), candidate


def mentioned(candidate: Candidate, after: bytes) -> set[str]:
    """Names in the words that the edit touches, attributes and keywords left out."""
    first, last = candidate.start, candidate.start + len(candidate.new)
    found = re.finditer(rb"(?<![\w.])[a-z]\w*\b(?!\s*=[^=])", after)
    words = {m[0].decode() for m in found if m.start() < last and m.end() > first}
    return {word for word in words if not keyword.iskeyword(word)}


def bound(data: bytes, candidate: Candidate) -> set[str]:
    """Names that the text before the end of the edit's line binds, and built-in ones."""
    stop = data.find(b"\n", candidate.end)
    before = data[:stop].decode()
    assigned = re.findall(r"^ *(\w+) \+?= |for (\w+) in", before, re.MULTILINE)
    parameters = re.findall(r"\w+", before[: before.index(")")])
    return {
        *dir(builtins),
        *parameters,
        *(name for pair in assigned for name in pair),
        "work",
        "each",
    }


def test_no_result_is_proposed_twice() -> None:
    data = CORPUS[0].read_bytes()[:4000].rpartition(b"\n\n\n")[0]
    found = [ast.dump(ast.parse(candidate.applied(data))) for candidate in every(data)]
    assert len(found) == len(set(found))


LONG = """\
def settle(accounts, fees, today):
    closed = []
    total = 0
    for account in accounts:
        if account.balance < 0 and account.due < today:
            closed.append(account)
        fee = fees.get(account.kind, 0)
        account.balance = account.balance - fee
        total += fee
    while closed:
        last = closed.pop()
        total = total - last.balance * 2
    if total < 0:
        return 0, closed
    return total, closed
"""


def test_the_best_of_every_line_and_kind_come_early() -> None:
    found = every(LONG.encode())
    early = found[: len(found) // 4]
    assert {c.line for c in early} >= set(range(2, 16)) - {2}
    assert len({c.family for c in early}) >= 15
    assert max(Counter(c.family for c in early).values()) < len(early) / 3


@pytest.mark.slow
def test_a_large_file_with_sixty_suspicious_lines_has_thousands_and_not_too_many() -> None:
    one = LONG.encode() + b"\n\n"
    data = b"".join(one.replace(b"settle", b"settle_%d" % number) for number in range(120))
    assert data.count(b"\n") > 2000
    found = candidates({"lib.py": data}, {"lib.py": dict.fromkeys(range(1020, 1080), 1.0)})
    assert 3000 < len(found) <= MOST
    assert {1015 < c.line < 1085 for c in found} == {True}


@pytest.mark.parametrize(
    ("code", "proposed"),
    [
        (
            "def f(a):\r\n\tb = a\r\n\treturn b\r\n",
            "def f(a):\r\n\tif not a:\r\n\t\treturn None\r\n\tb = a\r\n\treturn b\r\n",
        ),
        (
            "def f(a):\n  b = []\n  for c in a:\n    b.append(c)  # kept",
            "def f(a):\n  b = []\n  for c in a:\n    b.append(c)  # kept\n  return b",
        ),
        (
            "def f(a):\r\n  for c in a:\r\n    if c:\r\n      g(c)\r\n      h(c)\r\n",
            "def f(a):\r\n  for c in a:\r\n    if c:\r\n      g(c)\r\n    h(c)\r\n",
        ),
        (
            "class A:\n\tdef f(a):\n\t\treturn a\n",
            "class A:\n\t@staticmethod\n\tdef f(a):\n\t\treturn a\n",
        ),
        (
            "def f(a, b):\n    if a:\n        x = (\n            a\n        )\n    return b\n",
            "def f(a, b):\n    x = (\n        a\n    )\n    return b\n",
        ),
        ("def f(a, b):\n    return a * b\n", "def f(a, b):\n    return a * (b - 1)\n"),
        ("def f(a, b):\n    return a[-b]\n", "def f(a, b):\n    return a[-(b + 1)]\n"),
    ],
)
def test_layout_is_as_in_the_file(code: str, proposed: str) -> None:
    assert proposed in texts(code)


def test_what_is_not_bound_yet_is_not_named() -> None:
    code = "def f(a):\n    b = a + 1\n    later = b\n    return later\n"
    found = [c for c in every(code.encode()) if c.family != "move" and c.line == 2]
    assert found
    assert not [c for c in found if b"later" in c.new]


def test_the_order_is_the_same_each_time() -> None:
    before, found = of_corpus(CORPUS[0], crlf=False)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    lines = dict.fromkeys(range(20, 50), 1.0)
    assert candidates({"lib.py": before}, {"lib.py": lines}) == found
