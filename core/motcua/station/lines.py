"""The lines of a site: which one takes a field, how long each is now, and whether it still gives numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.procedure import Procedure
from motcua.dossiers.codes import local_day
from motcua.errors import Conflict, NotFound
from motcua.queues import advice, days, hours, standing
from motcua.queues.advice import Advice
from motcua.queues.estimate import Range
from motcua.tenancy.db import TenantTx

# A line that names the field comes before one that takes everything.
_FOR = """
select id from line where site_id = $1 and (fields ? $2 or fields ? '*')
order by (fields ? $2) desc, letter limit 1
"""
_BY_LETTER = "select id from line where site_id = $1 and letter = $2"
_LINES = "select letter, fields, paused_why from line where site_id = $1 order by letter"
_SITE = """
select s.closed_day, s.hours, n.centre_until from site s
left join site_node n on n.tenant_id = s.tenant_id and n.site_id = s.id where s.id = $1
"""
LONG_MINUTES = 30
"""From such a wait on it is worth asking whether another hall would be quicker."""

_FOUND = 8
_NAMED = 3


@dataclass(frozen=True)
class Offer:
    """A line as a choice on the screen; ``closed`` says why it gives no number now, empty when it does.

    ``about`` names some of what it takes, ``better`` a hall where it would be quicker, the way included.
    ``late``: who takes a number now is probably not called before the hall closes.
    """

    letter: str
    name_vi: str
    name_en: str
    waiting: int
    range: Range
    closed_vi: str
    closed_en: str
    about_vi: str
    about_en: str
    better: Advice | None = None
    late: bool = False


@dataclass(frozen=True)
class Found:
    """A procedure that was found by plain words, and the letter of the line that takes it here."""

    procedure: Procedure
    letter: str


async def for_field(tx: TenantTx, site: UUID, field: str) -> UUID:
    """Return the line that takes dossiers of a field; ``Conflict`` when none at this site does."""
    line = await tx.fetchval(_FOR, site, field)
    if line is None:
        raise Conflict(
            "Điểm này không tiếp nhận lĩnh vực của thủ tục. Hãy hỏi nhân viên nơi tiếp nhận gần nhất.",
            "This place does not take the procedure. Ask the staff for the nearest place that does.",
        )
    return UUID(bytes=line.bytes)


async def by_letter(tx: TenantTx, site: UUID, letter: str) -> UUID:
    """Return a line by its letter."""
    line = await tx.fetchval(_BY_LETTER, site, letter)
    if line is None:
        raise NotFound("Điểm tiếp nhận không có lĩnh vực này.", "The site has no such line.")
    return UUID(bytes=line.bytes)


async def cut_off(tx: TenantTx, site: UUID, now: datetime) -> bool:
    """Return whether the site goes on alone at the moment: the centre may not give its numbers."""
    row = await tx.fetchrow(_SITE, site)
    return bool(row and row["centre_until"] and now >= row["centre_until"])


async def offers(tx: TenantTx, law: TenantLaw | None, site: UUID, now: datetime) -> list[Offer]:
    """Return every line of a site in the order of the letters, with how it stands now.

    ``law`` names what they take; without one they stand by their own names.
    """
    over = await _over(tx, site, now)
    paused = {row["letter"]: row["paused_why"] for row in await tx.fetch(_LINES, site)}
    left = {one.letter: one for one in await days.capacity(tx, site, local_day(now))}
    found = []
    for state in (await standing.read(tx, site, now)).lines.values():
        closed = over or _closed(left[state.letter], paused[state.letter])
        about = _about(law, state.fields) if law else ("", "")
        long = state.usual >= LONG_MINUTES and not closed[0]
        better = await advice.better_site(tx, site, state.id, now) if long else None
        numbers = (state.letter, state.name_vi, state.name_en, state.waiting, state.range)
        found.append(Offer(*numbers, *closed, *about, better, state.range.late))
    return found


async def _over(tx: TenantTx, site: UUID, now: datetime) -> tuple[str, str] | None:
    """Say why the whole site gives no number now."""
    row = await tx.fetchrow(_SITE, site)
    if row is None:
        raise NotFound("Không có điểm tiếp nhận này.", "There is no such site.")
    if row["closed_day"] is not None and row["closed_day"] >= local_day(now):
        return ("Hôm nay đã thôi nhận.", "Closed for today.")
    if row["hours"]:
        try:
            await hours.refuse_walk_in(tx, site, now)
        except Conflict as closed:
            return closed.vi, closed.en
    return None


def _closed(left: days.Capacity, why: str) -> tuple[str, str]:
    if left.paused:
        return (f"Tạm dừng: {why}", f"Paused: {why}") if why else ("Tạm dừng cấp số", "Paused")
    if left.left_walk_in == 0:
        return ("Đã hết số của hôm nay", "No numbers left today")
    return ("", "")


def _about(law: TenantLaw, fields: Sequence[str]) -> tuple[str, str]:
    """Name some procedures of a line; nothing for the line that takes whatever no other does."""
    found = [a.package.procedure for a in law.offered() if a.package.procedure.field in fields]
    first = found[:_NAMED]
    return "; ".join(p.name_vi for p in first), "; ".join(p.name_en or p.name_vi for p in first)


async def search(tx: TenantTx, law: TenantLaw, site: UUID, query: str) -> list[Found]:
    """Find procedures by plain words, each with the line that takes it at this site."""
    named = {row["letter"]: row["fields"] for row in await tx.fetch(_LINES, site)}
    found = []
    for hit in law.index.search(query, _FOUND):
        procedure = law.current(hit.entry.code).package.procedure
        if letter := _letter(named, procedure.field):
            found.append(Found(procedure, letter))
    return found


def _letter(named: Mapping[str, Sequence[str]], field: str) -> str:
    for wanted in (field, "*"):
        for letter, fields in named.items():
            if wanted in fields:
                return letter
    return ""
