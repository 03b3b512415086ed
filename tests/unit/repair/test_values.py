"""What variables held and what was called while the failing tests ran, in the real sandbox."""

import ast
import textwrap
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from gatewright.repair.inquiry import Driver, Observation
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import project

Observe = Callable[..., Awaitable[Observation]]


@pytest.fixture
def observe(tmp_path: Path) -> Observe:
    """Make a project of these files and run its tests traced."""

    async def run(files: Mapping[str, str], *tests: str, seconds: float = 5.0) -> Observation:
        tools = clean_toolchain(tmp_path)
        driver = Driver(
            run=Bubblewrap().run,
            root=project(tmp_path, files),
            python=tools.python,
            readable=tools.readable,
            roots=(),
            targets=tests,
            until=time.monotonic() + 60,
            test_s=seconds,
        )
        return await driver.observe()

    return run


def line_of(code: str, text: str) -> int:
    lines = textwrap.dedent(code).splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


LIB = """\
class Box:
    def __init__(self, size):
        self.size = size
        self.inner = object()

    @property
    def double(self):
        raise SystemExit("ran code of the repository")

    def grow(self, by):
        self.size += by
        return self.size


class Odd:
    def __repr__(self):
        raise SystemExit("ran code of the repository")

    __eq__ = __hash__ = __len__ = __iter__ = __repr__


def total(numbers, odd=Odd()):
    result = 0
    for number in numbers:
        result -= number
    return result


def many(count):
    for each in range(count):
        each = each
    return None


def untouched(x):
    return x


def shout(text, *more, mark="!", **rest):
    return text


def _helper(x):
    return shout("inner")


def gen(n):
    yield n
    n += 1
    yield n
"""
TESTS = """\
from lib import Box, Odd, _helper, gen, many, shout, total, untouched

def test_total():
    assert total([1, 2]) == 3

def test_grow():
    assert Box(3).grow(2) == 6

def test_many():
    assert many(100)

def test_passes():
    assert untouched(4) == 4
    assert total([0], Odd()) == 0

def test_calls():
    shout("a", 1, [2], mark="?", more={"k": (1,)})
    shout(text="b")
    _helper(1)
    assert list(gen(5)) == []
"""


async def test_what_is_seen(observe: Observe) -> None:
    seen = await observe({"lib.py": LIB, "test_lib.py": TESTS})
    held = seen.snapshots["lib.py"]
    assert held[line_of(LIB, "result -= number")] == [
        {"numbers": "[1, 2]", "result": "0", "number": "1"},
        {"numbers": "[1, 2]", "result": "-1", "number": "2"},
    ]
    assert held[line_of(LIB, "self.size += by")] == [{"self.size": "3", "by": "2"}]
    complete = set(seen.complete["lib.py"])
    assert {line_of(LIB, "result -= number"), line_of(LIB, "self.size += by")} <= complete
    many = line_of(LIB, "each = each")
    assert many not in complete
    assert 8 <= len(held[many]) <= 24
    assert line_of(LIB, "return x") not in held
    assert seen.types["lib.py"][line_of(LIB, "result = 0")] == {"numbers": "list", "odd": "Odd"}
    calls = {(call.name, call.args, call.kwargs, call.test) for call in seen.calls}
    assert calls == {
        ("total", "([1, 2],)", "{}", "test_lib.py::test_total"),
        ("many", "(100,)", "{}", "test_lib.py::test_many"),
        ("untouched", "(4,)", "{}", "test_lib.py::test_passes"),
        ("shout", "('a', 1, [2])", "{'mark': '?', 'more': {'k': (1,)}}", "test_lib.py::test_calls"),
        ("shout", "('b',)", "{}", "test_lib.py::test_calls"),
        ("_helper", "(1,)", "{}", "test_lib.py::test_calls"),
        ("gen", "(5,)", "{}", "test_lib.py::test_calls"),
    }
    for snapshots in held.values():
        for snapshot in snapshots:
            for text in snapshot.values():
                ast.literal_eval(text)


ADD = "def add(a, b):\n    c = a\n    return c - b\n"
FAILS = "def test_add():\n    assert add(1, 2) == 3\n"


