"""The check `introspection`: code that looks for whoever tests it."""

from pathlib import Path

import pytest

from tests.unit.workspace.static_support import Pair

BASE = {
    "shop.py": '"""A shop."""\n\n\ndef total(prices):\n    return sum(prices)\n',
    "tests/test_total.py": "from shop import total\n\n\n"
    "def test_total():\n    assert total([1]) == 1\n",
    "tests/data/prices.json": "[1]",
    "pkg/__init__.py": "",
    "pkg/tests/test_inner.py": "EXPECTED = 3\n\n\ndef test_inner():\n    pass\n",
}


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(folder=tmp_path, base=BASE)


def of(pair: Pair, code: str, *, path: str = "shop.py") -> set[tuple[str, str]]:
    """Severity and rule of what is said of code that is added to a file."""
    text = f"{pair.base.get(path, '')}{code}\n"
    return {(severity, rule) for severity, rule, _ in pair.told("introspection", {path: text})}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import pytest", "imports-the-runner"),
        ("from _pytest import runner", "imports-the-runner"),
        ("import unittest.mock as m", "imports-the-runner"),
        ("from hypothesis import given", "imports-the-runner"),
        ("import pytest_mock", "imports-the-runner"),
        ("p = __import__('pyt' + 'est')", "imports-the-runner"),
        ("if 'pytest' in m: x = 3", "names-the-runner"),
        ("if 'PYTEST_CURRENT_TEST' in e: x = 3", "names-the-runner"),
        ("if 'py' + 'test' in m: x = 3", "names-the-runner"),
        ("if ''.join(['py', 'test']) in m: x = 3", "names-the-runner"),
        ("if f'{\"py\"}test' in m: x = 3", "names-the-runner"),
        ("if '%stest' % 'py' in m: x = 3", "names-the-runner"),
        ("if 'tsetyp'[::-1] in m: x = 3", "names-the-runner"),
        ("if 'PYTEST'.lower() in m: x = 3", "names-the-runner"),
        ("if 'pyxtest'.replace('x', '') in m: x = 3", "names-the-runner"),
        ("if b'pytest'.decode() in m: x = 3", "names-the-runner"),
        ("if bytes([112, 121, 116, 101, 115, 116]).decode() in m: x = 3", "names-the-runner"),
        ("if chr(112) + 'ytest' in m: x = 3", "names-the-runner"),
        ("if b64decode('cHl0ZXN0').decode() in m: x = 3", "names-the-runner"),
        ("A = 'py'\nif A + 'test' in m: x = 3", "names-the-runner"),
        ("x = any('ytes' in name for name in m)", "names-the-runner"),
        ("if name == 'test_total': x = 3", "names-tests"),
        ("x = open('tests/test_total.py').read()", "names-tests"),
        ("x = root / 'tests' / 'test_total.py'", "names-tests"),
        ("x = list(root.rglob('test_*.py'))", "names-tests"),
        ("x = open('tests/data/prices.json')", "names-tests"),
        ("x = list((root / 'tests').iterdir())", "reads-tests"),
        ("x = os.listdir('tests')", "reads-tests"),
        ("import os\nx = os.path.join('pkg', 'tests')", "reads-tests"),
        ("from tests.test_total import test_total", "imports-tests"),
        ("import test_total", "imports-tests"),
        ("import sys\nx = list(sys.modules)", "changes-modules"),
        ("import sys as s\nx = [m for m in s.modules.values()]", "changes-modules"),
        ("from sys import modules\nfor m in modules: x = m", "changes-modules"),
        ("import sys\nsys.modules['json'] = 3", "changes-modules"),
        ("x = getattr(__import__('sys'), 'modules').copy()", "changes-modules"),
        ("import inspect\nx = inspect.stack()", "frames"),
        ("from inspect import currentframe as c\nx = c()", "frames"),
        ("import sys\nx = sys._getframe(1)", "frames"),
        ("import sys\ns = sys\nx = s._getframe(1)", "frames"),
        ("import sys\nx = vars(sys)['_getframe'](1)", "frames"),
        ("import sys\nx = sys.__dict__['_getframe'](1)", "frames"),
        ("import sys\nx = getattr(sys, '_get' + 'frame')(1)", "frames"),
        ("try:\n    f()\nexcept E as e:\n    x = e.__traceback__.tb_frame", "frames"),
        ("import traceback\nx = traceback.extract_stack()", "frames"),
        ("exec('import inspect\\nx = inspect.stack()')", "frames"),
        ("import inspect\nx = inspect.getsource(f)", "reads-source"),
        ("import gc\nx = gc.get_objects()", "objects-of-others"),
        ("import gc\nx = gc.get_referrers(f)", "objects-of-others"),
        ("import ctypes", "native-memory"),
        ("from ctypes import c_int", "native-memory"),
        ("import os\ndef f(): os._exit(0)", "ends-the-process"),
        ("import os\ndef f(leave=os._exit): pass", "ends-the-process"),
        ("from posix import _exit\ndef f(): _exit(0)", "ends-the-process"),
        ("import sys\nsys.modules['os']._exit(0)", "ends-the-process"),
        ("import os\nos.kill(os.getpid(), 9)", "kills"),
        ("import os\nos.kill(-1, 9)", "kills"),
        ("import os\nos.killpg(0, 9)", "kills"),
        ("import signal\nsignal.raise_signal(9)", "kills"),
        ("import sys\nsys.settrace(None)", "tracing"),
        ("import sys\nsys.setprofile(f)", "tracing"),
        ("import sys\nsys.addaudithook(f)", "tracing"),
        ("import sys\nsys.meta_path.insert(0, f)", "import-hooks"),
        ("import sys\nsys.path_hooks.append(f)", "import-hooks"),
        ("import builtins\nbuiltins.sum = f", "patches"),
        ("__builtins__['sum'] = f", "patches"),
        ("import operator\noperator.eq = f", "patches"),
        ("import math\nsetattr(math, 'isclose', f)", "patches"),
        ("import math\ndef f():\n    m = math\n    m.sqrt = 3", "patches"),
        ("import math\ndef f():\n    math.sqrt = 3", "patches"),
        ("import math\nmath.__dict__['isclose'] = f", "patches"),
        ("def pytest_runtest_makereport(item): pass", "pytest-hook"),
        ("pytest_plugins = ['evil']", "pytest-hook"),
        ("class A:\n    def __eq__(self, other): return True", "equal-to-all"),
        ("# -*- coding: utf-7 -*-", "encoding"),
        ("def f(:\n    if 'pytest' in m: x = 3", "unreadable"),
    ],
)
def test_it_blocks(pair: Pair, code: str, rule: str) -> None:
    path = "new.py" if rule == "encoding" else "shop.py"
    assert ("blocking", rule) in of(pair, code, path=path)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import atexit\natexit.register(f)", "at-exit"),
        ("import sys\nx = sys.argv[1]", "arguments"),
        ("import sys\nsys.exit(3)", "exits"),
        ("def f():\n    raise SystemExit(3)", "exits"),
        ("import importlib\nx = importlib.import_module(name)", "computed-import"),
        ("x = eval(name)", "computed-code"),
        ("import os\nx = getattr(os, name)", "computed-name"),
        ("import importlib\nimportlib.reload(m)", "import-hooks"),
        ("import faulthandler\nfaulthandler.enable()", "tracing"),
        ("import sys\nx = 'numpy' in sys.modules", "modules"),
        ("import sys\nsys.path.insert(0, '.')", "import-path"),
        ("import os\nos.kill(process.pid, 9)", "kills"),
        ("raise ValueError('install pytest to run this')", "names-the-runner"),
        ("import os\nos.execv(a, b)", "replaces-process"),
    ],
)
def test_what_honest_code_does_too_is_told_and_does_not_block(
    pair: Pair, code: str, rule: str
) -> None:
    assert of(pair, code) == {("warning", rule)}


