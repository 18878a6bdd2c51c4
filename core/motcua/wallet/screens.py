"""Presentations asked on one screen and answered by a telephone: at a station, at a counter (cross-device).

The request belongs to one place: a visit at a station, a dossier or a ticket at the desk. What was proven can be
taken once, there and by nobody else; it is gone when the place is left. Nothing that the wallet gets leads to
it, so whoever shows somebody else's code on his own screen wins nothing there (OpenID4VP section 14.2).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record, Tx
from motcua.wallet import asking, issuer, requests
from motcua.wallet.verifying import Proven

LIFETIME = timedelta(minutes=5)
"""How long a code stands on a screen: whoever is there has his telephone in his hand."""

_START = """
insert into presentation (id, trace_id, purpose, vct_type, paper_key, nonce, state, query, return_path,
  created_at, expires_at, client_id, flow, place_id, reader_id, asked_by, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, 'cross_device', $12, $13, $14, $15)
"""
_AGAIN = """
update presentation set status = 'failed', error = 'asked_again', claims_sealed = null
where place_id = $1 and purpose = $2 and status in ('waiting', 'verified')
"""
_READ = """
select * from presentation
where id = $1 and purpose = $2 and place_id = $3 and reader_id is not distinct from $4
"""
# Taking and reading are one statement: what was proven is taken once, at its place.
_TAKE = """
with taken as (
  select tenant_id, id, claims_sealed from presentation
  where id = $1 and purpose = $2 and place_id = $3 and reader_id is not distinct from $4
    and status = 'verified' and finished_at > $5 for update)
update presentation p set status = 'used', claims_sealed = null
from taken where p.tenant_id = taken.tenant_id and p.id = taken.id
returning p.*, taken.claims_sealed as kept
"""
_FORGET = """
update presentation set claims_sealed = null, expires_at = least(expires_at, $2),
  status = case when status = 'waiting' then 'failed' else status end,
  error = case when status = 'waiting' then 'left' else error end
where place_id = $1 and (status = 'waiting' or claims_sealed is not null)
"""


@dataclass(frozen=True)
class Wish:
    """What is asked on a screen: for ``purpose``, at ``place_id``; ``reader_id`` alone may read the answer.

    ``asked_by`` and ``reason`` are told to the person, ``paper_key`` names the paper of a dossier it is for.
    """

    purpose: str
    place_id: UUID
    query: Mapping[str, Any]
    asked_by: str
    reason: str
    reader_id: UUID | None = None
    paper_key: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request on a screen: ``link`` is what its code says; ``standing`` as ``asking.standing``."""

    id: UUID
    link: str
    standing: str
    error: str
    expires_at: datetime
    kinds: tuple[str, ...]
    paper_key: str


async def ask(platform: Platform, work: Work, wish: Wish) -> UUID:
    """Ask at a place; what was asked there before for the same purpose counts no more."""
    asked_id = uuid7()
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    kinds = [entry["id"] for entry in wish.query["credentials"]]
    await work.tx.execute(_AGAIN, wish.place_id, wish.purpose)
    await work.tx.execute(
        _START,
        asked_id,
        work.trace_id,
        wish.purpose,
        ",".join(kinds),
        wish.paper_key,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        dict(wish.query),
        work.now,
        work.now + LIFETIME,
        requests.client_id_of(signer.chain[0]),
        wish.place_id,
        wish.reader_id,
        wish.asked_by,
        wish.reason,
    )
    payload = {"purpose": wish.purpose, "types": kinds, "place": str(wish.place_id)}
    work.emit("presentation.started", asked_id, payload)
    return asked_id


async def look(
    platform: Platform, work: Work, asked_id: UUID, purpose: str, place: UUID, reader: UUID | None
) -> Asked:
    """Return how a request of this place stands; ``NotFound`` at any other place, for any other reader."""
    row = await _row(work.tx, asked_id, purpose, place, reader)
    link = asking.link(platform, work.tenant, asked_id, row["client_id"])
    return Asked(
        id=asked_id,
        link=link,
        standing=asking.standing(row, work.now),
        error=row["error"] or "",
        expires_at=row["expires_at"],
        kinds=tuple(row["vct_type"].split(",")),
        paper_key=row["paper_key"] or "",
    )


async def take(
    work: Work, asked_id: UUID, purpose: str, place: UUID, reader: UUID | None
) -> tuple[str, Proven, Record]:
    """Return the kind of paper that was shown, what it proves, and the request; both are forgotten here.

    ``NotFound`` at any other place or for any other reader; ``Conflict`` when nothing was proven, or it was
    taken already.
    """
    oldest = work.now - LIFETIME
    row = await work.tx.fetchrow(_TAKE, asked_id, purpose, place, reader, oldest)
    if row is None:
        before = await _row(work.tx, asked_id, purpose, place, reader)
        if asking.standing(before, work.now) == "waiting":
            raise Conflict(
                "Ví chưa trả lời. Hãy bấm lại sau khi đã đồng ý trên điện thoại.",
                "The wallet has not answered. Press again after agreeing on the telephone.",
            )
        raise Conflict(
            "Lần xuất trình này đã được dùng hoặc chưa có kết quả. Hãy tạo mã mới.",
            "This presentation was taken already, or brought nothing. Make a new code.",
        )
    found = msgspec.json.decode(work.vault.open(row["kept"]), type=dict[str, Proven])
    ((kind, proven),) = found.items()
    work.emit("presentation.used", asked_id, {"purpose": purpose, "place": str(place)})
    return kind, proven, row


async def forget(work: Work, place_id: UUID) -> None:
    """End whatever was asked at a place that is left; an answer that comes later is refused."""
    await work.tx.execute(_FORGET, place_id, work.now)


async def _row(tx: Tx, asked_id: UUID, purpose: str, place: UUID, reader: UUID | None) -> Record:
    row = await tx.fetchrow(_READ, asked_id, purpose, place, reader)
    if row is None:
        raise NotFound("Không có yêu cầu này.", "There is no such request.")
    return row
