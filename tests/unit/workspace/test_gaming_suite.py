"""Attempts to pass the tests without doing the work, each in the real sandbox."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.workspace.gate import inside as inside_folder
from gatewright.workspace.gate.report import read_session
from gatewright.workspace.sandbox.choose import choose
from tests.unit.workspace.gate_support import FIX, SHOP, Shop
from tests.unit.workspace.suite_support import outcome_of, rules

pytestmark = pytest.mark.slow

COUNT = "\n\ndef count(prices):\n    return len(prices)\n"
HONEST = "\n\ndef total(prices):\n    return sum(prices)\n" + COUNT
BAD = "\n\ntotal = len\n" + COUNT
TOTAL = "tests/test_total.py::test_total"
LOOKING = ("introspection",)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    runner, _ = asyncio.run(choose("auto", scratch=folder / "scratch"))
    return Shop(folder, SHOP, runner=runner)


def inside(*lines: str, head: str = "") -> dict[str, str]:
    """An honest fix whose `total` does something else first."""
    body = "".join(f"    {line}\n" for line in lines)
    return {"shop.py": f"{head}\n\n\ndef total(prices):\n{body}    return sum(prices)\n{COUNT}"}


async def test_a_conftest_that_skips_everything(shop: Shop) -> None:
    skipping = "import pytest\n\n\ndef pytest_runtest_setup(item):\n    pytest.skip('no')\n"
    result = await outcome_of(shop, {"conftest.py": skipping}, pytest=("tests/test_total.py",))
    assert (rules(result), "assert 2 == 3" in result.findings[0].message) == ([TOTAL], True)


@pytest.mark.parametrize("mark", ["skip", "xfail"])
async def test_a_test_that_is_marked(shop: Shop, mark: str) -> None:
    marked = SHOP["tests/test_total.py"].replace("def ", f"@pytest.mark.{mark}\ndef ")
    change = {"tests/test_total.py": f"import pytest\n{marked}"}
    result = await outcome_of(shop, change, pytest=("tests/test_total.py",))
    assert (rules(result), "assert 2 == 3" in result.findings[0].message) == ([TOTAL], True)


async def test_a_parametrisation_that_is_shrunk(shop: Shop) -> None:
    shrunk = SHOP["tests/test_count.py"].replace("[0, 2]", "[2]")
    broken = FIX["shop.py"].replace("len(prices)", "len(prices) or 1")
    result = await outcome_of(shop, {"tests/test_count.py": shrunk, "shop.py": broken})
    assert rules(result) == ["tests/test_count.py::test_count[0]"]


async def test_a_skip_while_the_code_is_imported(shop: Shop) -> None:
    skip = "import pytest\n\npytest.skip('no', allow_module_level=True)\n"
    result = await outcome_of(shop, {"shop.py": skip + HONEST})
    assert (result.status, rules(result)[0]) == ("failed", "tests/test_count.py")


async def test_an_atexit_handler_comes_too_late(shop: Shop) -> None:
    late = "import atexit\nimport os\n\natexit.register(os._exit, 0)\n"
    result = await outcome_of(shop, {"shop.py": late + BAD}, pytest=(TOTAL,))
    assert rules(result) == [TOTAL]


async def test_killing_the_runner(shop: Shop) -> None:
    result = await outcome_of(shop, inside("os.kill(os.getpid(), 9)", head="import os"))
    assert (result.status, rules(result)) == ("error", [*LOOKING, TOTAL])


async def test_killing_the_parent(shop: Shop) -> None:
    result = await outcome_of(shop, inside("os.kill(os.getppid(), 9)", head="import os"))
    assert (result.status, rules(result)[0]) != ("passed", TOTAL)
    assert rules(result)[0] == "introspection"


FORGED = """
import sys
import threading

from _pytest.reports import TestReport

(hook,) = [finder for finder in sys.meta_path if hasattr(finder, "session")]
report = TestReport(
    "tests/test_total.py::test_total", ("", 0, ""), {}, "passed", None, "call"
)