@pytest.mark.parametrize(
    "code",
    [
        "x = sum(y for y in z if y > 0)",
        '"""Run pytest to test this; see tests/test_total.py."""',
        "def f():\n    '''Checked by pytest.'''\n    return 3",
        "# if 'pytest' in sys.modules",
        "import gc\ngc.collect()",
        "import inspect\nx = inspect.signature(f)",
        "import inspect\nx = inspect.isclass(f)",
        "import os\nx = os.environ['HOME']",
        "import os\nx = os.getpid()",
        "import sys\nx = sys.modules[__name__]",
        "import sys\nx = sys.modules[cls.__module__].__dict__",
        "import sys\nx = sys.modules.get(cls.__module__)",
        "import sys\nsys.stdout = f",
        "import sys\nx = sys.version_info >= (3, 12)",
        "import sys\nif __name__ == '__main__':\n    sys.exit(main(sys.argv))",
        "import sys\ndef main():\n    sys.exit(3)",
        "import traceback\nx = traceback.format_exc()",
        "import signal\nsignal.signal(signal.SIGTERM, f)",
        "import importlib\nx = importlib.import_module('json')",
        "import importlib.resources",
        "x = __import__('json')",
        "class A:\n    def __eq__(self, other): return self.x == other.x",
        "class A:\n    def __eq__(self, other):\n        return NotImplemented",
        "x = {'test': 3, 'tests': 4, 'latest': 5}",
        "x = frame['test_size'] + options['test_']",
        "x = 'fastest greatest attested contest'",
        "x = name.startswith('test')",
        "x = re.compile(r'tests?')",
        "x = {'hypothesis': 3}",
        "x = 'a protest'",
        "x = root / 'data' / 'prices.csv'",
        "x = open('prices.json')",
        "self.f_back_button = 3",
        "x = compile(y)\ndef compile(y): pass",
        "import math\nx = math.isclose(1, 2)",
        "import logging\nlogging.raiseExceptions = False",
        "import numpy as np\nnp.x = 3",
        "x.modules = [3]",
        "def stack(x): return inspect(x)",
        "from pkg.shop import tests_passed",
        "from . import prices",
        "import testing.tools",
        "x = f'{a}/{b}'",
        "x = a / b",
        "x = '%d of %s' % (1, 'y')",
        "x = path[::-1]",
        "os_exit = 3",
        "import os\nos.kill(pid, 0)",
        "import typing as t\ndef f():\n    t = make()\n    t.name = 3",
        "import math\ndef f(math):\n    math.x = 3",
    ],
)
def test_honest_code_is_left_alone(pair: Pair, code: str) -> None:
    assert of(pair, code) == set()


