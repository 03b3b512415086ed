import itertools
import math

import pytest
from lineups import all_groups, arrangements, choices, rounds, teams


@pytest.mark.parametrize("size", range(6))
def test_arrangements_like_itertools(size):
    players = list(range(size))
    assert list(arrangements(players)) == [list(p) for p in itertools.permutations(players)]
    assert players == list(range(size))


@pytest.mark.parametrize("size", range(7))
@pytest.mark.parametrize("team", range(8))
def test_teams_like_itertools(size, team):
    players = list(range(size))
    found = list(teams(players, team))
    assert found == [list(c) for c in itertools.combinations(players, team)]
    assert choices(size, team) == len(found)


@pytest.mark.parametrize("size", range(7))
def test_groups_are_all_and_different(size):
    groups = all_groups(list(range(size)))
    assert len({tuple(group) for group in groups}) == len(groups) == 2**size
    assert groups[0] == [] and groups[-1] == list(range(size))


@pytest.mark.parametrize("size", range(2, 11))
def test_everybody_meets_once(size):
    schedule = rounds(range(size))
    met = [frozenset(pair) for pairs in schedule for pair in pairs]
    assert len(met) == len(set(met)) == size * (size - 1) // 2
    for pairs in schedule:
        playing = [player for pair in pairs for player in pair]
        assert len(playing) == len(set(playing)) == size - size % 2


@pytest.mark.parametrize("n", range(0, 31, 3))
def test_choices_like_math(n):
    assert [choices(n, k) for k in range(n + 1)] == [math.comb(n, k) for k in range(n + 1)]
    assert choices(n, -2) == choices(n, n + 1) == 0
