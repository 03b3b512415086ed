import pytest
from luggage import best_value, chosen, even_split

ITEMS = [(2, 3), (3, 4), (4, 5), (5, 8)]


@pytest.mark.parametrize("limit, worth", [(0, 0), (1, 0), (2, 3), (5, 8), (7, 11), (9, 13), (14, 20)])
def test_best_value(limit, worth):
    assert best_value(ITEMS, limit) == worth


def test_nothing_twice():
    assert best_value([(1, 10)], 5) == 10


def test_chosen():
    assert chosen(ITEMS, 7) == [0, 3]
    assert chosen(ITEMS, 14) == [0, 1, 2, 3]
    assert chosen(ITEMS, 1) == []


def test_chosen_uses_nothing_twice():
    assert chosen([(1, 10), (1, 1)], 3) == [0, 1]


def test_even_split():
    assert even_split([3, 1, 4, 2]) == 0
    assert even_split([8, 1, 2]) == 5
    assert even_split([]) == 0
