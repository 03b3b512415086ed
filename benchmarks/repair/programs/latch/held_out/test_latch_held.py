import pytest
from latch import Breaker, GaveUp, Once, changed, checked, retry


@pytest.mark.parametrize("times", range(1, 6))
@pytest.mark.parametrize("failures", range(7))
def test_tries(times, failures):
    calls, waits = [], []

    @retry(times=times, on=(ValueError, KeyError), wait=waits.append)
    def shaky(a, b=0):
        """Sometimes."""
        calls.append((a, b))
        if len(calls) <= failures:
            raise (ValueError, KeyError)[len(calls) % 2](len(calls))
        return a + b

    if failures < times:
        assert shaky(1, b=2) == 3
    else:
        with pytest.raises(GaveUp) as caught:
            shaky(1, b=2)
        assert [error.args[0] for error in caught.value.errors] == list(range(1, times + 1))
    tried = min(times, failures + 1)
    assert calls == [(1, 2)] * tried
    assert waits == list(range(1, tried))
    assert shaky.__doc__ == "Sometimes."


def test_defaults_of_retry():
    calls = []

    @retry()
    def bad():
        calls.append(1)
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(GaveUp, match="3 tries"):
            bad()
    assert len(calls) == 6


@pytest.mark.parametrize("failures", range(1, 4))
@pytest.mark.parametrize("pause", [1, 5])
def test_breaker_like_a_table(failures, pause):
    now, row, until = 0, 0, None
    breaker = Breaker(failures, pause=pause, clock=lambda: now)

    def work(good):
        if not good:
            raise ValueError
        return "done"

    for step in range(40):
        now += step % 3
        good = step % 7 in (0, 5)
        shut = until is not None and now < until
        if until is not None and not shut:
            until, row = None, failures - 1
        if shut:
            with pytest.raises(GaveUp):
                breaker.call(work, good)
        elif good:
            assert breaker.call(work, good) == "done"
            row = 0
        else:
            with pytest.raises(ValueError):
                breaker.call(work, good)
            row += 1
            if row >= failures:
                until = now + pause


@pytest.mark.parametrize("before", [{}, {"a": 1}, {"a": None}, {"a": 0, "b": 2}])
@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("drops", [True, False])
def test_all_is_put_back(before, fails, drops):
    target = dict(before)
    try:
        with changed(target, a=9, c=8):
            assert target == {**before, "a": 9, "c": 8}
            if drops:
                target.clear()
                target.update({k: v for k, v in before.items() if k != "a"})
            if fails:
                raise KeyError("x")
    except KeyError:
        assert fails
    assert target == before


@pytest.mark.parametrize("value, fits", [(1, True), (True, True), ("1", False), (None, False), (1.0, False)])
def test_types(value, fits):
    give = checked(n=int, m=int)(lambda *args, **kwargs: (args, kwargs))
    assert give(value) == ((value,), {}) and give(other=value) == ((), {"other": value})
    for name in "nm":
        if fits:
            assert give(**{name: value}) == ((), {name: value})
        else:
            with pytest.raises(TypeError, match=name):
                give(**{name: value})


@pytest.mark.parametrize("value", [None, 0, "x"])
def test_made_once_an_owner(value):
    made = []

    class Owner:
        @Once
        def first(self):
            made.append("first")
            return value

        @Once
        def second(self):
            return ("second", self.first)

    one, two = Owner(), Owner()
    for owner in (one, one, two, two):
        assert owner.first == value and owner.second == ("second", value)
    assert made == ["first", "first"]
    assert one.__dict__ == {"first": value, "second": ("second", value)}
