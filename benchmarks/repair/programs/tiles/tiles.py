"""Floors made of tiles: rectangular lists of rows."""


def turned(floor):
    """A quarter turn to the right."""
    return [list(column) for column in zip(*floor[::-1])]


def transposed(floor):
    if not floor:
        return []
    return [[row[place] for row in floor] for place in range(len(floor[0]))]


def spiral(floor):
    """All tiles, from the top left corner clockwise inward."""
    rows = [list(row) for row in floor]
    walked = []
    while rows:
        walked.extend(rows.pop(0))
        rows = [list(row) for row in zip(*rows)][::-1]
    return walked


def product(left, right):
    """Matrix product. Raises: ValueError when the shapes do not fit."""
    if len(left[0]) != len(right):
        raise ValueError("shapes do not fit")
    result = []
    for row in left:
        line = []
        for column in range(len(right[0])):
            total = 0
            for place in range(len(right)):
                total += row[place] * right[place][column]
            line.append(total)
        result.append(line)
    return result


def neighbours(floor, row, column):
    """The tiles around one, by reading order; fewer at the edges."""
    around = []
    for r in range(max(0, row - 1), min(len(floor), row + 2)):
        for c in range(max(0, column - 1), min(len(floor[0]), column + 2)):
            if (r, c) != (row, column):
                around.append(floor[r][c])
    return around
