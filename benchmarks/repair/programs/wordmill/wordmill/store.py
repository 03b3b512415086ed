"""Documents and where their terms stand."""

from wordmill.clean import terms


class Store:
    def __init__(self):
        self.texts = {}
        self.places = {}
        self.lengths = {}

    def add(self, name, text):
        """Add or replace a document."""
        if name in self.texts:
            self.remove(name)
        self.texts[name] = text
        found = terms(text)
        self.lengths[name] = len(found)
        for place, term in enumerate(found):
            self.places.setdefault(term, {}).setdefault(name, []).append(place)

    def remove(self, name):
        del self.texts[name]
        del self.lengths[name]
        for term in list(self.places):
            self.places[term].pop(name, None)
            if not self.places[term]:
                del self.places[term]

    def names(self, term):
        return set(self.places.get(term, {}))

    def count(self, term, name):
        return len(self.places.get(term, {}).get(name, []))

    def mean_length(self):
        if not self.lengths:
            return 0.0
        return sum(self.lengths.values()) / len(self.lengths)

    def has_phrase(self, name, phrase):
        """Whether the terms stand in a row in a document."""
        if not phrase:
            return True
        starts = self.places.get(phrase[0], {}).get(name, [])
        for start in starts:
            if all(
                start + offset in self.places.get(term, {}).get(name, [])
                for offset, term in enumerate(phrase)
            ):
                return True
        return False
