"""Which papers of a signed-in person a wallet's request is about."""

from dataclasses import dataclass
from uuid import UUID

from motcua.dossiers.states import FINAL
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.wallet import issuer, offering
from motcua.wallet.grants import Subject
from motcua.wallet.metadata import Names

_RESULTS = """
select id, dossier_id, trace_id, type, number, title_vi, title_en, status, issued_at, expires_at
from issued_result
where holder_id = $1 and type = $2 and kind = 'granted' and ($3::uuid is null or dossier_id = $3)
order by issued_at desc limit 50
"""
_AWAITED = """
select d.id, d.trace_id, d.track_code from dossier d
where d.id = $1 and d.subject_id = $2 and not d.state = any($3)
  and not exists (select 1 from issued_result r where r.tenant_id = d.tenant_id and r.dossier_id = d.id)
"""


@dataclass(frozen=True)
class Choice:
    """A paper the person may hand to the wallet; ``awaited`` when it is not decided yet."""

    subject: Subject
    title: Names
    number: str
    awaited: bool = False

    @property
    def id(self) -> UUID:
        """By which the form names it."""
        return self.subject.dossier_id


async def choices(platform: Platform, work: Work, row: Record, person: UUID) -> list[Choice]:
    """Return what this person may give to the request; with an offer only what was offered."""
    kind, dossier = row["type"], row["offered_dossier"]
    found = [
        Choice(
            Subject(r["trace_id"], r["dossier_id"], r["id"], kind),
            Names(r["title_vi"], r["title_en"]),
            r["number"],
        )
        for r in await work.tx.fetch(_RESULTS, person, kind, dossier)
        if offering.deliverable(r, work.now)
    ]
    if found or dossier is None:
        return found
    waits = await work.tx.fetchrow(_AWAITED, dossier, person, [int(state) for state in FINAL])
    if waits is None:
        return []
    known = (await issuer.configurations(platform, work.tenant)).get(kind)
    title = known.names if known else Names(kind, kind)
    return [
        Choice(Subject(waits["trace_id"], dossier, None, kind), title, waits["track_code"], True)
    ]
