import pytest
from stockroom.aisles import Floor, packed
from stockroom.errors import Invalid, Unknown

PLAN = """
#########
#S..A...#
#.###.#.#
#B..#C#D#
#########
#...E...#
#########
"""


@pytest.fixture
def floor():
    return Floor(PLAN)


def test_places(floor):
    assert floor.places["S"] == (1, 1)
    assert sorted(floor.places) == list("ABCDES")


def test_twice():
    with pytest.raises(Invalid):
        Floor("AA")


def test_is_free(floor):
    assert floor.is_free(1, 2) and floor.is_free(1, 1)
    assert not floor.is_free(0, 0) and not floor.is_free(-1, 2) and not floor.is_free(1, 99)


def test_distances(floor):
    assert floor.distances("S") == {"S": 0, "A": 3, "B": 2, "C": 6, "D": 8}
    with pytest.raises(Unknown):
        floor.distances("Z")


def test_tour(floor):
    assert floor.tour("S", "CBA") == (2 + 5 + 3 + 6, list("SBACS"))
    assert floor.tour("S", "") == (0, ["S", "S"])
    assert floor.tour("S", "SB") == (4, ["S", "B", "S"])


def test_unreachable(floor):
    with pytest.raises(Unknown):
        floor.tour("S", "AE")
    with pytest.raises(Unknown):
        floor.best_tour("S", "AE")


def test_best_tour_is_shorter():
    floor = Floor("D....A.S.B.........C")
    assert floor.tour("S", "ABCD")[0] == 46
    assert floor.best_tour("S", "ABCD")[0] == 38
    floor = Floor("C......A..S...B")
    assert floor.best_tour("S", "ABC")[0] == 28


def test_best_tour(floor):
    total, way = floor.best_tour("S", "ABC")
    assert total == 16
    assert way[0] == way[-1] == "S" and sorted(way[1:-1]) == list("ABC")


@pytest.mark.parametrize(
    "weights, boxes",
    [([], []), ([5, 5, 5], [[0, 1], [2]]), ([2, 8, 5, 3], [[1, 0], [2, 3]]), ([10], [[0]]), ([1, 2, 3, 4], [[3, 2, 1, 0]])],
)
def test_packed(weights, boxes):
    assert packed(weights, 10) == boxes


def test_too_heavy():
    with pytest.raises(Invalid):
        packed([11], 10)
