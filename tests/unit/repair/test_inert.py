"""Edits are left out by the values that were seen, and never one that changes some of them."""

import ast
import builtins
import time
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.repair.inert import drop, sift
from gatewright.repair.mutate import Candidate, candidates
from gatewright.repair.operations import Unknown
from gatewright.repair.values import Evaluator

PATH = "lib.py"
BUILTINS = frozenset(dir(builtins))
Held = dict[str, Any]


def edit(code: str, old: str, new: str, *, score: float = 0.5) -> Candidate:
    """Other text in the place of the only occurrence of `old`."""
    data, before, after = code.encode(), old.encode(), new.encode()
    assert data.count(before) == 1, (old, data.count(before))
    start = data.index(before)
    line = data.count(b"\n", 0, start) + 1
    return Candidate(PATH, start, start + len(before), before, after, line, 1, score)


def kept(
    code: str,
    candidate: Candidate,
    held: dict[int, list[Held]],
    *,
    complete: bool = True,
    types: dict[int, dict[str, str]] | None = None,
) -> Candidate | None:
    """The candidate as it comes back, or None."""
    texts = {
        line: [{n: repr(v) for n, v in each.items()} for each in all_]
        for line, all_ in held.items()
    }
    seen = types or {
        line: {name: type(value).__name__ for each in all_ for name, value in each.items()}
        for line, all_ in held.items()
    }
    left = drop(
        [candidate],
        {PATH: code.encode()},
        {PATH: texts},
        {PATH: list(held) if complete else []},
        {PATH: seen},
    )
    return left[0] if left else None


def in_function(line: str) -> str:
    return f"def f(a, b, xs, self):\n    {line}\n    return a\n"


@pytest.mark.parametrize(
    ("line", "old", "new", "held"),
    [
        ("c = a + b", "a + b", "b + a", {"a": 1, "b": 2}),
        ("c = a + b", "+", "*", {"a": 2, "b": 2}),
        ("c = g(a, len(xs))", "len(xs)", "2", {"a": 2, "xs": [1, 2], "b": 2}),
        ("c = g(a, -b)", "-b", "-a", {"a": 2, "b": 2}),
        ("c = a < b", "<", "<=", {"a": 1, "b": 2}),
        ("c = xs[a]", "xs[a]", "xs[-1]", {"a": 1, "xs": [5, 6]}),
        ("c = any(x > a for x in xs)", ">", ">=", {"a": 1, "xs": [0, 2]}),
        ("c = self.n - b", "self.n", "self.m", {"self.n": 3, "self.m": 3, "b": 1}),
        ("a += b", "+=", "-=", {"a": 1, "b": 0}),
        ("a = b", "a = b", "pass", {"a": 1, "b": 1}),
        ("c = (a or b)", "or", "and", {"a": 2, "b": 2}),
        ("c = a", "c = a", "if not xs:\n        return 0\n    c = a", {"a": 2, "xs": [1]}),
        ("assert a", "assert a", "assert not b", {"a": [1], "b": ""}),
        ("c = (a)", "(a)", "a", {"a": object()}),
        ("xs[a] = b", "a] = b", "b] = a", {"a": 1, "b": 1, "xs": [0, 0]}),
    ],
)
def test_what_changes_nothing_is_left_out(line: str, old: str, new: str, held: Held) -> None:
    code = in_function(line)
    assert kept(code, edit(code, old, new), {2: [held]}) is None


@pytest.mark.parametrize(
    ("line", "old", "new", "held"),
    [
        ("c = a + b", "+", "*", {"a": 2, "b": 3}),
        ("c = a + b", "+", "*", {"a": 2}),
        ("c = a / b", "/", "//", {"a": 4, "b": 2}),
        ("c = xs", "= xs", "= xs[:]", {"xs": [1]}),
        ("c = xs", "= xs", "= b", {"xs": [1], "b": [1]}),
        ("c = g(xs) + len(xs)", "len(xs)", "2", {"xs": [1, 2]}),
        ("c = [a for a in xs if a > b]", "a > b", "a < b", {"a": 1, "b": 1, "xs": [2]}),
        ("c = lambda a: a + b", "a + b", "a - b", {"a": 1, "b": 0}),
        ("b = a", "b = a", "xs = a", {"a": 1, "b": 2, "xs": 3}),
        ("xs.append(a)", "append(a)", "append(a + 1)", {"a": 1, "xs": [1]}),
        ("c = a", "c = a", "if xs:\n        return 0\n    c = a", {"a": 2, "xs": [1]}),
        ("c = a; d = a + b", "a + b", "a - b", {"a": 1, "b": 0}),
        ("return a", "return a\n    ", "pass\n    ", {"a": 1}),
        ("c = (yield) + xs[a]", "xs[a]", "1", {"a": 0, "xs": [1]}),
        ("xs[a] = b", "a] = b", "0] = b", {"a": 1, "b": 1, "xs": [0, 0]}),
    ],
)
def test_what_may_change_something_is_kept(line: str, old: str, new: str, held: Held) -> None:
    code = in_function(line)
    assert kept(code, edit(code, old, new), {2: [held]}) is not None


