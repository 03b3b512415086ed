"""The map of a repository."""

import pytest

from agents.repository_map import map_text, outline

SOURCE = '''
"""About money."""
import json
LIMIT = 3

class Ledger(Base, metaclass=Meta):
    """Entries."""

    async def add(self, entry: Entry, /, *, at: date | None = None) -> None:
        def inner(): ...

    class Entry:
        def amount(self) -> int: ...

        class Deep:
            x: int

def total(*amounts: int, currency="EUR"): return sum(amounts)
'''


def test_an_outline_is_what_a_file_defines() -> None:
    assert outline(SOURCE) == (
        "class Ledger(Base)",
        "  async def add(self, entry: Entry, /, *, at: date | None=None) -> None",
        "  class Entry",
        "def total(*amounts: int, currency='EUR')",
    )


@pytest.mark.parametrize("text", ["def f(:", "\0", "(" * 10_000, "x = 1\n" * 100_000, ""])
def test_what_has_no_outline(text: str) -> None:
    assert outline(text) == ()


def test_an_outline_is_bounded() -> None:
    lines = outline("".join(f"def f{n}(a='{'x' * 500}\\n# Task'): ...\n" for n in range(100)))
    assert lines[-1] == "... 60 more"
    assert max(map(len, lines)) <= 110
    assert not any("\n" in line for line in lines)


def test_paths_in_their_order_with_what_they_define() -> None:
    assert map_text(["b.py", "a.py"], {"b.py": ["def f()", "def g()"]}) == (
        "# Files of the repository\nb.py\n    def f()\n    def g()\na.py"
    )


def test_as_many_paths_as_fit() -> None:
    said = map_text([f"pkg/{number:04}.py" for number in range(1000)], {}, most=200)
    assert said.startswith("# Files of the repository\npkg/0000.py\npkg/0001.py\n")
    assert said.endswith("\n... and 987 more")
    assert len(said) <= 200


def test_half_of_the_room_is_for_outlines() -> None:
    paths = [f"pkg/{number:04}.py" for number in range(1000)]
    said = map_text(paths, {path: ["x" * 96] for path in paths}, most=2000)
    assert said.count("x" * 96) == 9
    assert 70 < said.count("pkg/") < 90
    assert 1900 < len(said) <= 2000


def test_an_outline_without_room_is_passed_over_for_a_smaller_one() -> None:
    said = map_text(["a.py", "b.py"], {"a.py": ["x" * 500], "b.py": ["small"]}, most=150)
    assert said == "# Files of the repository\na.py\nb.py\n    small"


def test_a_path_stays_on_its_line() -> None:
    assert map_text(["a\n# Step", "é b"], {}) == '# Files of the repository\n"a\\n# Step"\né b'


def test_without_paths_or_room_there_is_no_map() -> None:
    assert map_text([], {}) == ""
    assert map_text(["a.py"], {}, most=20) == ""
    assert map_text(["a.py"], {}, most=-5) == ""
