"""The only door to PostgreSQL: a transaction of a tenant, of the platform, or of the national office.

Everything the application does runs on asyncpg connections of the role ``mc_app``, which row-level
security confines to the tenant set at the begin of the transaction. A transaction without a tenant
sees no row of any tenant.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from motcua.errors import Unavailable
from motcua.tenancy import single
from motcua.tenancy.pool import PATIENCE, Pool
from motcua.tenancy.tenant import Tenant

O = TypeVar("O", bound="Tx")
# What asyncpg returns reads like a mapping of column names.
Record = Mapping[str, Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode


def _to_json(value: object) -> str:
    return _encode(value).decode()


# How the loss of PostgreSQL shows itself; the last one is asyncpg's own state machine being surprised.
LOST = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def _away(error: BaseException) -> Unavailable:
    return Unavailable(
        "Cơ sở dữ liệu tạm gián đoạn, hãy thử lại sau ít phút.",
        f"The database is away ({type(error).__name__}), try again in a minute.",
    )


def _busy() -> Unavailable:
    return Unavailable(
        "Hệ thống đang quá tải, hãy thử lại sau ít phút.",
        "Too busy at the moment, try again in a minute.",
    )


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that knows how it calls its statements that are transactions (``single``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: dict[str, str] = {}


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_json, decoder=msgspec.json.decode
    )


async def _keep(connection: Any) -> None:
    """Skip asyncpg's reset round trip: settings are made with SET LOCAL and end with the transaction."""


