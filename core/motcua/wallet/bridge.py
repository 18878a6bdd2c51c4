"""Synchronous hooks over an asynchronous transaction: how Authlib's server reads and writes our database.

Authlib calls its hooks synchronously, and what they ask must be read and written in the one transaction of the
request. So the server runs in a greenlet of the event loop's own thread (SQLAlchemy's bridge): a hook that waits
hands its coroutine to the loop, and goes on with the result. No thread, no second connection.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.util.concurrency import await_, greenlet_spawn

T = TypeVar("T")


async def run(call: Callable[..., T], *args: Any) -> T:
    """Return what ``call`` returns; inside it ``wait`` may be used. Its exceptions pass through."""
    return await greenlet_spawn(call, *args)


def wait(awaitable: Awaitable[T]) -> T:
    """Return the result of a coroutine to synchronous code that ``run`` has called.

    The coroutine's exceptions are raised here. Outside of ``run`` it is ``MissingGreenlet`` of SQLAlchemy.
    """
    return await_(awaitable)
