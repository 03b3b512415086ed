"""The check `suppressions`."""

from pathlib import Path

import pytest

from tests.unit.workspace.static_support import Pair

BASE = "import os\n\n\ndef total(prices):\n    return sum(prices)  # noqa: E501\n"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(folder=tmp_path, base={"shop.py": BASE})


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("x: int = 'a'  # type: ignore", "type-ignore"),
        ("x: int = 'a'  # type: ignore[assignment]  # as of old", "type-ignore"),
        ("# mypy: ignore-errors", "mypy-config"),
        ("# mypy: disable-error-code=assignment", "mypy-config"),
        ("import sys  #NOQA", "noqa"),
        ("import sys  # why not # noqa: F401", "noqa"),
        ("# ruff: noqa", "noqa"),
        ("# flake8: noqa: E501", "noqa"),
        ("# ruff: disable[F401]", "ruff-disable"),
        ("if x:  # pragma: no cover", "no-cover"),
        ("if x:  # pragma: no branch", "no-cover"),
        ("x = y  # pyright: ignore[reportAny]", "pyright"),
        ("# pyright: basic", "pyright"),
        ("# pyright: reportAny=false", "pyright"),
        ("x = y  # pylint: disable=invalid-name", "pylint"),
        ("eval(x)  # nosec B307", "nosec"),
        ("x = y  # ty: ignore", "type-checker"),
        ("KEY = 'x'  # pragma: allowlist secret", "secrets"),
    ],
)
def test_a_new_suppression_is_found(pair: Pair, line: str, rule: str) -> None:
    indented = f"{line}\n    pass\n" if line.startswith("if") else f"{line}\n"
    assert pair.told("suppressions", {"shop.py": BASE + indented}) == [
        ("blocking", rule, "shop.py:6")
    ]


@pytest.mark.parametrize(
    "decorator", ["@no_type_check", "@typing.no_type_check", "@t.no_type_check_decorator"]
)
def test_a_decorator_that_stops_the_type_checker_is_one(pair: Pair, decorator: str) -> None:
    change = f"{BASE}\n\n{decorator}\ndef f(x):\n    return x\n"
    assert pair.told("suppressions", {"shop.py": change}) == [
        ("blocking", "no-type-check", "shop.py:8")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "x = '# noqa'",
        'x = """\n# type: ignore\n"""',
        "x = 1  # the type: ignore it",
        "x = 1  # see noqa in the manual",
        "x = [1,2]  # fmt: skip",
        "# fmt: off",
        "# isort: skip_file",
        "x = 1  # pragma: once",
        "# pyright: strict",
        "# pyright: strictListInference=true",
        "# this list is # not a comment of a linter",
        "x = f'{1}# noqa'",
    ],
)
def test_what_only_looks_like_one_is_none(pair: Pair, line: str) -> None:
    assert pair.told("suppressions", {"shop.py": f"{BASE}{line}\n"}) == []


@pytest.mark.parametrize(
    "change",
    [
        "import os\n\n\ndef count(prices):\n    return len(prices)\n\n\n" + BASE[11:],
        BASE.replace("sum(prices)", "sum(prices[1:])"),
        BASE.replace("  # noqa: E501", "   #  noqa: E501"),
        BASE.replace("  # noqa: E501", ""),
        BASE.replace("return", "if prices:\n        return"),
    ],
)
def test_an_old_one_that_moved_or_whose_line_was_edited_is_not_new(pair: Pair, change: str) -> None:
    assert pair.told("suppressions", {"shop.py": change}) == []


def test_one_that_went_to_another_file_with_its_code_is_not_new(pair: Pair) -> None:
    assert pair.told("suppressions", {"shop.py": "import os\n", "new.py": BASE}) == []


@pytest.mark.parametrize(
    "change",
    [
        BASE.replace("# noqa: E501", "# noqa"),
        f"{BASE}    return sum(prices)  # noqa: E501\n",
        BASE.replace("  # noqa: E501", "").replace("import os", "import os  # noqa: E501"),
    ],
)
def test_a_wider_a_second_or_a_transplanted_one_is_new(pair: Pair, change: str) -> None:
    assert [rule for _, rule, _ in pair.told("suppressions", {"shop.py": change})] == ["noqa"]


@pytest.mark.parametrize("path", ["tests/test_new.py", "shop.pyi", "pkg/new.pyw"])
def test_tests_and_stubs_are_read_too(pair: Pair, path: str) -> None:
    assert pair.told("suppressions", {path: "x = 1  # type: ignore\n"}) == [
        ("blocking", "type-ignore", f"{path}:1")
    ]


def test_other_files_are_not(pair: Pair) -> None:
    assert pair.told("suppressions", {"README.md": "x = 1  # noqa\n"}) == []


@pytest.mark.parametrize(
    "text", ["x = (\n  1  # noqa\n", "x = '\n  1  # noqa\n", "\x00\nx # noqa\n"]
)
def test_a_file_that_cannot_be_tokenized_is_read_all_the_same(pair: Pair, text: str) -> None:
    assert [rule for _, rule, _ in pair.told("suppressions", {"new.py": text})] == ["noqa"]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_lines_are_counted_as_python_counts_them(pair: Pair, ends: str) -> None:
    text = f"x = '\x0c\u2028'{ends}y = 1  # noqa{ends}"
    assert pair.told("suppressions", {"new.py": text}) == [("blocking", "noqa", "new.py:2")]


def test_a_task_may_allow_them(pair: Pair) -> None:
    allowed = pair.but(allow=("suppressions",))
    assert allowed.told("suppressions", {"new.py": "x = 1  # noqa\n"}) == []
