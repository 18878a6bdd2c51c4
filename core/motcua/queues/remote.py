"""A number by telephone: taken from afar, with a window in which to come, followed and given back.

Whoever holds a ticket's public code may say that he is here, let others pass, or leave: the code stands on
his telephone or his paper and nowhere else.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound, Unavailable
from motcua.events.work import Work
from motcua.queues import appointments, days, hours, issuing, moving
from motcua.queues.estimate import Range
from motcua.queues.giving import HOLDS_PLACE
from motcua.tenancy.db import Record, TenantTx, Tx
from motcua.text import VIETNAM

STEP = timedelta(minutes=5)
SHORTEST = timedelta(minutes=15)
"""A window is never narrower: nobody comes to the minute."""

NEAR = timedelta(minutes=15)
"""So long before his window or his appointment somebody is believed that he is here, when a telephone number or
his own page says so."""

HALF_HOUR = timedelta(minutes=30)
VERBS = ("arrive", "leave", "let-pass")
DAYS_AHEAD = 7
"""A number of a coming day is taken so many days before at most; who plans longer books an appointment."""

_TICKET = """
select t.id, t.visit_id, t.site_id, t.line_id, t.day, t.number, t.public_code, t.state, t.version,
  t.origin, t.window_from, t.window_to, t.issued_at, t.arrived_at, t.called_at, t.ended_at, t.calls,
  t.recycled,
  t.appointment_id, t.trace_id, t.outcome, t.person_id, v.language, v.contact_sealed,
  l.letter, l.name_vi, l.name_en, l.fields, l.paused_at, c.number as counter,
  z.name_vi as zone_vi, z.name_en as zone_en,
  s.key as site_key, s.name as site_name, s.address, n.centre_until,
  f.ticket_id is not null as rated
from ticket t
join visit v on v.tenant_id = t.tenant_id and v.id = t.visit_id
join line l on l.tenant_id = t.tenant_id and l.id = t.line_id
join site s on s.tenant_id = t.tenant_id and s.id = t.site_id
left join counter c on c.tenant_id = t.tenant_id and c.id = t.counter_id
left join zone z on z.tenant_id = c.tenant_id and z.id = c.zone_id
left join site_node n on n.tenant_id = t.tenant_id and n.site_id = t.site_id
left join feedback f on f.tenant_id = t.tenant_id and f.ticket_id = t.id
"""
_BY_CODE = f"{_TICKET} where t.public_code = $1"
_BY_ID = f"{_TICKET} where t.id = $1"
_LIVE_HERE = """
select t.id, t.line_id, t.window_from from ticket t
where t.site_id = $1 and t.day = $2 and t.state = 'reserved'
  and (t.public_code = $3 or t.contact_index = $4) order by t.sort_key
"""
_BOOKED_HERE = """
select a.public_code, a.line_id, s.from_at as window_from from appointment a
join slot s on s.tenant_id = a.tenant_id and s.id = a.slot_id
where a.site_id = $1 and a.day = $2 and a.state = 'booked'
  and (a.public_code = $3 or a.contact_index = $4) order by s.from_at
"""
_HERE_ALREADY = """
select t.id, t.number from ticket t
where t.site_id = $1 and t.day = $2 and t.state in ('waiting', 'called', 'serving', 'parked')
  and (t.public_code = $3 or t.contact_index = $4) order by t.sort_key limit 1
