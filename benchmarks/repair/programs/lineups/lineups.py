"""Choosing and arranging players."""


def arrangements(players):
    """All orders, in the order of places."""
    if not players:
        yield []
        return
    for place, player in enumerate(players):
        others = players[:place] + players[place + 1 :]
        for rest in arrangements(others):
            yield [player] + rest


def teams(players, size):
    """All choices of so many players, each as a list in the given order."""
    if size == 0:
        yield []
        return
    for place in range(len(players) - size + 1):
        for rest in teams(players[place + 1 :], size - 1):
            yield [players[place]] + rest


def all_groups(players):
    """Every subset, the empty one first."""
    groups = [[]]
    for player in players:
        groups += [group + [player] for group in groups]
    return groups


def rounds(teams_):
    """A schedule in which everybody meets everybody once; None sits out with an odd number."""
    ring = list(teams_)
    if len(ring) % 2:
        ring.append(None)
    half = len(ring) // 2
    schedule = []
    for _ in range(len(ring) - 1):
        pairs = []
        for n in range(half):
            first, second = ring[n], ring[-1 - n]
            if first is not None and second is not None:
                pairs.append((first, second))
        schedule.append(pairs)
        ring.insert(1, ring.pop())
    return schedule


def choices(n, k):
    """How many teams of k there are."""
    if k < 0 or k > n:
        return 0
    count = 1
    for step in range(min(k, n - k)):
        count = count * (n - step) // (step + 1)
    return count
