import pytest
from chain import Chain


def test_iterates_in_order():
    assert list(Chain([3, 1, 2])) == [3, 1, 2]
    assert list(Chain()) == []


def test_length():
    chain = Chain("ab")
    chain.append("c")
    chain.prepend("z")
    assert len(chain) == 4
    chain.remove("a")
    assert len(chain) == 3
    chain.remove("nothing")
    assert len(chain) == 3


def test_prepend_to_nothing_then_append():
    chain = Chain()
    chain.prepend(1)
    chain.append(2)
    assert list(chain) == [1, 2]


@pytest.mark.parametrize("value, left", [("a", "bcb"), ("b", "acb"), ("c", "abb")])
def test_remove(value, left):
    chain = Chain("abcb")
    assert chain.remove(value)
    assert list(chain) == list(left)


def test_remove_unknown():
    chain = Chain("ab")
    assert not chain.remove("x")
    assert list(chain) == ["a", "b"]


def test_append_after_removing_the_last():
    chain = Chain("ab")
    chain.remove("b")
    chain.append("c")
    assert list(chain) == ["a", "c"]


def test_reverse():
    chain = Chain([1, 2, 3])
    chain.reverse()
    assert list(chain) == [3, 2, 1]
    chain.append(0)
    assert list(chain) == [3, 2, 1, 0]


def test_from_end():
    chain = Chain("abc")
    assert [chain.from_end(place) for place in range(3)] == ["c", "b", "a"]
    with pytest.raises(IndexError):
        chain.from_end(3)
