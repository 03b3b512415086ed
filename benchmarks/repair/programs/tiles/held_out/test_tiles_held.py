import pytest
from tiles import neighbours, product, spiral, transposed, turned


def floor_of(height, width):
    return [[r * width + c + 1 for c in range(width)] for r in range(height)]


SHAPES = [(h, w) for h in range(1, 5) for w in range(1, 5)]


@pytest.mark.parametrize("height, width", SHAPES)
def test_turns(height, width):
    floor = floor_of(height, width)
    once = turned(floor)
    assert len(once) == width and len(once[0]) == height
    for r in range(height):
        for c in range(width):
            assert once[c][height - 1 - r] == floor[r][c]
    assert turned(turned(turned(once))) == floor
    assert transposed(transposed(floor)) == floor
    assert all(transposed(floor)[c][r] == floor[r][c] for r in range(height) for c in range(width))


@pytest.mark.parametrize("height, width", SHAPES)
def test_spiral_by_walking(height, width):
    floor = floor_of(height, width)
    before = [list(row) for row in floor]
    r, c, dr, dc = 0, 0, 0, 1
    seen, walked = set(), []
    for _ in range(height * width):
        walked.append(floor[r][c])
        seen.add((r, c))
        if (r + dr, c + dc) in seen or not (0 <= r + dr < height and 0 <= c + dc < width):
            dr, dc = dc, -dr
        r, c = r + dr, c + dc
    assert spiral(floor) == walked
    assert floor == before


@pytest.mark.parametrize("height, width", SHAPES)
def test_product_with_one_and_by_sum(height, width):
    floor = floor_of(height, width)
    unit = [[int(a == b) for b in range(width)] for a in range(width)]
    assert product(floor, unit) == floor
    other = floor_of(width, 3)
    expected = [
        [sum(floor[r][k] * other[k][c] for k in range(width)) for c in range(3)]
        for r in range(height)
    ]
    assert product(floor, other) == expected


@pytest.mark.parametrize("height, width", SHAPES)
def test_neighbours_by_distance(height, width):
    floor = floor_of(height, width)
    for r in range(height):
        for c in range(width):
            expected = [
                floor[a][b]
                for a in range(height)
                for b in range(width)
                if max(abs(a - r), abs(b - c)) == 1
            ]
            assert neighbours(floor, r, c) == expected


def test_shapes_that_do_not_fit():
    for left, right in (([[1]], [[1], [2]]), ([[1, 2], [3, 4]], [[1, 2]])):
        with pytest.raises(ValueError):
            product(left, right)
