"""Deliveries in words: for the person whose result it is, and for staff who see to what is stuck."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from motcua.channels.handover import USUAL, Wish
from motcua.channels.registry import titles
from motcua.dossiers import access
from motcua.platform import Platform
from motcua.tenancy.db import Record, Tx
from motcua.tenancy.tenant import Tenant
from motcua.text import vn_moment
from motcua.web.sessions import Session

SHOWN = 100
OF_DOSSIER = """
select id, result_id, channel, version, state, how, receipt, reason, error_vi, error_en, attempts,
  owed_at, next_at, sent_at, received_at, ended_at
from delivery where dossier_id = $1 order by owed_at, step, id
"""
STUCK = """
select v.id, v.result_id, v.dossier_id, v.channel, v.version, v.state, v.how, v.receipt, v.reason,
  v.error_vi, v.error_en, v.attempts, v.owed_at, v.next_at, v.sent_at, v.received_at, v.ended_at,
  coalesce(d.code, d.track_code) as code, d.procedure_code, d.procedure_name, count(*) over () as total,
  array(select o.channel from delivery o where o.tenant_id = v.tenant_id and o.result_id = v.result_id
    and o.id <> v.id and o.state in ('owed', 'sent') order by o.step, o.owed_at) as others
from delivery v join dossier d on d.tenant_id = v.tenant_id and d.id = v.dossier_id
where (v.state = 'failed' and v.attempts > 1 or v.state = 'withdrawing' and v.attempts > 1
    or v.state = 'given_up' and v.reason in ('tried', 'no_channel') and d.state = 9)
  and ($1::uuid[] is null or d.received_unit = any($1) or d.competent_unit = any($1))
order by v.owed_at, v.id limit $2
"""
TO_POST = """
select v.id, v.result_id, v.dossier_id, v.channel, v.version, v.state, v.how, v.receipt, v.reason,
  v.error_vi, v.error_en, v.attempts, v.owed_at, v.next_at, v.sent_at, v.received_at, v.ended_at,
  coalesce(d.code, d.track_code) as code, d.procedure_code, d.procedure_name, count(*) over () as total,
  coalesce(
    (select w.channel from handover_wish w where w.tenant_id = v.tenant_id and w.dossier_id = d.id),
    (select w.channel from handover_wish w where w.tenant_id = v.tenant_id and w.dossier_id = d.parent_id),
    '') = 'post' as wished
from delivery v join dossier d on d.tenant_id = v.tenant_id and d.id = v.dossier_id
where v.channel = 'post' and (v.state = 'owed' and v.how = 'by_staff' or v.state = 'sent' and d.state = 9)
  and ($1::uuid[] is null or d.received_unit = any($1) or d.competent_unit = any($1))
order by v.state, v.owed_at, v.id limit $2
"""
# The conditions of STUCK, counted: for the monitor and the doctor.
STUCK_COUNT = """
select count(*) from delivery v join dossier d on d.tenant_id = v.tenant_id and d.id = v.dossier_id
where (v.state = 'failed' and v.attempts > 1 or v.state = 'withdrawing' and v.attempts > 1
    or v.state = 'given_up' and v.reason in ('tried', 'no_channel') and d.state = 9)
  and ($1::uuid[] is null or d.received_unit = any($1) or d.competent_unit = any($1))
"""
COUNT = """
select count(*) from delivery v join dossier d on d.tenant_id = v.tenant_id and d.id = v.dossier_id
where (v.state = 'failed' and v.attempts > 1 or v.state = 'withdrawing' and v.attempts > 1
    or v.state = 'given_up' and v.reason in ('tried', 'no_channel') and d.state = 9
    or v.state = 'owed' and v.how = 'by_staff' and v.channel = 'post')
  and ($1::uuid[] is null or d.received_unit = any($1) or d.competent_unit = any($1))
