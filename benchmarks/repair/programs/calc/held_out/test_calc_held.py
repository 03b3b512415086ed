import random

import pytest
from calc import Calculator, Mistake


def expression(chance, depth):
    if depth == 0 or chance.random() < 0.2:
        return str(chance.randrange(1, 9))
    shape = chance.randrange(6)
    left, right = expression(chance, depth - 1), expression(chance, depth - 1)
    if shape == 0:
        return f"({left})"
    if shape == 1:
        return f"-{left}"
    if shape == 2:
        return f"max({left}, {right})"
    return f"{left} {chance.choice('+-*/%')} {right}"


@pytest.mark.parametrize("seed", range(150))
def test_like_python(seed):
    text = expression(random.Random(seed), 4)
    try:
        expected = eval(text, {"max": max})
    except ZeroDivisionError:
        with pytest.raises(Mistake):
            Calculator().run(text)
        return
    assert Calculator().run(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["2**2**3", "-2**2", "(-2)**2", "2**-2", "3 - -3", "2*-3", "2 ** 2 * 3"])
def test_powers_like_python(text):
    assert Calculator().run(text) == eval(text)


@pytest.mark.parametrize(
    "text", ["(", ")", "1)", "max(1", "max(1,)", "max(", "1 + * 2", "= 3", "2 = 3", "a b", "min 3", "1 ** ", "5 % 0", "1 % (2 - 2)"]
)
def test_more_mistakes(text):
    with pytest.raises(Mistake):
        Calculator(a=1, b=2).run(text)


def test_a_calculator_goes_on_after_a_mistake():
    calculator = Calculator()
    with pytest.raises(Mistake):
        calculator.run("(1 + 2")
    assert calculator.run("x = 4") == 4
    assert calculator.run("x = x + 1") == 5
    assert calculator.run("x") == 5
    assert calculator.names == {"x": 5}


def test_names_given_are_copied_and_functions_nested():
    names = {"a": 2}
    calculator = Calculator(**names)
    calculator.run("a = 3")
    assert names == {"a": 2}
    assert calculator.run("min(max(1, a), round(2.6), abs(0 - 9))") == 3
    assert calculator.run("1.5 + .5 * 0" if False else "1.5 + 0.5") == 2.0
