"""The door of a share: who has link and code, or sits in the office it is for, comes in for some minutes.

Whatever is wrong looks the same from outside: an unknown link, a wrong code, a share that has ended, was used
up or locked. Five wrong codes lock it for good. Every look is written down before anything is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from motcua.errors import Conflict, Forbidden, NotFound
from motcua.events.work import Work
from motcua.holdings import sharing, telling
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet.statuslist import VALID

TRIES = 5
VISIT = timedelta(minutes=15)

_KNOCK = "select * from share where link_hash = $1 for update"
_WRONG = "update share set tries = $2, ended_at = $3, end_reason = $4 where id = $1"
_LOOKED = "update share set looks = looks + 1, tries = 0 where id = $1"
_VISIT = """
insert into share_visit (id, share_id, token_hash, expires_at) values ($1, $2, $3, $4)
"""
_LOOK = """
insert into share_look (id, share_id, at, what, place, actor) values ($1, $2, $3, $4, $5, $6)
"""
_INSIDE = """
select s.* from share_visit v join share s on s.tenant_id = v.tenant_id and s.id = v.share_id
where v.token_hash = $1 and v.expires_at > $2 and s.ended_at is null and s.ends_at > $2
"""
_FOR_OFFICE = """
select s.*, p.full_name as owner_name,
  (select count(*) from share_item i where i.tenant_id = s.tenant_id and i.share_id = s.id) as items
from share s join person p on p.tenant_id = s.tenant_id and p.id = s.owner_id
where s.unit_id is not null and ($1::uuid[] is null or s.unit_id = any($1))
  and s.ended_at is null and s.ends_at > $2
order by s.created_at desc limit 100
"""
_OFFICE = """
select s.*, p.full_name as owner_name from share s
join person p on p.tenant_id = s.tenant_id and p.id = s.owner_id
where s.id = $1 and s.unit_id is not null and ($2::uuid[] is null or s.unit_id = any($2))
  and s.ended_at is null and s.ends_at > $3
for update of s
"""
_RECENT = """
select 1 from share_look where share_id = $1 and actor = $2 and what = 'opened' and at > $3 limit 1
"""


@dataclass(frozen=True)
class Room:
    """What somebody sees inside: the share with its words in clear, and its items as they stand now."""

    share: dict[str, Any]
    items: Sequence[Record]


async def knock(platform: Platform, work: Work, link: str, code: str) -> str | None:
    """Open a share with link and code; returns the secret of the visit, None for whatever is wrong.

    The work must be committed in either case: a wrong code counts.
    """
    row = await work.tx.fetchrow(_KNOCK, digest(link))
    # The index is computed for an unknown link too: that takes as long.
    index = sharing.code_index(work, row["id"] if row else UUID(int=0), code)
    if row is None or sharing.opened(work, row)["state"] != "open":
        return None
    work.trace_id = row["trace_id"]
    if index != row["code_index"]:
        await _wrong(work, row)
        return None
    await _looked(platform, work, row)
    secret = token()
    await work.tx.execute(_VISIT, uuid7(), row["id"], digest(secret), work.now + VISIT)
    return secret


async def _wrong(work: Work, row: Record) -> None:
    tries = row["tries"] + 1
    locked = tries >= TRIES
    ended, why = (work.now, "locked") if locked else (None, None)
    await work.tx.execute(_WRONG, row["id"], tries, ended, why)
    await look(work, row["id"], "locked" if locked else "refused")
    if locked:
        work.emit("share.ended", row["id"], {"by": "locked"})


async def _looked(platform: Platform, work: Work, row: Record) -> None:
    await work.tx.execute(_LOOKED, row["id"])
    await look(work, row["id"], "opened")
    work.emit("share.opened", row["id"], unit=row["unit_id"])
    if row["tell_owner"] and not row["looks"]:
        await telling.looked(platform, work, row["owner_id"], row["id"])


async def inside(work: Work, secret: str) -> Room:
    """Return the room of a visit; ``NotFound`` when the visit or the share has ended."""
    row = await work.tx.fetchrow(_INSIDE, digest(secret), work.now)
    if row is None:
        raise ended()
    return await _room(work, row)


async def waiting(work: Work, units: list[UUID] | None) -> list[dict[str, Any]]:
    """Return the open shares for these offices (None: all), the newest first."""
    rows = await work.tx.fetch(_FOR_OFFICE, units, work.now)
    return [sharing.opened(work, row) for row in rows]


async def enter(platform: Platform, work: Work, share: UUID, units: list[UUID] | None) -> Room:
    """Open a share that is for the office of whoever acts; within the same minutes it is one look.

    ``NotFound`` when it is for another office or has ended; ``Conflict`` when its looks are used up.
    """
    row = await work.tx.fetchrow(_OFFICE, share, units, work.now)
    if row is None:
        raise ended()
    work.trace_id = row["trace_id"]
    since = work.now - VISIT
    if not await work.tx.fetchval(_RECENT, share, str(work.actor), since):
        if row["looks"] >= row["looks_most"]:
            raise Conflict(
                "Đã hết số lần xem mà người chia sẻ cho phép.",
                "The looks that the owner allowed are used up.",
            )
        await _looked(platform, work, row)
    return await _room(work, row)


async def paper(work: Work, room: Room, place: int, *, download: bool) -> Record:
    """Return the item that is looked at, and write the look down.

    ``NotFound`` when there is none; ``Forbidden`` when the owner lets nobody download; ``Conflict`` when it
    is not in force any more.
    """
    item = next((i for i in room.items if i["place"] == place), None)
    if item is None:
        raise NotFound("Không tìm thấy giấy tờ.", "There is no such paper.")
    if download and not room.share["download"]:
        raise Forbidden("Người chia sẻ không cho tải về.", "The owner does not allow downloads.")
    if not in_force(item):
        raise Conflict(
            "Giấy tờ này đã bị thu hồi hoặc tạm dừng hiệu lực nên không xem được nữa.",
            "This paper was withdrawn or suspended and cannot be seen any more.",
        )
    await look(work, room.share["id"], "downloaded" if download else "viewed", place)
    return item


def in_force(item: Record) -> bool:
    """Tell whether an item may be shown: not withdrawn, not suspended."""
    return item["closed_at"] is None and item["status"] in (None, VALID)


async def look(work: Work, share: UUID, what: str, place: int | None = None) -> None:
    """Write a look down."""
    await work.tx.execute(_LOOK, uuid7(), share, work.now, what, place, str(work.actor))


async def _room(work: Work, row: Record) -> Room:
    items = await work.tx.fetch(sharing.ITEMS, row["id"])
    return Room(sharing.opened(work, row), items)


def ended() -> NotFound:
    """Say that there is nothing (any more), whatever the cause."""
    return NotFound(
        "Không mở được. Việc chia sẻ đã kết thúc, hoặc cần mở lại bằng liên kết và mã.",
        "It cannot be opened. The share has ended, or link and code are needed again.",
    )