def test_snapshots_that_are_not_all_there_were_leave_nothing_out() -> None:
    code = in_function("c = a + b")
    assert kept(code, edit(code, "+", "*"), {2: [{"a": 2, "b": 2}]}, complete=False) is not None


def test_one_snapshot_that_differs_is_enough() -> None:
    code = in_function("c = a + b")
    held = {2: [{"a": 2, "b": 2}, {"a": 0, "b": 0}, {"a": 1, "b": 2}]}
    assert kept(code, edit(code, "+", "*"), held) is not None


def test_only_truth_counts_in_a_condition() -> None:
    code = "def f(a, b):\n    while a:\n        a -= 1\n    return not b\n"
    assert kept(code, edit(code, "while a:", "while b:"), {2: [{"a": 2, "b": [1]}]}) is None


def test_a_condition_of_an_elif_is_looked_at() -> None:
    code = "def f(a):\n    if a > 9:\n        a = 1\n    elif a > 5:\n        a = 2\n    return a\n"
    assert kept(code, edit(code, "a > 5", "a >= 5"), {4: [{"a": 7}]}) is None
    assert kept(code, edit(code, "a > 5", "a >= 5"), {4: [{"a": 5}]}) is not None


def test_a_builtin_that_the_file_hides_is_not_trusted() -> None:
    code = "def len(x):\n    return 7\n\n\ndef f(xs):\n    return len(xs)\n"
    assert kept(code, edit(code, "len(xs)", "2"), {6: [{"xs": [1, 2]}]}) is not None


def test_an_expression_over_several_lines_is_seen_on_all_of_them() -> None:
    code = "def f(a, b):\n    return max(\n        a,\n        b,\n    )\n"
    change = edit(code, "        b,", "        b + 1,")
    assert kept(code, change, {2: [{"a": 5, "b": 1}], 4: [{"a": 5, "b": 5}]}) is not None
    assert kept(code, change, {2: [{"a": 5, "b": 1}], 4: [{"a": 5, "b": 2}]}) is None


def test_what_is_left_out_can_be_asked_for() -> None:
    code = in_function("c = a + b")
    one = edit(code, "+", "*")
    parts = sift(
        [one], {PATH: code.encode()}, {PATH: {2: [{"a": "2", "b": "2"}]}}, {PATH: [2]}, {PATH: {}}
    )
    assert (parts.kept, parts.inert) == ([], [one])


@pytest.mark.parametrize(
    ("line", "old", "new", "types", "better"),
    [
        ("c = a + 1", "a", "b", {"a": "int", "b": "int"}, True),
        ("c = a + 1", "a", "b", {"a": "int", "b": "Node"}, False),
        ("c = a + 1", "a + 1", "b + 1", {"a": "int", "b": "str"}, False),
        ("c = len(xs)", "xs)", "a)", {"xs": "list", "a": "int"}, False),
        ("c = xs[0]", "xs[0]", "a[0]", {"xs": "list", "a": "int"}, False),
        ("c = a < b", "< b", "< xs", {"a": "int", "b": "int", "xs": "list"}, False),
        ("c = xs + []", "[]", "a", {"xs": "list", "a": "int"}, False),
    ],
)
def test_types_speak_for_and_against(
    line: str, old: str, new: str, types: dict[str, str], better: bool
) -> None:
    code = f"def f(a, b, xs):\n    {line}\n"
    span = code.index(line)
    start = span + line.index(old)
    one = Candidate(PATH, start, start + len(old), old.encode(), new.encode(), 2, 1, 0.5)
    after = kept(code, one, {}, types={2: types})
    assert after is not None
    assert after.score > 0.5 if better else after.score <= 0.25


def test_the_likeliest_come_first_after_types() -> None:
    code = "def f(a, b, s):\n    return a + 1\n"
    place = code.index("a + 1")
    many = [
        Candidate(PATH, place, place + 1, b"a", new, 2, 1, score)
        for new, score in ((b"s", 0.6), (b"b", 0.5))
    ]
    types = {PATH: {2: {"a": "int", "b": "int", "s": "str"}}}
    assert [each.new for each in drop(many, {PATH: code.encode()}, {}, {}, types)] == [b"b", b"s"]


def test_a_file_that_does_not_parse_keeps_its_candidates() -> None:
    one = Candidate(PATH, 0, 1, b"d", b"e", 1, 1, 0.5)
    assert drop([one], {PATH: b"def f(:\n"}, {}, {}, {}) == [one]
    assert drop([one], {}, {}, {}, {}) == [one]


