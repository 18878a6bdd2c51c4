"""What runs beside the web: the bell, the relay and, when there is Redis, an arq worker."""

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import AsyncIterator

import structlog

from motcua.app import effects_of
from motcua.events.arq_carrier import ArqCarrier, work_forever
from motcua.events.outbox import Carrier, InProcess, Relay
from motcua.housekeeping import tidy_forever
from motcua.monitor.watching import watch_forever
from motcua.platform import Platform
from motcua.web import live

CONNECTIONS = 16_000
"""How many connections a web process takes at most: boards, monitors and phones hold one each."""

_OTHER_FILES = 500
_log = structlog.get_logger(__name__)


def allow_connections() -> int:
    """Raise this process's limit of open files as far as it may; returns how many connections fit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    return max(limit - _OTHER_FILES, 128)


def end_streams_on_stop(platform: Platform) -> None:
    """Let a signal to stop end the streams, too: a server waits for its connections, and these never end.

    The server's own handler goes on to run: an event loop hears signals by a file, beside this.
    """
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(live.close, platform)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)


@contextlib.asynccontextmanager
async def background(platform: Platform) -> AsyncIterator[None]:
    """Run relay, worker and housekeeping until the end of the block."""
    effects = effects_of(platform)
    url = platform.settings.redis_url
    carrier: Carrier = ArqCarrier(url, effects) if url else InProcess(effects)
    parts = {
        "relay": Relay(platform.db, platform.bell, carrier).run(),
        "housekeeping": tidy_forever(platform),
        "alerts": watch_forever(platform),
    }
    if url:
        parts |= {"bell": platform.bell.run(), "worker": work_forever(url, effects)}
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ended(task: asyncio.Task[None]) -> None:
    """End the program when one of its parts has ended: whoever supervises it starts it again.

    A worker that only looks alive is worse than one that is seen to be dead.
    """
    if task.cancelled():
        return
    _log.critical("background_ended", part=task.get_name(), error=repr(task.exception()))
    os.kill(os.getpid(), signal.SIGTERM)
