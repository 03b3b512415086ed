"""Postage from a set of stamps."""


def fewest(values, postage):
    """The smallest number of stamps that make the postage exactly, or -1."""
    best = [0] + [None] * postage
    for amount in range(1, postage + 1):
        for value in values:
            if value > amount or best[amount - value] is None:
                continue
            count = best[amount - value] + 1
            if best[amount] is None or count < best[amount]:
                best[amount] = count
    return -1 if best[postage] is None else best[postage]


def ways(values, postage):
    """In how many ways the postage can be made, order aside."""
    table = [1] + [0] * postage
    for value in values:
        for amount in range(value, postage + 1):
            table[amount] += table[amount - value]
    return table[postage]


def smallest_impossible(values, count):
    """The least postage that cannot be made with at most so many stamps."""
    reachable = {0}
    for _ in range(count):
        reachable |= {have + value for have in reachable for value in values}
    postage = 1
    while postage in reachable:
        postage += 1
    return postage
