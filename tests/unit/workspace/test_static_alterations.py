"""What an edit did to a test file, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.workspace.gate.static.alterations import alteration

BASE = """\
import pytest

@pytest.mark.parametrize("x", [1, 2, 3])
def test_a(x):
    assert x
    assert x > 0

class TestB:
    def test_b(self):
        assert total() == 3
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[1, 2, 3]", "[1]", "edited: parametrisation of test_a shrunk"),
        ("def test_a", "def check_a", "edited: test_a deleted or renamed"),
        ("    def test_b", "    def tst_b", "edited: TestB::test_b deleted or renamed"),
        ("class TestB", "class B", "edited: TestB::test_b deleted or renamed"),
        (
            "    def test_b",
            "    @pytest.mark.skip\n    def test_b",
            "edited: TestB::test_b marked skip or xfail",
        ),
        (
            "    def test_b",
            "    @pytest.mark.xfail(reason='x')\n    def test_b",
            "edited: TestB::test_b marked skip or xfail",
        ),
        (
            "    assert x\n",
            "    pytest.skip('x')\n    assert x\n",
            "edited: test_a marked skip or xfail",
        ),
        (
            "class TestB",
            "@unittest.skip\nclass TestB",
            "edited: marked skip or xfail as a whole",
        ),
        (
            "import pytest\n",
            "import pytest\npytestmark = pytest.mark.skip\n",
            "edited: marked skip or xfail as a whole",
        ),
        (
            "import pytest\n",
            "import pytest\npytest.skip(allow_module_level=True)\n",
            "edited: marked skip or xfail as a whole",
        ),
        ("    assert x > 0\n", "", "edited: assertions of test_a removed"),
        ("== 3", "== 4", "edited"),
        ("[1, 2, 3]", "[1, 2, 3, 4]", "edited"),
        ("[1, 2, 3]", "range(2)", "edited"),
        ("import pytest", "import pytest (", "edited"),
    ],
)
def test_what_was_done(old: str, new: str, said: str) -> None:
    assert old in BASE
    assert alteration(BASE.encode(), BASE.replace(old, new, 1).encode()) == said


def test_several_things_at_once() -> None:
    assert alteration(BASE.encode(), b"") == "edited: test_a, TestB::test_b deleted or renamed"
    assert alteration(BASE.encode(), None) == "deleted or renamed"


@given(st.binary(), st.binary())
def test_any_bytes_have_an_answer(before: bytes, after: bytes) -> None:
    assert alteration(before, after).startswith("edited")
