"""Which documents answer a question best."""

from math import log

from wordmill.clean import terms


def rarity(store, term):
    """The rarer a term, the more it weighs; never negative."""
    having = len(store.names(term))
    return log(1 + (len(store.texts) - having + 0.5) / (having + 0.5))


def score(store, name, asked, fade=1.2, share=0.75):
    """The weight of the asked terms in a document; repetition fades, length counts against it."""
    total = 0.0
    mean = store.mean_length()
    for term in asked:
        count = store.count(term, name)
        if count == 0:
            continue
        norm = 1 - share + share * store.lengths[name] / mean
        total += rarity(store, term) * count * (fade + 1) / (count + fade * norm)
    return total


def search(store, question, limit=10):
    """(name, score) pairs, best first. "quoted" parts must be there; -words must not."""
    phrases, plain, without = parts(question)
    names = set()
    for term in [*plain, *(term for phrase in phrases for term in phrase)]:
        names |= store.names(term)
    hits = []
    for name in names:
        if any(store.count(term, name) for term in without):
            continue
        if not all(store.has_phrase(name, phrase) for phrase in phrases):
            continue
        asked = plain + [term for phrase in phrases for term in phrase]
        hits.append((name, score(store, name, asked)))
    hits.sort(key=lambda hit: (-hit[1], hit[0]))
    return hits[:limit]


def parts(question):
    """(phrases, plain terms, terms that must not be there)."""
    phrases, plain, without = [], [], []
    for number, piece in enumerate(question.split('"')):
        if number % 2 == 1:
            phrases.append(terms(piece))
            continue
        for word in piece.split():
            if word.startswith("-"):
                without.extend(terms(word[1:]))
            else:
                plain.extend(terms(word))
    return [phrase for phrase in phrases if phrase], plain, without


def snippet(text, word, around=10):
    """The text around the first place of a word, with dots where it was cut."""
    place = text.lower().find(word.lower())
    if place < 0:
        return text[: 2 * around] + ("..." if len(text) > 2 * around else "")
    start = max(0, place - around)
    end = min(len(text), place + len(word) + around)
    return ("..." if start > 0 else "") + text[start:end] + ("..." if end < len(text) else "")
