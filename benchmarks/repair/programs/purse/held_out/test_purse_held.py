import random

import pytest
from purse import Money, Purse


@pytest.mark.parametrize("cents", [*range(-230, 230, 23), 0, 1, 99, 100, 101, 123456])
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_text_both_ways(cents, currency):
    money = Money(cents, currency)
    assert Money.parse(str(money)) == money
    assert Money.parse(f"  {money} ") == money


@pytest.mark.parametrize("cents", range(0, 300, 17))
@pytest.mark.parametrize("parts", range(1, 9))
def test_split_adds_up(cents, parts):
    shares = Money(cents, "CHF").split(parts)
    assert len(shares) == parts
    assert sum(share.cents for share in shares) == cents
    assert shares == sorted(shares, reverse=True)
    assert shares[0].cents - shares[-1].cents <= 1
    assert {share.currency for share in shares} == {"CHF"}


@pytest.mark.parametrize("seed", range(60))
def test_purse_like_a_table(seed):
    chance = random.Random(seed)
    purse = Purse("x")
    held, spent = {}, {}
    for _ in range(30):
        currency = chance.choice(["EUR", "USD"])
        cents = chance.randrange(-2, 12)
        money = Money(cents, currency)
        if chance.random() < 0.5:
            if cents <= 0:
                with pytest.raises(ValueError):
                    purse.put(money, "in")
                continue
            purse.put(money, "in")
            held[currency] = held.get(currency, 0) + cents
        elif cents > 0:
            why = chance.choice("ab")
            if held.get(currency, 0) < cents:
                with pytest.raises(ValueError):
                    purse.take(money, why)
                continue
            purse.take(money, why)
            held[currency] -= cents
            spent[why, currency] = spent.get((why, currency), 0) + cents
        assert {c: m.cents for c, m in purse.contents.items()} == {c: n for c, n in held.items() if n}
    for why in "ab":
        assert purse.spent(why) == {c: n for (w, c), n in spent.items() if w == why}
    everything = {c: sum(n for (_, d), n in spent.items() if d == c) for _, c in spent}
    assert purse.spent() == everything
    assert purse.spent("other") == {}


def test_order_and_equality():
    amounts = [Money(n) for n in (5, -2, 9, 0)]
    assert [m.cents for m in sorted(amounts)] == [-2, 0, 5, 9]
    assert Money(5) >= Money(5) and Money(5) <= Money(5) and not Money(5) < Money(5)
    assert Money(1) != Money(1, "USD")
    for pair in ((Money(1), Money(1, "USD")), (Money(2, "USD"), Money(1))):
        with pytest.raises(TypeError):
            pair[0] - pair[1]


def test_difference_and_factors():
    for a in range(-3, 4):
        for b in range(-3, 4):
            assert Money(a, "X") - Money(b, "X") == Money(a - b, "X")
            assert Money(a, "X") * b == Money(a * b, "X")


@pytest.mark.parametrize("part, cents", [("1", 10), ("07", 7), ("0", 0), ("129", 12), ("", 0)])
def test_parts_of_a_unit(part, cents):
    assert Money.parse(f"3.{part}") == Money(300 + cents)
    assert Money.parse(f"-3.{part} X") == Money(-300 - cents, "X")
