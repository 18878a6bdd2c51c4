"""Citizens of one tenant: found by a blind index of their number, never by the number itself."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from motcua.errors import NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.text import fold, nfc

_UPSERT = """
insert into person as p (id, pid_index, pid_sealed, full_name, folded, birth, sex, address_sealed,
  phone_sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, pid_index) do update set
  full_name = excluded.full_name, folded = excluded.folded,
  birth = coalesce(excluded.birth, p.birth), sex = coalesce(excluded.sex, p.sex),
  address_sealed = coalesce(excluded.address_sealed, p.address_sealed),
  phone_sealed = coalesce(excluded.phone_sealed, p.phone_sealed)
returning id, (xmax = 0) as fresh
"""
_BY_ID = """
select id, pid_sealed, full_name, birth, sex, address_sealed, phone_sealed from person where id = $1
"""
_CONSENT = """
insert into consent (id, person_id, purpose, scopes, trace_id, given_at)
values ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True)
class Citizen:
    """A citizen as forms are prefilled with; ``pid`` is the 12-digit number, in clear."""

    pid: str
    full_name: str
    birth: date | None = None
    sex: str | None = None
    address: str | None = None
    phone: str | None = None
    id: UUID | None = None

    def prefill(self) -> dict[str, str]:
        """Return what a form may take over, by the names forms use."""
        birth = self.birth.strftime("%d/%m/%Y") if self.birth else ""
        known = {
            "person.full_name": self.full_name,
            "person.pid": self.pid,
            "person.birth": birth,
            "person.sex": self.sex or "",
            "person.address": self.address or "",
            "person.phone": self.phone or "",
        }
        return {key: value for key, value in known.items() if value}


async def remember(work: Work, citizen: Citizen) -> UUID:
    """Store or update a citizen of this tenant; returns the row's id."""
    vault = work.vault
    row = await work.tx.fetchrow(
        _UPSERT,
        uuid7(),
        vault.index(citizen.pid),
        vault.seal(citizen.pid),
        nfc(citizen.full_name),
        fold(citizen.full_name),
        citizen.birth,
        citizen.sex,
        vault.seal(citizen.address) if citizen.address else None,
        vault.seal(citizen.phone) if citizen.phone else None,
    )
    if row is None:
        raise LookupError("an upsert returns its row")
    if row["fresh"]:
        work.emit("person.known", row["id"])
    return UUID(bytes=row["id"].bytes)


async def read(work: Work, person_id: UUID) -> Citizen:
    """Read a citizen with the number in clear; that it was read is an event the citizen can see."""
    row = await work.tx.fetchrow(_BY_ID, person_id)
    if row is None:
        raise NotFound()
    work.emit("person.read", person_id)
    open_ = work.vault.open
    return Citizen(
        pid=open_(row["pid_sealed"]),
        full_name=row["full_name"],
        birth=row["birth"],
        sex=row["sex"],
        address=open_(row["address_sealed"]) if row["address_sealed"] else None,
        phone=open_(row["phone_sealed"]) if row["phone_sealed"] else None,
        id=row["id"],
    )


async def consent(work: Work, person_id: UUID, purpose: str, scopes: list[str]) -> UUID:
    """Record what a person agreed to, and for what."""
    consent_id = uuid7()
    await work.tx.execute(_CONSENT, consent_id, person_id, purpose, scopes, work.trace_id, work.now)
    work.emit("consent.given", consent_id, {"purpose": purpose, "scopes": scopes})
    return consent_id
