import pytest
from wordmill.clean import split, stem, terms
from wordmill.rank import parts, rarity, score, search, snippet
from wordmill.store import Store


@pytest.fixture
def store():
    store = Store()
    store.add("cats", "The cat and the other cats are sleeping in the sun")
    store.add("dogs", "Dogs bark; a dog barked at the cat")
    store.add("sun", "The sun is a star. Stars shine.")
    return store


def names(hits):
    return [name for name, _ in hits]


def test_split():
    assert split("It's 9 o'clock, now!") == ["it", "s", "9", "o", "clock", "now"]
    assert split("...") == []


@pytest.mark.parametrize(
    "term, base",
    [("cats", "cat"), ("barked", "bark"), ("sings", "sing"), ("cities", "city"), ("its", "its"), ("boxes", "box"), ("meetings", "meet")],
)
def test_stem(term, base):
    assert stem(term) == base


def test_terms():
    assert terms("The sun is shining") == ["sun", "shin"]
    assert terms("The sun", keep_stop=True) == ["the", "sun"]


def test_counts(store):
    assert store.count("cat", "cats") == 2
    assert store.count("cat", "sun") == 0
    assert store.names("cat") == {"cats", "dogs"}
    assert store.lengths == {"cats": 6, "dogs": 6, "sun": 4}
    assert store.mean_length() == pytest.approx(16 / 3)


def test_replace_and_remove(store):
    store.add("cats", "birds")
    assert store.names("cat") == {"dogs"}
    store.remove("cats")
    assert store.names("bird") == set()
    assert "bird" not in store.places


def test_phrase(store):
    assert store.has_phrase("dogs", ["dog", "bark"])
    assert store.has_phrase("dogs", ["bark", "dog", "bark"])
    assert not store.has_phrase("cats", ["sun", "sleep"])
    assert store.has_phrase("sun", [])


def test_search(store):
    assert names(search(store, "cat")) == ["cats", "dogs"]
    assert names(search(store, "star sun")) == ["sun", "cats"]
    assert search(store, "zebra") == []
    assert names(search(store, "cat sun", limit=1)) == ["cats"]


def test_search_with_signs(store):
    assert names(search(store, "cat -dog")) == ["cats"]
    assert names(search(store, '"dog bark"')) == ["dogs"]
    assert names(search(store, 'cat "sun star"')) == ["sun"]
    assert names(search(store, 'cat "star sun"')) == []


def test_parts():
    assert parts('red "blue cars" -green of ""') == ([["blue", "car"]], ["red"], ["green"])


def test_rarity(store):
    assert rarity(store, "bark") > rarity(store, "cat") > 0


def test_score(store):
    assert score(store, "sun", ["cat"]) == 0
    assert score(store, "cats", ["cat", "sun"]) == pytest.approx(
        score(store, "cats", ["cat"]) + score(store, "cats", ["sun"])
    )


def test_shorter_documents_score_more():
    store = Store()
    store.add("long", "tree " + "leaf " * 20)
    store.add("short", "tree leaf")
    store.add("other", "stone")
    assert names(search(store, "tree")) == ["short", "long"]


@pytest.mark.parametrize(
    "text, word, out",
    [("a short one", "short", "a short one"), ("x" * 15 + "word" + "y" * 15, "WORD", "..." + "x" * 10 + "word" + "y" * 10 + "..."), ("z" * 25, "q", "z" * 20 + "...")],
)
def test_snippet(text, word, out):
    assert snippet(text, word) == out
