"""Listeners, remembered calls and counted steps, made of closures."""

from functools import wraps


class Bus:
    """Calls listeners by the name of what happened."""

    def __init__(self):
        self._listeners = {}

    def on(self, name, listener, once=False):
        """Listen; the answer is a function that stops it."""
        entry = [listener, once]
        self._listeners.setdefault(name, []).append(entry)

        def stop():
            if entry in self._listeners.get(name, ()):
                self._listeners[name].remove(entry)

        return stop

    def emit(self, name, *args):
        """Call everybody who listens, in order; what they answered."""
        answers = []
        for entry in list(self._listeners.get(name, ())):
            listener, once = entry
            if once:
                self._listeners[name].remove(entry)
            answers.append(listener(*args))
        return answers

    def count(self, name):
        return len(self._listeners.get(name, ()))


def remembered(function):
    """Work out each call once."""
    known = {}

    @wraps(function)
    def inner(*args, **kwargs):
        key = (args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = function(*args, **kwargs)
        return known[key]

    inner.forget = known.clear
    return inner


def limited(times, otherwise=None):
    """A decorator: after so many calls the function is not called any more."""

    def decorate(function):
        left = times

        @wraps(function)
        def inner(*args):
            nonlocal left
            if left <= 0:
                return otherwise
            left -= 1
            return function(*args)

        return inner

    return decorate


def pipeline(*steps):
    """One function that hands each step's result to the next."""

    def run(value):
        for step in steps:
            value = step(value)
        return value

    return run


def multipliers(factors):
    """One function a factor."""
    return [lambda number, factor=factor: number * factor for factor in factors]
