"""Taking numbers at a station: for one or several services of a visit, with what is known of the person."""

from collections.abc import Sequence
from uuid import UUID

from motcua.dossiers.codes import local_day
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.people.parse import parse_phone
from motcua.queues import agreed, appointments, issuing, remote
from motcua.station import jobs, lines, priorities, visits
from motcua.station.screen import Screen, code_in
from motcua.station.visits import Erasure, Visit

MOST = 5
"""Services that may be chosen at once."""

_RESERVED = """
select id from ticket
where person_id = $1 and site_id = $2 and day = $3 and state = 'reserved' order by issued_at, id
"""


async def issue(
    work: Work, screen: Screen, visit: Visit, wanted: Sequence[UUID], dossier: UUID | None = None
) -> UUID:
    """Issue a number in each of these lines as one visit, print them, and return the first ticket.

    All or none: a line that gives no number refuses the whole choice, and says so.
    """
    notes = visit.notes
    priority = await priorities.shown(work, notes)
    issued: list[issuing.Issued] = []
    for line in wanted:
        one = await issuing.issue(
            work,
            screen.site.id,
            line,
            person=notes.person,
            dossier=dossier,
            origin="station" if dossier else "kiosk",
            visit=issued[0].visit_id if issued else None,
            contact=notes.phone,
            language=screen.lang,
            priority=priority,
            device=screen.device,
        )
        issued.append(one)
    tickets = [one.id for one in issued]
    if notes.priority and priority is None:
        await priorities.claim(work, issued[0].visit_id, tickets, notes.priority)
    jobs.order(work, screen, tickets)
    return issued[0].id


async def take(
    work: Work, screen: Screen, visit: Visit, letters: Sequence[str], erasure: Erasure
) -> None:
    """Take a number in each line of these letters and end the visit."""
    chosen = list(dict.fromkeys(letters))
    if not 1 <= len(chosen) <= MOST:
        raise Invalid(
            f"Hãy chọn từ 1 đến {MOST} việc cần làm.", f"Choose between 1 and {MOST} services."
        )
    wanted = [await lines.by_letter(work.tx, screen.site.id, code_in(letter)) for letter in chosen]
    first = await issue(work, screen, visit, wanted)
    await visits.drop(work, visit.notes.files(), erasure)
    await visits.end(work, visit, "ticket", ticket=first, show=visit.notes.once)


async def check_in(work: Work, screen: Screen, visit: Visit, typed: str, erasure: Erasure) -> None:
    """Let somebody be here who has an appointment or a number from afar, and end the visit.

    ``typed`` is a code, the link of a QR code, or a telephone; empty: by the card that was read.
    """
    tickets = await _arrived(work, screen, visit, typed.strip())
    jobs.order(work, screen, tickets)
    await visits.drop(work, visit.notes.files(), erasure)
    await visits.end(work, visit, "arrived", ticket=tickets[0], show=visit.notes.once)


async def _arrived(work: Work, screen: Screen, visit: Visit, typed: str) -> list[UUID]:
    person = visit.notes.person
    if not typed and person is not None:
        return await _by_person(work, screen, person)
    code = code_in(typed)
    try:
        contact = parse_phone(typed)
    except Invalid:
        contact = ""
    if not code:
        raise Invalid(
            "Hãy quét mã, gõ mã hẹn hoặc số điện thoại.", "Scan or type the code or the telephone."
        )
    return await remote.here(work, screen.site.id, code, contact, inside=True)


async def _by_person(work: Work, screen: Screen, person: UUID) -> list[UUID]:
    day, site = local_day(work.now), screen.site.id
    found = []
    # Appointments first: each takes the number of its line along.
    for row in await agreed.mine(work.tx, person, day):
        if (row["day"], row["site_id"], row["state"]) == (day, site, "booked"):
            arrived = await appointments.arrive(work, row["public_code"], device=screen.device)
            found.append(arrived.id)
    for row in await work.tx.fetch(_RESERVED, person, site, day):
        await issuing.arrive(work, row["id"])
        found.append(UUID(bytes=row["id"].bytes))
    if not found:
        raise NotFound(
            "Hôm nay ở đây không có lịch hẹn nào theo thẻ này. Hãy gõ mã hẹn, hoặc lấy số.",
            "Nothing is booked here today under this card. Type the code, or take a number.",
        )
    return found
