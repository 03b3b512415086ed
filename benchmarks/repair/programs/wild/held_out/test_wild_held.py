import re
from itertools import product

import pytest
from wild import matches, select, specific

NAMES = ["".join(p) for n in range(5) for p in product("ab/", repeat=n)]
PATTERNS = ["*", "?", "a*", "*a", "a*b", "*b*", "a/*", "*/b", "??", "**/a", "**/*", "a/**/b", "**/a*", "?/**/?", "a", "/"]


def as_regex(pattern):
    text = ""
    while pattern:
        if pattern.startswith("**/"):
            text += "(?:[^/]*/)*"
            pattern = pattern[3:]
        else:
            text += {"*": "[^/]*", "?": "[^/]"}.get(pattern[0], re.escape(pattern[0]))
            pattern = pattern[1:]
    return re.compile(text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_like_regular_expressions(pattern):
    known = as_regex(pattern)
    for name in NAMES:
        assert bool(matches(pattern, name)) is bool(known.fullmatch(name)), name


@pytest.mark.parametrize("include", PATTERNS[:8])
@pytest.mark.parametrize("exclude", PATTERNS[4:12])
def test_select_by_matches(include, exclude):
    expected = [n for n in NAMES if matches(include, n) and not matches(exclude, n)]
    assert select(NAMES, [include, "zzz"], [exclude]) == expected
    assert select(NAMES, ["zzz", include]) == [n for n in NAMES if matches(include, n)]


@pytest.mark.parametrize("name", NAMES[::7])
def test_specific_is_the_longest(name):
    fitting = [p for p in PATTERNS if matches(p, name)]
    assert specific(PATTERNS, name) == max(fitting, key=len, default=None)
