"""Small correct programs with their tests, and one-place bugs that people make in them.

The bugs were written down by hand, and not by the engine's own mutations; those of the kind
`beyond` need something that it does not try.
"""

from typing import NamedTuple


class Program(NamedTuple):
    """A module and its tests; each line of `checks` becomes a test."""

    code: str
    checks: tuple[str, ...]


class Bug(NamedTuple):
    """A place in a program's text, and the mistake put there."""

    program: str
    kind: str
    right: str
    wrong: str


PROGRAMS = {
    "search": Program(
        '''\
def find(items, wanted):
    """Binary search: the place of an item, or -1."""
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1


def insert(items, new):
    """Insert into a sorted list."""
    for place, item in enumerate(items):
        if item >= new:
            return items[:place] + [new] + items[place:]
    return items + [new]
''',
        (
            "find([1, 3, 5], 1) == 0",
            "find([1, 3, 5], 5) == 2",
            "find([1, 3, 5, 7], 3) == 1",
            "find([1, 3, 5], 4) == -1",
            "find([], 1) == -1",
            "find([2], 2) == 0",
            "insert([], 1) == [1]",
            "insert([1, 3], 2) == [1, 2, 3]",
            "insert([1, 3], 4) == [1, 3, 4]",
        ),
    ),
    "cart": Program(
        '''\
class Cart:
    """What a customer is about to buy."""

    def __init__(self, discount=0, free_from=100):
        self.lines = []
        self.discount = discount
        self.free_from = free_from

    def add(self, name, price, quantity=1):
        if quantity < 1:
            raise ValueError(quantity)
        self.lines.append((name, price, quantity))

    def count(self):
        return sum(quantity for _, _, quantity in self.lines)

    def goods(self):
        total = 0
        for _, price, quantity in self.lines:
            total += price * quantity
        return total

    def shipping(self):
        if not self.lines or self.goods() >= self.free_from:
            return 0
        return 5

    def total(self):
        return self.goods() * (100 - self.discount) / 100 + self.shipping()


def filled(*lines, **options):
    cart = Cart(**options)
    for line in lines:
        cart.add(*line)
    return cart
''',
        (
            "filled().total() == 0",
            "filled(('a', 10, 2), ('b', 5)).goods() == 25",
            "filled(('a', 10, 2), ('b', 5)).count() == 3",
            "filled(('a', 10, 2)).total() == 25",
            "filled(('a', 100, 1)).total() == 100",
            "filled(('a', 50, 1), ('b', 49, 1)).shipping() == 5",
            "filled(('a', 200, 1), discount=10).total() == 180",
            "filled(('a', 20, 1), discount=50).total() == 15",
        ),
    ),
    "text": Program(
        '''\
VOWELS = "aeiou"
WIDTH = 12


def wrap(text, width=WIDTH):
    """Lines of whole words, none wider than the width."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return lines + [line] if line else lines


def is_palindrome(text):
    letters = [c.lower() for c in text if c.isalpha()]
    return letters == letters[::-1]


def vowels(text):
    return sum(1 for c in text.lower() if c in VOWELS)


def between(text, start, end):
    """What stands between two marks, or nothing."""
    left = text.find(start)
    right = text.find(end, left + len(start))
    if left < 0 or right < 0:
        return ""
    return text[left + len(start):right]
''',
        (
            "wrap('') == []",
            "wrap('one two three four') == ['one two', 'three four']",
            "wrap('aaaaaa bbbbb') == ['aaaaaa bbbbb']",
            "wrap('a b', width=1) == ['a', 'b']",
            "is_palindrome('Anna')",
            "is_palindrome('A man, a plan, a canal: Panama')",
            "not is_palindrome('Hello')",
            "vowels('Education') == 5",
            "vowels('sky') == 0",
            "between('a [b] c', '[', ']') == 'b'",
            "between('a b] c', '[', ']') == ''",
            "between('a <<b>> c', '<<', '>>') == 'b'",
            "between(' ][b]', '[', ']') == 'b'",
        ),
    ),
    "dates": Program(
        """\
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def length(year, month):
    if month == 2 and is_leap(year):
        return 29
    return DAYS[month - 1]


def day_of_year(year, month, day):
    total = day
    for before in range(1, month):
        total += length(year, before)
    return total


def days_between(first, last):
    if first > last:
        return -days_between(last, first)
    days = day_of_year(*last) - day_of_year(*first)
    for year in range(first[0], last[0]):
        days += 366 if is_leap(year) else 365
    return days
""",
        (
            "is_leap(2024)",
            "is_leap(2000)",
            "not is_leap(1900)",
            "not is_leap(1800)",
            "not is_leap(2023)",
            "length(2024, 2) == 29",
            "length(2023, 2) == 28",
            "length(2023, 12) == 31",
            "day_of_year(2023, 1, 1) == 1",
            "day_of_year(2023, 12, 31) == 365",
            "day_of_year(2024, 3, 1) == 61",
            "days_between((2023, 12, 31), (2024, 1, 1)) == 1",
            "days_between((2024, 1, 1), (2023, 12, 31)) == -1",
            "days_between((2023, 1, 1), (2025, 1, 1)) == 731",
        ),
    ),
}

