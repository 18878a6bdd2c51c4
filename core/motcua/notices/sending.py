"""A message is written in the transaction of what it tells, and sent after its commit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from motcua.events.log import Event
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.notices import texts
from motcua.platform import Platform
from motcua.plugins.kinds import Message
from motcua.tenancy.tenant import Tenant

OWED = "notice.owed"
SUBSCRIBER = "notices"

_NEW = """
insert into notice (id, kind, subject, once, language, contact_sealed, text_sealed, at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, once) do nothing returning id
"""
_SAID = "select id from notice where once = $1"
_TAKE = """
select id, kind, subject, language, contact_sealed, text_sealed, state from notice
where id = $1 for update
"""
_END = """
update notice set state = $2, ended_at = $3, channel = $4, reference = $5 where id = $1
"""


async def send(
    work: Work,
    kind: str,
    contact: str,
    values: Mapping[str, str],
    *,
    language: str,
    subject: UUID,
    once: str | None = None,
    not_before: datetime | None = None,
) -> UUID:
    """Owe a message to a telephone (domestic form, ``0912345678``); returns its id.

    ``kind`` and ``values`` as in ``messages.toml``; ``subject`` is what it is about. With ``once`` a second
    message of that name is not written, and the id of the first is returned. Telephone and text are sealed,
    and stand in no event. ``KeyError`` for a kind or value that does not exist.
    """
    own = work.tenant.settings.get("texts", {})
    text = texts.written(kind, language, values, own)
    notice = await work.tx.fetchval(
        _NEW,
        uuid7(),
        kind,
        subject,
        once,
        language,
        work.vault.seal(contact),
        work.vault.seal(text),
        work.now,
    )
    if notice is None:
        return UUID(bytes=(await work.tx.fetchval(_SAID, once)).bytes)
    work.emit(OWED, notice, {"kind": kind}, not_before=not_before)
    return UUID(bytes=notice.bytes)


def reach(platform: Platform, tenant: Tenant) -> bool:
    """Return whether this tenant has any channel: no page promises a message that nobody sends."""
    return bool(platform.plugins.notice_channels(tenant))


async def deliver(platform: Platform, work: Work, event: Event) -> None:
    """Hand one owed message to the tenant's first channel; an exception brings it again later.

    Its id is the idempotency key: a channel may be asked again for one that it took already.
    """
    row = await work.tx.fetchrow(_TAKE, event.subject)
    if row is None or row["state"] not in ("owed", "given_up") or row["contact_sealed"] is None:
        return
    open_ = work.vault.open
    message = Message(
        id=row["id"],
        kind=row["kind"],
        contact=open_(row["contact_sealed"]),
        text=open_(row["text_sealed"]),
        language=row["language"],
    )
    sent = await platform.plugins.send_notice(work.tenant, work, message)
    if sent is None:
        await work.tx.execute(_END, row["id"], "no_channel", work.now, "", "")
        return
    channel, reference = sent
    await work.tx.execute(_END, row["id"], "sent", work.now, channel, reference[:200])
    work.emit("notice.sent", row["id"], {"kind": row["kind"], "channel": channel})


async def gave_up(work: Work, event: Event, reason: str) -> None:
    """Mark a message that no channel took, however often it was tried: staff see its dead letter.

    ``reason`` stays with the dead letter alone: what a channel says may hold the telephone.
    """
    await work.tx.execute(_END, event.subject, "given_up", work.now, "", "")
    work.emit("notice.given_up", event.subject)
