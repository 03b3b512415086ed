"""Conditions over what earlier steps came to: `failed('a') or exit_code('b') == 3`.

    condition  := all ("or" all)*
    all        := one ("and" one)*
    one        := "not"* (value (("==" | "!=" | "<" | "<=" | ">" | ">=") value)?)
    value      := "(" condition ")" | number | string | "true" | "false" | function

Functions: `succeeded('a')`, `failed`, `skipped`, `cancelled`, `unchanged` of a step's id,
`exit_code('a')`, `output('a', 'capture')`, `var('NAME')`. Nothing is evaluated by Python.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from gatewright.plans.conditions.terms import (
    ORDER,
    Results,
    Term,
    Values,
    compared,
    exit_code,
    output,
)
from gatewright.plans.conditions.tokens import Token, refuse, tokens
from gatewright.plans.documents.document import WHENS
from gatewright.plans.documents.problems import did_you_mean

_MOST_NESTED = 50
_STATUSES = ("succeeded", "failed", "skipped", "cancelled")
_FUNCTIONS = (*_STATUSES, "unchanged", "exit_code", "output", "var")
_WORDS = ("and", "or", "not", "true", "false")


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A condition that was read."""

    text: str
    mentions: frozenset[str]
    """Ids of steps."""
    captures: frozenset[tuple[str, str]]
    """Steps and names of their captures."""
    variables: frozenset[str]
    _term: Term = field(repr=False, compare=False)

    def holds(self, results: Results, values: Values) -> bool:
        """Whether it is true; of a step without a result nothing is."""
        return self._term(results, values) is True


def parse(text: str) -> Condition:
    """Read a condition.

    Raises: InputError that names the column when it is none.
    """
    return _Parser(text).condition()


class _Typed(NamedTuple):
    term: Term
    kind: str
    """`bool`, `number`, `string`."""
    column: int


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0
        self._nested = 0
        self._mentions: set[str] = set()
        self._captures: set[tuple[str, str]] = set()
        self._variables: set[str] = set()

    def condition(self) -> Condition:
        typed = self._truth(self._any())
        if self._next.kind != "end":
            refuse(self._text, self._next.column, f"{self._next.text!r} is too much")
        return Condition(
            text=self._text,
            mentions=frozenset(self._mentions),
            captures=frozenset(self._captures),
            variables=frozenset(self._variables),
            _term=typed.term,
        )

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, kind: str, text: str) -> bool:
        if (self._next.kind, self._next.text) != (kind, text):
            return False
        self._at += 1
        return True

    def _expect(self, kind: str, text: str = "") -> str:
        token = self._next
        if token.kind != kind or (text and token.text != text):
            wanted = repr(text) if text else f"a {kind} in quotes"
            got = repr(token.text) if token.text else "the end"
            refuse(self._text, token.column, f"{wanted} is expected, not {got}")
        self._at += 1
        return token.text

    def _truth(self, typed: _Typed) -> _Typed:
        if typed.kind != "bool":
            refuse(
                self._text,
                typed.column,
                f"a {typed.kind} is neither true nor false",
                "Compare it. ",
            )
        return typed

    def _any(self) -> _Typed:
        first = self._all()
        if not self._is_word("or"):
            return first
        terms = [self._truth(first).term]
        while self._take("word", "or"):
            terms.append(self._truth(self._all()).term)
        parts = tuple(terms)
        return _Typed(
            lambda results, values: any(part(results, values) for part in parts),
            "bool",
            first.column,
        )

    def _all(self) -> _Typed:
        first = self._one()
        if not self._is_word("and"):
            return first
        terms = [self._truth(first).term]
        while self._take("word", "and"):
            terms.append(self._truth(self._one()).term)
        parts = tuple(terms)
        return _Typed(
            lambda results, values: all(part(results, values) for part in parts),
            "bool",
            first.column,
        )

    def _is_word(self, word: str) -> bool:
        return (self._next.kind, self._next.text) == ("word", word)

    def _one(self) -> _Typed:
        column = self._next.column
        nots = 0
        while self._take("word", "not"):
            nots += 1
        typed = self._comparison()
        if not nots:
            return typed
        term, odd = self._truth(typed).term, nots % 2 == 1
        return _Typed(
            lambda results, values: (term(results, values) is True) != odd, "bool", column
        )

    def _comparison(self) -> _Typed:
        left = self._value()
        sign = self._next
        if sign.kind != "sign" or sign.text in {"(", ")", ","}:
            return left
        self._at += 1
        right = self._value()
        if (left.kind == "bool") != (right.kind == "bool") or (
            left.kind == "bool" and sign.text in ORDER
        ):
            refuse(
                self._text,
                sign.column,
                f"a {left.kind} and a {right.kind} cannot be compared with {sign.text!r}",
            )
        return _Typed(compared(left.term, sign.text, right.term), "bool", left.column)

    def _value(self) -> _Typed:
        token = self._next
        if self._take("sign", "("):
            self._nested += 1
            if self._nested > _MOST_NESTED:
                refuse(self._text, token.column, f"more than {_MOST_NESTED} parentheses deep")
            inner = self._any()
            self._expect("sign", ")")
            self._nested -= 1
            return inner
        if token.kind not in {"number", "string", "word"}:
            got = repr(token.text) if token.text else "the end"
            refuse(self._text, token.column, f"a value is expected, not {got}")
        self._at += 1
        if token.kind == "number":
            number = float(token.text)
            return _Typed(lambda results, values: number, "number", token.column)
        if token.kind == "string":
            string = token.text
            return _Typed(lambda results, values: string, "string", token.column)
        return self._word(token)

    def _word(self, token: Token) -> _Typed:
        name = token.text
        if name in {"true", "false"}:
            truth = name == "true"
            return _Typed(lambda results, values: truth, "bool", token.column)
        if name not in _FUNCTIONS:
            known = (*_FUNCTIONS, *_WORDS, *WHENS)
            refuse(
                self._text,
                token.column,
                f"{name!r} is no function of conditions",
                did_you_mean(name, known),
            )
        self._expect("sign", "(")
        first = self._expect("string")
        second = ""
        if name == "output":
            self._expect("sign", ",")
            second = self._expect("string")
        self._expect("sign", ")")
        return self._called(name, first, second, token.column)

    def _called(self, name: str, first: str, second: str, column: int) -> _Typed:
        if name == "var":
            self._variables.add(first)
            return _Typed(lambda results, values: values.get(first), "string", column)
        self._mentions.add(first)
        if name == "output":
            self._captures.add((first, second))
            return _Typed(output(first, second), "string", column)
        if name == "exit_code":
            return _Typed(exit_code(first), "number", column)
        if name == "unchanged":
            return _Typed(
                lambda results, values: first in results and results[first].unchanged,
                "bool",
                column,
            )
        return _Typed(
            lambda results, values: first in results and results[first].status == name,
            "bool",
            column,
        )
