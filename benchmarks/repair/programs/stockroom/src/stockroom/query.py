"""Questions about rows: `price > 100 and (group ~ food or not tag = old) sort -price, code limit 5`."""

import re
from dataclasses import dataclass

from stockroom.errors import BadQuery

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?)
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<word>[A-Za-z_][A-Za-z_0-9.]*)
    | (?P<sign><=|>=|!=|[=<>~(),-])
    )""",
    re.VERBOSE,
)
KEYWORDS = {"and", "or", "not", "in", "sort", "limit", "skip", "between"}


@dataclass(frozen=True)
class Token:
    kind: str
    value: object
    place: int


def tokens(text):
    """Raises: BadQuery."""
    found = []
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = TOKEN.match(text, place)
        if match is None:
            raise BadQuery(f"cannot read {text[place:].strip()[:10]!r}", place=place)
        kind = match.lastgroup
        raw = match.group(kind)
        start = match.start(kind)
        if kind == "number":
            found.append(Token("value", float(raw) if "." in raw else int(raw), start))
        elif kind == "text":
            found.append(Token("value", re.sub(r"\\(.)", r"\1", raw[1:-1]), start))
        elif kind == "word" and raw.lower() in KEYWORDS:
            found.append(Token("key", raw.lower(), start))
        else:
            found.append(Token(kind, raw, start))
        place = match.end()
    return found


class Compare:
    def __init__(self, name, sign, value):
        self.name = name
        self.sign = sign
        self.value = value

    def holds(self, row):
        actual = look_up(row, self.name)
        if actual is None:
            return self.sign == "!="
        if self.sign == "~":
            return str(self.value).lower() in str(actual).lower()
        if isinstance(actual, (set, frozenset, list, tuple)):
            found = self.value in actual
            return found if self.sign == "=" else not found if self.sign == "!=" else False
        if self.sign == "=":
            return actual == self.value
        if self.sign == "!=":
            return actual != self.value
        if isinstance(actual, str) != isinstance(self.value, str):
            return False
        if self.sign == "<":
            return actual < self.value
        if self.sign == "<=":
            return actual <= self.value
        if self.sign == ">":
            return actual > self.value
        return actual >= self.value


class OneOf:
    def __init__(self, name, values):
        self.name = name
        self.values = values

    def holds(self, row):
        return look_up(row, self.name) in self.values


class Between:
    def __init__(self, name, low, high):
        self.name = name
        self.low = low
        self.high = high

    def holds(self, row):
        actual = look_up(row, self.name)
        return actual is not None and self.low <= actual <= self.high


class Both:
    def __init__(self, parts):
        self.parts = parts

    def holds(self, row):
        return all(part.holds(row) for part in self.parts)


class Either:
    def __init__(self, parts):
        self.parts = parts

    def holds(self, row):
        return any(part.holds(row) for part in self.parts)


class Not:
    def __init__(self, part):
        self.part = part

    def holds(self, row):
        return not self.part.holds(row)


def look_up(row, name):
    """A dotted name in dicts and objects; None where it leads nowhere."""
    current = row
    for part in name.split("."):
        if isinstance(current, dict):
            current = current.get(part)
        else:
            current = getattr(current, part, None)
        if current is None:
            return None
    return current


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.place = 0

    def peek(self, kind, *values):
        if self.place >= len(self.tokens):
            return False
        token = self.tokens[self.place]
        return token.kind == kind and (not values or token.value in values)

    def take(self, kind, *values):
        if not self.peek(kind, *values):
            return None
        token = self.tokens[self.place]
        self.place += 1
        return token

    def need(self, kind, *values):
        token = self.take(kind, *values)
        if token is None:
            wanted = " or ".join(map(repr, values)) or kind
            raise BadQuery(f"{wanted} expected", place=self.where())
        return token

    def where(self):
        if self.place < len(self.tokens):
            return self.tokens[self.place].place
        return self.tokens[-1].place + 1 if self.tokens else 0

    def query(self):
        condition = None
        if self.place < len(self.tokens) and not self.peek("key", "sort", "limit", "skip"):
            condition = self.either()
        order = []
        if self.take("key", "sort"):
            order.append(self.sort_key())
            while self.take("sign", ","):
                order.append(self.sort_key())
        skip = self.need("value").value if self.take("key", "skip") else 0
        limit = self.need("value").value if self.take("key", "limit") else None
        if self.place < len(self.tokens):
            raise BadQuery(f"unexpected {self.tokens[self.place].value!r}", place=self.where())
        return Query(condition, order, skip, limit)

    def sort_key(self):
        falling = self.take("sign", "-") is not None
        return self.need("word").value, falling

    def either(self):
        parts = [self.both()]
        while self.take("key", "or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(parts)

    def both(self):
        parts = [self.single()]
        while self.take("key", "and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Both(parts)

    def single(self):
        if self.take("key", "not"):
            return Not(self.single())
        if self.take("sign", "("):
            inner = self.either()
            self.need("sign", ")")
            return inner
        name = self.need("word").value
        if self.take("key", "in"):
            return OneOf(name, self.values())
        if self.take("key", "between"):
            low = self.value()
            self.need("key", "and")
            return Between(name, low, self.value())
        sign = self.need("sign", "=", "!=", "<", "<=", ">", ">=", "~").value
        return Compare(name, sign, self.value())

    def values(self):
        self.need("sign", "(")
        found = [self.value()]
        while self.take("sign", ","):
            found.append(self.value())
        self.need("sign", ")")
        return found

    def value(self):
        token = self.take("value") or self.need("word")
        return token.value


@dataclass(frozen=True)
class Query:
    condition: object
    order: list
    skip: int = 0
    limit: int | None = None

    def run(self, rows):
        """The rows that it holds for, in its order."""
        found = [row for row in rows if self.condition is None or self.condition.holds(row)]
        for name, falling in reversed(self.order):
            found.sort(key=lambda row: sortable(look_up(row, name)), reverse=falling)
        end = None if self.limit is None else self.skip + self.limit
        return found[self.skip : end]


def sortable(value):
    """What orders numbers before text, and nothing before both."""
    if value is None:
        return (0, 0, "")
    if isinstance(value, (int, float)):
        return (1, value, "")
    return (2, 0, str(value))


def ask(text, rows):
    """Rows that a question holds for. Raises: BadQuery."""
    return Parser(text).query().run(rows)
