"""Decorators and context managers for calls that fail."""

from contextlib import contextmanager
from functools import wraps


class GaveUp(Exception):
    """Every try failed; `errors` holds them all."""

    def __init__(self, errors):
        super().__init__(f"{len(errors)} tries failed")
        self.errors = errors


def retry(times=3, on=(Exception,), wait=None):
    """Try again after some kinds of error; `wait` is called with the number of the failed try."""

    def decorate(function):
        @wraps(function)
        def inner(*args, **kwargs):
            errors = []
            for number in range(1, times + 1):
                try:
                    return function(*args, **kwargs)
                except on as error:
                    errors.append(error)
                    if wait is not None and number < times:
                        wait(number)
            raise GaveUp(errors)

        return inner

    return decorate


class Breaker:
    """Lets no call through after so many failures in a row, until some time has passed."""

    def __init__(self, failures, pause, clock):
        self.failures = failures
        self.pause = pause
        self.clock = clock
        self.in_row = 0
        self.opened = None

    def call(self, function, *args):
        if self.opened is not None:
            if self.clock() - self.opened < self.pause:
                raise GaveUp([])
            self.opened = None
            self.in_row = self.failures - 1
        try:
            result = function(*args)
        except Exception:
            self.in_row += 1
            if self.in_row >= self.failures:
                self.opened = self.clock()
            raise
        self.in_row = 0
        return result


@contextmanager
def changed(target, **values):
    """Set keys of a dict, and put everything back at the end."""
    missing = object()
    before = {name: target.get(name, missing) for name in values}
    target.update(values)
    try:
        yield target
    finally:
        for name, value in before.items():
            if value is missing:
                target.pop(name, None)
            else:
                target[name] = value


def checked(**kinds):
    """Refuse keyword arguments of another type."""

    def decorate(function):
        @wraps(function)
        def inner(*args, **kwargs):
            for name, kind in kinds.items():
                if name in kwargs and not isinstance(kwargs[name], kind):
                    raise TypeError(name)
            return function(*args, **kwargs)

        return inner

    return decorate


class Once:
    """A value that is made when it is first asked for."""

    def __init__(self, make):
        self.make = make
        self.name = make.__name__

    def __get__(self, owner, kind=None):
        if owner is None:
            return self
        value = self.make(owner)
        owner.__dict__[self.name] = value
        return value
