"""Logs for operators: one line per thing, as JSON in production, readable on a terminal; no person in it."""

import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog


def configure(*, file: Path | None = None, json: bool = True, level: int = logging.INFO) -> None:
    """Send the program's log to a file or to standard error.

    Library loggers speak from WARNING on: their INFO lines name addresses and parameters.
    """
    stream: TextIO = file.open("a", encoding="utf-8") if file else sys.stderr
    renderer = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, force=True)
