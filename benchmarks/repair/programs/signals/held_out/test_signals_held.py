import random

import pytest
from signals import Bus, limited, multipliers, pipeline, remembered


@pytest.mark.parametrize("seed", range(60))
def test_bus_like_a_list(seed):
    chance = random.Random(seed)
    bus, model, stops = Bus(), [], {}
    for number in range(30):
        what = chance.choice(["on", "once", "emit", "stop"])
        if what in ("on", "once"):
            stops[number] = bus.on("x", lambda number=number: number, once=what == "once")
            model.append((number, what))
        elif what == "emit":
            assert bus.emit("x") == [n for n, _ in model]
            model = [entry for entry in model if entry[1] == "on"]
        elif stops:
            which = chance.choice(list(stops))
            stops[which]()
            model = [entry for entry in model if entry[0] != which]
        assert bus.count("x") == len(model)
        assert bus.count("other") == 0 and bus.emit("other", 1, 2) == []


def test_a_listener_may_stop_itself_and_others():
    bus, heard = Bus(), []
    stops = []

    def first():
        heard.append("first")
        stops[0]()

    stops.append(bus.on("x", first))
    bus.on("x", lambda: heard.append("second"))
    bus.emit("x")
    bus.emit("x")
    assert heard == ["first", "second", "second"]


def test_once_listener_that_emits_again():
    bus, heard = Bus(), []

    def again():
        heard.append(1)
        bus.emit("x")

    bus.on("x", again, once=True)
    bus.emit("x")
    assert heard == [1]


@pytest.mark.parametrize("value", [None, 0, "", [], 5])
def test_remembers_every_value(value):
    calls = []

    @remembered
    def give(*args, **kwargs):
        calls.append((args, kwargs))
        return value

    for _ in range(3):
        assert give(1, 2) == value
        assert give(2, 1) == value
        assert give(a=1, b=2) == give(b=2, a=1) == value
    assert len(calls) == 3


@pytest.mark.parametrize("times", range(4))
def test_limits(times):
    calls = []
    counted = limited(times, "no")(calls.append)
    answers = [counted(n) for n in range(6)]
    assert calls == list(range(min(times, 6)))
    assert answers == [None] * times + ["no"] * (6 - times)


def test_two_remembered_functions():
    double, square = remembered(lambda n: 2 * n), remembered(lambda n: n * n)
    assert [double(3), square(3), double(3), square(3)] == [6, 9, 6, 9]


@pytest.mark.parametrize("count", range(5))
def test_pipelines_and_factors(count):
    functions = multipliers(range(2, 2 + count))
    assert [f(1) for f in functions] == list(range(2, 2 + count))
    steps = [lambda v, n=n: v + str(n) for n in range(count)]
    assert pipeline(*steps)("") == "".join(map(str, range(count)))


def test_named_arguments_tell_calls_apart():
    give = remembered(lambda *args, **kwargs: (args, kwargs))
    for args, kwargs in [((), {}), ((), {"a": 1}), ((), {"a": 2}), ((1,), {}), ((1,), {"b": 1})]:
        assert give(*args, **kwargs) == (args, kwargs)


def test_one_decorator_for_several_functions():
    twice = limited(2, "no")
    first, second = twice(str), twice(repr)
    assert [first(1), first(1), first(1)] == ["1", "1", "no"]
    assert [second(1), second(1), second(1)] == ["1", "1", "no"]
