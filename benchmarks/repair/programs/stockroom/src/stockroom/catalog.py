"""The goods: articles, their groups, and finding them by words."""

import re
from dataclasses import dataclass, field

from stockroom.errors import Duplicate, Invalid, Unknown

CODE = re.compile(r"[A-Z]{2,4}-\d{3,5}")
WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Article:
    """Something that is kept; prices are in cents for one unit."""

    code: str
    name: str
    unit: str = "pc"
    price: int = 0
    group: str = ""
    tags: frozenset = field(default_factory=frozenset)

    def __post_init__(self):
        if not CODE.fullmatch(self.code):
            raise Invalid(f"{self.code!r} is no article code", subject=self.code)
        if self.price < 0:
            raise Invalid(f"price of {self.code} is negative", subject=self.code)

    def words(self):
        """What it is found by."""
        found = set(WORD.findall(self.name.lower()))
        found.update(tag.lower() for tag in self.tags)
        return found


class Groups:
    """A tree of groups, written with slashes: food/fruit/apples."""

    def __init__(self):
        self._parents = {}

    def add(self, path):
        """Add a group and those that it lies in; the whole path."""
        parts = [part.strip() for part in path.split("/")]
        if not all(parts):
            raise Invalid(f"{path!r} has an empty part", subject=path)
        parent = ""
        for place in range(len(parts)):
            current = "/".join(parts[: place + 1])
            self._parents.setdefault(current, parent)
            parent = current
        return parent

    def __contains__(self, path):
        return path in self._parents

    def above(self, path):
        """The groups that a group lies in, nearest first."""
        if path not in self._parents:
            raise Unknown(f"no group {path!r}", subject=path)
        found = []
        parent = self._parents[path]
        while parent:
            found.append(parent)
            parent = self._parents[parent]
        return found

    def below(self, path):
        """The groups in a group, at any depth, by name."""
        return sorted(name for name in self._parents if name.startswith(path + "/"))

    def depth(self, path):
        return len(self.above(path)) + 1


class Catalog:
    """All articles by code."""

    def __init__(self):
        self._articles = {}
        self._index = {}
        self.groups = Groups()

    def __len__(self):
        return len(self._articles)

    def __iter__(self):
        return iter(sorted(self._articles.values(), key=lambda article: article.code))

    def __contains__(self, code):
        return code in self._articles

    def add(self, article):
        if article.code in self._articles:
            raise Duplicate(f"{article.code} is there already", subject=article.code)
        if article.group:
            self.groups.add(article.group)
        self._articles[article.code] = article
        for word in article.words():
            self._index.setdefault(word, set()).add(article.code)
        return article

    def get(self, code):
        try:
            return self._articles[code]
        except KeyError:
            raise Unknown(f"no article {code!r}", subject=code) from None

    def remove(self, code):
        article = self.get(code)
        del self._articles[code]
        for word in article.words():
            codes = self._index[word]
            codes.discard(code)
            if not codes:
                del self._index[word]
        return article

    def replace(self, article):
        """Put a changed article in the place of the old one with its code."""
        self.remove(article.code)
        return self.add(article)

    def find(self, text):
        """Articles that have every word of the text, most fitting first, then by code.

        A word also counts when it begins a word of the article; whole words fit better.
        """
        wanted = WORD.findall(text.lower())
        if not wanted:
            return []
        scores = {}
        for word in wanted:
            hits = {}
            for known, codes in self._index.items():
                if known.startswith(word):
                    score = 2 if known == word else 1
                    for code in codes:
                        hits[code] = max(hits.get(code, 0), score)
            for code, score in hits.items():
                scores.setdefault(code, []).append(score)
        found = [code for code, marks in scores.items() if len(marks) == len(wanted)]
        found.sort(key=lambda code: (-sum(scores[code]), code))
        return [self._articles[code] for code in found]

    def in_group(self, path, deep=True):
        """Articles of a group, and of those in it unless told otherwise."""
        if path not in self.groups:
            raise Unknown(f"no group {path!r}", subject=path)
        return [
            article
            for article in self
            if article.group == path or (deep and article.group.startswith(path + "/"))
        ]

    def next_code(self, prefix):
        """The first free code after the highest with the prefix."""
        numbers = [
            int(code.partition("-")[2]) for code in self._articles if code.startswith(prefix + "-")
        ]
        return f"{prefix}-{max(numbers, default=0) + 1:03}"
