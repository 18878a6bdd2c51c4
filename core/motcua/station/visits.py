"""One person at a station: what was entered so far, sealed; gone from the moment the person leaves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.events.work import Work
from motcua.files import erasing
from motcua.files.store import TenantFiles
from motcua.ids import token, uuid7
from motcua.people.citizens import Citizen
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import screens

FORSAKEN = timedelta(minutes=20)
"""How long a visit may lie untouched when the screen's own guard (90 seconds) failed: power cut, crash."""

_NEW = """
insert into station_session (id, device_id, trace_id, started_at, touched_at, data_sealed)
values ($1, $2, $3, $4, $4, $5)
"""
_OPEN = """
select id, trace_id, data_sealed from station_session
where ended_at is null and device_id = $1 and touched_at > $2 for update
"""
_LEFT = """
select id, trace_id, data_sealed from station_session
where ended_at is null and (device_id = $1 or touched_at <= $2) order by id for update
"""
_SAVE = "update station_session set data_sealed = $2, touched_at = $3 where id = $1"
_END = """
update station_session set ended_at = $2, outcome = $3, data_sealed = null, ticket_id = $4,
  ticket_token = $5 where id = $1
"""
_UNSEEN = "select 1 from station_session where device_id = $1 and ticket_token = $2"
_SHOW = """
update station_session set ticket_token = $4
where device_id = $1 and ticket_token = $2 and ended_at > $3 returning ticket_id, trace_id
"""
_UNSHOWN = """
update station_session set ticket_token = null where device_id = $1 and ticket_token is not null
"""
_DROP = "delete from stored_file where id = any($1) returning sha256"


class NoVisitError(Exception):
    """Nobody is at the station; whatever was asked belongs to somebody who has left."""


class Card(msgspec.Struct, frozen=True):
    """What was read from the card: a prefill, no proof. With ``issuer`` it came from a wallet, signed."""

    pid: str
    full_name: str
    birth: date
    sex: str
    address: str
    issuer: str = ""

    def citizen(self) -> Citizen:
        """Return the card's holder as forms are prefilled with."""
        return Citizen(self.pid, self.full_name, self.birth, self.sex, self.address or None)


class Scan(msgspec.Struct, frozen=True):
    """One scanned paper of the dossier."""

    id: UUID
    pages: int
    size: int


class Notes(msgspec.Struct):
    """All that a person has entered; ``once`` makes sure that one press gives one ticket.

    ``asked`` is the request whose code a telephone may answer, ``then`` the page the person came from.
    """

    way: str
    once: str
    card: Card | None = None
    confirmed: bool = False
    person: UUID | None = None
    code: str = ""
    adopted: UUID | None = None
    unit: UUID | None = None
    answers: dict[str, Any] = {}
    done: bool = False
    papers: dict[str, list[Scan]] = {}
    papers_seen: bool = False
    track: str = ""
    phone: str = ""
    priority: str = ""
    asked: UUID | None = None
    then: str = ""

    def files(self) -> list[UUID]:
        """Return the ids of all scanned files."""
        return [scan.id for scans in self.papers.values() for scan in scans]

    def anew(self, *, card: Card | None = None, asked: UUID | None = None) -> "Notes":
        """Return the notes of this visit when its person is asked for again: all that is his is gone.

        What was told before is no part of that: the telephone, the class of priority, the page to go back to.
        """
        return Notes(
            way=self.way,
            once=self.once,
            card=card,
            phone=self.phone,
            priority=self.priority,
            asked=asked,
            then=self.then,
        )


@dataclass
class Visit:
    """An open visit, locked until the end of the transaction."""

    id: UUID
    trace_id: UUID
    notes: Notes


@dataclass
class Erasure:
    """Contents to erase from the store once the transaction is committed."""

    hashes: set[str] = field(default_factory=set)

    async def run(self, db: Database, tenant: Tenant, files: TenantFiles) -> None:
        """Erase those that nothing else holds."""
        await erasing.erase(db, tenant, files, self.hashes)


async def begin(work: Work, device: UUID, way: str, erasure: Erasure) -> Visit:
    """Begin a visit with a trace of its own; whoever was at the device before has left."""
    await leave(work, device, "abandoned", erasure)
    visit = Visit(uuid7(), uuid7(), Notes(way=way, once=token()))
    work.trace_id = visit.trace_id
    await work.tx.execute(
        _NEW, visit.id, device, visit.trace_id, work.now, _sealed(work, visit.notes)
    )
    work.emit("station.session_started", visit.id, {"way": way})
    return visit


async def current(work: Work, device: UUID) -> Visit:
    """Return the visit at this device and make its trace the work's; ``NoVisitError`` when there is none."""
    row = await work.tx.fetchrow(_OPEN, device, work.now - FORSAKEN)
    if row is None:
        raise NoVisitError
    work.trace_id = row["trace_id"]
    return Visit(row["id"], row["trace_id"], _opened(work, row["data_sealed"]))


async def save(work: Work, visit: Visit) -> None:
    """Keep what was entered."""
    await work.tx.execute(_SAVE, visit.id, _sealed(work, visit.notes), work.now)


async def end(
    work: Work, visit: Visit, outcome: str, *, ticket: UUID | None = None, show: str = ""
) -> None:
    """End a visit and erase what was entered; ``show`` is the token that shows the ticket once."""
    shown = digest(show) if show else None
    await screens.forget(work, visit.id)
    await work.tx.execute(_END, visit.id, work.now, outcome, ticket, shown)
    work.emit("station.session_ended", visit.id, {"outcome": outcome}, trace_id=visit.trace_id)


async def leave(work: Work, device: UUID, outcome: str, erasure: Erasure) -> None:
    """End what is open at this device, and visits that were forsaken at others; scans go with them."""
    await work.tx.execute(_UNSHOWN, device)
    for row in await work.tx.fetch(_LEFT, device, work.now - FORSAKEN):
        visit = Visit(row["id"], row["trace_id"], _opened(work, row["data_sealed"]))
        await drop(work, visit.notes.files(), erasure)
        await end(work, visit, outcome)


async def drop(work: Work, files: Iterable[UUID], erasure: Erasure) -> None:
    """Forget scans that go into no dossier; contents that nothing else holds will be erased."""
    if not (ids := list(files)):
        return
    erasure.hashes |= {row["sha256"] for row in await work.tx.fetch(_DROP, ids)}


async def unshown(work: Work, device: UUID, show: str) -> bool:
    """Return whether this token would still show a ticket at this device."""
    return bool(await work.tx.fetchval(_UNSEEN, device, digest(show)))


async def take_ticket(work: Work, device: UUID, show: str) -> tuple[UUID, str]:
    """Return the ticket of a token and the token for the next time; ``NoVisitError`` for a used one.

    An address shows the ticket once. Whoever stands there may ask for it again in his language or on paper,
    under the next token, for as long as he has not left: leaving forgets it, and so do some minutes.
    """
    following = token()
    row = await work.tx.fetchrow(
        _SHOW, device, digest(show), work.now - FORSAKEN, digest(following)
    )
    if row is None:
        raise NoVisitError
    work.trace_id = row["trace_id"]
    return UUID(bytes=row["ticket_id"].bytes), following


def _sealed(work: Work, notes: Notes) -> bytes:
    return work.vault.seal(msgspec.json.encode(notes).decode())


def _opened(work: Work, sealed: bytes) -> Notes:
    return msgspec.json.decode(work.vault.open(sealed), type=Notes)
