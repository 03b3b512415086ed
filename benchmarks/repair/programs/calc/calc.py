"""Arithmetic with names, read and worked out by hand."""

import re

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(\*\*|[-+*/%()=,]))")
FUNCTIONS = {"max": max, "min": min, "abs": abs, "round": round}


class Mistake(ValueError):
    """What cannot be read or worked out."""


def tokens(text):
    found = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise Mistake(f"unknown sign at {place}")
        number, name, sign = match.groups()
        if number:
            found.append(("number", float(number) if "." in number else int(number)))
        elif name:
            found.append(("name", name))
        else:
            found.append(("sign", sign))
        place = match.end()
    return found


class Calculator:
    def __init__(self, **names):
        self.names = dict(names)
        self._tokens = []
        self._place = 0

    def run(self, text):
        """The value of a line; `x = …` keeps it under a name. Raises: Mistake."""
        self._tokens = tokens(text)
        self._place = 0
        target = None
        if len(self._tokens) > 2 and self._tokens[0][0] == "name" and self._tokens[1][1] == "=":
            target = self._tokens[0][1]
            self._place = 2
        value = self._sum()
        if self._place != len(self._tokens):
            raise Mistake(f"unexpected {self._tokens[self._place][1]!r}")
        if target is not None:
            self.names[target] = value
        return value

    def _peek(self):
        if self._place < len(self._tokens):
            return self._tokens[self._place]
        return ("end", "")

    def _take(self, *signs):
        kind, sign = self._peek()
        if kind == "sign" and sign in signs:
            self._place += 1
            return sign
        return None

    def _sum(self):
        value = self._term()
        while sign := self._take("+", "-"):
            other = self._term()
            value = value + other if sign == "+" else value - other
        return value

    def _term(self):
        value = self._signed()
        while sign := self._take("*", "/", "%"):
            other = self._signed()
            if sign == "*":
                value = value * other
            elif other == 0:
                raise Mistake("division by nothing")
            elif sign == "/":
                value = value / other
            else:
                value = value % other
        return value

    def _signed(self):
        if self._take("-"):
            return -self._signed()
        return self._power()

    def _power(self):
        base = self._atom()
        if self._take("**"):
            return base ** self._signed()
        return base

    def _atom(self):
        kind, value = self._peek()
        self._place += 1
        if kind == "number":
            return value
        if kind == "name":
            if self._take("("):
                return self._call(value)
            if value not in self.names:
                raise Mistake(f"unknown name {value!r}")
            return self.names[value]
        if value == "(":
            inner = self._sum()
            self._close()
            return inner
        raise Mistake(f"unexpected {value!r}")

    def _call(self, name):
        if name not in FUNCTIONS:
            raise Mistake(f"unknown function {name!r}")
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self._close()
        return FUNCTIONS[name](*arguments)

    def _close(self):
        if not self._take(")"):
            raise Mistake("a bracket is not closed")
