import pytest
from tiles import neighbours, product, spiral, transposed, turned

FLOOR = [[1, 2, 3], [4, 5, 6]]


def test_turned():
    assert turned(FLOOR) == [[4, 1], [5, 2], [6, 3]]


def test_transposed():
    assert transposed(FLOOR) == [[1, 4], [2, 5], [3, 6]]
    assert transposed([]) == []


def test_spiral():
    assert spiral([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
    assert spiral(FLOOR) == [1, 2, 3, 6, 5, 4]
    assert spiral([]) == []


def test_spiral_leaves_the_floor_alone():
    floor = [[1, 2], [3, 4]]
    spiral(floor)
    assert floor == [[1, 2], [3, 4]]


def test_product():
    assert product([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50]]
    assert product([[1, 2, 3]], [[1], [2], [3]]) == [[14]]


def test_product_shapes():
    with pytest.raises(ValueError):
        product([[1, 2]], [[1, 2]])


def test_neighbours():
    floor = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert neighbours(floor, 1, 1) == [1, 2, 3, 4, 6, 7, 8, 9]
    assert neighbours(floor, 0, 0) == [2, 4, 5]
    assert neighbours(floor, 2, 2) == [5, 6, 8]
