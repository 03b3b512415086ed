from fractions import Fraction

import pytest
from stockroom.errors import Invalid, Unknown
from stockroom.units import Quantity, best_unit, factor, kind_of


def test_kind_of():
    assert kind_of("kg") == "mass"
    with pytest.raises(Unknown):
        kind_of("parsec")


@pytest.mark.parametrize("source, target, value", [("kg", "g", 1000), ("dozen", "pc", 12), ("gross", "dozen", 12)])
def test_factor(source, target, value):
    assert factor(source, target) == value
    assert factor(target, source) == Fraction(1, value)


def test_factor_between_kinds():
    with pytest.raises(Invalid):
        factor("kg", "l")


@pytest.mark.parametrize(
    "text, amount, unit", [("3", 3, "pc"), ("2.5 kg", Fraction(5, 2), "kg"), ("1/2  l", Fraction(1, 2), "l")]
)
def test_parse(text, amount, unit):
    assert Quantity.parse(text) == Quantity(amount, unit)


@pytest.mark.parametrize("text", ["", "kg", "x 3", "1/0 kg"])
def test_parse_nonsense(text):
    with pytest.raises(Invalid):
        Quantity.parse(text)


def test_sum_in_the_first_unit():
    assert Quantity(1, "kg") + Quantity(500, "g") == Quantity(Fraction(3, 2), "kg")
    assert Quantity(1, "kg") - Quantity(500, "g") == Quantity(Fraction(1, 2), "kg")


def test_compare():
    assert Quantity(900, "g") < Quantity(1, "kg")
    assert Quantity(1000, "g") <= Quantity(1, "kg")
    assert not Quantity(2, "dozen") < Quantity(24)


def test_times_and_truth():
    assert Quantity(2, "m") * 3 == Quantity(6, "m")
    assert not Quantity(0) and Quantity(1)


def test_text():
    assert str(Quantity(3)) == "3 pc"
    assert str(Quantity(Fraction(5, 2), "kg")) == "2.5 kg"


@pytest.mark.parametrize(
    "quantity, best",
    [(Quantity(3000, "g"), Quantity(3, "kg")), (Quantity(1500, "g"), Quantity(1500, "g")), (Quantity(24), Quantity(2, "dozen")), (Quantity(200, "cm"), Quantity(2, "m"))],
)
def test_best_unit(quantity, best):
    assert best_unit(quantity) == best
