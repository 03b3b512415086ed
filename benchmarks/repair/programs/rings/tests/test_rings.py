from rings import Tree


def grown(*keys):
    tree = Tree()
    for key in keys:
        tree.put(key, str(key))
    return tree


def test_get():
    tree = grown(5, 2, 8, 1)
    assert tree.get(8) == "8"
    assert tree.get(1) == "1"
    assert tree.get(7) is None and tree.get(7, 0) == 0


def test_put_again():
    tree = grown(5, 2)
    tree.put(2, "two")
    assert tree.get(2) == "two"
    assert tree.size == 2


def test_items():
    assert [key for key, _ in grown(5, 2, 8, 1, 3, 9).items()] == [1, 2, 3, 5, 8, 9]
    assert list(Tree().items()) == []


def test_height():
    assert Tree().height() == 0
    assert grown(5, 2, 8, 1).height() == 3
    assert grown(1, 2, 3).height() == 3


def test_floor():
    tree = grown(5, 2, 8)
    assert [tree.floor(key) for key in (1, 2, 4, 7, 9)] == [None, 2, 2, 5, 8]


def test_between():
    tree = grown(5, 2, 8, 1, 3, 9)
    assert tree.between(2, 8) == [2, 3, 5, 8]
    assert tree.between(6, 7) == []
