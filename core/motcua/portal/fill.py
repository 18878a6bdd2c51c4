"""Filling a form in from papers in one's wallet: each answer keeps its source until the person changes it.

Which claim of which kind of paper answers a question is data: ``wallet`` of the form's field, and for facts about
the person (``prefill``) the vocabulary. Every kind is one alternative; the person's wallet chooses.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from motcua.catalogue.fields import Field, Units, Value, parse
from motcua.catalogue.form_view import as_typed
from motcua.catalogue.parsers import FieldError
from motcua.clock import now
from motcua.dossiers import drafts
from motcua.dossiers.codes import local_day
from motcua.dossiers.drafts import Draft, Sourced
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.portal import holder
from motcua.portal.begin import sheet_of
from motcua.portal.filling import Mapped, answerable, questions
from motcua.portal.sheets import Sheet
from motcua.portal.visit import Visit, citizen
from motcua.wallet import dcql, issuer, labels, proving, trust_store
from motcua.wallet.verifying import Proven
from motcua.web.here import AnyRequest

PURPOSE = "prefill"
_SOURCE = """
insert into answer_source (dossier_id, field, kind, issuer, issuer_name, digest, proven_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""


@post("/drafts/{draft_id:uuid}/fill", include_in_schema=False)
async def ask(request: AnyRequest, draft_id: FromPath[UUID]) -> Redirect:
    """Open the wallet with a request made from the questions of the form."""
    visit = citizen(request)
    form = await request.form()
    number = str(form.get("page", "1"))
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    sheet = await sheet_of(visit, draft)
    mapped = await _issued(visit, answerable(visit.tenant, sheet))
    if not mapped or not number.isdecimal():
        raise NotFound(
            "Chưa có giấy tờ nào trong ví điền được biểu mẫu này.",
            "No paper of a wallet can fill this form in.",
        )
    async with visit.work() as work:
        trust = await trust_store.trust_of(visit.platform, work.tx)
        required = {asked.key for asked in questions(sheet) if asked.required}
        needs = [
            _need(kind, tuple(trust.vcts(kind, work.now)), claims, required)
            for kind, claims in mapped.items()
        ]
        query = dcql.build_query(needs, [[[need.id] for need in needs]])
        back = f"/drafts/{draft_id}/filled?page={number[:3]}"
        about = "Fill in a form" if visit.lang == "en" else "Điền tờ khai"
        wish = proving.Wish(PURPOSE, visit.session.subject, draft_id, query, back, about=about)
        link = await proving.start(visit.platform, work, wish)
    return Redirect(link, status_code=303)


def _need(
    kind: str, vcts: tuple[str, ...], claims: Mapping[str, str], required: set[str]
) -> dcql.Need:
    """Ask for all claims, or, of a paper that lacks some, for those that answer what must be answered."""
    names = list(dict.fromkeys(claims.values()))
    least = [c for c in names if any(q in required for q, name in claims.items() if name == c)]
    sets = (tuple(names), tuple(least)) if least and least != names else ()
    return dcql.Need(kind, vcts, tuple(dcql.Wanted((name,)) for name in names), sets)


async def _issued(visit: Visit, mapped: Mapped) -> Mapped:
    """Leave out kinds that nobody issues, and claims that none of them hold."""
    held: dict[str, set[str]] = {}
    for kind, about in await issuer.all_papers(visit.platform):
        held.setdefault(kind, set()).update(claim.name for claim in about.claims)
    fitting = {
        kind: {key: claim for key, claim in claims.items() if claim in held[kind]}
        for kind, claims in mapped.items()
        if kind in held
    }
    return {kind: claims for kind, claims in fitting.items() if claims}


@get("/drafts/{draft_id:uuid}/filled", include_in_schema=False)
async def filled(
    request: AnyRequest,
    draft_id: FromPath[UUID],
    page: FromQuery[int] = 1,
    presentation: FromQuery[UUID | None] = None,
    response_code: FromQuery[str] = "",
) -> Redirect:
    """Fill in what the wallet brings back, each answer with its source."""
    visit = citizen(request)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject)
    if presentation is None:
        return visit.go(f"/drafts/{draft_id}/form/{page}")
    sheet = await sheet_of(visit, draft)
    kinds = list(answerable(visit.tenant, sheet))
    names, _ = await labels.known(visit.platform, kinds)
    async with visit.work() as work:
        draft = await drafts.read(work, draft_id, visit.session.subject, lock=True)
        sheet = Sheet(sheet.form, draft.content, visit.lang, sheet.units)
        _, kept = await proving.collect(
            work, presentation, PURPOSE, visit.session.subject, draft_id, response_code
        )
        proven = msgspec.json.decode(kept, type=dict[str, Proven])
        keys, gone = [], []
        for kind, one in proven.items():
            asked = list(answerable(visit.tenant, sheet).get(kind, {}))
            before = holder.facts(sheet, holder.beside(sheet, asked))
            taken = _take(visit, sheet, kind, names.get(kind), one)
            keys += taken
            gone += holder.settle(sheet, taken, before)
        await drafts.save(work, draft)
        work.emit("draft.filled", draft.id, {"fields": keys, "kinds": list(proven)})
    if not keys:
        raise Invalid(
            "Giấy tờ hợp lệ nhưng không có thông tin nào điền được vào biểu mẫu này.",
            "The paper is valid, but holds nothing that this form asks for.",
        )
    emptied = f"&emptied={len(gone)}" if gone else ""
    return visit.go(f"/drafts/{draft_id}/form/{page}?filled={len(keys)}{emptied}")


def _take(visit: Visit, sheet: Sheet, kind: str, names: Any, one: Proven) -> list[str]:
    """Put the claims of one paper into the draft; what does not fit its question is left to the person."""
    mapped = answerable(visit.tenant, sheet).get(kind, {})
    asked = {field.key: field for field in questions(sheet)}
    taken: list[str] = []
    for key, claim in mapped.items():
        typed = _typed(asked[key], one.claims.get(claim), sheet.units)
        if typed is None:
            continue
        sheet.content.answers[key] = typed
        sheet.content.sourced[key] = Sourced(
            typed=typed,
            kind=kind,
            kind_vi=names.vi if names else kind,
            kind_en=names.en if names else kind,
            issuer=one.issuer,
            issuer_name=one.issuer_name,
            digest=one.digest,
            at=now(),
        )
        taken.append(key)
    sheet.changed()
    return taken


def _typed(asked: Field, value: Value | Any, units: Units | None) -> str | None:
    """Write a claim as a person would type it; None when it is none or does not fit the question."""
    if value is None or isinstance(value, list | dict):
        return None
    typed = as_typed(asked, value)
    try:
        fits = parse(asked, typed, local_day(now()), units)
    except FieldError:
        return None
    return None if fits is None else str(typed)


async def keep(work: Work, draft: Draft, dossier_id: UUID) -> None:
    """Note for a dossier which answers are still as a paper says: the others are the person's own word."""
    rows: list[tuple[Any, ...]] = [
        (dossier_id, key, one.kind, one.issuer, one.issuer_name, one.digest, one.at)
        for key, one in draft.content.sourced.items()
        if draft.content.answers.get(key) == one.typed
    ]
    if rows:
        await work.tx.executemany(_SOURCE, rows)


ROUTES: list[Any] = [ask, filled]
