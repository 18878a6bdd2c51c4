"""arq as transport: it carries claims from the relay to workers, and may lose any of them."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, func
from redis.exceptions import RedisError

from motcua.events.outbox import HANDLER_SECONDS, Carrier, Claim, Effects, InProcess

_log = structlog.get_logger(__name__)
_LOST = (RedisError, OSError, asyncio.TimeoutError)


def _encode(value: Any) -> bytes:
    # arq's default is pickle, which runs code; msgpack cannot carry exceptions, so their text goes.
    def hook(thing: Any) -> str:
        if isinstance(thing, BaseException):
            return repr(thing)
        raise TypeError(type(thing).__name__)

    return msgspec.msgpack.encode(value, enc_hook=hook)


_decode: Callable[[bytes], Any] = msgspec.msgpack.decode


def _settings(url: str) -> RedisSettings:
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 0
    return settings


class ArqCarrier:
    """Hands claims to arq; while Redis is away, runs them in this process instead."""

    def __init__(self, url: str, effects: Effects) -> None:
        self._url = url
        self._fallback: Carrier = InProcess(effects)
        self._pool: ArqRedis | None = None

    async def carry(self, claim: Claim) -> None:
        try:
            if self._pool is None:
                self._pool = await create_pool(
                    _settings(self._url), job_serializer=_encode, job_deserializer=_decode
                )
            # The try is part of the id: arq refuses an id whose result it still keeps.
            job_id = f"{claim.id}:{claim.attempt}"
            args = (str(claim.tenant_id), str(claim.id), claim.attempt)
            await self._pool.enqueue_job("run_effect", *args, _job_id=job_id)
        except _LOST as error:
            _log.warning("carrier_lost_redis", error=type(error).__name__)
            self._pool = None
            await self._fallback.carry(claim)


async def work_forever(url: str, effects: Effects) -> None:
    """Run an arq worker; start it again whenever Redis goes away (arq's own worker ends then)."""

    async def run_effect(ctx: dict[str, Any], tenant_id: str, row_id: str, attempt: int) -> None:
        await effects.run(Claim(UUID(tenant_id), UUID(row_id), attempt))

    while True:
        worker: Worker | None = None
        try:
            worker = Worker(
                functions=[func(run_effect, name="run_effect", timeout=HANDLER_SECONDS + 5)],
                redis_settings=_settings(url),
                handle_signals=False,
                poll_delay=0.05,
                keep_result=0,
                max_tries=1,
                job_serializer=_encode,
                job_deserializer=_decode,
            )
            await worker.async_run()
        except Exception as error:  # noqa: BLE001 -- the worker must outlive whatever befalls it
            _log.warning("worker_interrupted", error=type(error).__name__)
        finally:
            if worker is not None:
                with contextlib.suppress(*_LOST):
                    await worker.close()
        await asyncio.sleep(1)
