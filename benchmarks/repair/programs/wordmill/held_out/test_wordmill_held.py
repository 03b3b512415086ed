import random
import re

import pytest
from wordmill.clean import STOP, split, stem, terms
from wordmill.rank import parts, score, search, snippet
from wordmill.store import Store

WORDS = ["red", "cars", "run", "running", "the", "boxes", "old", "cities"]


def filled(seed):
    chance = random.Random(seed)
    texts = {f"d{n}": " ".join(chance.choices(WORDS, k=chance.randrange(1, 12))) for n in range(seed % 6 + 1)}
    store = Store()
    for name, text in texts.items():
        store.add(name, "replaced " + text)
        store.add(name, text)
    return store, texts


@pytest.mark.parametrize("text", ["a-b c", "", "  x", "x1y2!z", "Ä,ö", "end."])
def test_split_like_a_pattern(text):
    assert split(text) == re.findall(r"[^\W_]+", text.lower())


@pytest.mark.parametrize("base", ["walk", "box", "car", "abc"])
def test_all_forms_meet(base):
    assert {stem(base + ending) for ending in ("", "s", "es", "ed", "ing", "ings")} == {base}
    assert stem(base + "ies") == base + "y"
    assert stem(base[:2] + "s") == base[:2] + "s"


@pytest.mark.parametrize("seed", range(40))
def test_store_by_definition(seed):
    store, texts = filled(seed)
    lists = {name: [stem(w) for w in text.split() if w not in STOP] for name, text in texts.items()}
    for term in {*map(stem, WORDS), "zzz"}:
        assert store.names(term) == {n for n, found in lists.items() if term in found}
        assert all(store.count(term, n) == found.count(term) for n, found in lists.items())
    assert store.lengths == {n: len(found) for n, found in lists.items()}
    assert store.mean_length() == pytest.approx(sum(map(len, lists.values())) / len(lists))
    for name, found in lists.items():
        for start in range(len(found)):
            for length in (1, 2, 3):
                phrase = found[start : start + length]
                assert store.has_phrase(name, phrase)
                wrong = [*phrase, "zzz"]
                assert not store.has_phrase(name, wrong)
                turned = phrase[::-1]
                rows = [found[k : k + len(turned)] for k in range(len(found))]
                assert store.has_phrase(name, turned) is (turned in rows)
    for name in list(texts):
        store.remove(name)
    assert not store.places and not store.texts and store.mean_length() == 0


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("question", ["red", "red car", "-red run box", '"old red"', 'city "red run" -box', "the"])
def test_search_by_definition(seed, question):
    store, texts = filled(seed)
    phrases, plain, without = parts(question)
    asked = plain + [t for phrase in phrases for t in phrase]
    hits = search(store, question)
    expected = [
        n for n in texts
        if any(store.count(t, n) for t in asked)
        and not any(store.count(t, n) for t in without)
        and all(store.has_phrase(n, p) for p in phrases)
    ]
    assert sorted(n for n, _ in hits) == sorted(expected)
    assert hits == sorted(hits, key=lambda h: (-h[1], h[0]))
    assert all(value == pytest.approx(score(store, n, asked)) and value > 0 for n, value in hits)
    assert search(store, question, limit=2) == hits[:2]


def test_score_grows_with_repetition_and_falls_with_length():
    store = Store()
    for count in range(1, 5):
        store.add(f"r{count}", "tree " * count + "leaf " * (6 - count))
    found = [score(store, f"r{count}", ["tree"]) for count in range(1, 5)]
    assert found == sorted(found) and found[1] - found[0] > found[3] - found[2]
    store.add("long", "tree " + "leaf " * 30)
    assert score(store, "long", ["tree"]) < score(store, "r1", ["tree"])


def test_score_of_a_known_case():
    store = Store()
    store.add("a", "tree tree leaf")
    store.add("b", "stone")
    assert score(store, "a", ["tree"]) == pytest.approx(0.6931471805599453 * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 1.5)))


@pytest.mark.parametrize("around", [0, 1, 5, 50])
@pytest.mark.parametrize("word", ["alpha", "gamma", "OMEGA", "nothing"])
def test_snippets(around, word):
    text = "alpha beta gamma delta omega"
    out = snippet(text, word, around)
    core = out.removeprefix("...").removesuffix("...")
    assert core in text and len(core) <= len(word) + 2 * around
    if core:
        assert out.startswith("...") is (not text.startswith(core))
    if word != "nothing":
        assert word.lower() in core
        place = text.find(word.lower())
        assert core == text[max(0, place - around) : place + len(word) + around]
    assert terms(text) == text.split()
