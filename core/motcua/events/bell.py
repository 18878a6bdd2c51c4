"""The doorbell: wakes whoever waits after a commit. It may be lost; nothing depends on it but speed.

Inside the process it is an ``asyncio.Event``; between processes a Redis channel, when there is Redis.
Everybody who waits also looks by himself every ``patience`` seconds, so a lost ring costs a moment, not a fact.
"""

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "motcua:bell"
GATHER_SECONDS = 0.02
PING_SECONDS = 1.0
AGAIN_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class Ear:
    """Listens to some topics from its making until ``close``: a ring between two waits is not lost."""

    def __init__(self, bell: "Bell", topics: Iterable[str]) -> None:
        self._bell = bell
        self._topics = frozenset(topics)
        self._rung = asyncio.Event()
        for topic in self._topics:
            bell.ears[topic].add(self)

    def ring(self) -> None:
        """Wake whoever waits."""
        self._rung.set()

    async def wait(self, timeout: float) -> bool:
        """Wait for a ring, at most ``timeout`` seconds; True when one of the topics rang since the last wait."""
        if not self._rung.is_set():
            try:
                await asyncio.wait_for(self._rung.wait(), timeout)
            except TimeoutError:
                return False
        self._rung.clear()
        return True

    def close(self) -> None:
        """Listen no more."""
        for topic in self._topics:
            ears = self._bell.ears[topic]
            ears.discard(self)
            if not ears:
                del self._bell.ears[topic]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bell:
    """Rings topics such as ``outbox`` or ``site:<id>``."""

    def __init__(self, redis_url: str = "") -> None:
        self.ears: dict[str, set[Ear]] = defaultdict(set)
        self.connected = False
        """Whether the rings of other processes are heard at the moment."""
        self._url = redis_url
        self._name = secrets.token_hex(8)
        self._redis: Redis | None = None
        self._soon: set[str] = set()
        self._gathering = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def patience(self) -> float:
        """Seconds after which whoever waits should look by himself: other processes may not be heard."""
        return 3.0 if self.connected else 1.0

    def ring(self, topic: str) -> None:
        """Wake the waiters of this process at once, and those of other processes through Redis."""
        self._wake(topic)
        if self._redis is None:
            return
        # The first ring goes out at once; what follows within an instant is one message.
        self._soon.add(topic)
        if not self._gathering:
            self._gathering = True
            self._send()

    def listen(self, *topics: str) -> Ear:
        """Return an ear for these topics; it is closed by ``close`` or at the end of a ``with``."""
        return Ear(self, topics)

    async def wait(self, topic: str, timeout: float) -> bool:
        """Wait for a ring, at most ``timeout`` seconds; True when it rang."""
        with self.listen(topic) as ear:
            return await ear.wait(timeout)

    async def run(self) -> None:
        """Hear the other processes, for ever; reconnects when Redis goes away and comes back."""
        while self._url:
            self._redis = Redis.from_url(self._url)
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    await self._hear(channel)
            except (RedisError, OSError) as error:
                _log.warning("bell_lost_redis", error=type(error).__name__)
            finally:
                redis, self._redis = self._redis, None
                self.connected = False
                with contextlib.suppress(RedisError, OSError):
                    await redis.aclose()
            # Whoever waits becomes impatient now, not at the end of a long wait.
            self._wake_all()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self, channel: Any) -> None:
        """Pass on what others ring; a connection that does not answer a ping is a lost one."""
        asked = False
        while True:
            message = await channel.get_message(timeout=PING_SECONDS)
            if message is None:
                if asked:
                    raise ConnectionError("Redis is silent")
                await channel.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "subscribe":
                self.connected = True
                # What was rung before is unknown.
                self._wake_all()
            elif message["type"] == "message":
                ringer, *topics = message["data"].decode().split("\n")
                for topic in topics if ringer != self._name else ():
                    self._wake(topic)

    def _wake(self, topic: str) -> None:
        for ear in self.ears.get(topic, ()):
            ear.ring()

    def _wake_all(self) -> None:
        for ears in self.ears.values():
            for ear in ears:
                ear.ring()

    def _send(self) -> None:
        """Publish what was rung, and gather again for an instant."""
        if not self._soon:
            self._gathering = False
            return
        topics, self._soon = self._soon, set()
        task = asyncio.create_task(self._publish("\n".join((self._name, *topics))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        asyncio.get_running_loop().call_later(GATHER_SECONDS, self._send)

    async def _publish(self, message: str) -> None:
        redis = self._redis
        if redis is None:
            return
        with contextlib.suppress(RedisError, OSError):
            await redis.publish(CHANNEL, message)
