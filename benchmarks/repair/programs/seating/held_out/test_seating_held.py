import random
from itertools import combinations, product

import pytest
from seating import hanoi, queens, seat, sums_to


@pytest.mark.parametrize("seed", range(60))
def test_seats_by_trying_all(seed):
    chance = random.Random(seed)
    guests = list("abcde"[: seed % 6])
    enemies = [pair for pair in combinations(guests, 2) if chance.random() < 0.4]
    tables, size = chance.randrange(1, 4), chance.randrange(1, 4)
    possible = any(
        all(choice[guests.index(a)] != choice[guests.index(b)] for a, b in enemies)
        and all(choice.count(table) <= size for table in range(tables))
        for choice in product(range(tables), repeat=len(guests))
    )
    plan = seat(guests, enemies, tables, size)
    assert (plan is not None) is possible
    if plan is not None:
        assert len(plan) == tables and sorted(g for t in plan for g in t) == guests
        assert all(len(table) <= size for table in plan)
        assert not any(a in table and b in table for table in plan for a, b in enemies)


@pytest.mark.parametrize("discs", range(8))
def test_moves_are_allowed(discs):
    for names in (("a", "c", "b"), ("x", "y", "z")):
        towers = {name: [] for name in names}
        towers[names[0]] = list(range(discs, 0, -1))
        moves = hanoi(discs, *names)
        for source, target in moves:
            disc = towers[source].pop()
            assert not towers[target] or towers[target][-1] > disc
            towers[target].append(disc)
        assert towers[names[1]] == list(range(discs, 0, -1))
        assert len(moves) == 2**discs - 1


@pytest.mark.parametrize("size, ways", [(0, 1), (1, 1), (7, 40), (8, 92)])
def test_more_queens(size, ways):
    assert queens(size) == ways


@pytest.mark.parametrize("seed", range(40))
def test_sums_by_trying_all(seed):
    numbers = [random.Random(seed).randrange(1, 7) for _ in range(seed % 7)]
    for total in range(10):
        expected = [
            list(c) for n in range(len(numbers) + 1) for c in combinations(numbers, n) if sum(c) == total
        ]
        assert sorted(sums_to(numbers, total)) == sorted(expected)
