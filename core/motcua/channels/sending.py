"""One try of one delivery: ask the channel, outside of nobody's way, and note what became of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from anyio import to_thread

from motcua.channels import book, handover
from motcua.channels.book import Fault
from motcua.channels.plan import POST, Plan, Way
from motcua.channels.registry import Known, known
from motcua.events.outbox import LaterError
from motcua.events.work import Work
from motcua.http import borrowed
from motcua.people import citizens
from motcua.platform import Platform
from motcua.plugins.breaker import EVENT_LIMIT
from motcua.plugins.wallet_channels import (
    LEVELS,
    Delivery,
    Errand,
    Holder,
    IssuedResult,
    NotDeliverable,
    Person,
)
from motcua.tenancy.db import LOST, Record
from motcua.tenancy.tenant import Tenant

_HOOK = "register_wallet_channels"
_REVOKED = 1
_HAS_IT = "select exists (select 1 from delivery where result_id = $1 and state = 'received')"
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)
_NO_CHANNEL = Fault(
    "Kênh này không còn ở đây: phần mở rộng của nó chưa được cài hoặc chưa được bật.",
    "This channel is not here: its plugin is not installed or not enabled.",
)
_TOO_LOW = Fault(
    "Kênh này không đạt mức đảm bảo mà thủ tục yêu cầu.",
    "This channel does not reach the assurance that the procedure asks for.",
)


class _ChannelFailedError(Exception):
    """A channel raised; says of which kind, never in its own words."""

    def __init__(self, error: Exception) -> None:
        self.kind = type(error).__name__
        super().__init__(self.kind)
        if isinstance(error, TimeoutError):
            vi, en = "Hệ thống bên kia không trả lời kịp.", "The other system was too slow."
        else:
            vi, en = f"Kênh báo lỗi ({self.kind}).", f"The channel failed ({self.kind})."
        self.fault = Fault(vi, en)


async def attempt(
    platform: Platform,
    work: Work,
    delivery_id: UUID,
    plan: Plan,
    way_of: Callable[[Tenant, Record], Way],
) -> dict[str, Any] | None:
    """Try a delivery that is owed; returns how it ended (``arrived``, ``given_up``), None while it has not.

    What a channel raises is noted with its kind alone and comes again; ``LaterError`` while it is left alone.
    """
    result, row = await _locked(work, delivery_id)
    if row["state"] not in ("owed", "failed") or row["how"]:
        return None
    if result["status"] == _REVOKED:
        await stop(platform, work, row)
        return None
    ended = {"result_id": row["result_id"], "channel": row["channel"], "outcome": "given_up"}
    found = known(platform, work.tenant).get(row["channel"])
    if found is None or "deliver" not in found.channel.capabilities:
        await book.give_up(work, row, "no_channel", _NO_CHANNEL)
        return ended
    if _level(found) < LEVELS.index(way_of(work.tenant, result).assurance):
        await book.give_up(work, row, "assurance", _TOO_LOW)
        return ended
    outcome = await _deliver(platform, work, row, result, found, plan)
    return None if outcome is None else {**ended, "outcome": outcome}


async def _deliver(
    platform: Platform, work: Work, row: Record, result: Record, found: Known, plan: Plan
) -> str | None:
    about, person = issued(platform, work, result), holder(work, result)

    async def ask(given: Errand) -> Delivery | NotDeliverable:
        try:
            return await found.channel.deliver(given, about, person, key_of(row))
        except NotDeliverable as no:
            return no

    said = await _asked(platform, work, row, found, plan, ask)
    if isinstance(said, Fault):
        if await book.failed(work, row, said):
            return None
        await book.give_up(work, row, "tried")
        return "given_up"
    if isinstance(said, NotDeliverable):
        await book.give_up(work, row, "not_possible", Fault(said.vi[:300], said.en[:300]))
        return "given_up"
    if said.how == "by_staff" and await _needless(work, row):
        await book.give_up(work, row, "elsewhere")
        return None
    await book.sent(work, row, said.how, said.receipt)
    return "arrived" if said.arrived else None


async def _needless(work: Work, row: Record) -> bool:
    """Tell whether the person has the result already, and did not wish for this letter besides."""
    if not await work.tx.fetchval(_HAS_IT, row["result_id"]):
        return False
    wished = await handover.channel_of(work.tx, row["dossier_id"])
    return not row["channel"] == wished == POST


async def stop(platform: Platform, work: Work, row: Record) -> None:
    """End the delivery of a result that was withdrawn before the channel said that it took it.

    A channel that timed out, or was asked by a process that died, may have taken it all the same: so it is told
    to take it back, which does nothing where nothing is. What waits for people only stops.
    """
    found = known(platform, work.tenant).get(row["channel"])
    if not row["how"] and found is not None and "withdraw" in found.channel.capabilities:
        await book.withdraw(work, row)
    else:
        await book.give_up(work, row, "revoked")


async def withdraw(platform: Platform, work: Work, delivery_id: UUID, plan: Plan) -> None:
    """Try to take back a delivery; a channel that cannot, such as paper, is done with."""
    result, row = await _locked(work, delivery_id)
    if row["state"] != "withdrawing":
        return
    found = known(platform, work.tenant).get(row["channel"])
    if found is None:
        await book.failed(work, row, _NO_CHANNEL)
        return
    if "withdraw" in found.channel.capabilities:
        about = issued(platform, work, result)

        async def ask(given: Errand) -> None:
            await found.channel.withdraw(given, about, "revoked", key_of(row))

        said = await _asked(platform, work, row, found, plan, ask)
        if isinstance(said, Fault):
            await book.failed(work, row, said)
            return
    await book.withdrawn(work, row)


async def _locked(work: Work, delivery_id: UUID) -> tuple[Record, Record]:
    """Return a result and one of its deliveries; only the delivery is locked."""
    row = await book.lock(work.tx, delivery_id)
    result = await work.tx.fetchrow(book.RESULT, row["result_id"]) if row else None
    if result is None or row is None:
        raise LookupError(f"delivery {delivery_id} does not exist")
    return result, row


async def _asked(
    platform: Platform,
    work: Work,
    row: Record,
    found: Known,
    plan: Plan,
    ask: Callable[[Errand], Awaitable[_T]],
) -> _T | Fault:
    """Call a channel, for ``EVENT_LIMIT`` seconds at most; what it wrote is undone when it fails."""
    breakers, tenant = platform.plugins.breakers, work.tenant.id
    hook = f"{_HOOK}:{row['channel']}"
    if seconds := breakers.rests(tenant, found.plugin, hook):
        raise LaterError(seconds)
    try:
        async with AsyncExitStack() as stack:
            stack.enter_context(
                breakers.watch(
                    tenant, found.plugin, hook, limit=EVENT_LIMIT, spared=lambda: not work.tx.alive
                )
            )
            await stack.enter_async_context(work.undoable())
            told = plan.told(row["channel"])
            outfit = await stack.enter_async_context(errand(platform, work, told))
            try:
                async with asyncio.timeout(EVENT_LIMIT):
                    return await ask(outfit)
            except Exception as error:
                if isinstance(error, LOST) and not work.tx.alive:
                    raise
                # Its words may hold whose paper it was: they stay out of the book, the log and the page.
                raise _ChannelFailedError(error) from None
    except _ChannelFailedError as failed:
        _log.warning("delivery_failed", channel=row["channel"], error=failed.kind)
        return failed.fault


@asynccontextmanager
async def errand(
    platform: Platform, work: Work, settings: Mapping[str, Any]
) -> AsyncIterator[Errand]:
    """Lend what a channel has in hand for one call."""
    async with borrowed(platform.cache, platform.settings.reach) as http:
        base = platform.settings.url_of(work.tenant.slug).rstrip("/")
        yield Errand(work, http, base, settings)


def key_of(row: Record) -> str:
    """Return the idempotency key of a delivery: result, channel, version."""
    return f"{row['result_id']}:{row['channel']}:{row['version']}"


def _level(found: Known) -> int:
    assurance = found.channel.assurance
    return LEVELS.index(assurance) if assurance in LEVELS else 0


def issued(platform: Platform, work: Work, row: Record) -> IssuedResult:
    """Return a result (a row of ``book.RESULT``) as channels see it."""
    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)

    async def pdf() -> bytes:
        return await to_thread.run_sync(files.get, row["pdf_sha256"])

    return IssuedResult(
        id=row["id"],
        dossier_id=row["dossier_id"],
        dossier_code=row["code"],
        procedure_code=row["procedure_code"],
        number=row["number"],
        kind=row["kind"],
        type=row["type"] or "",
        title_vi=row["title_vi"],
        title_en=row["title_en"],
        verify_url=f"{platform.settings.url_of(work.tenant.slug)}/verify/{row['verify_code']}",
        pdf_sha256=row["pdf_sha256"],
        issued_sha256=row["issued_sha256"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        claims=lambda: msgspec.json.decode(
            work.vault.open(row["claims_sealed"]), type=dict[str, Any]
        ),
        pdf=pdf,
    )


def holder(work: Work, result: Record) -> Holder:
    """Return whose result it is; the person's data are read when a channel asks."""

    async def read() -> Person:
        found = await citizens.read(work, result["holder_id"])
        return Person(
            found.pid, found.full_name, found.birth, found.phone or "", found.address or ""
        )

    return Holder(result["holder_id"], read)
