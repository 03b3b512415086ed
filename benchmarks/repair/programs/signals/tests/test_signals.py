from signals import Bus, limited, multipliers, pipeline, remembered


def test_emit():
    bus = Bus()
    bus.on("x", lambda a, b: a + b)
    bus.on("x", lambda a, b: a * b)
    assert bus.emit("x", 3, 4) == [7, 12]
    assert bus.emit("y") == []


def test_stop():
    bus = Bus()
    stop = bus.on("x", str)
    bus.on("x", repr)
    stop()
    stop()
    assert bus.emit("x", "a") == ["'a'"]


def test_once():
    bus = Bus()
    bus.on("x", str, once=True)
    bus.on("x", len)
    assert bus.emit("x", "ab") == ["ab", 2]
    assert bus.emit("x", "ab") == [2]
    assert bus.count("x") == 1


def test_listening_goes_on():
    bus = Bus()
    bus.on("x", str)
    bus.emit("x", 1)
    assert bus.emit("x", 1) == ["1"]


def test_remembered():
    calls = []

    @remembered
    def double(number, plus=0):
        """Twice."""
        calls.append((number, plus))
        return 2 * number + plus

    assert double(2) == double(2) == 4
    assert double(2, plus=1) == 5
    assert double(3) == 6
    assert calls == [(2, 0), (2, 1), (3, 0)]
    assert double.__doc__ == "Twice."
    double.forget()
    double(2)
    assert len(calls) == 4


def test_limited():
    @limited(2, otherwise="enough")
    def answer(word):
        return word

    assert [answer("a"), answer("b"), answer("c")] == ["a", "b", "enough"]


def test_limits_are_apart():
    once = limited(1)
    first, second = once(str), once(repr)
    assert first("a") == "a"
    assert second("a") == "'a'"
    assert first("a") is None


def test_pipeline():
    assert pipeline(str.strip, str.upper, len)("  ab ") == 2
    assert pipeline()(5) == 5


def test_multipliers():
    assert [f(10) for f in multipliers([1, 2, 3])] == [10, 20, 30]
