"""Diagnostics for operators, through the standard `logging` of whoever runs us.

Progress for people is events, what a run cost is the sidecar's; this is for what neither shows.
"""

import logging

import structlog


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A structlog logger over `logging.getLogger(name)`: `event key=value ...`, one line."""
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound
