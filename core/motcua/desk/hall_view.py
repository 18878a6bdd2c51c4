"""What a counter's page shows of the hall: its ticket, the visit, who waits, who is aside, the officer's own day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from motcua.desk import hall_rows as rows
from motcua.desk.next_up import next_up
from motcua.desk.view import minutes_since
from motcua.errors import NotFound
from motcua.queues import forecasting, taking_up
from motcua.queues.forecast import Forecast
from motcua.queues.policies import policy_in_force
from motcua.station import health
from motcua.station.health import DeviceHealth
from motcua.tenancy.db import Record, TenantTx

UNDOABLE = {
    "ticket.called": ("Đã gọi số", "Called"),
    "ticket.started": ("Đã bắt đầu phục vụ", "Started"),
    "ticket.no_show": ("Đã ghi nhận vắng mặt", "Noted as no show"),
    "ticket.recycled": ("Đã xếp lại sau vài người", "Put a few places back"),
    "ticket.transferred": ("Đã chuyển số", "Transferred"),
    "ticket.parked": ("Đã tạm dừng", "Parked"),
    "ticket.finished": ("Đã kết thúc lượt", "Finished"),
    "ticket.cancelled": ("Đã hủy số", "Cancelled"),
}
_BLINK = timedelta(seconds=1)
# What an officer goes and sees to; the rest is on the page of the devices.
NEEDED = frozenset({"help", "printer", "paper_out", "paper_low"})
_LAST = """
select e.type, e.at, e.actor, t.number from ticket t
join event e on e.tenant_id = t.tenant_id and e.trace_id = t.trace_id and e.subject = t.id
where t.id = $1 and e.type like 'ticket.%' order by e.at desc, e.id desc limit 1
"""


@dataclass(frozen=True)
class Waits:
    """One who waits: the row, the range of minutes left, the minutes since he came, whether he is called next."""

    row: Record
    range: str
    waited: int
    next: bool = False


@dataclass(frozen=True)
class Undo:
    """What can still be undone, until when."""

    ticket: UUID
    number: str
    said: tuple[str, str]
    until: datetime
    seconds: int


@dataclass(frozen=True)
class Day:
    """An officer's own day at the site, in minutes; ``each``: a service on average, as ``7:30``."""

    done: int
    serving: int
    idle: int
    pause: int
    each: str


@dataclass(frozen=True)
class CounterView:
    """All that the page of a counter knows about the hall."""

    counter: Record
    now: datetime
    mine: bool
    """Whether this session holds the seat; else the page is only for reading."""
    ticket: Record | None
    day: Day
    total: int
    waiting: Sequence[Waits]
    parked: Sequence[Record]
    away: Sequence[Record]
    """Who took a number from afar and has not arrived."""
    visit: Sequence[Record] = ()
    services: Sequence[Record] = ()
    lines: Sequence[Record] = ()
    others: Sequence[Record] = ()
    """The other counters of the site that are served now."""
    classes: Sequence[Record] = ()
    picked: Record | None = None
    undo: Undo | None = None
    waited: int = 0
    """Minutes that the ticket at the counter had waited when it was called."""
    alone_since: datetime | None = None
    """When the line to the centre was lost, as long as it matters here: the last seconds before are missing."""
    troubles: Sequence[DeviceHealth] = ()
    """Devices of the site with somebody asking for help, or with the paper at its end."""

    @property
    def standing(self) -> str:
        """What the counter is in: ``break``, ``idle``, ``called`` or ``serving``."""
        if self.counter["break_since"] is not None:
            return "break"
        return str(self.ticket["state"]) if self.ticket is not None else "idle"

    @property
    def since(self) -> datetime | None:
        """The moment from which the clock of the ticket counts: its call, or its service without its rests."""
        if self.ticket is None or self.ticket["served"] is None:
            return None if self.ticket is None else self.ticket["called_at"]
        moment: datetime = self.now - self.ticket["served"]
        return moment

    @property
    def rested(self) -> bool:
        """Whether the service was interrupted: its clock counts less than the time since its start."""
        began = self.ticket["started_at"] if self.ticket is not None else None
        return began is not None and self.since is not None and self.since - began > _BLINK

    @property
    def unseen(self) -> bool:
        """Whether the number may have been started before the cut, unknown to the hall's own machine."""
        if self.alone_since is None or self.ticket is None or self.standing != "called":
            return False
        return bool(self.ticket["called_at"] < self.alone_since)

    @property
    def mark(self) -> str:
        """What the page stands for; when it is another one, the page is old."""
        away, at = self.counter["break_since"], self.ticket
        return mark_of(away, None, None) if at is None else mark_of(away, at["id"], at["version"])

    @property
    def further(self) -> list[Record]:
        """The person's other numbers that are still to be called."""
        return [row for row in self.visit if row["state"] in {"waiting", "parked", "reserved"}]

    @property
    def kept(self) -> list[Record]:
        """What stays behind when the officer goes: parked by him, or pinned to him."""
        pinned = [w.row for w in self.waiting if w.row["pinned"]]
        return [row for row in self.parked if row["mine"]] + pinned


