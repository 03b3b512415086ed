"""Bookings of a room: half-open intervals (start, end)."""


def merged(bookings):
    """Overlapping or touching bookings joined, in order."""
    joined = []
    for start, end in sorted(bookings):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def free(bookings, opens, closes):
    """What is left of the opening hours."""
    gaps = []
    cursor = opens
    for start, end in merged(bookings):
        if start > cursor:
            gaps.append((cursor, min(start, closes)))
        cursor = max(cursor, end)
        if cursor >= closes:
            break
    if cursor < closes:
        gaps.append((cursor, closes))
    return gaps


def overlap(first, second):
    """The length of what two bookings share."""
    return max(0, min(first[1], second[1]) - max(first[0], second[0]))


def rooms_needed(bookings):
    """The most bookings that go on at once."""
    changes = []
    for start, end in bookings:
        changes.append((start, 1))
        changes.append((end, -1))
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def fits(bookings, start, end):
    """Whether a new booking collides with none."""
    return all(end <= other_start or start >= other_end for other_start, other_end in bookings)
