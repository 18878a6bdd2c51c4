"""Whom the province believes besides the provinces: an administrator adds issuers, ends them, sees the history."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from litestar import get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from motcua import clock
from motcua.dossiers import access
from motcua.errors import Conflict, Invalid, Problem, in_words
from motcua.events.work import Work
from motcua.people.parse import parse_date
from motcua.platform import Platform
from motcua.tenancy.db import Tx
from motcua.text import VIETNAM
from motcua.wallet import certificates, issuer, trust_store, vocabulary
from motcua.wallet.metadata import Names
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.pages import page

ROWS = 4
"""How many kinds of paper fit on the form; whoever needs more adds the rest by ``motcua wallet trust``."""
_LARGEST = 100_000
Said = str | tuple[str, str]
_NAMES = "select 'staff:' || id as actor, full_name from staff where 'staff:' || id = any($1)"


@get("/desk/trust", include_in_schema=False)
async def show(request: AnyRequest) -> Template:
    """List the issuers of today and of the past, and offer to add one."""
    access.officer(request, "admin")
    return await _page(request)


@post("/desk/trust", include_in_schema=False, request_max_body_size=1_000_000)
async def add(request: AnyRequest) -> Redirect | Template:
    """Believe an issuer from now on, or from a day, until a day."""
    platform, officer = _platform(request), access.officer(request, "admin")
    form = await request.form()
    kept = {key: str(v) for key, v in form.multi_items() if isinstance(v, str)}
    try:
        kept["certificates"] = await _pasted(form)
        async with platform.works.begin(province_of(request), officer.actor) as work:
            await trust_store.add(platform, work, *_found(work, kept))
    except (Invalid, Conflict) as refused:
        if "PRIVATE KEY" in kept.get("certificates", ""):
            kept["certificates"] = ""  # never sent anywhere again
        return await _page(request, refused, kept)
    return Redirect(here(request).url("/desk/trust?done=added"), status_code=303)


@post("/desk/trust/{entry_id:uuid}/end", include_in_schema=False)
async def end(request: AnyRequest, entry_id: FromPath[UUID]) -> Redirect | Template:
    """Believe an issuer no longer, at once, for a reason that stays in the history."""
    platform, officer = _platform(request), access.officer(request, "admin")
    reason = str((await request.form()).get("reason", ""))[:500]
    try:
        async with platform.works.begin(province_of(request), officer.actor) as work:
            await trust_store.revoke(work, entry_id, reason)
    except Invalid as refused:
        return await _page(request, refused, {"reason": reason}, ending=entry_id)
    return Redirect(here(request).url("/desk/trust?done=ended"), status_code=303)


async def _pasted(form: FormMultiDict) -> str:
    """Return the certificates as PEM: pasted, or uploaded as PEM or DER."""
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return _as_pem(await file.read(_LARGEST))
    return str(form.get("certificates", ""))[:_LARGEST]


def _as_pem(data: bytes) -> str:
    """Return an uploaded certificate as PEM; what is none is left as it is, and refused by name later."""
    try:
        return certificates.to_pem(x509.load_der_x509_certificate(data)).decode()
    except ValueError:
        return data.decode("ascii", "replace")


def _found(work: Work, kept: Mapping[str, str]) -> tuple[trust_store.Outside, dict[str, Said]]:
    """Return what was entered, and what of it could not be read."""
    wrong: dict[str, Said] = {}
    types = {
        kept[f"kind.{n}"].strip(): kept.get(f"vct.{n}", "").strip()
        for n in range(1, ROWS + 1)
        if kept.get(f"kind.{n}", "").strip()
    }
    found = trust_store.Outside(
        url=kept.get("url", "").strip(),
        name=kept.get("name", ""),
        certificates=kept.get("certificates", ""),
        types=types,
        valid_from=_moment(kept, "valid_from", work.now - timedelta(minutes=1), wrong),
        valid_until=_moment(kept, "valid_until", work.now + timedelta(days=1), wrong),
    )
    if not kept.get("valid_until", "").strip():
        wrong["valid_until"] = ("Hãy ghi ngày cuối cùng còn tin.", "Give the last day of trust.")
    return found, wrong


def _moment(
    kept: Mapping[str, str], name: str, otherwise: datetime, wrong: dict[str, Said]
) -> datetime:
    """Read a day as its beginning, the last one as its end; what is none is noted in ``wrong``."""
    text = kept.get(name, "").strip()
    if not text:
        return otherwise
    try:
        day = parse_date(text, field=name, latest=date(2200, 1, 1))
    except Invalid as unread:
        wrong |= unread.fields
        return otherwise
    return datetime.combine(day, time.max if name == "valid_until" else time.min, VIETNAM)


async def _page(
    request: AnyRequest,
    refused: Problem | None = None,
    kept: Mapping[str, str] | None = None,
    ending: UUID | None = None,
) -> Template:
    platform, tenant, lang = _platform(request), province_of(request), here(request).lang
    kinds = await _kinds(platform, request)
    async with platform.db.tenant(tenant) as tx:
        entries = await _entries(tx)
    errors: dict[str, str] = {}
    if refused is not None:
        errors = {k: in_words(v, lang) for k, v in refused.fields.items()}
        errors = errors or {"": refused.said(lang)}
    return page(
        request,
        "desk/trust.html",
        status=refused.status if refused else 200,
        live=[e for e in entries if e["standing"] in ("live", "later")],
        past=[e for e in entries if e["standing"] in ("ended", "over")],
        kinds=[(kind, names.en if lang == "en" else names.vi) for kind, names in kinds.items()],
        errors=errors,
        kept=dict(kept or {}),
        ending=ending,
        rows=range(1, ROWS + 1),
        done=request.query_params.get("done", ""),
    )


async def _kinds(platform: Platform, request: AnyRequest) -> dict[str, Names]:
    """Return every kind of paper we know by name: those of the provinces and those of the vocabulary."""
    found = {known.kind: known.names for known in vocabulary.papers(province_of(request))}
    for kind, about in await issuer.all_papers(platform):
        found.setdefault(kind, about.names)
    return dict(sorted(found.items(), key=lambda pair: pair[1].vi))


async def _entries(tx: Tx) -> list[dict[str, Any]]:
    """Return the entries, the newest first, with how each stands and who did what."""
    found = [dict(e) for e in reversed(await trust_store.entries(tx))]
    actors = {str(e[n]) for e in found for n in ("added_by", "revoked_by") if e[n]}
    rows = await tx.fetch(_NAMES, sorted(actors))
    names = {row["actor"]: row["full_name"] for row in rows}
    for entry in found:
        for moment in ("valid_from", "valid_until", "added_at", "revoked_at"):
            if entry[moment]:
                entry[moment] = datetime.fromisoformat(entry[moment])
        for who in ("added_by", "revoked_by"):
            entry[who] = names.get(entry[who], entry[who])
        entry["standing"] = _standing(entry, clock.now())
    return found


def _standing(entry: Mapping[str, Any], now: datetime) -> str:
    if entry["revoked_at"]:
        return "ended"
    if entry["valid_until"] <= now:
        return "over"
    return "later" if entry["valid_from"] > now else "live"


def _platform(request: AnyRequest) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


ROUTES: list[Any] = [show, add, end]