def mark_of(break_since: datetime | None, ticket: UUID | None, version: int | None) -> str:
    """Return a short sign of a counter's state: its ticket in its version, and whether it has a break."""
    at = f"{ticket.hex[-12:]}.{version}" if ticket is not None else "free"
    return f"{at}.{int(break_since is not None)}"


async def counter_view(
    tx: TenantTx,
    counter: Record,
    staff: UUID,
    now: datetime,
    *,
    mine: bool = True,
    picked: UUID | None = None,
    undo: UUID | None = None,
) -> CounterView:
    """Gather a counter's page for the officer who sits there."""
    site = counter["site_id"]
    ticket = await rows.ticket(tx, counter, now)
    total, waiting = await who_waits(tx, counter, staff, now)
    aside = await rows.aside(tx, counter, staff, now)
    others = await rows.counters(tx, [site], now)
    return CounterView(
        counter=counter,
        now=now,
        mine=mine,
        ticket=ticket,
        day=_day(await rows.own_day(tx, site, staff, now)),
        total=total,
        waiting=waiting,
        parked=[row for row in aside if row["state"] == "parked"],
        away=[row for row in aside if row["state"] == "reserved"],
        visit=await rows.visit(tx, ticket["visit_id"], ticket["id"]) if ticket else (),
        services=await rows.services(tx, ticket["id"]) if ticket else (),
        lines=await rows.lines(tx, [site], now),
        others=[c for c in others if _served(c) and c["id"] != counter["id"]],
        classes=await rows.classes(tx, now),
        picked=await rows.picked(tx, site, picked, now) if picked else None,
        # Once the next one is served, there is no way back.
        undo=await _undo(tx, site, undo, staff, now)
        if undo and (ticket is None or ticket["id"] == undo or ticket["state"] == "called")
        else None,
        alone_since=await taking_up.cut_lately(tx, site, now),
        waited=minutes_since(ticket["since"], ticket["called_at"]) if ticket else 0,
        troubles=await troubles(tx, site, now),
    )


async def troubles(tx: TenantTx, site: UUID, now: datetime) -> list[DeviceHealth]:
    """Return the devices of a site at which somebody of the staff is needed now."""
    found = await health.health_of(tx, [site], now)
    return [device for device in found if NEEDED.intersection(device.troubles)]


async def who_waits(
    tx: TenantTx, counter: Record, staff: UUID, now: datetime
) -> tuple[int, list[Waits]]:
    """Return how many wait for a counter, and the first of them."""
    found = await rows.waiting(tx, counter, staff, now)
    left = await forecasting.forecast_of(tx, counter["site_id"], now) if found else None
    first = await next_up(tx, counter, staff, now) if found else None
    waiting = [
        Waits(row, _left(left, row), minutes_since(row["since"], now), row["id"] == first)
        for row in found
        if left is not None
    ]
    return (found[0]["total"] if found else 0), waiting


def _left(forecast: Forecast, row: Record) -> str:
    try:
        if forecast.knows(row["id"]):
            return str(forecast.of(row["id"]))
        return str(forecast.next(row["letter"], priority=row["priority"] > 0))
    except KeyError:
        # The line is younger than the forecast, which is seconds old.
        return "…"


async def counter_of(tx: TenantTx, counter_id: UUID) -> Record:
    """Return a counter with its site, or raise ``NotFound``."""
    found = await rows.counter(tx, counter_id)
    if found is None:
        raise NotFound("Không có quầy này.", "There is no such counter.")
    return found


def _served(counter: Record) -> bool:
    return counter["staff_id"] is not None and not counter["forgotten"]


def _day(row: Record | None) -> Day:
    if row is None:
        return Day(0, 0, 0, 0, "")
    serving, idle, pause = (int(row[part]) for part in ("serving", "idle", "break"))
    mean = serving // row["served"] if row["served"] else 0
    each = f"{mean // 60}:{mean % 60:02d}" if mean else ""
    return Day(row["done"], serving // 60, idle // 60, pause // 60, each)


async def _undo(tx: TenantTx, site: UUID, ticket: UUID, staff: UUID, now: datetime) -> Undo | None:
    """Return what this officer can still undo at a ticket: its last event, while that is young enough."""
    last = await tx.fetchrow(_LAST, ticket)
    if last is None or last["type"] not in UNDOABLE or last["actor"] != f"staff:{staff}":
        return None
    policy = await policy_in_force(tx, site, now)
    until = last["at"] + timedelta(seconds=policy.undo_seconds)
    left = int((until - now).total_seconds())
    if left <= 0:
        return None
    return Undo(ticket, last["number"], UNDOABLE[last["type"]], until, left)
