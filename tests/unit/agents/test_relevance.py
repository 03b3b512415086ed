"""Which files a piece of work is about."""

import pytest

from agents.relevance import imported_paths, ranked, words

PATHS = (
    "README.md",
    "src/shop/__init__.py",
    "src/shop/cart.py",
    "src/shop/ledger_book.py",
    "src/shop/tax/__init__.py",
    "src/shop/tax/rates.py",
    "tests/test_cart.py",
    "tests/test_ledger_book.py",
)


def test_words_are_also_the_pieces_of_identifiers() -> None:
    found = words("Mend LedgerBook.close_all() for the HTTPServer, v2")
    assert {"mend", "ledgerbook", "ledger", "book", "close_all", "close", "http", "server"} <= found
    assert not found & {"the", "for", "v2", "all"}


def test_files_with_the_words_in_their_names_come_first() -> None:
    assert ranked(PATHS, about=words("Close the ledger book"))[:2] == [
        "src/shop/ledger_book.py",
        "tests/test_ledger_book.py",
    ]


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    first = ranked(PATHS, about={"shop", "rates"})[0]
    assert first == "src/shop/tax/rates.py"
    order = ranked([f"shop/a{n}.py" for n in range(9)] + ["x/rates.py"], about={"shop", "rates"})
    assert order[0] == "x/rates.py"


def test_without_words_code_is_first_and_tests_are_last() -> None:
    order = ranked(PATHS, about=())
    assert order[0] == "src/shop/__init__.py"
    assert order[-3:] == ["README.md", "tests/test_cart.py", "tests/test_ledger_book.py"]


def test_what_is_imported_comes_first() -> None:
    order = ranked(PATHS, about={"cart"}, imported=["src/shop/tax/rates.py"])
    assert order[:2] == ["src/shop/tax/rates.py", "src/shop/cart.py"]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("tests/test_cart.py", "import shop.cart", ["src/shop/cart.py"]),
        ("tests/test_cart.py", "from shop.cart import Cart", ["src/shop/cart.py"]),
        ("tests/t.py", "from shop import cart", ["src/shop/__init__.py", "src/shop/cart.py"]),
        ("src/shop/cart.py", "from .tax.rates import rate", ["src/shop/tax/rates.py"]),
        ("src/shop/cart.py", "from . import ledger_book",
         ["src/shop/__init__.py", "src/shop/ledger_book.py"]),
        ("src/shop/tax/rates.py", "from ..cart import Cart", ["src/shop/cart.py"]),
        ("src/shop/tax/rates.py", "from ..... import x", []),
        ("a.py", "import json, cart, rates", []),
        ("a.py", "def broken(:", []),
        ("a.py", "(" * 100_000, []),
        ("README.md", "import shop.cart", []),
    ],
)  # fmt: skip
def test_which_files_a_file_imports(path: str, text: str, found: list[str]) -> None:
    assert imported_paths([(path, text)], PATHS) == found
