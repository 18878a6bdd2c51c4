"""The hall: places and rules, visits, bookings, and what watches over them."""

from motcua.queues.tables.bookings import appointment, slot
from motcua.queues.tables.places import (
    call_policy,
    counter,
    line,
    priority_class,
    site,
    skill,
    staff_skill,
    work_profile,
    zone,
)
from motcua.queues.tables.visits import (
    board_call,
    day_number,
    feedback,
    segment,
    service,
    ticket,
    visit,
)
from motcua.queues.tables.watching import (
    alert,
    estimate_log,
    number_lease,
    site_change,
    site_day,
    site_node,
)

__all__ = [
    "alert",
    "appointment",
    "board_call",
    "call_policy",
    "counter",
    "day_number",
    "estimate_log",
    "feedback",
    "line",
    "number_lease",
    "priority_class",
    "segment",
    "service",
    "site",
    "site_change",
    "site_day",
    "site_node",
    "skill",
    "slot",
    "staff_skill",
    "ticket",
    "visit",
    "work_profile",
    "zone",
]
