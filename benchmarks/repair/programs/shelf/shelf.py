"""Places on a shelf whose books stand sorted by number."""


def first_at_least(numbers, wanted):
    """Index of the first number that is at least the wanted one; the length if there is none."""
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def holds(numbers, wanted):
    place = first_at_least(numbers, wanted)
    return place < len(numbers) and numbers[place] == wanted


def nearest(numbers, wanted):
    """The number closest to the wanted one, the smaller of two equally close; None when empty."""
    if not numbers:
        return None
    place = first_at_least(numbers, wanted)
    if place == 0:
        return numbers[0]
    if place == len(numbers):
        return numbers[-1]
    before, after = numbers[place - 1], numbers[place]
    if wanted - before <= after - wanted:
        return before
    return after


def missing(numbers):
    """Numbers between the first and the last that are not on the shelf."""
    gaps = []
    for left, right in zip(numbers, numbers[1:]):
        gaps.extend(range(left + 1, right))
    return gaps


def count_between(numbers, low, high):
    """How many numbers lie in low..high, both ends counted."""
    if low > high:
        return 0
    return first_at_least(numbers, high + 1) - first_at_least(numbers, low)
