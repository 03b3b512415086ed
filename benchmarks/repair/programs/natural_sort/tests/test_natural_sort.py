from natural_sort import merged, natural_sort, runs


def test_runs():
    assert runs([3, 5, 2, 2, 9, 1]) == [[3, 5], [2, 2, 9], [1]]


def test_runs_of_nothing():
    assert runs([]) == []


def test_merged():
    assert merged([1, 4, 6], [2, 3, 9]) == [1, 2, 3, 4, 6, 9]


def test_merged_with_nothing():
    assert merged([], [1, 2]) == [1, 2]
    assert merged([1, 2], []) == [1, 2]


def test_merged_is_stable():
    result = merged([1.0, 2], [1, 2.0])
    assert [type(item) for item in result] == [float, int, int, float]


def test_sorts_three_runs():
    assert natural_sort([5, 1, 4, 0, 8]) == [0, 1, 4, 5, 8]


def test_sorts_four_runs():
    assert natural_sort([4, 3, 2, 1]) == [1, 2, 3, 4]


def test_sorts_nothing_and_one():
    assert natural_sort([]) == []
    assert natural_sort([7]) == [7]
