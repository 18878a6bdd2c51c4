"""Sharing: somebody else sees chosen papers for a time, and the owner sees who looked.

A person gets a link, and a code that is said another way; an office of the province opens it at its own
desk. The link is random (256 bits), the code short, so wrong codes end the share. The database holds only a
hash of the one and a keyed index of the other.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from motcua import notices
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.work import Work
from motcua.holdings import telling
from motcua.ids import token, uuid7
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.text import nfc, vn_moment

KINDS = ("person", "phone", "office")
MOST_ITEMS = 20
MOST_OPEN = 50
_LONGEST = 200

_OWN_RESULTS = """
select id from issued_result where holder_id = $1 and id = any($2) and status = 0
  and (expires_at is null or expires_at > $3)
"""
_OWN_PAPERS = """
select c.id from component c join dossier d on d.tenant_id = c.tenant_id and d.id = c.dossier_id
where d.submitter_id = $1 and c.id = any($2) and c.sha256 is not null and exists (
  select 1 from stored_file f where f.tenant_id = c.tenant_id and f.sha256 = c.sha256
    and f.uploaded_by = $1)
"""
_COUNT = "select count(*) from share where owner_id = $1 and ended_at is null and ends_at > $2"
_PERSON = "select 1 from person where id = $1 for update"
_UNIT = "select name from unit where id = $1"
_NEW = """
insert into share (id, owner_id, trace_id, kind, recipient_sealed, unit_id, purpose_sealed, link_hash,
  code_index, download, tell_owner, looks_most, created_at, ends_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_ITEM = """
insert into share_item (id, share_id, place, result_id, component_id) values ($1, $2, $3, $4, $5)
"""
_END = """
update share set ended_at = $3, end_reason = 'owner'
where id = $1 and owner_id = $2 and ended_at is null and ends_at > $3 returning trace_id
"""
_EXISTS = "select 1 from share where id = $1 and owner_id = $2"
_MINE = """
select s.*, (select count(*) from share_item i where i.tenant_id = s.tenant_id and i.share_id = s.id) as items
from share s where s.owner_id = $1 order by s.created_at desc, s.id desc limit 100
"""
_ONE = "select * from share where id = $1 and owner_id = $2"
ITEMS = """
select i.place, i.closed_at, i.result_id, i.component_id, r.title_vi, r.title_en, r.number, r.issued_at,
  r.expires_at, r.status, c.name_vi, c.name_en, c.provenance, c.added_at, c.compared_at, c.pages,
  coalesce(z.lasting_sha256, r.pdf_sha256, c.sha256) as sha256, coalesce(d.code, d.track_code) as code, u.name as unit
from share_item i
left join issued_result r on r.tenant_id = i.tenant_id and r.id = i.result_id
left join sealed_document z on z.tenant_id = r.tenant_id and z.sha256 = r.pdf_sha256
left join component c on c.tenant_id = i.tenant_id and c.id = i.component_id
left join dossier d on d.tenant_id = i.tenant_id and d.id = coalesce(r.dossier_id, c.dossier_id)
left join unit u on u.tenant_id = d.tenant_id and u.id = d.competent_unit
where i.share_id = $1 order by i.place
"""
_LOOKS = """
select at, what, place, actor from share_look where share_id = $1 order by at, id limit 500
"""


@dataclass(frozen=True)
class Limits:
    """What a tenant allows: days by default and at most, looks by default and at most."""

    days: int = 3
    days_most: int = 30
    looks: int = 5
    looks_most: int = 50


@dataclass(frozen=True)
class Wish:
    """What an owner asks for; ``items`` are ``result:<id>`` and ``paper:<id>`` in their order."""

    kind: str
    recipient: str
    purpose: str
    items: Sequence[str]
    days: int
    looks: int
    unit: UUID | None = None
    download: bool = False
    tell: bool = True


@dataclass(frozen=True)
class Made:
    """A new share; ``link`` and ``code`` are told this once and kept nowhere, and are empty for an office."""

    id: UUID
    link: str
    code: str


def limits(tenant: Tenant) -> Limits:
    """Return the tenant's limits (``sharing`` of its settings)."""
    own: Mapping[str, Any] = tenant.settings.get("sharing", {})
    return Limits(**{k: int(own[k]) for k in Limits.__dataclass_fields__ if k in own})


def code_index(work: Work, share: UUID, code: str) -> bytes:
    """Return how a code is kept: keyed, and for this share alone."""
    return work.vault.index(f"share:{share}:{code}")


async def create(platform: Platform, work: Work, owner: UUID, wish: Wish) -> Made:
    """Share; what is shared, and for what, is a consent of the owner.

    ``Invalid`` names each field that is not usable; what is not the owner's, or not in force, does not exist.
    """
    said = await _checked(work, wish, texts=notices.reach(platform, work.tenant))
    results, papers = _ids(said.items, "result"), _ids(said.items, "paper")
    found = {r["id"] for r in await work.tx.fetch(_OWN_RESULTS, owner, results, work.now)}
    found |= {r["id"] for r in await work.tx.fetch(_OWN_PAPERS, owner, papers)}
    if found != {*results, *papers}:
        words = (
            "Có giấy tờ không còn hiệu lực hoặc không phải của bạn. Hãy chọn lại.",
            "A paper is not in force any more or not yours. Choose again.",
        )
        raise Invalid(fields={"items": words})
    await work.tx.execute(_PERSON, owner)
    if await work.tx.fetchval(_COUNT, owner, work.now) >= MOST_OPEN:
        raise Conflict(
            f"Bạn đang chia sẻ {MOST_OPEN} lần. Hãy dừng bớt rồi chia sẻ tiếp.",
            f"You have {MOST_OPEN} open shares. End some first.",
        )
    made = await _write(platform, work, owner, said)
    scopes = [*said.items, f"days:{said.days}", f"looks:{said.looks}"]
    await citizens.consent(work, owner, f"share:{made.id}", scopes)
    payload = {"kind": said.kind, "items": len(said.items), "days": said.days}
    work.emit("share.created", made.id, payload)
    return made


async def _write(platform: Platform, work: Work, owner: UUID, wish: Wish) -> Made:
    share, office = uuid7(), wish.unit is not None
    secret, code = token(), f"{secrets.randbelow(1_000_000):06d}"
    ends = work.now + timedelta(days=wish.days)
    await work.tx.execute(
        _NEW,
        share,
        owner,
        work.trace_id,
        wish.kind,
        work.vault.seal(wish.recipient),
        wish.unit,
        work.vault.seal(wish.purpose),
        None if office else digest(secret),
        None if office else code_index(work, share, code),
        wish.download,
        wish.tell,
        wish.looks,
        work.now,
        ends,
    )
    for place, item in enumerate(wish.items, 1):
        kind, _, id_ = item.partition(":")
        result, paper = (UUID(id_), None) if kind == "result" else (None, UUID(id_))
        await work.tx.execute(_ITEM, uuid7(), share, place, result, paper)
    if office:
        return Made(share, "", "")
    link = f"{platform.settings.url_of(work.tenant.slug)}/shared/{secret}"
    if wish.kind == "phone":
        await telling.invited(platform, work, wish.recipient, share, link, vn_moment(ends))
    return Made(share, link, code)


async def end(work: Work, owner: UUID, share: UUID) -> None:
    """End a share at once; ``NotFound`` when it is not the owner's. One that has ended stays as it is."""
    trace = await work.tx.fetchval(_END, share, owner, work.now)
    if trace is None:
        if await work.tx.fetchval(_EXISTS, share, owner) is None:
            raise _unknown()
        return
    work.emit("share.ended", share, {"by": "owner"}, trace_id=trace)


async def mine(work: Work, owner: UUID) -> list[dict[str, Any]]:
    """Return the owner's shares, the newest first."""
    return [opened(work, row) for row in await work.tx.fetch(_MINE, owner)]


async def one(work: Work, owner: UUID, share: UUID) -> dict[str, Any]:
    """Return a share of this owner with ``shown`` (its items) and ``seen`` (every look); ``NotFound``."""
    row = await work.tx.fetchrow(_ONE, share, owner)
    if row is None:
        raise _unknown()
    shown = await work.tx.fetch(ITEMS, share)
    return {**opened(work, row), "shown": shown, "seen": await work.tx.fetch(_LOOKS, share)}


def opened(work: Work, row: Record) -> dict[str, Any]:
    """Return a share's row with recipient and purpose in clear, and ``state``: open, over or why it ended."""
    state = "open"
    if row["ended_at"] is not None:
        state = row["end_reason"]
    elif row["ends_at"] <= work.now:
        state = "over"
    elif row["looks"] >= row["looks_most"]:
        state = "used"
    words = {k: work.vault.open(row[f"{k}_sealed"]) for k in ("recipient", "purpose")}
    return {**dict(row), **words, "state": state}


async def _checked(work: Work, wish: Wish, *, texts: bool) -> Wish:
    """Return the wish as it is kept; ``Invalid`` names everything that is wrong. ``texts``: messages are sent."""
    wrong: dict[str, str | tuple[str, str]] = {}
    limit = limits(work.tenant)
    recipient, purpose = nfc(wish.recipient)[:_LONGEST], nfc(wish.purpose)[:_LONGEST]
    unit = wish.unit if wish.kind == "office" else None
    if wish.kind not in KINDS or (wish.kind == "phone" and not texts):
        wrong["kind"] = ("Chọn người hoặc cơ quan nhận.", "Choose whom it is for.")
    if wish.kind == "phone":
        recipient = "".join(c for c in recipient if c.isdigit())
        if not (len(recipient) == 10 and recipient[0] == "0" and recipient[1] in "35789"):
            wrong["recipient"] = (
                "Nhập số di động 10 chữ số.",
                "Enter a mobile number of 10 digits.",
            )
    elif unit is not None:
        name = await work.tx.fetchval(_UNIT, unit)
        if name is None:
            wrong["unit"] = ("Không có cơ quan này.", "There is no such office.")
        recipient = str(name or "")
    elif not recipient:
        wrong["recipient"] = ("Ghi tên người hoặc cơ quan nhận.", "Say whom it is for.")
    if not purpose:
        wrong["purpose"] = ("Ghi để làm gì.", "Say what it is for.")
    if not 1 <= wish.days <= limit.days_most:
        most = limit.days_most
        wrong["days"] = (f"Từ 1 đến {most} ngày.", f"From 1 to {most} days.")
    if not 1 <= wish.looks <= limit.looks_most:
        most = limit.looks_most
        wrong["looks"] = (f"Từ 1 đến {most} lần xem.", f"From 1 to {most} looks.")
    items = list(dict.fromkeys(wish.items))
    if not items or len(items) > MOST_ITEMS:
        wrong["items"] = (
            f"Chọn từ 1 đến {MOST_ITEMS} giấy tờ.",
            f"Choose from 1 to {MOST_ITEMS} papers.",
        )
    if wrong:
        raise Invalid(fields=wrong)
    return Wish(
        wish.kind, recipient, purpose, items, wish.days, wish.looks, unit, wish.download, wish.tell
    )


def _ids(items: Sequence[str], kind: str) -> list[UUID]:
    """Return the ids of one kind; an item that is none is refused as unknown."""
    found = []
    for item in items:
        named, _, id_ = item.partition(":")
        if named not in ("result", "paper"):
            raise _unusable()
        if named == kind:
            try:
                found.append(UUID(id_))
            except ValueError:
                raise _unusable() from None
    return found


def _unusable() -> Invalid:
    said = ("Không có giấy tờ này.", "There is no such paper.")
    return Invalid(fields={"items": said})


def _unknown() -> NotFound:
    return NotFound("Không tìm thấy lần chia sẻ này.", "There is no such share.")
