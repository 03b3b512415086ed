"""The circuit breaker around one HTTP attempt: retries are outside of it, the time limit inside."""

from collections.abc import Iterator
from contextlib import contextmanager

from gatewright.domain.errors import ModelFault
from gatewright.domain.ports import Circuits


@contextmanager
def in_circuit(circuits: Circuits | None, model: str, *, cut_short: bool) -> Iterator[None]:
    """Around an attempt: asks whether it may be made, and reports once how it ended.

    An attempt that is `cut_short` had much less time than the model may take, because our own
    deadline was near: that it brought no answer is not held against the model.
    Raises: ModelFault(kind="circuit_open") instead of making the attempt.
    """
    if circuits is None:
        yield
        return
    circuits.admit(model)
    try:
        yield
    except ModelFault as fault:
        if cut_short and fault.kind == "timeout" and fault.status_code is None:
            circuits.abandoned(model)
        else:
            circuits.failed(fault)
        raise
    except BaseException:  # cancelled, or a bug: either way the model did not say anything
        circuits.abandoned(model)
        raise
    circuits.succeeded(model)
