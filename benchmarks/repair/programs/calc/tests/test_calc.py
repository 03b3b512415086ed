import pytest
from calc import Calculator, Mistake, tokens


def test_tokens():
    assert tokens("a1 + 2.5*(3)") == [
        ("name", "a1"),
        ("sign", "+"),
        ("number", 2.5),
        ("sign", "*"),
        ("sign", "("),
        ("number", 3),
        ("sign", ")"),
    ]
    assert tokens("  ") == []


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("8 / 4 / 2", 1),
        ("7 % 4", 3),
        ("-3 + 5", 2),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("--4", 4),
        ("max(1, 2 + 5, 3)", 7),
        ("abs(-3) * 2", 6),
    ],
)
def test_values(text, value):
    assert Calculator().run(text) == value


def test_names():
    calculator = Calculator(x=3)
    assert calculator.run("y = x * 2") == 6
    assert calculator.run("y + x") == 9


@pytest.mark.parametrize(
    "text, message",
    [
        ("1 +", "unexpected"),
        ("1 2", "unexpected 2"),
        ("(1", "not closed"),
        ("z", "unknown name 'z'"),
        ("f(1)", "unknown function"),
        ("1 / 0", "division"),
        ("5 % 0", "division"),
        ("1 $ 2", "unknown sign"),
        ("", "unexpected"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(Mistake, match=message):
        Calculator().run(text)


def test_nothing_is_kept_of_a_mistake():
    calculator = Calculator(x=1)
    with pytest.raises(Mistake):
        calculator.run("x = 2 3")
    assert calculator.names == {"x": 1}
