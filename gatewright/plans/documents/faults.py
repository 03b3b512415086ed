"""What a check finds."""

from typing import NamedTuple

from gatewright.plans.documents.positions import Keys


class Fault(NamedTuple):
    """One thing that is wrong with a plan."""

    keys: Keys
    """Its path."""
    message: str
    fix: str
