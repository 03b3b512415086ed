import pytest
from triage import Triage


def served(*cases):
    queue = Triage()
    for name, urgency in cases:
        queue.admit(name, urgency)
    return "".join(queue.serve() for _ in range(len(queue)))


def test_most_urgent_first():
    assert served(("a", 1), ("b", 5), ("c", 3)) == "bca"


def test_equals_as_they_came():
    assert served(("a", 2), ("b", 2), ("c", 2), ("d", 2)) == "abcd"
    assert served(("d", 2), ("c", 2), ("b", 2), ("a", 2)) == "dcba"


def test_many():
    cases = [(name, urgency) for name, urgency in zip("abcdefg", (3, 1, 4, 1, 5, 9, 2))]
    assert served(*cases) == "fecagbd"


def test_ever_more_urgent():
    assert served(*zip("abcdefghij", range(10))) == "jihgfedcba"


def test_ever_less_urgent():
    assert served(*zip("abcdefgh", range(8, 0, -1))) == "abcdefgh"


def test_ups_and_downs():
    cases = zip("abcdefghijk", (5, 2, 9, 1, 7, 3, 8, 6, 4, 11, 10))
    assert served(*cases) == "jkcgehaifbd"
    assert served(*zip("abcdefghi", (2, 3, 11, 10, 7, 9, 8, 6, 5))) == "cdfgehiba"


def test_peek():
    queue = Triage()
    assert queue.peek() is None
    queue.admit("a", 1)
    queue.admit("b", 2)
    assert queue.peek() == "b"
    assert len(queue) == 2


def test_empty():
    queue = Triage()
    with pytest.raises(IndexError):
        queue.serve()
    queue.admit("a", 1)
    assert queue.serve() == "a"
    assert len(queue) == 0


def test_between_servings():
    queue = Triage()
    queue.admit("a", 1)
    queue.admit("b", 3)
    assert queue.serve() == "b"
    queue.admit("c", 2)
    assert queue.serve() == "c"
    assert queue.serve() == "a"


def test_coming_and_going():
    queue, order = Triage(), ""
    for step in "46928!1735":
        if step == "!":
            order += queue.serve()
        else:
            queue.admit(step, int(step))
    while queue:
        order += queue.serve()
    assert order == "987654321"