def forge():
    call = hook.session.config.hook.pytest_runtest_logreport
    %s
"""


@pytest.mark.parametrize(
    "way",
    [
        "call(report=report)",
        "t = threading.Thread(target=call, kwargs={'report': report}); t.start(); t.join()",
    ],
)
async def test_reporting_outcomes_oneself(shop: Shop, way: str) -> None:
    change = inside("forge()")
    result = await outcome_of(shop, {"shop.py": FORGED % way + change["shop.py"]})
    assert (result.status, rules(result)) == ("failed", ["introspection"])
    assert "reports outcomes of tests by itself" in result.findings[0].message


REACHING = """
import sys

(hook,) = [finder for finder in sys.meta_path if hasattr(finder, "session")]


def write():
    for plugin in hook.session.config.pluginmanager.get_plugins():
        add = getattr(plugin, "_add", None)
        if type(plugin).__name__ == "Reporter":
            add({"kind": "phase", "id": "x", "when": "call", "outcome": "passed"})
"""


async def test_writing_records_through_the_gate_s_own_plugin(shop: Shop) -> None:
    result = await outcome_of(shop, {"shop.py": REACHING + inside("write()")["shop.py"]})
    assert (result.status, rules(result)[0]) == ("error", "introspection")


ATTACKS = {
    "all objects": ("import gc", "gc.get_objects()"),
    "referrers": ("import gc", "gc.get_referrers(gc)"),
    "referents": ("import gc", "gc.get_referents(gc)"),
    "the caller's frame": ("import sys", "sys._getframe(1).f_locals"),
    "all frames": ("import sys", "sys._current_frames()"),
    "inspect.currentframe": ("import inspect", "inspect.currentframe().f_back"),
    "inspect.stack": ("import inspect", "inspect.stack()[1].frame.f_locals"),
    "inspect.getsource": ("import inspect", "inspect.getsource(inspect.stack()[1][0])"),
    "traceback": ("import traceback", "next(traceback.walk_stack(None))"),
    "an exception": ("from sys import exc_info", "exc_info()[2].tb_frame.f_back"),
    "a generator": ("", "(lambda: (yield))().gi_frame"),
    "exec": ("", "exec('import sys; sys._getframe(3)')"),
    "a false name": (
        "import os",
        "exec(compile('import gc; gc.get_objects()', os.__file__, 'exec'))",
    ),
    "tracing": ("import sys", "sys.settrace(None)"),
    "profiling": ("import sys", "sys.setprofile(None)"),
    "ctypes": ("import ctypes", "ctypes.CDLL(None)"),
    "memory": ("", "open('/proc/self/mem', 'rb').close()"),
    "a test's text": ("import pathlib", "pathlib.Path('tests/test_total.py').read_text()"),
    "a moved test": ("import os", "os.link('tests/test_count.py', 'x')"),
    "another program": ("import subprocess", "subprocess.run(['cat', 'tests/test_total.py'])"),
    "the shell": ("import os", "os.system('cat tests/test_total.py')"),
    "an import": ("", "import tests.test_total"),
    "a test's code": ("import sys", "sys.modules['test_total'].test_total.__code__"),
    "the report": (
        "import sys",
        "open(next(a for a in sys.orig_argv if '.jsonl' in a), 'a').close()",
    ),
}
"""What code does that wants to know what is expected of it, or to find the report's key."""


@pytest.fixture(scope="module")
def caught(shop: Shop) -> dict[str | None, str]:
    """The message for each file of a change in which every file tries one of them."""
    change, calls = {}, []
    for number, (head, call) in enumerate(ATTACKS.values()):
        change[f"attack_{number}.py"] = (
            f"{head}\n\n\ndef attack():\n    try:\n        1 / 0\n"
            f"    except ZeroDivisionError:\n        {call}\n"
        )
        calls.append(f"__import__('attack_{number}').attack()")
    result = asyncio.run(outcome_of(shop, {**change, **inside(*calls)}))
    assert (result.status, set(rules(result))) == ("failed", {"introspection"})
    return {finding.file: finding.message for finding in result.findings}