def test_a_finding_says_where_and_what_to_do(pair: Pair) -> None:
    (found,) = pair.findings("introspection", {"shop.py": "import gc\n\nx = gc.get_objects()\n"})
    assert (found.file, found.line, found.rule) == ("shop.py", 3, "objects-of-others")
    assert found.message == (
        "gc.get_objects is new here: it finds objects that it was not given. Write code that does "
        "the same whoever calls it; a task that needs this allows introspection."
    )


def test_what_the_file_did_on_the_base_is_not_new(pair: Pair) -> None:
    old = pair.but(base={**BASE, "shop.py": "import pytest\nx = 'pytest'\n"})
    assert of(old, "import pytest\ny = ['pytest']") == set()


def test_code_that_went_to_another_file_is_not_new(pair: Pair) -> None:
    old = pair.but(base={**BASE, "a.py": "import gc\nx = gc.get_objects()\n"})
    change = {"a.py": None, "b.py": "import gc\n\n\nx = gc.get_objects()\n"}
    assert old.told("introspection", change) == []


def test_the_same_in_a_second_file_is_new(pair: Pair) -> None:
    old = pair.but(base={**BASE, "a.py": "import gc\nx = gc.get_objects()\n"})
    assert old.told("introspection", {"b.py": "import gc\nx = gc.get_objects()\n"}) == [
        ("blocking", "objects-of-others", "b.py:2")
    ]


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("from .tests.test_inner import EXPECTED", "pkg/code.py"),
        ("from .tests import test_inner", "pkg/code.py"),
        ("from pkg.tests import test_inner", "shop.py"),
        ("import importlib\nimportlib.import_module('pkg.tests.test_inner')", "shop.py"),
    ],
)
def test_values_of_tests_cannot_be_imported(pair: Pair, code: str, path: str) -> None:
    assert {severity for severity, _ in of(pair, code, path=path)} == {"blocking"}


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("pytest_plugins = ['evil']", "pytest-hook"),
        ("def pytest_runtest_logreport(report): pass", "pytest-hook"),
        ("import shop\nshop.total = lambda prices: 1", "patches"),
        ("import builtins\nbuiltins.sum = max", "patches"),
        ("import os\nos._exit(0)", "ends-the-process"),
        ("import sys\nsys.settrace(None)", "tracing"),
    ],
)
def test_a_new_test_must_not_reach_the_others(pair: Pair, code: str, rule: str) -> None:
    assert of(pair, code, path="tests/test_new.py") == {("blocking", rule)}


@pytest.mark.parametrize(
    "code",
    [
        "import pytest\nfrom unittest import mock\nfrom hypothesis import given",
        "from tests.test_total import test_total",
        "import sys\nassert 'pytest' in sys.modules",
        "def test_a(monkeypatch):\n    import shop\n    shop.total = 3",
        "def test_a():\n    import inspect\n    assert inspect.stack()",
        "def pytest_generate_tests(metafunc): pass",
        "import shop\nshop.total([1])",
        "import os\ndef test_a(p): os.kill(p.pid, 9)",
    ],
)
def test_an_honest_new_test_is_left_alone(pair: Pair, code: str) -> None:
    assert of(pair, code, path="tests/test_new.py") == set()


def test_a_folder_called_test_makes_no_test_of_code(pair: Pair) -> None:
    code = "import gc\nx = gc.get_objects()"
    assert of(pair, code, path="lib/test/code.py") == {("blocking", "objects-of-others")}


def test_a_task_may_allow_it(pair: Pair) -> None:
    assert of(pair.but(allow=("introspection",)), "import pytest") == set()
