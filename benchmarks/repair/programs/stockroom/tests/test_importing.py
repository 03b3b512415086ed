import pytest
from stockroom.errors import Invalid
from stockroom.importing import cells, cents, flag, read_articles, read_deliveries, records


@pytest.mark.parametrize(
    "line, found",
    [("a;b", ["a", "b"]), ('"a;b"; c ', ["a;b", "c"]), ('"say ""x""";', ['say "x"', ""]), ("", [""])],
)
def test_cells(line, found):
    assert cells(line) == found


def test_open_quote():
    with pytest.raises(Invalid):
        cells('a;"b')


def test_records():
    text = "# goods\nCode; Name\n\nA;x\n B\n"
    assert list(records(text)) == [(4, {"code": "A", "name": "x"}), (5, {"code": "B", "name": ""})]


@pytest.mark.parametrize("text", ["a;A\n1;2", "a;b\n1;2;3"])
def test_bad_records(text):
    with pytest.raises(Invalid, match="line"):
        list(records(text))


@pytest.mark.parametrize(
    "text, value", [("12", 1200), ("12.5", 1250), ("12,50", 1250), ("1'200.00", 120000), ("-0.75", -75), ("3.05", 305)]
)
def test_cents(text, value):
    assert cents(text) == value


@pytest.mark.parametrize("text", ["", "x", "1.234", "1.", "--"])
def test_no_cents(text):
    with pytest.raises(Invalid):
        cents(text)


def test_flag():
    assert flag(" Yes ") and not flag("no") and not flag("")
    with pytest.raises(Invalid):
        flag("maybe")


ARTICLES = """code;name;price;group;tags;skip
PEA-001;Pear;0.55;food/fruit;fresh,green;
PEA-002;Old pear;0.2;;;yes
bad;Pear;1;;;
APP-001;Again;1;;;
PEA-003;Free
PEA-004;Odd;1.234;;;
PEA-005;What;1;;;perhaps
"""


def test_read_articles(catalog):
    result = read_articles(ARTICLES, catalog)
    assert [a.code for a in result.good] == ["PEA-001", "PEA-003"]
    assert [number for number, _ in result.bad] == [4, 5, 7, 8]
    pear = catalog.get("PEA-001")
    assert (pear.price, pear.unit, pear.group, pear.tags) == (55, "pc", "food/fruit", {"fresh", "green"})
    assert catalog.get("PEA-003").price == 0


def test_missing_column(catalog):
    assert read_articles("code\nPEA-001", catalog).bad == [(2, "no column name")]


def test_read_deliveries(stock):
    text = "code;amount;cost;place;expires\nAPP-002;5;0.3;back;30\nAPP-002;x;1;;\nAPP-002;2;1;;\nZZZ-999;1;1;;\n"
    result = read_deliveries(text, stock, 9)
    assert [(lot.amount, lot.cost, lot.place, lot.expires) for lot in result.good] == [
        (5, 30, "back", 30),
        (2, 100, "main", None),
    ]
    assert [number for number, _ in result.bad] == [3, 5]