names = st.sampled_from(["a", "b", "xs", "s", "missing"])
atoms = st.one_of(
    names, st.sampled_from(["0", "1", "-2", "3.5", "True", "None", "'k'", "[]", "(1, 2)"])
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    operators = [
        "+",
        "-",
        "*",
        "//",
        "/",
        "%",
        "**",
        "<<",
        "&",
        "<",
        "<=",
        "==",
        "!=",
        "in",
        "is",
        "and",
        "or",
    ]
    functions = [
        "len",
        "min",
        "max",
        "abs",
        "sum",
        "sorted",
        "any",
        "all",
        "range",
        "list",
        "int",
        "str",
    ]
    return st.one_of(
        st.tuples(st.sampled_from(operators), two).map(lambda t: f"({t[1][0]} {t[0]} {t[1][1]})"),
        st.tuples(st.sampled_from(functions), inner).map(lambda t: f"{t[0]}({t[1]})"),
        two.map(lambda t: f"{t[0]}[{t[1]}]"),
        two.map(lambda t: f"{t[0]}[{t[1]}:]"),
        inner.map(lambda t: f"(not {t})"),
        inner.map(lambda t: f"(-{t})"),
        two.map(lambda t: f"[{t[0]}, {t[1]}]"),
        two.map(lambda t: f"[{t[0]} for a in {t[1]}]"),
        two.map(lambda t: f"any({t[0]} for a in {t[1]} if a)"),
        st.tuples(inner, two).map(lambda t: f"({t[0]} if {t[1][0]} else {t[1][1]})"),
    )


expressions = st.recursive(atoms, _grow, max_leaves=8)
environments = st.fixed_dictionaries(
    {
        "a": st.integers(-3, 6),
        "b": st.one_of(st.integers(-3, 6), st.floats(-2, 2), st.booleans()),
        "xs": st.lists(st.integers(-2, 3), max_size=4),
        "s": st.text("abk", max_size=3),
    }
)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # of `0 is True`, which is what it is about
@given(text=expressions, env=environments)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_evaluator_agrees_with_python_or_does_not_know(text: str, env: Held) -> None:
    node = ast.parse(text, mode="eval").body
    try:
        value = Evaluator(env, builtins=BUILTINS).value(node)
    except Unknown:
        return
    if isinstance(node, ast.GeneratorExp):
        return
    real = eval(text, dict(env))
    assert (type(value), repr(value)) == (type(real), repr(real))


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "1 << 10**9",
        "'a' * 10**9",
        "[0] * 10**9",
        "sum(range(10**9))",
        "list(range(10**9))",
        "[[[[0] * 400] * 400] * 400] * 400",
        "1.5 in range(10**12)",
        "'%999999999d' % 1",
        "xs.sort()",
        "__import__('os')",
        "(lambda: 1)()",
        "xs.__class__",
        "f'{xs}'",
        "[y for x in r for y in r for z in r]",
    ],
)
def test_what_is_too_large_or_calls_something_is_unknown(text: str) -> None:
    env = {"xs": [1], "r": list(range(50))}
    started = time.monotonic()
    with pytest.raises(Unknown):
        Evaluator(env, builtins=BUILTINS).value(ast.parse(text, mode="eval").body)
    assert time.monotonic() - started < 0.5


@pytest.mark.slow
@given(old=expressions, new=expressions, envs=st.lists(environments, min_size=1, max_size=4))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_edit_that_changes_a_value_is_left_out(old: str, new: str, envs: list[Held]) -> None:
    code = f"def f(a, b, xs, s):\n    return ({old})\n"
    start = code.index("return (") + len("return (")
    one = Candidate(PATH, start, start + len(old), old.encode(), new.encode(), 2, 1, 0.5)
    if kept(code, one, {2: envs}) is not None:
        return
    for env in envs:
        before, after = (_outcome(text, env) for text in (old, new))
        assert before == after


def _outcome(text: str, env: Held) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on `0[a]`
            value = eval(text, dict(env))
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
        return type(error)
    return type(value), repr(value)


@pytest.mark.slow
def test_thousands_of_candidates_are_looked_at_in_a_second() -> None:
    line = "    total = total + step * (count - 1) if count > step else total - len(name)\n"
    code = "def f(total, step, count, name):\n" + line * 10 + "    return total\n"
    files = {PATH: code.encode()}
    lines = range(2, 12)
    env = {"total": "5", "step": "2", "count": "7", "name": "'abc'"}
    kinds = {"total": "int", "step": "int", "count": "int", "name": "str"}
    types = dict.fromkeys(lines, kinds)
    found = candidates(files, {PATH: dict.fromkeys(lines, 1.0)})
    many = (found * (4_000 // len(found) + 1))[:4_000]
    held = {n: [env] * 8 for n in lines}
    started = time.process_time()
    left = drop(many, files, {PATH: held}, {PATH: list(lines)}, {PATH: types})
    assert time.process_time() - started < 3  # seconds; about 0.4 on an idle machine
    assert 0 < len(left) < len(many)
