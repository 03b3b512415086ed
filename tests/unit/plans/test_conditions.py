import pytest

from gatewright.domain.errors import InputError
from gatewright.domain.plan_run import StepResult
from gatewright.plans.conditions.condition import parse

RESULTS = {
    "ok": StepResult(status="succeeded", exit_code=0, captures={"n": "12", "word": "blue"}),
    "same": StepResult(status="succeeded", exit_code=0, unchanged=True),
    "bad": StepResult(status="failed", exit_code=3),
    "killed": StepResult(status="failed", signal=9),
    "left": StepResult(status="skipped"),
    "stopped": StepResult(status="cancelled"),
}
VALUES = {"TARGET": "main", "N": "7"}


@pytest.mark.parametrize(
    "text",
    [
        "succeeded('ok')",
        'failed("bad")',
        "skipped('left') and cancelled('stopped')",
        "unchanged('same') and not unchanged('ok')",
        "exit_code('bad') == 3",
        "exit_code('bad') >= 2.5",
        "exit_code('killed') != 0",
        "output('ok', 'word') == 'blue'",
        "output('ok', 'n') > 9",
        "output('ok', 'n') == 12",
        "output('ok', 'none') == ''",
        "var('TARGET') == 'main'",
        "var('N') < output('ok', 'n')",
        "var('TARGET') != 'develop'",
        "true",
        "not not true",
        "not(false)",
        "false or true and true",
        "(false or true) and not false",
        "succeeded('ok') == true",
        "succeeded('bad') == failed('ok')",
        "-1 < 0",
        "  succeeded ( 'ok' )\n or\tfalse ",
    ],
)
def test_holds(text):
    assert parse(text).holds(RESULTS, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "succeeded('bad')",
        "exit_code('killed') == 0",
        "exit_code('killed') < 1",
        "exit_code('killed') == exit_code('killed')",
        "output('ok', 'word') < 5",
        "output('ok', 'word') == 5",
        "not (succeeded('ok') or failed('ok'))",
        "succeeded('nobody') or failed('nobody') or unchanged('nobody')",
        "var('NONE') == ''",
    ],
)
def test_does_not_hold(text):
    assert not parse(text).holds(RESULTS, VALUES)


def test_and_binds_more_than_or():
    assert parse("true or false and false").holds({}, {})
    assert not parse("(true or false) and false").holds({}, {})


def test_says_what_it_reads():
    found = parse("failed('a') or output('b', 'x') == var('V') and not skipped('a')")
    assert (found.mentions, found.captures, found.variables) == (
        {"a", "b"},
        {("b", "x")},
        {"V"},
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alway", "column 1: 'alway' is no function of conditions"),
        ("", "column 1: a value is expected, not the end"),
        ("failed('a') &", "column 13: '&' is not understood"),
        ("failed('a') failed('b')", "column 13: 'failed' is too much"),
        ("failed(a)", "column 8: a string in quotes is expected, not 'a'"),
        ("failed('a'", "column 11: ')' is expected, not the end"),
        ("output('a')", "column 11: ',' is expected, not ')'"),
        ("exit_code('a')", "column 1: a number is neither true nor false"),
        ("var('A') and true", "column 1: a string is neither true nor false"),
        ("not 3", "column 5: a number is neither true nor false"),
        ("failed('a') > 1", "a bool and a number cannot be compared with '>'"),
        ("failed('a') < failed('b')", "a bool and a bool cannot be compared with '<'"),
        ("1 == 1 == 1", "column 8: '==' is too much"),
        ("failed('a", 'column 8: "\'" is not understood'),
        ("__import__('os')", "'__import__' is no function"),
        ("exit_code('a').real == 0", "is not understood"),
        ("(" * 60 + "true" + ")" * 60, "more than 50 parentheses deep"),
        ("12x == 1", "column 1"),
    ],
)
def test_says_what_is_no_condition_and_where(text, words):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert words in caught.value.problem


def test_guesses_what_was_meant():
    with pytest.raises(InputError) as caught:
        parse("succeded('a')")
    assert "Did you mean 'succeeded'?" in caught.value.fix


def test_many_nots_are_no_deep_recursion():
    assert parse("not " * 1_000 + "true").holds({}, {})