"""
Words = tuple[str, str]
_SENT: Mapping[str, Words] = {
    "offered": ("Sẵn sàng, chờ nhận", "Ready to be taken"),
    "published": ("Đã công bố tới nguồn mà ứng dụng đọc", "Published where the app reads it"),
    "handed_over": ("Đã gửi đi", "On its way"),
    "pushed": ("Đã gửi", "Sent"),
}
_STAFF: Mapping[str, Words] = {
    "post": ("Cơ quan đang chuẩn bị gửi", "The office is preparing the letter"),
    "counter": ("Chờ nhận tại quầy", "Lies ready at the counter"),
}
_ENDED: Mapping[str, Words] = {
    "tried": ("Không gửi được", "Could not be delivered"),
    "no_channel": ("Không gửi được", "Could not be delivered"),
    "not_possible": ("Không dùng được cho kết quả này", "Not possible for this result"),
    "assurance": ("Không đạt mức đảm bảo", "Assurance too low"),
    "elsewhere": (
        "Không cần nữa: đã nhận bằng cách khác",
        "Not needed: it was received another way",
    ),
    "revoked": ("Dừng: kết quả đã thu hồi", "Stopped: the result was withdrawn"),
    "by_staff": ("Dừng: đã chọn cách khác", "Stopped: another way was chosen"),
}
_PLAIN: Mapping[str, tuple[Words, str]] = {
    "received": (("Đã nhận", "Received"), "ok"),
    "withdrawing": (("Đang thu hồi", "Being withdrawn"), "warn"),
    "withdrawn": (("Đã thu hồi", "Withdrawn"), "bad"),
}


@dataclass(frozen=True)
class Told:
    """One delivery in the words of one language; ``tone`` as badges have it."""

    id: UUID
    channel: str
    title: str
    state: str
    tone: str
    since: datetime
    note: str
    receipt: str


async def of_dossier(
    platform: Platform, tenant: Tenant, tx: Tx, dossier_id: UUID, lang: str, *, staff: bool = False
) -> list[Told]:
    """Return by which ways the result of a dossier goes, and how each stands.

    ``staff`` read what a channel did; the person reads what comes of it.
    """
    rows = await tx.fetch(OF_DOSSIER, dossier_id)
    names = titles(platform, tenant) if rows else {}
    return [told(row, names, lang, staff=staff) for row in rows]


def told(row: Record, names: Mapping[str, Words], lang: str, *, staff: bool = True) -> Told:
    """Say how a delivery stands."""
    en = lang == "en"
    said, tone = _state(row)
    note = _note(row) if staff else _comfort(row)
    since = row["ended_at"] or row["received_at"] or row["sent_at"] or row["owed_at"]
    by_post = row["channel"] == "post"
    return Told(
        row["id"],
        row["channel"],
        names.get(row["channel"], (row["channel"],) * 2)[en],
        said[en],
        tone,
        since,
        note[en],
        row["receipt"] if by_post else "",
    )


def _note(row: Record) -> Words:
    """Return what a channel did, and when it is tried again."""
    vi, en = row["error_vi"], row["error_en"]
    if row["state"] not in ("failed", "withdrawing") or not row["next_at"] or not vi:
        return vi, en
    tries, again = row["attempts"], vn_moment(row["next_at"])
    return (
        f"{vi} Đã thử {tries} lần, thử lại lúc {again}.",
        f"{en} Tried {tries} times, again at {again}.",
    )


def _comfort(row: Record) -> Words:
    """Return what comes of it, for the person: a refusal's reason, but nothing of machines."""
    if row["state"] == "failed":
        return "Hệ thống sẽ tự gửi lại.", "It will be sent again by itself."
    if row["state"] == "given_up" and row["reason"] in ("tried", "no_channel"):
        return (
            "Cơ quan đã được báo và gửi bằng cách khác.",
            "The office was told, and it goes another way.",
        )
    return (row["error_vi"], row["error_en"]) if row["reason"] == "not_possible" else ("", "")


def _state(row: Record) -> tuple[Words, str]:
    state = row["state"]
    if state in _PLAIN:
        return _PLAIN[state]
    if state == "sent":
        return _SENT[row["how"]], "info"
    if state == "given_up":
        tone = "bad" if row["reason"] in ("tried", "no_channel") else "neutral"
        return _ENDED[row["reason"]], tone
    if state == "failed":
        return ("Chưa gửi được", "Not delivered yet"), "warn"
    if row["how"] == "by_staff":
        return _STAFF.get(row["channel"], ("Cán bộ đang xử lý", "With an officer")), "info"
    return ("Đang gửi", "Being sent"), "info"


def wish_rows(
    platform: Platform, tenant: Tenant, wish: Wish, lang: str, *, own: bool = False
) -> list[dict[str, str]]:
    """Return how the applicant wants the result, for ``ui.summary_list``; empty where nothing was chosen.

    ``own``: the applicant reads it.
    """
    if wish.channel == USUAL:
        return []
    en = lang == "en"
    title = titles(platform, tenant).get(wish.channel, (wish.channel,) * 2)[en]
    chose = ("Đã chọn", "Chosen") if own else ("Người nộp chọn", "The applicant chose")
    rows = [(*chose, title)]
    if wish.address:
        rows += [
            ("Người nhận thư", "Recipient", wish.recipient),
            ("Địa chỉ nhận thư", "Address for the letter", wish.address),
        ]
    return [{"label": label_en if en else vi, "value": value} for vi, label_en, value in rows]


def places(officer: Session) -> list[UUID] | None:
    """Return the units whose deliveries somebody sees; None for all of them."""
    units = access.held(officer, access.DESK_ROLES)[1]
    return None if None in units else [u for u in units if u is not None]


async def listed(
    platform: Platform, tenant: Tenant, tx: Tx, officer: Session, lang: str
) -> dict[str, Any]:
    """Return what staff see to: what is stuck and what is to be posted, each with its number in all."""
    units, names = places(officer), titles(platform, tenant)
    stuck, post = await tx.fetch(STUCK, units, SHOWN), await tx.fetch(TO_POST, units, SHOWN)
    return {
        "stuck": _pairs(stuck, names, lang),
        "stuck_total": stuck[0]["total"] if stuck else 0,
        "post": _pairs(post, names, lang),
        "post_total": post[0]["total"] if post else 0,
        "names": names,
    }


def _pairs(
    rows: Sequence[Record], names: Mapping[str, Words], lang: str
) -> list[tuple[Record, Told]]:
    return [(row, told(row, names, lang)) for row in rows]


async def count_stuck(tx: Tx, units: Sequence[UUID] | None = None) -> int:
    """Return how many deliveries are stuck in these units; None for the whole tenant."""
    return int(await tx.fetchval(STUCK_COUNT, units))


async def count(tx: Tx, officer: Session) -> int:
    """Return how many deliveries wait for somebody of this officer's units."""
    return int(await tx.fetchval(COUNT, places(officer)))
