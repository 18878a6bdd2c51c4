"""What an officer can ask a wallet for at a place, and what an answer means for the check-list."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.procedure import Paper, Replacement
from motcua.dossiers import access, queries
from motcua.dossiers.law import law_of
from motcua.dossiers.states import FINAL
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.wallet import dcql, issuer, vocabulary
from motcua.wallet.trust import Trust
from motcua.wallet.verifying import Proven
from motcua.web.sessions import Session

IDENTITY = "identity"
_TICKET = """
select t.id, t.number, t.counter_id, l.name_vi, l.name_en, u.name as unit_name from ticket t
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
join site s on s.tenant_id = c.tenant_id and s.id = c.site_id
join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where t.id = $1 and t.state in ('called', 'serving') and c.staff_id = $2
"""
_ADD = """
insert into component (id, dossier_id, paper_key, name_vi, name_en, provenance, evidence, added_at,
  compared_by, compared_at)
values ($1, $2, $3, $4, $5, 'issuer-signed', $6, $7, $8, $7)
"""
_HAS = """
select 1 from component where dossier_id = $1 and paper_key = $2 and provenance = 'issuer-signed'
"""


@dataclass(frozen=True)
class Choice:
    """A paper of a wallet that can be asked for: of which kind, for which paper, and the rule it must meet."""

    kind: str
    paper_key: str = ""
    paper: str = ""
    rule: Replacement | None = None

    @property
    def key(self) -> str:
        """By which the form names it."""
        return f"{self.paper_key}:{self.kind}"


@dataclass(frozen=True)
class Around:
    """What lies at a place: a dossier with its papers, or a number; ``back`` leads there."""

    title: str
    unit: str
    back: str
    choices: list[Choice]
    dossier: Record | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    people: tuple[citizens.Citizen, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What an answer means: the papers it now stands for, and whether it is about a person of the dossier."""

    papers: tuple[Paper, ...]
    person: bool | None
    at: datetime


async def around(
    platform: Platform,
    work: Work,
    officer: Session,
    kind: str,
    place: UUID,
    lang: str,
    *,
    people: bool = False,
) -> Around:
    """Return what lies at a place; ``NotFound`` for an officer who has no business there.

    With ``people`` the persons of the dossier too, to compare; that they were read is an event.
    """
    if kind == "dossier":
        found = await _dossier(platform, work, officer, place, lang)
        return replace(found, people=await _people(work, found.dossier)) if people else found
    row = await work.tx.fetchrow(_TICKET, place, officer.subject) if kind == "ticket" else None
    if row is None:
        raise NotFound("Số này không còn ở quầy của bạn.", "This number is not at your counter.")
    title = f"{row['number']} · {row['name_en'] if lang == 'en' else row['name_vi']}"
    counter = f"/desk/counter/{row['counter_id']}"
    return Around(title, row["unit_name"], counter, _identities(work.tenant))


async def _dossier(
    platform: Platform, work: Work, officer: Session, dossier_id: UUID, lang: str
) -> Around:
    row = await access.seen(work, officer, dossier_id)
    _, procedure = await law_of(platform, work, row)
    answers = queries.answers(work, row)
    wanted = tuple(procedure.package.papers_for(answers))
    choices = [
        Choice(rule.vct_type, paper.key, paper.name(lang), rule)
        for paper in wanted
        for rule in {r.vct_type: r for r in reversed(paper.replaced_by)}.values()
    ]
    return Around(
        title=row["code"] or row["track_code"],
        unit=row["received_name"],
        back=f"/desk/dossier/{dossier_id}",
        choices=[*choices, *_identities(work.tenant)],
        dossier=row,
        answers=answers,
        papers=wanted,
    )


async def _people(work: Work, row: Record | None) -> tuple[citizens.Citizen, ...]:
    ids = dict.fromkeys((row["subject_id"], row["submitter_id"])) if row else {}
    return tuple([await citizens.read(work, person) for person in ids])


def _identities(tenant: Tenant) -> list[Choice]:
    return [Choice(known.kind) for known in vocabulary.identity_papers(tenant)]


async def claims_by_kind(platform: Platform) -> dict[str, frozenset[str]]:
    """Return the claims that papers of each kind can hold."""
    found: dict[str, frozenset[str]] = {}
    for kind, about in await issuer.all_papers(platform):
        names = frozenset(claim.name for claim in about.claims)
        found[kind] = found.get(kind, frozenset()) | names
    return found


def query(
    trust: Trust,
    tenant: Tenant,
    choice: Choice,
    claims: Mapping[str, frozenset[str]],
    now: datetime,
) -> dict[str, Any]:
    """Return the query for a choice: what the rule looks at and the name on the paper, nothing else."""
    vcts = trust.vcts(choice.kind, now)
    if choice.rule is None:
        known = next(k for k in vocabulary.identity_papers(tenant) if k.kind == choice.kind)
        facts = [vocabulary.NAME, vocabulary.NUMBER]
        facts += [vocabulary.BIRTH] if vocabulary.BIRTH in known.facts else []
        return dcql.build_query([known.need(vcts, facts)])
    named = ["full_name"] if "full_name" in claims.get(choice.kind, ()) else []
    wanted: dict[str, Any] = {
        **dict.fromkeys([*named, *choice.rule.same]),
        **choice.rule.claims,
    }
    asked = tuple(dcql.Wanted((n,), () if v is None else (v,)) for n, v in wanted.items())
    return dcql.build_query([dcql.Need(choice.kind, tuple(vcts), asked)])


async def settle(work: Work, place: Around, kind: str, proven: Proven, row: Record) -> Seen:
    """Note what was shown: an event, and each paper of the dossier that it stands for from now on."""
    stands = [p for p in place.papers if p.replaced(kind, proven.claims, place.answers)]
    if place.dossier is not None and place.dossier["state"] in FINAL and stands:
        raise Conflict("Hồ sơ đã kết thúc.", "The dossier has ended.")
    evidence = {
        "presentation": str(row["id"]),
        "issuer": proven.issuer,
        "issuer_name": proven.issuer_name,
        "vct_type": kind,
        "digest": proven.digest,
        "status": "valid",
        "at": row["finished_at"].isoformat(),
        "shown": "counter",
    }
    for paper in stands:
        await _note(work, place, paper, evidence, row["reader_id"])
    about = {"kind": kind, "issuer": proven.issuer, "papers": [p.key for p in stands]}
    if place.dossier is not None:
        work.emit("dossier.paper_shown", place.dossier["id"], about)
    return Seen(tuple(stands), _person(work.tenant, place, kind, proven), row["finished_at"])


async def _note(
    work: Work, place: Around, paper: Paper, evidence: Mapping[str, Any], officer: UUID
) -> None:
    dossier = place.dossier
    if dossier is None or await work.tx.fetchval(_HAS, dossier["id"], paper.key):
        return
    component = uuid7()
    await work.tx.execute(
        _ADD,
        component,
        dossier["id"],
        paper.key,
        paper.name_vi,
        paper.name_en,
        dict(evidence),
        work.now,
        officer,
    )
    work.emit("component.presented", dossier["id"], {"component": str(component)})


def _person(tenant: Tenant, place: Around, kind: str, proven: Proven) -> bool | None:
    """Tell whether an identity paper is that of somebody of the dossier; None when nobody can say."""
    known = next((k for k in vocabulary.identity_papers(tenant) if k.kind == kind), None)
    number = known.told(proven.claims).get(vocabulary.NUMBER) if known else None
    if number is None or not place.people:
        return None
    return any(person.pid == number for person in place.people)
