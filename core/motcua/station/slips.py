"""What stands on a ticket, on the screen and on paper, in the visitor's language."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from motcua.errors import NotFound
from motcua.queues import hours
from motcua.queues.estimate import Range
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM, minutes_words, vn_date

_TICKETS = """
select t.id, t.number, t.public_code, t.low_minutes, t.high_minutes, t.issued_at, t.state,
  t.site_id, t.day,
  t.window_from, t.window_to, t.priority > 0 as first,
  v.priority_class is not null and t.priority = 0 as claimed, v.contact_sealed is not null as told,
  l.name_vi, l.name_en, d.track_code, d.procedure_name, s.name as site,
  coalesce((select string_agg(c.number, ', ' order by length(c.number), c.number)
    from counter c where c.site_id = t.site_id and c.lines ? l.letter), '') as counters
from ticket own
join ticket t on t.tenant_id = own.tenant_id and t.site_id = own.site_id and t.day = own.day
  and (t.visit_id = own.visit_id or (t.arrived_at = own.arrived_at
    and (t.person_id = own.person_id or t.contact_index = own.contact_index)))
join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
left join dossier d on d.tenant_id = t.tenant_id and d.id = t.dossier_id
where own.id = $1 and t.state in ('reserved', 'waiting', 'called', 'serving', 'parked')
order by t.issued_at, t.id
"""
_DAYS = (
    ("Thứ Hai", "Monday"),
    ("Thứ Ba", "Tuesday"),
    ("Thứ Tư", "Wednesday"),
    ("Thứ Năm", "Thursday"),
    ("Thứ Sáu", "Friday"),
    ("Thứ Bảy", "Saturday"),
    ("Chủ nhật", "Sunday"),
)


@dataclass(frozen=True)
class Shown:
    """A ticket as it is shown and printed; minutes until the call. ``late``: only after the site has closed."""

    id: UUID
    number: str
    public_code: str
    low_minutes: int
    high_minutes: int
    issued_at: datetime
    state: str
    site_id: UUID
    day: date
    window_from: datetime | None
    window_to: datetime | None
    first: bool
    claimed: bool
    told: bool
    name_vi: str
    name_en: str
    track_code: str | None
    procedure_name: str | None
    site: str
    counters: str
    late: bool = False


class Slip(msgspec.Struct, frozen=True):
    """What stands on a printed ticket.

    ``other`` is the line's name in the other language, ``says`` what he should know in short sentences,
    ``link`` the page of his number, ``dossier`` the link and ``dossier_code`` the code of the dossier's page.
    """

    lang: str
    site: str
    date: str
    yours: str
    number: str
    line: str
    other: str
    says: tuple[str, ...]
    follow: str
    link: str
    code: str
    dossier_says: str = ""
    dossier: str = ""
    dossier_code: str = ""


async def of_visit(tx: TenantTx, ticket_id: UUID) -> list[Shown]:
    """Return the live tickets of the visit to which one belongs, in the order they were taken.

    Several appointments of somebody who arrived in one moment are shown together too.
    """
    found = [Shown(**row) for row in await tx.fetch(_TICKETS, ticket_id)]
    if not found:
        raise NotFound()
    return [replace(one, late=await _too_late(tx, one)) for one in found]


async def _too_late(tx: TenantTx, ticket: Shown) -> bool:
    shown = Range(ticket.low_minutes, ticket.high_minutes)
    return await hours.too_late(tx, ticket.site_id, ticket.day, ticket.issued_at, shown)


def waits(ticket: Shown, lang: str) -> str:
    """Say how long it will take: a window, a range, at once, or not any more today."""
    english = lang == "en"
    if ticket.state == "reserved" and ticket.window_from and ticket.window_to:
        window = f"{_hour(ticket.window_from)}–{_hour(ticket.window_to)}"
        return f"Please be here at {window}" if english else f"Mời ông/bà có mặt lúc {window}"
    if ticket.late:
        return (
            "May not be called any more today: ask the staff"
            if english
            else "Hôm nay có thể không kịp gọi: hãy hỏi nhân viên"
        )
    low, high = ticket.low_minutes, ticket.high_minutes
    if high == 0:
        return "You may be called at once" if english else "Có thể được gọi ngay"
    span = minutes_words(low, high, lang)
    return f"Expected wait: {span}" if english else f"Dự kiến chờ {span}"


def where(ticket: Shown, lang: str) -> str:
    """Say where to wait, and which counters will call."""
    if lang == "en":
        counters = f" for counter {ticket.counters}" if ticket.counters else ""
        return f"Wait in the hall until your number is called{counters}"
    counters = f", quầy {ticket.counters}" if ticket.counters else ""
    return f"Chờ trong phòng chờ, nghe gọi số{counters}"


def number_link(base: str, ticket: Shown) -> str:
    """Return the address of the number's page on the phone; ``base`` is the tenant's address."""
    return f"{base}/q/{ticket.public_code}"


def dossier_link(base: str, ticket: Shown) -> str:
    """Return the address of the dossier's page; empty without a dossier."""
    return f"{base}/track/{ticket.track_code}" if ticket.track_code else ""


def slip_of(ticket: Shown, lang: str, base: str) -> Slip:
    """Return a ticket as it is printed."""
    english = lang == "en"
    says = [waits(ticket, lang), where(ticket, lang)]
    if said := _priority(ticket, english=english):
        says.append(said)
    if ticket.procedure_name:
        says.append(ticket.procedure_name)
    return Slip(
        lang="en" if english else "vi",
        site=ticket.site,
        date=_date(ticket.issued_at, english=english),
        yours="Your number" if english else "Số của ông/bà",
        number=ticket.number,
        line=(ticket.name_en if english else ticket.name_vi) or ticket.name_vi,
        other=(ticket.name_vi if english else ticket.name_en),
        says=tuple(says),
        follow="Scan to follow your number by phone"
        if english
        else "Quét mã để theo dõi số bằng điện thoại",
        link=number_link(base, ticket),
        code=ticket.public_code,
        dossier_says="Scan to follow your dossier" if english else "Quét mã để theo dõi hồ sơ",
        dossier=dossier_link(base, ticket),
        dossier_code=ticket.track_code or "",
    )


def _priority(ticket: Shown, *, english: bool) -> str:
    if ticket.first:
        return "Priority number" if english else "Số ưu tiên"
    if ticket.claimed:
        if english:
            return "Priority: show your paper to the staff, then you go first"
        return "Diện ưu tiên: đưa giấy tờ cho cán bộ để được gọi trước"
    return ""


def _hour(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M")


def _date(moment: datetime, *, english: bool) -> str:
    local = moment.astimezone(VIETNAM)
    day = _DAYS[local.weekday()][english]
    at = "at" if english else "lúc"
    return f"{day}, {vn_date(moment)}, {at} {_hour(moment)}"
