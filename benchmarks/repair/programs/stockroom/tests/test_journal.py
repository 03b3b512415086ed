import pytest
from stockroom.errors import Invalid, Unknown
from stockroom.journal import Journal


@pytest.fixture
def journal():
    return Journal({"a": 1})


def test_values(journal):
    journal.set("b", 2)
    assert journal["b"] == 2 and "b" in journal
    assert journal.get("x") is None and journal.get("x", 3) == 3
    assert journal.keys() == ["a", "b"]
    with pytest.raises(Unknown):
        journal["x"]


def test_undo_and_redo(journal):
    journal.set("a", 2)
    journal.set("a", 3)
    assert journal.undo()
    assert journal["a"] == 2
    assert journal.redo()
    assert journal["a"] == 3
    assert not journal.redo()


def test_undo_of_new_and_deleted(journal):
    journal.set("b", 2)
    journal.delete("a")
    journal.undo()
    assert journal["a"] == 1
    journal.undo()
    assert "b" not in journal
    assert not journal.undo()
    journal.redo()
    journal.redo()
    assert journal.keys() == ["b"]


def test_new_change_forgets_redo(journal):
    journal.set("a", 2)
    journal.undo()
    journal.set("a", 9)
    assert not journal.redo()


def test_transaction_is_one_step(journal):
    journal.begin()
    journal.set("a", 2)
    journal.set("b", 3)
    journal.commit()
    journal.undo()
    assert journal.snapshot() == {"a": 1}
    journal.redo()
    assert journal.snapshot() == {"a": 2, "b": 3}


def test_rollback(journal):
    journal.begin()
    journal.set("a", 2)
    journal.set("a", 3)
    journal.rollback()
    assert journal["a"] == 1
    assert not journal.undo()


def test_inner_rollback(journal):
    journal.begin()
    journal.set("a", 2)
    journal.begin()
    journal.set("a", 3)
    journal.set("b", 4)
    journal.rollback()
    assert journal.snapshot() == {"a": 2}
    journal.commit()
    journal.undo()
    assert journal["a"] == 1


def test_inner_commit(journal):
    journal.begin()
    journal.begin()
    journal.set("a", 3)
    journal.commit()
    journal.rollback()
    assert journal["a"] == 1


def test_empty_transaction(journal):
    journal.begin()
    journal.commit()
    assert not journal.undo()


def test_errors(journal):
    for call in (journal.commit, journal.rollback):
        with pytest.raises(Invalid):
            call()
    journal.begin()
    with pytest.raises(Invalid):
        journal.undo()


def test_snapshot_is_apart():
    journal = Journal({"a": [1]})
    snapshot = journal.snapshot()
    journal["a"].append(2)
    assert snapshot == {"a": [1]}


def test_given_values_are_copied():
    values = {"a": 1}
    Journal(values).set("a", 2)
    assert values == {"a": 1}


def test_difference(journal):
    journal.set("b", 1)
    before = journal.snapshot()
    journal.set("a", 5)
    journal.delete("b")
    journal.set("c", 1)
    assert journal.difference(before) == (["c"], ["b"], ["a"])
