from tally import anagrams, histogram, index, mode, most_common, pairs_with_sum, words


def test_words():
    assert words('The "cat", the DOG - and (I)!') == ["the", "cat", "the", "dog", "-", "and", "i"]
    assert words(" ... ") == []


def test_most_common():
    text = "b a b c a b d"
    assert most_common(text) == [("b", 3), ("a", 2), ("c", 1)]
    assert most_common(text, limit=9, least=2) == [("b", 3), ("a", 2)]
    assert most_common("") == []


def test_index():
    assert index(["a b a", "", "b"]) == {"a": [1], "b": [1, 3]}


def test_anagrams():
    assert anagrams(["Stone", "tea", "notes", "eat", "x", "Ate"]) == [["Stone", "notes"], ["tea", "eat", "Ate"]]


def test_histogram():
    assert histogram([1, 9, 10, 25, -1], 10) == [(-10, 1), (0, 2), (10, 1), (20, 1)]


def test_pairs_with_sum():
    assert pairs_with_sum([1, 5, 3, 3, 7], 6) == [(1, 5), (3, 3)]
    assert pairs_with_sum([3], 6) == []
    assert pairs_with_sum([5, 1, 5], 6) == [(1, 5)]


def test_mode():
    assert mode([2, 1, 1, 2]) == 2
    assert mode([3, 1, 1]) == 1
    assert mode([5, 1, 1, 7, 7, 7]) == 7
    assert mode([]) is None
