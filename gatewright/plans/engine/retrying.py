"""When a step that failed is tried again."""

from gatewright.plans.documents.document import PlanStep

_MOST_DOUBLINGS = 64
"""More of them exceed every limit, and a float one day."""


def delay_s(step: PlanStep, *, failures: int) -> float | None:
    """Seconds until the next attempt after so many failed ones; None: there is none."""
    if failures > step.retries:
        return None
    delay = float(step.retry_delay_sec)
    if step.retry_backoff == "exponential":
        delay *= 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return min(delay, step.retry_max_delay_sec)
