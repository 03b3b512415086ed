"""What functions do on inputs, in the real sandbox."""

import time
from pathlib import Path

from gatewright.repair.behaviours import tabulate
from gatewright.repair.inputs import Invocation
from gatewright.repair.inquiry import Driver
from gatewright.repair.mutate import Candidate
from gatewright.repair.patch import single
from gatewright.workspace.sandbox.bubblewrap import Bubblewrap
from tests.support.toolchains import clean_toolchain
from tests.unit.repair.conftest import project

CODE = """\
import os
import asyncio


def one(x):
    return x + 1


def count(x):
    yield from range(x)


async def later(x):
    await asyncio.sleep(0)
    return {x}


def spoil(items):
    items.append(0)


def say(x):
    print("x is", x)


def fail(x):
    return [][x]


def hang(x):
    while True:
        try:
            x += 1
        except Exception:
            pass


class Box:
    def __init__(self, x):
        self.x = x

    @staticmethod
    def of(x):
        return Box(x)


def quotient(x):
    return x / 3


def leave(x):
    os._exit(0)
"""


def call(name: str, args: str) -> Invocation:
    return Invocation("pkg/lib.py", name, args, "{}", 1.0)


async def test_each_kind_of_behaviour_is_told_apart(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/lib.py": CODE}
    tools = clean_toolchain(tmp_path)
    driver = Driver(
        run=Bubblewrap().run,
        root=project(tmp_path, files),
        python=tools.python,
        readable=tools.readable,
        roots=(),
        targets=(),
        until=time.monotonic() + 30,
        test_s=2.0,
    )
    start = CODE.index("x + 1")
    patch = single(Candidate("pkg/lib.py", start, start + 5, b"x + 1", b"x * 2", 6, 1, 1.0))
    calls = [
        call("one", "(3,)"),
        call("count", "(2,)"),
        call("later", "(5,)"),
        call("spoil", "([1],)"),
        call("say", "(1,)"),
        call("fail", "(0,)"),
        call("hang", "(0,)"),
        call("Box.of", "(1,)"),
        call("quotient", "(1,)"),
        call("lacking", "(1,)"),
        call("leave", "(1,)"),
        call("one", "(9,)"),
    ]
    table = await tabulate(driver, [patch], {"pkg/lib.py": CODE.encode()}, calls)
    assert list(table.before) == [
        "4",
        "['iterator of', 0, 1]",
        "{5}",
        "None, leaves (([1, 0],), {})",
        "None, prints 'x is 1\\n'",
        "raises IndexError",
        "runs too long",
        "Box {'x': 1}",
        "0.333333333",
        "raises AttributeError",
        None,
        None,
    ]
    assert [row[0] for row in table.after] == ["6"]
    assert table.after[0][1:] == table.before[1:]
