"""The result of a dossier: numbered, rendered, signed with the tenant's key, stored, and told once."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from motcua.catalogue.adopted import Adopted
from motcua.dossiers import clock, offices, queries
from motcua.dossiers.changes import change, lock
from motcua.dossiers.codes import local_day, next_number
from motcua.dossiers.law import law_of
from motcua.dossiers.sealing import About, seal
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.text import vn_date

_UNIT = "select name, kind, agency_code from unit where id = $1"
# Who decided: the last step that a leader completed, whatever the procedure calls it.
_SIGNER = """
select s.full_name from event e join staff s on s.tenant_id = e.tenant_id
  and e.actor = 'staff:' || s.id
where e.subject = $1 and e.type = 'dossier.step_done' and e.payload->>'role' = 'leader'
order by e.id desc limit 1
"""
# A dossier that was opened to correct a wrong result brings the one that stands in its place.
_INSERT = """
insert into issued_result (id, dossier_id, trace_id, holder_id, number, kind, title_vi, title_en, type,
  claims_sealed, hidden, pdf_sha256, verify_code, signing_kid, issued_at, expires_at, replaces)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
  (select w.result_id from result_withdrawal w where w.successor_id = $2))
returning replaces
"""
_FINISHED = """
update dossier set finished_at = $2, decision = $3, delivery = 'ready' where id = $1
"""


async def issue_result(platform: Platform, work: Work, dossier_id: UUID) -> Mapping[str, Any]:
    """Issue the result of an approved dossier (state 9); the service task ``issue_result``.

    The PDF is signed (PAdES B-B) with the tenant's document key; the row written here is the one truth
    from which credentials are made.
    """
    dossier = await lock(work, dossier_id)
    _, procedure = await law_of(platform, work, dossier)
    granted = dossier["decision"] != "refused"
    unit = await work.tx.fetchrow(_UNIT, dossier["competent_unit"])
    if unit is None:
        raise LookupError(f"unit of dossier {dossier_id} does not exist")
    claims = await _claims(work, procedure, dossier) if granted else {}
    number = await _number(work, unit["agency_code"])
    verify_code = random_code(12)
    data = await _document(work, procedure, dossier, unit, claims, number, verify_code)
    holder, template = str(dossier["subject_name"]), _template(platform, procedure)
    about = About(number, verify_code, holder, work.now, _expires(work, procedure))
    sha256, kid = await seal(platform, work, template if granted else "result", data, about)
    result_id = await _store(
        work, procedure, dossier, claims, number, verify_code, sha256, kid, granted=granted
    )
    await work.tx.execute(_FINISHED, dossier_id, work.now, "granted" if granted else "refused")
    await clock.stop(work, dossier, procedure.package)
    decision = {"decision": "granted" if granted else "refused", "number": number}
    await change(platform, work, dossier, "dossier.finished", decision)
    work.emit("result.issued", result_id, decision, unit=dossier["competent_unit"])
    return {"result": "granted" if granted else "refused"}


async def _claims(work: Work, procedure: Adopted, dossier: Record) -> dict[str, Any]:
    holder = await citizens.read(work, dossier["subject_id"])
    person = {
        "full_name": holder.full_name,
        "pid": holder.pid,
        "birth": holder.birth,
        "address": holder.address,
        "phone": holder.phone,
    }
    about = {"code": dossier["code"], "accepted_on": local_day(dossier["accepted_at"])}
    return procedure.package.claims(
        queries.answers(work, dossier), person, about, queries.draft(work, dossier)
    )


async def _number(work: Work, agency: str) -> str:
    year = date(local_day(work.now).year, 1, 1)
    count = await next_number(work, f"{agency}/result", year)
    return f"{count:04d}/{year.year}/KQ-{agency}"


async def _document(
    work: Work,
    procedure: Adopted,
    dossier: Record,
    unit: Record,
    claims: Mapping[str, Any],
    number: str,
    verify_code: str,
) -> dict[str, Any]:
    """Return what a result template may use."""
    day = local_day(work.now)
    signer = await work.tx.fetchval(_SIGNER, dossier["id"])
    draft = queries.draft(work, dossier)
    answers = queries.answers(work, dossier)
    refused = dossier["decision"] == "refused"
    rule = procedure.package.procedure.result
    title = rule.name_vi if rule and not refused else "Văn bản trả lời"
    return {
        "tenant": {"name": work.tenant.name},
        "unit": {"name": unit["name"]},
        "dossier": {"code": dossier["code"]},
        "result": {
            "number": number,
            "issued_on": f"Ngày {vn_date(day)}",
            "signer_title": "Lãnh đạo đơn vị",
            "signer_name": signer or "",
        },
        "claims": dict(claims),
        "header": {
            "organization": work.tenant.name,
            "unit": unit["name"],
            "number": number,
            "place": offices.place_of(unit["kind"], unit["name"], work.tenant.short_name),
            "date": day.isoformat(),
        },
        "title": title,
        "about": f"Về hồ sơ {dossier['code']}: {dossier['procedure_name']}",
        "paragraphs": [_refusal(dossier, draft)] if refused else [],
        "facts": []
        if refused
        else [list(pair) for pair in procedure.package.form.describe(answers)],
        "signer": {"title": "Lãnh đạo đơn vị", "name": signer or "", "on_behalf": ""},
        "verify_url": "",
    }


def _refusal(dossier: Record, draft: Mapping[str, Any]) -> str:
    reason = draft.get("reason", "")
    return f"Hồ sơ {dossier['code']} không đủ điều kiện giải quyết. Lý do: {reason}"


def _template(platform: Platform, procedure: Adopted) -> Path | str:
    """Return the package's template as a file; packages never change, so it is written once."""
    package = procedure.package
    rule = package.procedure.result
    if rule is None or not rule.template:
        return "result"
    folder = platform.settings.data / "templates" / package.sha256
    if not (folder / rule.template).exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in package.templates.items():
            fresh = folder / f".{name}.{uuid7().hex}"
            fresh.write_text(text, encoding="utf-8")
            fresh.rename(folder / name)
    return folder / rule.template


async def _store(
    work: Work,
    procedure: Adopted,
    dossier: Record,
    claims: Mapping[str, Any],
    number: str,
    verify_code: str,
    sha256: str,
    kid: str,
    *,
    granted: bool,
) -> UUID:
    rule = procedure.package.procedure.result
    result_id = uuid7()
    replaced = await work.tx.fetchval(
        _INSERT,
        result_id,
        dossier["id"],
        dossier["trace_id"],
        dossier["subject_id"],
        number,
        "granted" if granted else "refused",
        rule.name_vi if rule and granted else "Văn bản trả lời",
        rule.name_en if rule and granted else "Reply",
        (rule.type or None) if rule and granted else None,
        work.vault.seal(msgspec.json.encode(dict(claims)).decode()),
        list(rule.hidden) if rule else [],
        sha256,
        verify_code,
        kid,
        work.now,
        _expires(work, procedure),
    )
    if replaced is not None:
        work.emit("result.replaced", replaced, {"by": str(result_id), "number": number})
    return result_id


def _expires(work: Work, procedure: Adopted) -> datetime | None:
    rule = procedure.package.procedure.result
    return work.now + timedelta(days=rule.valid_days) if rule and rule.valid_days else None
