import pytest
from purse import Money, Purse


@pytest.mark.parametrize(
    "text, money",
    [
        ("12.50 EUR", Money(1250)),
        ("12.5", Money(1250)),
        ("3 USD", Money(300, "USD")),
        ("-0.75", Money(-75)),
        ("1.999", Money(199)),
    ],
)
def test_parse(text, money):
    assert Money.parse(text) == money


def test_str():
    assert str(Money(1205)) == "12.05 EUR"
    assert str(Money(-75, "USD")) == "-0.75 USD"


def test_arithmetic():
    assert Money(100) + Money(25) == Money(125)
    assert Money(100) - Money(25) == Money(75)
    assert Money(999) * 0.1 == Money(100)
    assert -Money(5) == Money(-5)


def test_order():
    assert Money(1) < Money(2)
    assert max(Money(5), Money(7)) == Money(7)


def test_currencies_do_not_mix():
    with pytest.raises(TypeError):
        Money(1) + Money(1, "USD")
    with pytest.raises(TypeError):
        Money(1) < Money(2, "USD")


def test_currency_is_kept():
    assert (Money(1, "USD") + Money(1, "USD")).currency == "USD"
    assert (Money(4, "USD") * 2).currency == "USD"


def test_split():
    assert Money(100).split(3) == [Money(34), Money(33), Money(33)]
    assert Money(5).split(5) == [Money(1)] * 5


@pytest.fixture
def purse():
    purse = Purse("Ada")
    purse.put(Money(1000), "wage")
    purse.put(Money(300, "USD"))
    return purse


def test_take(purse):
    purse.take(Money(400), "food")
    assert purse.contents == {"EUR": Money(600), "USD": Money(300, "USD")}


def test_take_all(purse):
    purse.take(Money(300, "USD"))
    assert purse.contents == {"EUR": Money(1000)}


def test_too_little(purse):
    with pytest.raises(ValueError, match="Ada"):
        purse.take(Money(1001))
    with pytest.raises(ValueError):
        purse.take(Money(1, "CHF"))
    assert len(purse.log) == 2


def test_put_nothing(purse):
    with pytest.raises(ValueError):
        purse.put(Money(0))


def test_spent(purse):
    purse.take(Money(400), "food")
    purse.take(Money(100), "fun")
    purse.take(Money(50, "USD"), "fun")
    assert purse.spent() == {"EUR": 500, "USD": 50}
    assert purse.spent("fun") == {"EUR": 100, "USD": 50}


def test_purses_are_apart():
    first, second = Purse("a"), Purse("b")
    first.put(Money(5))
    assert second.contents == {} and second.log == []
