"""The doorbell: wakes whoever waits after a commit. It may be lost; nothing depends on it but speed.

Inside the process it is an ``asyncio.Event``; between processes a Redis channel, when there is Redis.
Everybody who waits also looks by himself now and then, so a lost ring costs a second, not a fact.
"""

import asyncio
import contextlib
from collections import defaultdict

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "motcua:bell"
GATHER_SECONDS = 0.02
_log = structlog.get_logger(__name__)


class Bell:
    """Rings topics such as ``outbox`` or ``site:<id>``."""

    def __init__(self, redis_url: str = "") -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._url = redis_url
        self._redis: Redis | None = None
        self._soon: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def ring(self, topic: str) -> None:
        """Wake the waiters of this process at once, and those of other processes through Redis."""
        self._wake(topic)
        # Many commits within an instant are one ring for the others.
        if self._redis is not None and topic not in self._soon:
            self._soon.add(topic)
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._send, topic)

    async def wait(self, topic: str, timeout: float) -> bool:
        """Wait for a ring, at most ``timeout`` seconds; True when it rang."""
        event = asyncio.Event()
        self._waiting[topic].add(event)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except TimeoutError:
            return False
        finally:
            self._waiting[topic].discard(event)
            if not self._waiting[topic]:
                del self._waiting[topic]
        return True

    async def run(self) -> None:
        """Hear the other processes, for ever; reconnects when Redis goes away and comes back."""
        if not self._url:
            return
        while True:
            self._redis = Redis.from_url(self._url)
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._wake(message["data"].decode())
            except (RedisError, OSError) as error:
                _log.warning("bell_lost_redis", error=type(error).__name__)
            finally:
                redis, self._redis = self._redis, None
                with contextlib.suppress(RedisError, OSError):
                    await redis.aclose()
            await asyncio.sleep(1)

    def _wake(self, topic: str) -> None:
        for event in self._waiting.get(topic, ()):
            event.set()

    def _send(self, topic: str) -> None:
        self._soon.discard(topic)
        task = asyncio.create_task(self._publish(topic))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, topic: str) -> None:
        redis = self._redis
        if redis is None:
            return
        with contextlib.suppress(RedisError, OSError):
            await redis.publish(CHANNEL, topic)