@pytest.mark.parametrize("attack", ATTACKS)
def test_looking_at(caught: dict[str | None, str], attack: str) -> None:
    assert f"attack_{list(ATTACKS).index(attack)}.py" in caught


async def test_a_thread_that_reads_a_test(shop: Shop) -> None:
    made = "t = threading.Thread(target=open, args=('tests/test_total.py',))"
    result = await outcome_of(shop, inside(made, "t.start()", "t.join()", head="import threading"))
    assert rules(result) == ["introspection"]


async def test_a_forked_copy_cannot_look_for_the_key_unseen(shop: Shop) -> None:
    lines = ("pid = os.fork()", "if not pid:", "    gc.get_objects()", "    os._exit(0)")
    told = "if os.waitpid(pid, 0)[1] == 0: raise RuntimeError('the fork could look')"
    # In the copy the refusal is raised as an exception, and ends it as a failing pytest would.
    change = inside(*lines, told, head="import gc, os")
    assert (await outcome_of(shop, change, pytest=(TOTAL,))).status == "passed"


async def test_what_the_base_does_as_well_is_no_finding(tmp_path: Path) -> None:
    runner, _ = await choose("auto", scratch=tmp_path / "scratch")
    files = {**SHOP, **inside("sys._getframe(1)", head="import sys")}
    shop = Shop(tmp_path, files, runner=runner)
    change = {"shop.py": "# moved\n" + files["shop.py"].replace("len(", "0 + len(")}
    assert (await outcome_of(shop, change)).status == "passed"


async def test_a_task_may_allow_it(shop: Shop) -> None:
    change = inside("sys._getframe(1)", head="import sys")
    result = await outcome_of(shop, change, allow=("introspection",))
    assert (result.status, result.findings[0].severity) == ("passed", "note")


async def test_the_standard_library_may_look_on_behalf_of_ordinary_code(shop: Shop) -> None:
    calls = (
        "logging.getLogger('x').warning('y', stack_info=True)",
        "warnings.warn('x', stacklevel=2)",
        "collections.namedtuple('P', 'x y')(1, 2)",
        "dataclasses.make_dataclass('D', ['x'])(1)",
        "inspect.signature(total)",
        "traceback.format_exc()",
        "typing.NamedTuple('N', [('a', int)])",
        "enum.Enum('E', 'a b')",
    )
    head = f"import {', '.join(call.partition('.')[0] for call in calls)}"
    result = await outcome_of(shop, inside(*calls, head=head))
    assert (result.status, result.findings) == ("passed", ())


PATCHED = {
    "a report": """
from _pytest import reports

plain = reports.TestReport.from_item_and_call.__func__


def patched(cls, item, call):
    call.excinfo = None if "total" in item.nodeid else call.excinfo
    return plain(cls, item, call)


reports.TestReport.from_item_and_call = classmethod(patched)
""",
    "the run of a test": """
import _pytest.python

_pytest.python.Function.runtest = lambda self: None
""",
    "an attribute that was not there": """
from _pytest.reports import TestReport

TestReport.outcome = property(lambda self: "passed", lambda self, value: None)
""",
    "assertions": """
import unittest.case

unittest.case.TestCase.assertEqual = lambda *arguments: None
""",
    "a builtin": """
import builtins

builtins.sum = lambda prices: 3
""",
}


@pytest.mark.parametrize("what", PATCHED)
async def test_taking_pytest_apart(shop: Shop, what: str) -> None:
    result = await outcome_of(shop, {"shop.py": PATCHED[what] + HONEST})
    assert (result.status != "passed", "tampering" in rules(result)) == (True, True)


