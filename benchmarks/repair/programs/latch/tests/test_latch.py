import pytest
from latch import Breaker, GaveUp, Once, changed, checked, retry


class Shaky:
    def __init__(self, failures):
        self.failures = failures
        self.calls = 0

    def __call__(self, value):
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError(self.calls)
        return value

    __name__ = "shaky"


def test_retry():
    shaky, waits = Shaky(2), []
    assert retry(wait=waits.append)(shaky)("x") == "x"
    assert shaky.calls == 3
    assert waits == [1, 2]


def test_retry_gives_up():
    shaky, waits = Shaky(9), []
    with pytest.raises(GaveUp, match="2 tries") as caught:
        retry(times=2, wait=waits.append)(shaky)("x")
    assert [str(error) for error in caught.value.errors] == ["1", "2"]
    assert waits == [1]


def test_retry_only_on_some_errors():
    shaky = Shaky(1)
    with pytest.raises(OSError):
        retry(on=(KeyError,))(shaky)("x")
    assert shaky.calls == 1


def fail():
    raise OSError


def test_breaker():
    now = [0]
    breaker = Breaker(2, pause=10, clock=lambda: now[0])
    for _ in range(2):
        with pytest.raises(OSError):
            breaker.call(fail)
    with pytest.raises(GaveUp):
        breaker.call(int, "1")
    now[0] = 10
    assert breaker.call(int, "1") == 1
    assert breaker.in_row == 0


def test_breaker_opens_again_at_once():
    now = [0]
    breaker = Breaker(2, pause=10, clock=lambda: now[0])
    for moment in (0, 0, 12):
        now[0] = moment
        with pytest.raises(OSError):
            breaker.call(fail)
    now[0] = 21
    with pytest.raises(GaveUp):
        breaker.call(int, "1")


def test_success_between_failures():
    breaker = Breaker(2, pause=10, clock=lambda: 0)
    for _ in range(3):
        with pytest.raises(OSError):
            breaker.call(fail)
        assert breaker.call(int, "1") == 1


def test_changed():
    target = {"a": 1, "n": None}
    with changed(target, a=2, b=3, n=4) as inside:
        assert inside == {"a": 2, "b": 3, "n": 4}
    assert target == {"a": 1, "n": None}


def test_changed_with_an_error():
    target = {"a": 1}
    with pytest.raises(OSError), changed(target, a=2, b=1):
        del target["b"]
        raise OSError
    assert target == {"a": 1}


def test_checked():
    @checked(size=int)
    def box(size=0, name=""):
        return size, name

    assert box(size=3, name="x") == (3, "x")
    assert box("any") == ("any", "")
    with pytest.raises(TypeError, match="size"):
        box(size="3")


def test_once():
    made = []

    class House:
        @Once
        def roof(self):
            made.append(self)
            return "red"

    house = House()
    assert house.roof == house.roof == "red"
    assert made == [house]
    assert House().roof == "red"
    assert len(made) == 2
    assert isinstance(House.roof, Once)
