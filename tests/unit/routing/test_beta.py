"""The quantile function: right, ordered, and the same for the same words."""

import pytest

from routing.beta import interval, quantile, share_below, uniform


@pytest.mark.parametrize(
    ("x", "alpha", "beta", "share"),
    [
        (0.3, 1, 1, 0.3),
        (0.3, 1, 3, 1 - 0.7**3),
        (0.5, 2, 1, 0.25),
        (0.5, 7.5, 7.5, 0.5),
        (0.25, 0.5, 0.5, 1 / 3),
        (0.0, 2, 3, 0.0),
        (1.0, 2, 3, 1.0),
    ],
)
def test_shares_that_have_a_closed_form(x: float, alpha: float, beta: float, share: float) -> None:
    assert share_below(x, alpha, beta) == pytest.approx(share, abs=1e-10)


@pytest.mark.parametrize("u", [1e-9, 0.01, 0.3, 0.5, 0.7, 0.999])
@pytest.mark.parametrize(("alpha", "beta"), [(1, 1), (0.3, 1.7), (32, 20), (900, 4), (0.9, 0.3)])
def test_the_quantile_undoes_the_share(u: float, alpha: float, beta: float) -> None:
    assert share_below(quantile(u, alpha, beta), alpha, beta) == pytest.approx(u, abs=1e-6)


def test_a_share_far_out_has_a_quantile_that_is_still_a_number() -> None:
    assert 0 <= quantile(1e-12, 0.001, 5000) <= quantile(1 - 1e-12, 5000, 0.001) <= 1


def test_the_middle_95_percent() -> None:
    low, high = interval(32, 20)
    assert (round(low, 2), round(high, 2)) == (0.48, 0.74)


def test_the_words_alone_decide() -> None:
    assert uniform("seed", "a", 0) == uniform("seed", "a", 0)


@pytest.mark.parametrize("words", [("seed", "a", 1), ("seed", "b", 0), ("see", "da", 0)])
def test_other_words_another_number(words: tuple[object, ...]) -> None:
    assert uniform(*words) != uniform("seed", "a", 0)


def test_the_numbers_are_even() -> None:
    numbers = [uniform("seed", n) for n in range(2000)]
    assert 0 < min(numbers) < max(numbers) < 1
    assert sum(numbers) / 2000 == pytest.approx(0.5, abs=0.03)
