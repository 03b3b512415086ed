"""New code in live functions is the same as a fresh import, or is refused."""

import gc
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.repair.inside.pieces import Edit, Pieces, Uncut
from gatewright.repair.inside.swap import Doubtful, live_functions, swaps

PROGRAM = '''\
import functools
import contextlib
from dataclasses import dataclass, field

LIMIT = 3
TABLE = {}


def register(name):
    def decorate(function):
        TABLE[name] = function

        @functools.wraps(function)
        def wrapper(*args, more=1):
            return function(*args) + more - 1

        return wrapper

    return decorate


@register("one")
def one(x):
    """Some words."""
    total = 0
    for k in range(x):
        total += k * 2
    return total


@functools.lru_cache(maxsize=None)
def cached(x, y=2):
    return x + y if x < LIMIT else -1


def at_import():
    return 5


BAKED = at_import()


@dataclass
class Box:
    size: int = 1
    items: list = field(default_factory=list)

    @property
    def area(self):
        return self.size * self.size

    @classmethod
    def of(cls, size):
        return cls(size + 1)

    @staticmethod
    def unit():
        return 1

    def grow(self, by=1):
        def step(k):
            return k + by

        self.size = step(self.size)
        return [n * 2 for n in range(self.size) if n > 0]

    class Lid:
        def turn(self):
            return 4


class Crate(Box):
    def grow(self, by=2):
        return super().grow(by) + [0]


def counter(start):
    count = start

    def up(by=1):
        nonlocal count
        count += by
        return count

    return up


TICK = counter(7)


def numbers(n):
    while n > 0:
        yield n
        n -= 1


STREAM = numbers(4)


@contextlib.contextmanager
def held(value):
    yield value + 1


PAIR = (lambda a: a + 1, lambda a: a - 1)


async def waits(x):
    return x * 3


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value


def probe():
    with held(1) as inside:
        pass
    box = Box.of(3)
    return [
        one(4), one(4, more=3), TABLE["one"](2), cached(1), cached(5), BAKED, box.area,
        Box.unit(), box.grow(), box.size, Box.Lid().turn(), Crate(2).grow(), Crate().items,
        TICK(), TICK(2), list(STREAM), list(numbers(2)), inside, PAIR[0](1), PAIR[1](1),
        run(waits(2)), one.__doc__, one.__name__,
    ]
'''
OTHERS = {
    tokenize.NUMBER: ("0", "9"),
    tokenize.OP: ("+", "<", "and", "*"),
    tokenize.NAME: ("self", "x", "k", "lambda: 0", "yield", "super().grow", "pass"),
    tokenize.STRING: ("'other'",),
}


def edits() -> list[Edit]:
    """Every token become another, wherever the program still compiles."""
    lines = [0]
    for line in PROGRAM.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = []
    for token in tokenize.generate_tokens(io.StringIO(PROGRAM).readline):
        start, end = (
            lines[token.start[0] - 1] + token.start[1],
            lines[token.end[0] - 1] + token.end[1],
        )
        for other in OTHERS.get(token.type, ()):
            text = PROGRAM[:start] + other + PROGRAM[end:]
            try:
                compile(text, "<edit>", "exec")
            except SyntaxError:
                continue
            found.append(Edit(start, end, other.encode()))
    return found


EDITS = edits()
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")


@pytest.fixture(scope="module", autouse=True)
def small_heap() -> Iterator[None]:
    """What lives already cannot be of these programs, and looking through it takes long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def imported(text: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    """A module's names, and the code that ran while it was imported."""
    names: dict[str, Any] = {"__name__": "program", "__builtins__": __builtins__}
    ran: list[Any] = []
    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: ran.append(frame.f_code))
    try:
        exec(compile(text, name, "exec"), names)
    finally:
        sys.settrace(before)
    return names, ran


def outcome(names: dict[str, Any]) -> str:
    try:
        return re.sub(" at 0x[0-9a-f]+", "", repr(names["probe"]()))
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


def swapped(name: str, *changes: Edit) -> str:
    """What the program comes to with new code in it. Raises: Doubtful, Uncut."""
    names, ran = imported(PROGRAM, name)
    live = live_functions([name], ran)[name]
    pairs = Pieces(PROGRAM.encode()).changed(changes, name)
    for function, code in swaps(pairs, live):
        function.__code__ = code
    return outcome(names)


def fresh(name: str, *changes: Edit) -> str:
    text = PROGRAM
    for edit in sorted(changes, reverse=True):
        text = text[: edit.start] + edit.new.decode() + text[edit.end :]
    try:
        names, _ = imported(text, name)
    except Exception as error:  # noqa: BLE001
        return type(error).__name__
    return outcome(names)


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(EDITS), min_size=1, max_size=2, unique_by=lambda e: e.start))
def test_a_swap_is_a_fresh_import_or_is_refused(tmp_path: Path, changes: list[Edit]) -> None:
    first, *second = sorted(changes)
    if second and second[0].start < first.end:
        return
    try:
        new = swapped(str(tmp_path / "program.py"), *changes)
    except (Doubtful, Uncut):
        return
    assert new == fresh(str(tmp_path / "program.py"), *changes)


def place(text: str, old: str, new: str) -> Edit:
    assert text.count(old) == 1
    start = text.index(old)
    return Edit(start, start + len(old), new.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("k * 2", "k * 3"),
        ("+ more - 1", "+ more"),
        ("else -1", "else -2"),
        ("self.size * self.size", "self.size"),
        ("cls(size + 1)", "cls(size)"),
        ("return 1\n", "return 2\n"),
        ("return k + by", "return k - by"),
        ("if n > 0]", "if n >= 0]"),
        ("return 4", "return 5"),
        ("count += by", "count -= by"),
        ("return x * 3", "return x"),
        ("a: a - 1", "a: a - 2"),
    ],
)
def test_the_inside_of_a_function_is_swapped(tmp_path: Path, old: str, new: str) -> None:
    name = str(tmp_path / "program.py")
    edit = place(PROGRAM, old, new)
    assert swapped(name, edit) == fresh(name, edit) != fresh(name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("x, y=2", "x, y=3"),
        ("return 5", "return 6"),
        ("size: int = 1", "size: int = 2"),
        ('"""Some words."""', '"""Others."""'),
        ("yield value + 1", "return value + 1"),
        ("class Crate(Box)", "class Crate(object)"),
        ('@register("one")', '@register("two")'),
        ("TABLE[name] = function", "TABLE[name] = None"),
        ("return super().grow(by) + [0]", "return [0]"),
        ("count = start", "count = start + 1"),
        ("def unit()", "def unit(x=3)"),
        ("n -= 1", "n -= 2"),  # a generator that is under way
    ],
)
def test_what_an_import_has_used_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises((Doubtful, Uncut)):
        swapped(str(tmp_path / "program.py"), place(PROGRAM, old, new))
