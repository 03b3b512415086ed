"""What to pack."""


def best_value(items, limit):
    """The greatest worth within the weight limit; each (weight, worth) item at most once."""
    best = [0] * (limit + 1)
    for weight, worth in items:
        for room in range(limit, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + worth)
    return best[limit]


def chosen(items, limit):
    """Indexes of the items of one best choice, in order."""
    table = [[0] * (limit + 1)]
    for weight, worth in items:
        before = table[-1]
        row = list(before)
        for room in range(weight, limit + 1):
            row[room] = max(row[room], before[room - weight] + worth)
        table.append(row)
    picked = []
    room = limit
    for index in range(len(items), 0, -1):
        if table[index][room] != table[index - 1][room]:
            picked.append(index - 1)
            room -= items[index - 1][0]
    return picked[::-1]


def even_split(weights):
    """The smallest difference between two bags that share all weights."""
    total = sum(weights)
    sums = {0}
    for weight in weights:
        sums = sums | {have + weight for have in sums}
    return min(abs(total - 2 * have) for have in sums)
