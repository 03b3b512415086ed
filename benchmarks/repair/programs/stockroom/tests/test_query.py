import pytest
from stockroom.errors import BadQuery
from stockroom.query import ask, look_up, tokens

ROWS = [
    {"code": "a", "price": 5, "group": "food/fruit", "tags": {"new"}},
    {"code": "b", "price": 12, "group": "food", "tags": set()},
    {"code": "c", "price": 5.5, "group": "Tools", "tags": {"new", "old"}, "maker": {"name": "X"}},
    {"code": "d", "price": None, "group": "tools", "tags": {"old"}},
]


def codes(question):
    return "".join(row["code"] for row in ask(question, ROWS))


@pytest.mark.parametrize(
    "question, found",
    [
        ("", "abcd"),
        ("price > 5", "bc"),
        ("price >= 5", "abc"),
        ("price < 5.5", "a"),
        ("price <= 5.5", "ac"),
        ("price = 12", "b"),
        ("price != 12", "acd"),
        ('group = "food"', "b"),
        ("group ~ FOOD", "ab"),
        ("group ~ tool", "cd"),
        ("tags = new", "ac"),
        ("tags != new", "bd"),
        ("maker.name = X", "c"),
        ("price in (5, 12)", "ab"),
        ("code in (a, d)", "ad"),
        ("price between 5 and 6", "ac"),
        ("not price > 5", "ad"),
        ("price > 5 and tags = old", "c"),
        ("price = 12 or tags = old and price > 5", "bc"),
        ("(price = 12 or tags = old) and price > 5.5", "b"),
        ("not (price = 12 or tags = old)", "a"),
        ("not not code = a", "a"),
        ("price between 5 and 6 and code = a", "a"),
        ("price > abc", ""),
        ("price > -1", "abc"),
        ("sort -code", "dcba"),
        ("sort price", "dacb"),
        ("sort group, -price", "cbad"),
        ("limit 2", "ab"),
        ("skip 1 limit 2", "bc"),
        ("skip 3", "d"),
        ("price > 1 sort -price limit 1", "b"),
    ],
)
def test_questions(question, found):
    assert codes(question) == found


@pytest.mark.parametrize(
    "question, message",
    [
        ("price >", "word expected"),
        ("price 5", "expected"),
        ("(price = 5", "'\\)' expected"),
        ("price = 5 code = a", "unexpected 'code'"),
        ("price $ 5", "cannot read"),
        ("price in 5", "'\\(' expected"),
        ("price between 5", "'and' expected"),
        ("sort", "word expected"),
    ],
)
def test_bad_questions(question, message):
    with pytest.raises(BadQuery, match=message):
        ask(question, ROWS)


def test_place_of_an_error():
    with pytest.raises(BadQuery) as caught:
        ask("price = 5 code", ROWS)
    assert caught.value.place == 10


def test_tokens():
    assert [(t.kind, t.value) for t in tokens('a.b >= 2.5 AND "x \\"y\\""')] == [
        ("word", "a.b"),
        ("sign", ">="),
        ("value", 2.5),
        ("key", "and"),
        ("value", 'x "y"'),
    ]


def test_look_up():
    assert look_up({"a": {"b": 3}}, "a.b") == 3
    assert look_up({"a": {"b": 3}}, "a.c.d") is None
    assert look_up(BadQuery("x", place=4), "place") == 4
