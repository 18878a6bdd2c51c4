"""The papers that accompany a dossier (Circular 03/2025, Annex I): forms 01, 02, 04 and 06 as PDF.

Each document is made from the rows and the log at the moment it is asked for, and gives the same bytes as
long as they do not change. ``document_mark`` in the tenant's settings goes across every page. What stands in
it is read inside a work; it is set (``pdf``) when the work is done, so that no transaction waits for typst.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.catalogue.adopted import Adopted
from motcua.documents.render import render_document
from motcua.dossiers import queries, supplements
from motcua.dossiers.codes import local_day
from motcua.dossiers.law import law_of
from motcua.dossiers.supplements import Item
from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.people import citizens
from motcua.platform import Platform
from motcua.tenancy.db import Record

PROVENANCE: Mapping[str, tuple[str, str]] = {
    "self-scanned": ("Người nộp tự quét", "Scanned by the applicant"),
    "officer-compared": ("Cán bộ đã đối chiếu bản chính", "Compared with the original"),
    "issuer-signed": ("Từ ví, cơ quan cấp ký số", "From the wallet, signed by its issuer"),
}
MONEY: Mapping[str, tuple[str, str]] = {
    "none": ("Không thu", "Free"),
    "pending": ("Chờ thanh toán", "To be paid"),
    "paid": ("Đã thanh toán", "Paid"),
    "refunded": ("Đã hoàn trả", "Refunded"),
}
_TAKEN: Mapping[str, str] = {
    "dossier.accepted": "Tiếp nhận hồ sơ",
    "dossier.supplement_requested": "Yêu cầu bổ sung",
    "dossier.supplement_answered": "Nhận bổ sung",
    "dossier.finished": "Phát hành kết quả",
    "dossier.returned": "Trả kết quả",
}
_STAFF = "select id, full_name from staff where id = any($1)"


@dataclass(frozen=True)
class Slip:
    """A document that was read and not set yet; ``qr`` is the address its code holds."""

    template: str
    data: Mapping[str, Any]
    at: datetime
    qr: str | None = None


async def pdf(slip: Slip) -> bytes:
    """Set a document; no transaction is open."""
    made = await render_document(slip.template, slip.data, at=slip.at, qr=slip.qr)
    return made.pdf


async def receipt(platform: Platform, work: Work, dossier: Record) -> Slip:
    """Read form 01, receipt and appointment; ``dossier`` comes from ``queries.one``.

    ``Conflict`` before acceptance: there is no appointment yet.
    """
    if dossier["accepted_at"] is None:
        raise Conflict(
            "Hồ sơ chưa được tiếp nhận nên chưa có giấy tiếp nhận và hẹn trả kết quả.",
            "The dossier is not accepted yet, so there is no receipt.",
        )
    _, procedure = await law_of(platform, work, dossier)
    events = await queries.events(work.tx, dossier["id"])
    names = await _names(work, [e["actor"] for e in events])
    url = tracking_url(platform, work, dossier)
    data = {
        **await _common(work, dossier),
        "papers": [_paper(c) for c in await queries.components(work.tx, dossier["id"])],
        "fee": _fee(dossier, procedure),
        "received_at": dossier["accepted_at"],
        "due_at": dossier["due_at"],
        "limit": procedure.package.procedure.time_limit.text_vi,
        "derivation": [line["vi"].removesuffix(".") for line in dossier["derivation"]],
        "return": {"place": dossier["received_name"], "way": _way(procedure)},
        "tracking_url": url,
        "officer": {"name": _who(events, "dossier.accepted", names)},
    }
    return Slip("form01", data, dossier["accepted_at"], url)


async def supplement_request(platform: Platform, work: Work, dossier: Record) -> Slip:
    """Read form 02 of the latest supplement request; ``NotFound`` when nothing was ever asked for."""
    requests = await queries.supplements(work.tx, dossier["id"])
    if not requests:
        raise NotFound("Hồ sơ không có yêu cầu bổ sung.", "No supplement was requested.")
    request = requests[-1]
    _, procedure = await law_of(platform, work, dossier)
    events = await queries.events(work.tx, dossier["id"])
    names = await _names(work, [e["actor"] for e in events])
    asked = {"dossier.supplement_requested", "dossier.reception_supplement_requested"}
    actors = [e["actor"] for e in events if e["type"] in asked]
    url = f"{platform.settings.url_of(work.tenant.slug)}/my/{dossier['id']}"
    data = {
        **await _common(work, dossier),
        "received_at": dossier["accepted_at"] or dossier["submitted_at"],
        "items": [
            {"name": _asked(procedure, item), "request": item.note}
            for item in supplements.items_of(request["items"])
        ],
        "reason": request["reason"],
        "officer": {"name": names.get(actors[-1], "") if actors else ""},
        "tracking_url": url,
    }
    return Slip("form02", data, request["requested_at"], url)


async def apology(
    platform: Platform, work: Work, dossier: Record, given: Mapping[str, Any], signer: str
) -> Slip:
    """Read form 04, apology and new date.

    ``given`` holds reason, old_due_at, new_due_at and the derivation of the new date; ``signer`` is the name
    of the leader who grants the extension.
    """
    _, procedure = await law_of(platform, work, dossier)
    url = tracking_url(platform, work, dossier)
    common = await _common(work, dossier)
    data = {
        **common,
        "header": {
            **common["header"],
            "unit": dossier["competent_name"],
            "date": local_day(work.now),
        },
        "received_at": dossier["accepted_at"],
        "limit": procedure.package.procedure.time_limit.text_vi,
        **given,
        "signer": {"name": signer},
        "tracking_url": url,
    }
    return Slip("form04", data, work.now, url)


async def control_sheet(platform: Platform, work: Work, dossier: Record) -> Slip:
    """Read form 06: every hand-over from the log, with who gave, who took and when."""
    events = await queries.events(work.tx, dossier["id"])
    names = await _names(work, [e["actor"] for e in events])
    data = {
        **await _common(work, dossier),
        "received_at": dossier["accepted_at"],
        "due_at": dossier["due_at"],
        "rows": list(_rows(events, names, dossier)),
        "printed_at": work.now,
    }
    return Slip("form06", data, work.now)


def tracking_url(platform: Platform, work: Work, dossier: Record) -> str:
    """Return the public address under which anybody with the code sees how the dossier stands."""
    return f"{platform.settings.url_of(work.tenant.slug)}/track/{dossier['track_code']}"


async def _common(work: Work, dossier: Record) -> dict[str, Any]:
    subject = await citizens.read(work, dossier["subject_id"])
    moment = dossier["accepted_at"] or dossier["submitted_at"]
    data: dict[str, Any] = {
        "header": {
            "parent": work.tenant.name,
            "unit": dossier["received_name"],
            "place": work.tenant.short_name,
            "date": local_day(moment),
        },
        "code": dossier["code"] or dossier["track_code"],
        "subject": {
            "name": dossier["subject_name"],
            "pid": subject.pid,
            "address": subject.address,
            "phone": subject.phone,
        },
        "procedure": {"name": dossier["procedure_name"], "code": dossier["procedure_code"]},
        "agency": dossier["competent_name"],
    }
    if mark := work.tenant.settings.get("document_mark"):
        data["mark"] = mark
    if dossier["submitter_id"] != dossier["subject_id"]:
        submitter = await citizens.read(work, dossier["submitter_id"])
        data["submitter"] = {"name": submitter.full_name, "phone": submitter.phone}
    return data


def _asked(procedure: Adopted, item: Item) -> str:
    name = supplements.name_of(procedure.package, item)
    return name if item.kind == "paper" else f"Nội dung khai: {name}"


def _paper(component: Record) -> dict[str, Any]:
    return {
        "name": component["name_vi"],
        "digital": 1,
        "provenance": PROVENANCE[component["provenance"]][0],
    }


def _fee(dossier: Record, procedure: Adopted) -> dict[str, Any]:
    rule = procedure.package.procedure.fee
    if not dossier["fee"]:
        return {"note": rule.text_vi}
    status = MONEY[dossier["money"]][0]
    line = {"label": rule.text_vi, "amount": dossier["fee"], "status": status}
    return {"lines": [line], "total": dossier["fee"], "status": status}


def _way(procedure: Adopted) -> str:
    rule = procedure.package.procedure.result
    wallet = ", vào ví giấy tờ" if rule and rule.type else ""
    return f"Trực tuyến trong mục Hồ sơ của tôi{wallet}, hoặc trực tiếp tại quầy"


async def _names(work: Work, actors: Iterable[str]) -> dict[str, str]:
    """Return the names of the staff among these actors (``staff:<id>``)."""
    ids = {UUID(a.removeprefix("staff:")) for a in actors if a.startswith("staff:")}
    rows = await work.tx.fetch(_STAFF, list(ids)) if ids else []
    return {f"staff:{r['id']}": r["full_name"] for r in rows}


def _who(events: Sequence[Record], kind: str, names: Mapping[str, str]) -> str:
    return next((names.get(e["actor"], "") for e in events if e["type"] == kind), "")


def _rows(
    events: Sequence[Record], names: Mapping[str, str], dossier: Record
) -> Iterable[dict[str, Any]]:
    """Yield the hand-overs: whoever did the step before gives, whoever did this one took."""
    giver = dossier["subject_name"]
    for event in events:
        kind, payload = event["type"], event["payload"]
        if kind not in _TAKEN and kind != "dossier.step_done":
            continue
        taker = names.get(event["actor"], _actor(event["actor"]))
        row = {
            "step": payload.get("name", "") if kind == "dossier.step_done" else _TAKEN[kind],
            "giver": giver,
            "taker": taker,
            "at": event["at"],
        }
        if kind in {"dossier.finished", "dossier.returned"} and dossier["due_at"]:
            row |= {"due": dossier["due_at"], "result": _verdict(event["at"], dossier["due_at"])}
        yield row
        giver = taker


def _actor(actor: str) -> str:
    return "Người nộp hồ sơ" if actor.startswith("citizen") else "Hệ thống"


def _verdict(at: datetime, due: datetime) -> str:
    if local_day(at) == local_day(due):
        return "on" if at <= due else "after"
    return "before" if at < due else "after"