@pytest.mark.parametrize(
    "tests",
    [
        # Where lines run unseen, nothing is known to be all there was.
        "import threading\nfrom lib import add\n\ndef test_add():\n"
        "    thread = threading.Thread(target=add, args=(5, 5))\n"
        "    thread.start()\n    thread.join()\n    assert add(1, 2) == 3\n",
        "import os\nfrom lib import add\n\ndef test_add():\n    pid = os.fork()\n"
        "    if pid == 0:\n        os._exit(0)\n    os.waitpid(pid, 0)\n"
        "    assert add(1, 2) == 3\n",
        "import sys\nfrom lib import add\n\ndef test_add():\n    sys.settrace(None)\n"
        "    assert add(1, 2) == 3\n",
        # What ran while a file was imported, or for several tests, is there for the failing one.
        f"from lib import add\n\nTHREE = add(5, 5)\n\n{FAILS}",
        "import pytest\nfrom lib import add\n\n@pytest.fixture(scope='module')\ndef three():\n"
        "    return add(5, 5)\n\ndef test_first(three):\n    pass\n\n"
        "def test_add(three):\n    assert add(1, 2) == 3\n",
    ],
    ids=["thread", "process", "tracing", "import", "fixture"],
)
async def test_what_was_not_seen_whole_is_not_complete(observe: Observe, tests: str) -> None:
    seen = await observe({"lib.py": ADD, "test_lib.py": tests})
    assert seen.failing == ("test_lib.py::test_add",)
    assert seen.complete.get("lib.py", []) == []


async def test_a_fixture_of_the_test_alone_hides_nothing(observe: Observe) -> None:
    tests = (
        "import pytest\nfrom lib import add\n\n@pytest.fixture\ndef three():\n"
        "    return add(5, 5)\n\ndef test_add(three):\n    assert add(1, 2) == 3\n"
    )
    seen = await observe({"lib.py": ADD, "test_lib.py": tests})
    assert seen.complete == {"lib.py": [2, 3]}
    assert seen.snapshots["lib.py"][2] == [{"a": "5", "b": "5"}, {"a": "1", "b": "2"}]


@pytest.mark.slow
async def test_a_test_that_goes_round_in_circles_is_seen_whole(observe: Observe) -> None:
    code = "def find(low, high):\n    while low < high:\n        low = (low + high) // 2\n"
    tests = "from lib import find\n\ndef test_find():\n    assert find(0, 8) == 8\n"
    seen = await observe({"lib.py": code, "test_lib.py": tests}, seconds=1.0)
    assert seen.complete == {"lib.py": [2, 3]}
    assert [each["low"] for each in seen.snapshots["lib.py"][3]] == ["0", "4", "6", "7"]


async def test_several_failing_tests_are_put_together(observe: Observe) -> None:
    tests = (
        "import pytest\nfrom lib import add\n\n@pytest.mark.parametrize('b', [1, 2, 'x', None])\n"
        "def test_add(b):\n    assert add(1, b) == 'never'\n"
    )
    seen = await observe({"lib.py": ADD, "test_lib.py": tests})
    assert seen.complete == {"lib.py": [2, 3]}
    assert [each["b"] for each in seen.snapshots["lib.py"][2]] == ["1", "2", "'x'", "None"]
    assert seen.types["lib.py"][3] == {"a": "int", "b": "int|str|NoneType", "c": "int"}
    assert [(call.args, call.failed) for call in seen.calls][:2] == [
        ("(1, 1)", True),
        ("(1, 2)", True),
    ]


async def test_tracing_with_values_costs_little(observe: Observe) -> None:
    code = (
        "def work(n):\n    total = 0\n    for each in range(n):\n        total += each * each\n"
        "    return total\n"
    )
    tests = (
        "import sys\nfrom lib import work\n\ndef plain(frame, event, arg):\n"
        "    frame.f_lineno\n    return plain\n\n"
        "def test_work():\n    assert work(200_000) == 0\n\n"
        "def test_traced_without_values():\n    sys.settrace(plain)\n    work(200_000)\n"
    )
    seen = await observe({"lib.py": code, "test_lib.py": tests})
    ours, bare = (
        seen.tests[f"test_lib.py::test_{n}"][1] for n in ("work", "traced_without_values")
    )
    assert ours < 8 * bare