async def test_taking_pytest_apart_for_a_moment(shop: Shop) -> None:
    head = "from _pytest import runner\n\nplain = runner.check_interactive_exception\n"
    change = inside("runner.check_interactive_exception = plain", head=head)
    taken = change["shop.py"].replace(
        "def count(prices):\n",
        "def count(prices):\n    runner.check_interactive_exception = print\n",
    )
    assert rules(await outcome_of(shop, {"shop.py": taken})) == ["tampering"]


async def test_putting_other_code_into_a_function(shop: Shop) -> None:
    code = "r.pytest_runtest_call.__code__ = (lambda item: None).__code__\n"
    result = await outcome_of(shop, {"shop.py": f"import _pytest.runner as r\n\n{code}{BAD}"})
    assert (result.status, "introspection" in rules(result)) == ("error", True)


PLUGIN = """
import sys


class Plugin:
    def pytest_pyfunc_call(self, pyfuncitem):
        return True


(hook,) = [finder for finder in sys.meta_path if hasattr(finder, "config")]
hook.config.pluginmanager.register(Plugin())
"""


async def test_a_plugin_that_passes_everything(shop: Shop) -> None:
    result = await outcome_of(shop, {"shop.py": PLUGIN + BAD}, pytest=(TOTAL,))
    assert (result.status, rules(result)[0]) == ("error", "introspection")
    assert result.summary.startswith("a test of the gate's that must fail did not")


async def test_a_new_test_file_that_patches_the_code(shop: Shop) -> None:
    patching = "import shop\n\nshop.total = lambda prices: 3\n\n\ndef test_new():\n    pass\n"
    result = await outcome_of(shop, {"tests/test_a.py": patching}, pytest=(TOTAL,))
    assert (rules(result), result.summary) == ([TOTAL], "1 test blocks; 3 of 4 passed")


async def test_a_new_test_file_that_brings_plugins(shop: Shop) -> None:
    brings = "pytest_plugins = ['helping']\n\n\ndef test_new():\n    assert False\n"
    helping = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    result = await outcome_of(shop, {**FIX, "tests/test_a.py": brings, "helping.py": helping})
    assert (result.status, rules(result)[0]) == ("error", "introspection")


async def test_a_new_file_beside_the_tests_that_is_imported_by_them(shop: Shop) -> None:
    shadow = "total = count = len\nprint('shadow')\n"
    result = await outcome_of(shop, {"tests/shop.py": shadow}, pytest=(TOTAL,))
    assert (rules(result), "assert 2 == 3" in result.findings[0].message) == ([TOTAL], True)


async def test_new_tests_may_use_new_helpers(shop: Shop) -> None:
    new = "from helpers import wanted\nfrom shop import total\n\n\ndef test_new():\n"
    change = {"tests/test_a.py": f"{new}    assert total([1]) == wanted\n"}
    result = await outcome_of(shop, {**FIX, **change, "tests/helpers.py": "wanted = 1\n"})
    assert (result.status, result.summary) == ("passed", "4 of 4 passed")


def test_metadata_that_names_a_plugin(tmp_path: Path) -> None:
    """Where plugins are loaded by their metadata, which our own environment does not."""
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert False\n")
    (tmp_path / "helping.py").write_text("def pytest_pyfunc_call(pyfuncitem):\n    return True\n")
    metadata = tmp_path / "helping.egg-info"
    metadata.mkdir()
    (metadata / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: helping\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\nhelping = helping\n")
    args = ["-p", "no:langsmith_plugin", f"--rootdir={tmp_path}"]
    told = {"token": "t", "paths": ["."], "args": args, "measure": [], "blocked": [metadata.name]}
    report = tmp_path / "report"
    subprocess.run(
        [sys.executable, "-s", Path(inside_folder.__file__).parent / "run_pytest.py", report, "."],
        cwd=tmp_path,
        input=json.dumps(told).encode(),
        check=False,
        stdout=subprocess.DEVNULL,
    )
    session = read_session(report.read_text(), token="t")
    assert [test.outcome for test in session.tests.values()] == ["failed"]
