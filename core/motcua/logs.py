"""Logs for operators: one line per thing, as JSON in production, readable on a terminal; no person in it."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import msgspec
import structlog


def _json(entry: object, **_: object) -> bytes:
    return msgspec.json.encode(entry, enc_hook=str)


def _where(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say where an exception came from and what kind it was; its words may hold what somebody entered."""
    raised = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        entry["error"] = type(error).__name__
        entry["at"] = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[-12:]]
        if state := getattr(error, "sqlstate", None):
            entry["sqlstate"] = state
    return entry


def configure(*, file: Path | None = None, json: bool = True, level: int = logging.INFO) -> None:
    """Send the program's log to a file or to standard error.

    Library loggers speak from WARNING on: their INFO lines name addresses and parameters.
    """
    stream: TextIO = file.open("a", encoding="utf-8") if file else sys.stderr
    renderer: Any
    factory: Any
    if json:
        renderer = structlog.processors.JSONRenderer(serializer=_json)
        factory = structlog.BytesLoggerFactory(stream.buffer)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
        factory = structlog.PrintLoggerFactory(stream)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        # A server never changes its mind; a command that is quiet may run inside another program.
        cache_logger_on_first_use=level <= logging.INFO,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, force=True)
