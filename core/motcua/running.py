"""What runs beside the web: the bell, the relay and, when there is Redis, an arq worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from motcua.app import effects_of
from motcua.events.arq_carrier import ArqCarrier, work_forever
from motcua.events.outbox import Carrier, InProcess, Relay
from motcua.housekeeping import tidy_forever
from motcua.platform import Platform


@contextlib.asynccontextmanager
async def background(platform: Platform) -> AsyncIterator[None]:
    """Run relay, worker and housekeeping until the end of the block."""
    effects = effects_of(platform)
    url = platform.settings.redis_url
    carrier: Carrier = ArqCarrier(url, effects) if url else InProcess(effects)
    tasks = [
        asyncio.create_task(platform.bell.run(), name="bell"),
        asyncio.create_task(Relay(platform.db, platform.bell, carrier).run(), name="relay"),
    ]
    tasks.append(asyncio.create_task(tidy_forever(platform), name="housekeeping"))
    if url:
        tasks.append(asyncio.create_task(work_forever(url, effects), name="worker"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
