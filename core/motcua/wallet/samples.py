"""Sample results, so that somebody else's wallet can be tried against a platform on this machine."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.reach import is_loopback_name
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuer
from motcua.wallet.metadata import Configuration

HOLDER = "Người Mẫu (dữ liệu mẫu)"
_OPEN, _DONE = 4, 9
_ONLINE = 2
_PID = re.compile(r"\d{12}")
_KNOWN = "select id, full_name from person where pid_index = $1"
_UNIT = "select id from unit order by code limit 1"
_ADOPTED = "select id from adopted_procedure where code = $1 limit 1"
_DOSSIER = """
insert into dossier (id, code, track_code, trace_id, state, channel, adopted_id, procedure_code,
  procedure_version, procedure_name, subject_id, submitter_id, subject_name, received_unit,
  competent_unit, answers_sealed, submitted_at, react_by, delivery)
values ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $12, $13, $14, $14, 'ready')
"""
_RESULT = """
insert into issued_result (id, dossier_id, trace_id, holder_id, number, kind, title_vi, title_en, type,
  claims_sealed, hidden, pdf_sha256, verify_code, signing_kid, issued_at, expires_at)
values ($1, $2, $3, $4, $5, 'granted', $6, $7, $8, $9, $10, $11, $5, 'sample', $12, $13)
"""


@dataclass(frozen=True)
class Sample:
    """A sample result, its dossier and its holder; before ``ready_at`` the wallet is told to wait."""

    result: UUID
    dossier: UUID
    holder: UUID
    ready_at: datetime


async def make(
    platform: Platform,
    tenant: Tenant,
    kind: str,
    *,
    actor: Actor,
    later: timedelta | None = None,
    pid: str = "",
) -> Sample:
    """Put a finished sample dossier with its result into a tenant; every value in it says so.

    With ``later`` the dossier is open until then. ``pid`` says whose it is, so that he may sign in for it; else a
    sample person's. ``Conflict`` where the platform is not on this machine; ``NotFound`` for a kind the tenant
    does not issue; ``Invalid`` for a number that is none.
    """
    host = urlsplit(platform.settings.base_url).hostname or ""
    if not is_loopback_name(host):
        raise Conflict(
            "Chỉ tạo được kết quả mẫu trên máy thử.", "Samples are made on this machine only."
        )
    if pid and not _PID.fullmatch(pid):
        raise Invalid(fields={"holder": ("Số định danh gồm 12 chữ số.", "12 digits.")})
    about = (await issuer.configurations(platform, tenant)).get(kind)
    law = await platform.catalogue.of(tenant)
    procedure = next((p for p in law.procedures if _kind(p) == kind), None)
    if about is None or procedure is None:
        known = ", ".join(sorted(await issuer.configurations(platform, tenant)))
        raise NotFound("Đơn vị không cấp loại này.", f"{tenant.slug} issues: {known}")
    async with platform.works.begin(tenant, actor) as work:
        return await _write(work, procedure, about, later, pid)


async def _write(
    work: Work, procedure: Adopted, about: Configuration, later: timedelta | None, pid: str
) -> Sample:
    holder, name = await _holder(work, pid)
    made = Sample(uuid7(), uuid7(), holder, work.now + (later or timedelta()))
    number, package = random_code(12), procedure.package
    await work.tx.execute(
        _DOSSIER,
        made.dossier,
        number,
        work.trace_id,
        _OPEN if later else _DONE,
        _ONLINE,
        await work.tx.fetchval(_ADOPTED, package.code),
        package.code,
        package.version,
        about.names.vi,
        holder,
        name,
        await work.tx.fetchval(_UNIT),
        work.vault.seal("{}"),
        work.now,
    )
    claims = _claims(about, name)
    await work.tx.execute(
        _RESULT,
        made.result,
        made.dossier,
        work.trace_id,
        holder,
        number,
        f"{about.names.vi} (mẫu)",
        f"{about.names.en} (sample)",
        about.id,
        work.vault.seal(json.dumps(claims, ensure_ascii=False)),
        [c.name for c in about.claims if c.hidden and c.name in claims],
        "0" * 64,
        made.ready_at,
        made.ready_at + timedelta(days=90),
    )
    work.emit("result.sampled", made.result, {"type": about.id})
    return made


async def _holder(work: Work, pid: str) -> tuple[UUID, str]:
    """Return whose the sample is: somebody known, or a person of whom nothing but the number is."""
    known = await work.tx.fetchrow(_KNOWN, work.vault.index(pid)) if pid else None
    if known is not None:
        return UUID(bytes=known["id"].bytes), known["full_name"]
    number = pid or f"000{uuid7().int % 10**9:09d}"
    return await citizens.remember(work, Citizen(pid=number, full_name=HOLDER)), HOLDER


def _claims(about: Configuration, name: str) -> dict[str, Any]:
    """Return a value for every claim: the first choice, or a text that says it is a sample."""
    found: dict[str, Any] = {}
    for claim in about.claims:
        if claim.name == issuer.DOCUMENT.name:
            continue
        found[claim.name] = claim.choices[0][0] if claim.choices else f"{claim.names.vi} (mẫu)"
    if "full_name" in found:
        found["full_name"] = name
    return found


def _kind(procedure: Adopted) -> str:
    rule = procedure.package.procedure.result
    return rule.type or "" if rule else ""