"""
# A site's own machine while it is alone.
_ALONE = """
select 1 from site_node where site_id = $1 and alone_since is not null and centre_until is null
"""
_LINE = """
select l.id, l.letter, l.quota_remote, s.id as site_id from line l
join site s on s.tenant_id = l.tenant_id and s.id = l.site_id where s.key = $1 and l.letter = $2
"""
_TAKEN = f"""
select t.window_from, count(*) as n from ticket t
where t.line_id = $1 and t.day = $2 and t.window_from is not null and {HOLDS_PLACE}
group by t.window_from
"""  # noqa: S608 -- constants


@dataclass(frozen=True)
class Window:
    """A half-hour of a coming day in which to arrive; ``left`` is None where the line has no cap."""

    from_at: datetime
    to_at: datetime
    left: int | None


def window_of(
    shown: Range, now: datetime, opened: tuple[hours.Span, ...] = ()
) -> tuple[datetime, datetime]:
    """Return when to come for somebody who takes a number now: the range as times, rounded to five minutes.

    Nobody is asked to come before the hall opens, nor in its rest: ``opened`` is when it is open on that day.
    """
    begin = max(_floor(now + timedelta(minutes=shown.low)), now)
    begin = next((max(begin, opens) for opens, closes in opened if begin < closes), begin)
    end = _floor(now + timedelta(minutes=shown.high))
    return begin, max(end, _floor(begin) + SHORTEST)


def refuse_late(shown: Range) -> None:
    """Refuse to reserve for today what is probably called only after the hall has closed; ``Conflict``."""
    if shown.late:
        raise Conflict(
            "Hôm nay không còn kịp: người lấy số bây giờ có thể chưa được gọi trước khi hết giờ làm việc."
            " Hãy chọn ngày khác.",
            "It is too late for today: who takes a number now may not be called before the site closes."
            " Choose another day.",
        )


async def windows(tx: TenantTx, site: UUID, line: UUID, day: date) -> list[Window]:
    """Return the half-hours of a coming day in which a number can be taken, with what is left of each.

    The line's quota of the day is shared evenly by the half-hours that the site is open, so that not
    everybody comes at the door's opening.
    """
    spans = await hours.hours_of(tx, site, day)
    begins = [at for a, b in spans for at in _halves(a, b)]
    room = next((c for c in await days.capacity(tx, site, day) if c.line == line), None)
    if room is None or not begins:
        return []
    taken = {row["window_from"]: row["n"] for row in await tx.fetch(_TAKEN, line, day)}
    if room.quota_remote is None:
        return [Window(at, at + HALF_HOUR, None) for at in begins]
    share = -(-room.quota_remote // len(begins))
    left_all = room.left_remote or 0
    return [
        Window(at, at + HALF_HOUR, max(0, min(share - taken.get(at, 0), left_all))) for at in begins
    ]


async def refuse_full(
    tx: TenantTx, site: UUID, line: UUID, begin: datetime, now: datetime
) -> Window:
    """Return the window that begins then; ``Conflict`` when it has no room, is none of the day's or too far."""
    if (local_day(begin) - local_day(now)).days > DAYS_AHEAD:
        raise Conflict(
            f"Chỉ lấy số trước nhiều nhất {DAYS_AHEAD} ngày. Muốn đến vào ngày xa hơn, hãy đặt lịch hẹn.",
            f"A number can be taken {DAYS_AHEAD} days before at most. For a later day book an appointment.",
        )
    found = [w for w in await windows(tx, site, line, local_day(begin)) if w.left != 0]
    for window in found:
        if window.from_at == begin:
            return window
    if not any(w.from_at > now for w in found):
        raise Conflict(
            "Ngày này không còn số lấy từ xa. Hãy chọn ngày khác.",
            "No number can be taken from afar for this day any more. Choose another day.",
        )
    raise Conflict(
        "Khung giờ này đã hết số. Hãy chọn khung giờ khác.",
        "This half-hour is full. Choose another one.",
    )


async def act(work: Work, code: str, verb: str, *, version: int | None = None) -> Record:
    """Do what the holder of a public code asks for; ``verb`` is one of ``VERBS``. Returns the ticket as it was.

    ``NotFound`` for a code or verb that does not exist, ``Conflict`` when the state does not allow it, and for
    an arrival long before its window: then the code at the site's door is the way.
    """
    row = await by_code(work.tx, code)
    work.trace_id = row["trace_id"]
    if verb == "arrive":
        if row["state"] == "reserved" and not may_arrive(row, work.now):
            near = (row["window_from"] - NEAR).astimezone(VIETNAM)
            at = f"{near:%H:%M}" if row["day"] == local_day(work.now) else f"{near:%H:%M %d/%m/%Y}"
            raise Conflict(
                f"Có thể báo đã đến trên trang này từ {at}. Nếu đã ở điểm tiếp nhận, hãy quét mã QR ở cửa.",
                f"You can say so on this page from {at} on. If you are at the site, scan the code at the door.",
            )
        await issuing.arrive(work, row["id"], version=version)
    elif verb == "leave":
        await moving.leave(work, row["id"], version=version)
    elif verb == "let-pass":
        await moving.let_pass(work, row["id"], version=version)
    else:
        raise NotFound()
    return row


