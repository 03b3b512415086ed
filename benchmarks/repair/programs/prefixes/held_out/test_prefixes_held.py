import random
from collections import Counter

import pytest
from prefixes import Prefixes


def drawn(seed):
    chance = random.Random(seed)
    return ["".join(chance.choices("ab", k=chance.randrange(1, 5))) for _ in range(seed % 12)]


STARTS = ["", "a", "b", "ab", "ba", "aab", "abab", "z"]


@pytest.mark.parametrize("seed", range(60))
def test_like_a_counter(seed):
    model, words = Counter(drawn(seed)), Prefixes(drawn(seed))
    chance = random.Random(seed)
    for _ in range(6):
        for start in STARTS:
            expected = sorted(word for word in model if word.startswith(start))
            assert words.starting(start) == expected
            ranked = sorted(expected, key=lambda word: -model[word])
            assert words.best(start) == ranked[:3]
            assert words.best(start, 1) == ranked[:1]
            assert (start in words) is (start in model)
            text = start + "ab"
            beginnings = [word for word in model if text.startswith(word)]
            assert words.longest_of(text) == max(beginnings, key=len, default="")
        word = "".join(chance.choices("ab", k=chance.randrange(1, 5)))
        assert words.remove(word) is (word in model)
        model.pop(word, None)


@pytest.mark.parametrize("seed", range(20))
def test_empty_after_removing_all(seed):
    words = Prefixes(drawn(seed))
    for word in set(drawn(seed)):
        assert words.remove(word)
    assert words.root.children == {} and words.root.count == 0
