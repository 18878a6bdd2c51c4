"""The one extension of a dossier's time limit: granted by a leader before expiry, with a signed apology.

The letter (form 04) is set and signed between two works, so that no transaction waits for it; the second work
looks again whether everything still is as the letter says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anyio import to_thread

from motcua.catalogue.calendars import read_calendar
from motcua.catalogue.packages import Package
from motcua.documents.kept import newest
from motcua.documents.signing import sign_pdf
from motcua.dossiers import clock, queries, slips
from motcua.dossiers.changes import lock
from motcua.dossiers.law import law_of
from motcua.dossiers.slips import Slip
from motcua.dossiers.states import State
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.files import erasing
from motcua.ids import uuid7
from motcua.keys import signing, store
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.worktime import ClockEvent

#: Where neither the procedure nor the tenant (``extension_days`` of its settings) says how many at most.
MOST_DAYS = 365
_LONGEST = 2000
_IN_SETTLEMENT = (State.ACCEPTED, State.PROCESSING, State.SUPPLEMENT, State.PAYMENT_DUE)
_NAME = "select full_name from staff where id = $1"
_GRANT = """
insert into clock_extension (id, dossier_id, granted_at, granted_by, days, reason, old_due_at,
  new_due_at, pdf_sha256, signing_kid) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

Check = Callable[[Work], Awaitable[object]]
"""Refuses, inside a work, whoever may not grant the extension."""


@dataclass(frozen=True)
class Order:
    """What a leader enters: by how many days, and why (the citizen reads it)."""

    days: int
    reason: str


@dataclass(frozen=True)
class _Drafted:
    """A letter that was read and not signed yet, and what it says."""

    slip: Slip
    key: Signer
    at: datetime
    old: datetime
    new: datetime
    unit: str


async def extend(
    platform: Platform, tenant: Tenant, actor: Actor, dossier_id: UUID, order: Order, check: Check
) -> datetime:
    """Grant the extension; returns the new due moment.

    ``Conflict`` for a second one, one after expiry and for a dossier that is not being settled; ``Invalid``
    says which field is not right.
    """
    if actor.id is None:
        raise ValueError("an extension is granted by a member of staff")
    order = _checked(order)
    async with platform.works.begin(tenant, actor) as work:
        await check(work)
        drafted = await _draft(platform, work, dossier_id, order, actor.id)
    pdf = await _signed(tenant, drafted)
    files = platform.files.for_tenant(tenant.id, tenant.slug)
    stored = await to_thread.run_sync(files.put, pdf)
    async with platform.works.begin(tenant, actor) as work:
        await check(work)
        await work.tx.execute(erasing.HOLD, stored.sha256)
        await to_thread.run_sync(files.put, pdf)
        await _grant(platform, work, dossier_id, order, drafted, stored.sha256, actor.id)
    return drafted.new


async def letter(work: Work, dossier: Record) -> str:
    """Return the hash of the signed letter, of the file that lasts once there is one.

    ``NotFound`` when nothing was extended.
    """
    given = await clock.extension(work.tx, dossier["id"])
    if given is None:
        raise NotFound("Hồ sơ không được hẹn lại.", "The dossier was not extended.")
    return await newest(work.tx, str(given["pdf_sha256"]))


def most_days(tenant: Tenant, package: Package) -> int:
    """Return by how many days at most: what the procedure says, else the tenant's own policy."""
    own = int(tenant.settings.get("extension_days", MOST_DAYS))
    return package.procedure.time_limit.extension_days or own


def _checked(order: Order) -> Order:
    reason = order.reason.strip()[:_LONGEST]
    if not reason:
        said = (
            "Hãy ghi rõ lý do chậm để người dân biết.",
            "Say why it takes longer: the citizen reads it.",
        )
        raise Invalid(fields={"reason": said})
    return Order(order.days, reason)


async def _draft(
    platform: Platform, work: Work, dossier_id: UUID, order: Order, officer: UUID
) -> _Drafted:
    await lock(work, dossier_id)
    dossier = await queries.one(work.tx, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    calendar = await read_calendar(work.tx)
    if dossier["state"] not in _IN_SETTLEMENT:
        raise Conflict(
            "Chỉ hẹn lại được hồ sơ đang giải quyết.",
            "Only a dossier that is being settled can be extended.",
        )
    most = most_days(work.tenant, procedure.package)
    if not 1 <= order.days <= most:
        said = (f"Số ngày hẹn lại phải từ 1 đến {most}.", f"From 1 to {most} days.")
        raise Invalid(fields={"days": said})
    event = ClockEvent("extended", work.now, "", order.days)
    running = await clock.read(work.tx, dossier, procedure.package)
    found = running.then(calendar, event).due(calendar)
    old = running.due(calendar).at
    told = {
        "reason": order.reason,
        "old_due_at": old,
        "new_due_at": found.at,
        "derivation": [line.removesuffix(".") for line in found.explain("vi")],
    }
    signer = str(await work.tx.fetchval(_NAME, officer) or "")
    slip = await slips.apology(platform, work, dossier, told, signer)
    key = await signing.current(work.tx, work.vault, store.DOCUMENT, work.now)
    return _Drafted(slip, key, work.now, old, found.at, str(dossier["competent_name"]))


async def _signed(tenant: Tenant, drafted: _Drafted) -> bytes:
    pdf = await slips.pdf(drafted.slip)

    return await sign_pdf(
        pdf,
        sign=drafted.key.sign,
        chain_pem=drafted.key.chain_pem,
        at=drafted.at,
        reason="Xin lỗi và hẹn lại ngày trả kết quả",
        name=tenant.name,
        location=drafted.unit,
    )


async def _grant(
    platform: Platform,
    work: Work,
    dossier_id: UUID,
    order: Order,
    drafted: _Drafted,
    sha256: str,
    officer: UUID,
) -> None:
    dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    calendar = await read_calendar(work.tx)
    event = ClockEvent("extended", drafted.at, "", order.days)
    running = await clock.read(work.tx, dossier, procedure.package)
    unchanged = not running.history or running.history[-1].at <= drafted.at
    if not unchanged or running.then(calendar, event).due(calendar).at != drafted.new:
        raise Conflict(
            "Hồ sơ vừa thay đổi trong lúc lập phiếu hẹn lại. Hãy tải lại trang và làm lại.",
            "The dossier changed while the letter was made. Reload the page and do it again.",
        )
    await work.tx.execute(
        _GRANT,
        uuid7(),
        dossier_id,
        drafted.at,
        officer,
        order.days,
        order.reason,
        drafted.old,
        drafted.new,
        sha256,
        drafted.key.kid,
    )
    _, since = await clock.move(work, dossier, procedure.package, calendar)
    told = {"old": drafted.old.isoformat(), "due": drafted.new.isoformat(), "days": order.days}
    told |= {"paused": True} if since else {}
    work.emit("clock.extended", dossier_id, told, unit=dossier["competent_unit"])
