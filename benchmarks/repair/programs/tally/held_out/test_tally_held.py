import random
import statistics
from itertools import combinations

import pytest
from tally import anagrams, histogram, index, mode, most_common, pairs_with_sum, words


@pytest.mark.parametrize("seed", range(40))
def test_counts(seed):
    chance = random.Random(seed)
    lines = [" ".join(chance.choices(["a", "B", "c!", "(d)", "..", "E,e"], k=chance.randrange(5))) for _ in range(seed % 6)]
    flat = [word for line in lines for word in words(line)]
    assert flat == [w.strip(".,;:!?\"'()").lower() for w in " ".join(lines).split() if w != ".."]
    table = {word: flat.count(word) for word in flat}
    for limit in (0, 1, 3, 20):
        for least in (1, 2):
            ranked = sorted((-n, w) for w, n in table.items() if n >= least)
            assert most_common(" ".join(lines), limit, least) == [(w, -n) for n, w in ranked[:limit]]
    assert index(lines) == {w: [n for n, line in enumerate(lines, 1) if w in words(line)] for w in table}


@pytest.mark.parametrize("seed", range(40))
def test_numbers(seed):
    numbers = random.Random(seed).choices(range(-6, 7), k=seed % 9)
    for width in (1, 2, 5):
        starts = sorted({n - n % width for n in numbers})
        assert histogram(numbers, width) == [(s, sum(s <= n < s + width for n in numbers)) for s in starts]
    for total in range(-4, 8):
        expected = {tuple(sorted(pair)) for pair in combinations(numbers, 2) if sum(pair) == total}
        assert pairs_with_sum(numbers, total) == sorted(expected)
    assert mode(numbers) == (statistics.mode(numbers) if numbers else None)
    assert mode([0, 0, 1]) == 0


@pytest.mark.parametrize("seed", range(20))
def test_groups_of_letters(seed):
    chance = random.Random(seed)
    some = ["".join(chance.choices("abA", k=3)) for _ in range(seed)]
    groups = anagrams(some)
    for word in some:
        same = [other for other in some if sorted(other.lower()) == sorted(word.lower())]
        assert (same in groups) is (len(same) > 1)
    assert [some.index(group[0]) for group in groups] == sorted(some.index(group[0]) for group in groups)
