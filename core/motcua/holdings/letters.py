"""The decision on a withdrawal as a signed PDF, with an apology when the fault was the office's.

It follows from the event, after the commit: the result is gone at the signature, the letter comes a moment
later and is never made twice.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from anyio import to_thread

from motcua.documents.kept import newest
from motcua.documents.render import render_document
from motcua.dossiers import offices, queries, sealing
from motcua.dossiers.codes import local_day
from motcua.errors import NotFound
from motcua.events.log import Event
from motcua.events.work import Work
from motcua.files import erasing
from motcua.holdings import telling
from motcua.holdings.grounds import grounds
from motcua.keys import signing, store
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.text import vn_date

SUBSCRIBER = "withdrawals"
SUBSCRIBED = frozenset({"result.withdrawn", "result.replaced"})

_WITHDRAWAL = """
select w.*, r.number as result_number, r.title_vi, r.issued_at, s.full_name as signer,
  n.code as successor_code
from result_withdrawal w
join issued_result r on r.tenant_id = w.tenant_id and r.id = w.result_id
join staff s on s.tenant_id = w.tenant_id and s.id = w.decided_by
left join dossier n on n.tenant_id = w.tenant_id and n.id = w.successor_id
where w.result_id = $1 and w.state = 'signed' for update of w
"""
_KEEP = "update result_withdrawal set pdf_sha256 = $2, signing_kid = $3 where id = $1"
_UNIT = "select name, kind from unit where id = $1"
_REPLACED = """
select o.number as old, n.number, n.dossier_id from issued_result o
join issued_result n on n.tenant_id = o.tenant_id and n.replaces = o.id
where o.id = $1
"""
_LETTER = "select pdf_sha256 from result_withdrawal where dossier_id = $1 and state = 'signed'"


async def follow(platform: Platform, work: Work, event: Event) -> None:
    """Do what follows from a withdrawal: its letter; and when the right result is there, tell the person."""
    if event.type == "result.withdrawn":
        await _write(platform, work, event.subject)
        return
    row = await work.tx.fetchrow(_REPLACED, event.subject)
    if row is not None:
        dossier = await queries.one(work.tx, row["dossier_id"])
        await telling.replaced(platform, work, dossier, row["old"], row["number"])


async def letter(work: Work, dossier_id: UUID) -> str:
    """Return the hash of the signed letter, of the file that lasts once there is one; ``NotFound`` without any (yet)."""
    found = await work.tx.fetchval(_LETTER, dossier_id)
    if found is None:
        raise NotFound(
            "Chưa có văn bản thu hồi. Nếu vừa ký, hãy đợi một lát rồi tải lại.",
            "There is no letter yet. If it was signed just now, reload in a moment.",
        )
    return await newest(work.tx, str(found))


async def _write(platform: Platform, work: Work, result_id: UUID) -> None:
    row = await work.tx.fetchrow(_WITHDRAWAL, result_id)
    if row is None or row["pdf_sha256"] is not None:
        return
    dossier = await queries.one(work.tx, row["dossier_id"])
    unit = await work.tx.fetchrow(_UNIT, dossier["competent_unit"])
    if unit is None:
        raise LookupError("the unit of a dossier is not there")
    key = await signing.current(work.tx, work.vault, store.DOCUMENT, work.now)
    data = _document(work, dossier, unit, row)
    rendered = await render_document("result", data, at=row["decided_at"])
    pdf = await sealing.signed(work, key, rendered, {**data, "unit": unit})
    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)
    stored = await to_thread.run_sync(files.put, pdf)
    await work.tx.execute(erasing.HOLD, stored.sha256)
    await to_thread.run_sync(files.put, pdf)
    await work.tx.execute(_KEEP, row["id"], stored.sha256, key.kid)
    work.emit("result.withdrawal_letter", result_id, unit=dossier["competent_unit"])


def _document(work: Work, dossier: Record, unit: Record, row: Record) -> dict[str, Any]:
    """Return what the template ``result`` is filled with."""
    sorry = row["fault"] == "office"
    data: dict[str, Any] = {
        "header": {
            "organization": work.tenant.name,
            "unit": unit["name"],
            "number": row["number"],
            "place": offices.place_of(unit["kind"], unit["name"], work.tenant.short_name),
            "date": local_day(row["decided_at"]).isoformat(),
        },
        "title": "Quyết định thu hồi kết quả và xin lỗi" if sorry else "Quyết định thu hồi kết quả",
        "about": f"Về kết quả số {row['result_number']}, hồ sơ {dossier['code']}",
        "basis": [_based_on(row["basis"])],
        "paragraphs": _paragraphs(work, dossier, row),
        "closing": [_sorry(unit["name"])] if sorry else [],
        "signer": {"title": "Lãnh đạo đơn vị", "name": row["signer"], "on_behalf": ""},
    }
    if mark := work.tenant.settings.get("document_mark"):
        data["mark"] = mark
    return data


def _paragraphs(work: Work, dossier: Record, row: Record) -> list[str]:
    ground = grounds(work.tenant).get(row["ground"])
    why = f"{ground.vi}. {row['reason']}" if ground else str(row["reason"])
    gone = (
        f"Thu hồi {row['title_vi']} số {row['result_number']} cấp ngày {_day(row['issued_at'])}. "
        f"Từ {_day(row['decided_at'])}, kết quả này, mọi bản sao, bản điện tử và bản trong ví không còn "
        "giá trị sử dụng."
    )
    said = [f"Kính gửi ông/bà {dossier['subject_name']}.", gone, f"Lý do: {why}"]
    if row["successor_code"]:
        said.append(
            f"Cơ quan cấp lại kết quả đúng theo hồ sơ {row['successor_code']}; ông/bà không phải nộp lại "
            "giấy tờ và không phải trả phí, lệ phí."
        )
    return said


def _based_on(basis: str) -> str:
    """Return the basis in law as a decision names it."""
    return basis if basis.casefold().startswith("căn cứ") else f"Căn cứ {basis}"


def _sorry(unit: str) -> str:
    return f"{unit} nhận trách nhiệm về sai sót này, thành thật xin lỗi ông/bà và mong ông/bà thông cảm."


def _day(moment: datetime) -> str:
    return vn_date(moment)