class Tx:
    """One transaction: statements with ``$1`` parameters. It begins with the first of them."""

    __slots__ = ("_begin", "_connection", "_database")

    def __init__(self, database: "Database", begin: str) -> None:
        self._database, self._begin = database, begin
        self._connection: Any = None

    @property
    def alive(self) -> bool:
        """Whether the connection still stands, as far as it is known."""
        return self._connection is None or not self._connection.is_closed()

    async def _open(self) -> Any:
        self._connection = await self._database._begun(self._begin)
        return self._connection

    async def fetch(self, sql: str, *args: object) -> list[Record]:
        connection = self._connection or await self._open()
        self._database.round_trips += 1
        return await connection.fetch(sql, *args)  # type: ignore[no-any-return]

    async def fetchrow(self, sql: str, *args: object) -> Record | None:
        connection = self._connection or await self._open()
        self._database.round_trips += 1
        return await connection.fetchrow(sql, *args)  # type: ignore[no-any-return]

    async def fetchval(self, sql: str, *args: object) -> Any:
        connection = self._connection or await self._open()
        self._database.round_trips += 1
        return await connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        connection = self._connection or await self._open()
        self._database.round_trips += 1
        return await connection.execute(sql, *args)  # type: ignore[no-any-return]

    async def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        connection = self._connection or await self._open()
        self._database.round_trips += 1
        await connection.executemany(sql, rows)

    async def close(self, *, failed: bool) -> None:
        """Commit, or roll back; what never began needs neither."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database._ended(connection, failed)


class TenantTx(Tx):
    """A transaction that row-level security confines to ``tenant``; made by ``Database.tenant`` only.

    ``ended``: its one statement (``alone``) has written and is committed; it takes no more events.
    """

    __slots__ = ("_alone", "ended", "tenant")

    def __init__(self, database: "Database", begin: str, tenant: Tenant, alone: bool) -> None:
        super().__init__(database, begin)
        self.tenant, self._alone, self.ended = tenant, alone, False

    async def alone(self, sql: str, *args: object) -> Record | None:
        """Run a statement that may be the whole transaction: then it costs one round trip, not three.

        So it is where the opener said ``alone`` and nothing was asked before; otherwise it is a statement like
        others. ``sql`` returns no row when it has written nothing: what follows is a transaction of its own.
        """
        if self._connection is not None or not self._alone:
            return await self.fetchrow(sql, *args)
        self._alone = False
        row = await self._database._single(self.tenant, sql, args)
        self.ended = row is not None
        return row


class Database:
    """A pool of connections of one role. ``round_trips`` counts, for metrics and tests."""

    def __init__(self, pool: Pool, processors: int) -> None:
        self._pool = pool
        # More short statements than that at once only push each other off the processors (measured: a third of
        # the throughput of numbers on two processors); a transaction that waits for people or signers is not counted.
        self._turns = asyncio.Semaphore(2 * processors + 1)
        self.round_trips = 0

    @classmethod
    async def open(cls, url: str, *, size: int = 16, processors: int = 8) -> "Database":
        """Connect; ``Unavailable`` with a sentence for the operator when PostgreSQL does not answer.

        ``processors`` are those of PostgreSQL's machine.
        """
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                connection_class=_Connection,
                init=_prepare,
                reset=_keep,
                command_timeout=30,
            )
        except (OSError, asyncpg.PostgresError, *LOST) as error:
            raise Unavailable(
                "Không kết nối được cơ sở dữ liệu.", f"PostgreSQL does not answer: {error}"
            ) from error
        return cls(Pool(pool), processors)

    async def close(self) -> None:
        await self._pool.close()

    def tenant(self, tenant: Tenant, *, alone: bool = False) -> "_Opening[TenantTx]":
        """Open a transaction of this tenant; commit at the end, roll back on any exception.

        ``alone``: a statement run by ``TenantTx.alone`` may be all of it.
        """
        # SET LOCAL takes no parameter; the value is a UUID object, so nothing can be smuggled in.
        begin = f"BEGIN; SET LOCAL app.tenant_id = '{UUID(bytes=tenant.id.bytes)}'"
        return _Opening(TenantTx(self, begin, tenant, alone))

    def platform(self) -> "_Opening[Tx]":
        """Open a transaction without a tenant: it sees the directory and the law, and no tenant's rows."""
        return _Opening(Tx(self, "BEGIN; SET LOCAL app.tenant_id = ''"))

    async def _single(self, tenant: Tenant, sql: str, args: tuple[object, ...]) -> Record | None:
        """Run a statement as a transaction of its own, when it is its turn."""
        await self._turn()
        try:
            connection = await self._free()
            try:
                call = connection.calls.get(sql)
                if call is None:
                    call = connection.calls[sql] = await single.install(connection, sql)
                    self.round_trips += single.INSTALLING
                row: Record | None = await connection.fetchrow(call, *args, tenant.id)
            except BaseException:
                await self._pool.release(connection)
                raise
            await self._pool.end(connection)
        finally:
            self._turns.release()
        self.round_trips += 1
        return row

    async def _turn(self) -> None:
        """Wait for a turn, no longer than for a connection; who waits at a full door is told so."""
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise _busy() from error

    async def _ended(self, connection: Any, failed: bool) -> None:
        """Commit or roll back, and give the connection back."""
        try:
            if failed and connection.is_closed():
                await self._pool.release(connection)
                return
            said = await connection.execute("ROLLBACK" if failed else "COMMIT")
        except BaseException:
            await self._pool.release(connection)
            raise
        await self._pool.end(connection)
        if failed:
            return
        # A transaction in which a statement failed answers COMMIT with a roll-back, quietly.
        if said != "COMMIT":
            raise RuntimeError("a statement had failed: the transaction was rolled back")
        self.round_trips += 2

    async def _begun(self, begin: str) -> Any:
        """Return a connection with an open transaction.

        A connection may have died since it was used last: nothing has happened yet, so another one is
        tried. ``Unavailable`` when there is none, or all are busy for five seconds.
        """
        for last in (False, False, True):
            connection = await self._free()
            try:
                await connection.execute(begin)
            except LOST as error:
                connection.terminate()
                await self._pool.release(connection)
                if last:
                    raise _away(error) from error
            except BaseException:
                await self._pool.release(connection)
                raise
            else:
                return connection
        raise AssertionError("the last try returns or raises")

    async def _free(self) -> Any:
        try:
            return await self._pool.acquire()
        except TimeoutError as error:
            raise _busy() from error
        except LOST as error:
            raise _away(error) from error

    @asynccontextmanager
    async def listener(self) -> AsyncIterator[Any]:
        """Lend a bare connection for a health check."""
        connection = await self._free()
        try:
            yield connection
        finally:
            await self._pool.release(connection)


class _Opening(AbstractAsyncContextManager[O]):
    """A transaction as ``async with``; a class, because every request opens one and generators cost twice."""

    __slots__ = ("_tx",)

    def __init__(self, tx: O) -> None:
        self._tx = tx

    async def __aenter__(self) -> O:
        return self._tx

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tx.close(failed=kind is not None)
