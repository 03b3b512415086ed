"""Everything that the warehouse refuses, under one base."""


class StockroomError(Exception):
    """Base of all; `subject` names what it is about."""

    def __init__(self, message, *, subject=None):
        super().__init__(message)
        self.subject = subject


class Unknown(StockroomError):
    """Something that was never entered."""


class Duplicate(StockroomError):
    """Something that was entered before."""


class Invalid(StockroomError):
    """A value that makes no sense."""


class Shortage(StockroomError):
    """Less there than wanted."""

    def __init__(self, message, *, subject=None, wanted=0, available=0):
        super().__init__(message, subject=subject)
        self.wanted = wanted
        self.available = available

    @property
    def missing(self):
        return self.wanted - self.available


class WrongState(StockroomError):
    """A step that an order cannot take where it stands."""


class BadQuery(StockroomError):
    """A question that cannot be read; `place` is where."""

    def __init__(self, message, *, place=0):
        super().__init__(message)
        self.place = place
