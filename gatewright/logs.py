"""Diagnostics for operators, through the standard `logging` of whoever runs us.

Progress for people is events, what a run cost is the sidecar's; this is for what neither shows.
What is bound to structlog's context variables (a run's ids) is in every line; no secret is.
"""

import logging

import structlog
from structlog.typing import EventDict, WrappedLogger

from gatewright.domain.secret_forms import redact_value


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A structlog logger over `logging.getLogger(name)`: `event key=value ...`, one line."""
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.processors.LogfmtRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound


def without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A processor of structlog; before a renderer, whose quoting would tear long secrets apart."""
    return {name: redact_value(value, name=name).value for name, value in event.items()}