def may_arrive(row: Record, now: datetime) -> bool:
    """Tell whether the window of a reserved number is near enough to be believed from afar."""
    return row["window_from"] is None or now >= row["window_from"] - NEAR


async def here(
    work: Work, site: UUID, code: str, contact: str, *, inside: bool = False
) -> list[UUID]:
    """Let somebody at a site's door be here, by a code or a telephone; returns his tickets.

    What he reserved there for today stands in line, and what he has booked for today becomes a ticket; who
    stands in line already is found too. ``inside``: it is said at a machine of the hall. A telephone number
    is no secret: said elsewhere it brings nobody long before his time, which is ``Conflict``. ``NotFound``
    when nothing of him is there today; ``Unavailable`` for a telephone at a machine that knows none.
    """
    asked = (site, local_day(work.now), code, work.vault.index(contact) if contact else None)
    reserved = await work.tx.fetch(_LIVE_HERE, *asked)
    booked = await work.tx.fetch(_BOOKED_HERE, *asked)
    sure = inside or not contact
    # Who is believed in a line is there for all that he has in it.
    near = {r["line_id"] for r in (*reserved, *booked) if sure or may_arrive(r, work.now)}
    # Appointments first: each takes the number of its line along.
    found = [
        (await appointments.arrive(work, row["public_code"])).id
        for row in booked
        if row["line_id"] in near
    ]
    for row in reserved:
        if row["line_id"] in near and row["id"] not in found:
            await issuing.arrive(work, row["id"])
            found.append(row["id"])
    if not found:
        found = [row["id"] for row in await work.tx.fetch(_HERE_ALREADY, *asked)]
    if not found:
        await _refuse_nothing(work, site, contact, [*reserved, *booked])
    return [UUID(bytes=ticket.bytes) for ticket in found]


async def _refuse_nothing(work: Work, site: UUID, contact: str, far: list[Record]) -> NoReturn:
    """Say why nobody is here: too early, a machine that knows no telephones, or nothing there today."""
    if far:
        at = (min(row["window_from"] for row in far) - NEAR).astimezone(VIETNAM)
        raise Conflict(
            f"Có thể báo đã đến bằng số điện thoại từ {at:%H:%M}. Nếu đã ở điểm tiếp nhận, hãy dùng mã"
            " trên phiếu hoặc trong tin nhắn, hoặc báo tại ki-ốt.",
            f"You can say so by telephone number from {at:%H:%M} on. If you are at the site, use the code of"
            " your ticket or message, or say so at the kiosk.",
        )
    if contact and await work.tx.fetchval(_ALONE, site):
        raise Unavailable(
            "Điểm tiếp nhận tạm mất kết nối nên chưa tìm được theo số điện thoại; số và lịch hẹn vẫn được giữ."
            " Hãy dùng mã trên phiếu hoặc trong tin nhắn.",
            "The site is cut off for the moment and cannot search by telephone; numbers and appointments are"
            " kept. Use the code of your ticket or message.",
        )
    raise NotFound(
        "Hôm nay ở đây không có số hay lịch hẹn nào theo mã hoặc số điện thoại này."
        " Hãy xem lại, hoặc lấy số tại ki-ốt.",
        "Nothing is reserved or booked here today under this code or telephone."
        " Check it, or take a number at the kiosk.",
    )


async def by_code(tx: Tx, code: str) -> Record:
    """Return a ticket with its site and line by its public code, or raise ``NotFound``."""
    row = await tx.fetchrow(_BY_CODE, code)
    if row is None:
        raise NotFound(
            "Không có số nào mang mã này. Hãy xem lại mã trên phiếu hoặc tin nhắn.",
            "No number has this code. Check the code on your ticket or in your message.",
        )
    return row


async def by_id(tx: Tx, ticket: UUID) -> Record | None:
    """Return a ticket like ``by_code``, or None."""
    return await tx.fetchrow(_BY_ID, ticket)


async def line_at(tx: Tx, site_key: str, letter: str) -> Record:
    """Return ``id``, ``letter``, ``quota_remote`` and ``site_id`` of a line, or raise ``NotFound``."""
    row = await tx.fetchrow(_LINE, site_key, letter)
    if row is None:
        raise NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
    return row


def _halves(begin: datetime, end: datetime) -> list[datetime]:
    count = int((end - begin) / HALF_HOUR)
    return [begin + n * HALF_HOUR for n in range(count)]


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