BUGS = (
    Bug("search", "comparison", "while low <= high:", "while low < high:"),
    Bug("search", "comparison", "if items[middle] < wanted:", "if items[middle] > wanted:"),
    Bug("search", "off by one", "len(items) - 1", "len(items)"),
    Bug("search", "off by one", "low = middle + 1", "low = middle"),
    Bug("search", "name", "            high = middle - 1", "            low = middle - 1"),
    Bug("search", "return", "    return -1\n", "    return middle\n"),
    Bug("search", "beyond", "[:place] + [new]", "[:new] + [place]"),
    Bug("cart", "comparison", ">= self.free_from", "> self.free_from"),
    Bug("cart", "connective", "not self.lines or", "not self.lines and"),
    Bug("cart", "negation", "if not self.lines", "if self.lines"),
    Bug("cart", "arithmetic", "price * quantity", "price + quantity"),
    Bug("cart", "arithmetic", "total += price", "total -= price"),
    Bug("cart", "arithmetic", "total += price", "total = price"),
    Bug("cart", "attribute", "self.discount) / 100", "self.free_from) / 100"),
    Bug("cart", "constant", "        return 5\n", "        return 6\n"),
    Bug("cart", "name", "sum(quantity for", "sum(_ for"),
    Bug("cart", "arguments", "(name, price, quantity))", "(name, quantity, quantity))"),
    Bug("text", "comparison", "len(word) > width", "len(word) >= width"),
    Bug("text", "negation", 'return ""\n', "return start\n"),
    Bug("text", "name", "            line = word\n", "            line = text\n"),
    Bug("text", "constant", "+ 1 + len(word)", "+ 2 + len(word)"),
    Bug("text", "constant", "letters[::-1]", "letters[::1]"),
    Bug("text", "comparison", "c in VOWELS", "c not in VOWELS"),
    Bug("text", "off by one", "find(end, left + len(start))", "find(end, left - len(start))"),
    Bug("text", "connective", "left < 0 or right < 0", "left < 0 and right < 0"),
    Bug("dates", "constant", "year % 400", "year % 40"),
    Bug("dates", "connective", "== 0 and (year", "== 0 or (year"),
    Bug("dates", "off by one", "range(1, month)", "range(1, month + 1)"),
    Bug("dates", "off by one", "DAYS[month - 1]", "DAYS[month]"),
    Bug("dates", "negation", "month == 2 and is_leap(year)", "month == 2 and not is_leap(year)"),
    Bug("dates", "arguments", "-days_between(last, first)", "-days_between(first, last)"),
    Bug("dates", "return", "return -days_between", "return days_between"),
    Bug("dates", "constant", "366 if is_leap(year) else 365", "365 if is_leap(year) else 366"),
    Bug("text", "beyond", "text.lower() if", "text if"),
    Bug("search", "beyond", "    return items + [new]", "    return items"),
    Bug("cart", "beyond", "        self.lines.append((name, price, quantity))", "        pass"),
    Bug("dates", "beyond", "month == 2 and is_leap(year)", "is_leap(year)"),
)
