"""What time it is: one door, so that a simulated day can pass through a real server.

Outside a simulation this is the machine's clock. ``at`` holds the time of one request or task still;
``set_forward`` moves the whole process, for pages that look on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_said: ContextVar[datetime | None] = ContextVar("motcua_now", default=None)
_forward = [timedelta()]


def now() -> datetime:
    """Return the moment, with its zone (UTC)."""
    return _said.get() or datetime.now(UTC) + _forward[0]


def set_forward(moment: datetime) -> None:
    """Let the process's clock go on from this moment; it never goes back behind itself."""
    ahead = moment - datetime.now(UTC)
    _forward[0] = max(_forward[0], ahead)


def reset() -> None:
    """Return to the machine's clock."""
    _forward[0] = timedelta()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let this be the time inside the block, for this task and what it starts."""
    token = _said.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _said.reset(token)
