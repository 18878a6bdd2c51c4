"""Who is called next: a pure function of who waits, who calls and the policy in force.

``choose`` is the reference. The statement that calls in the hall (``queues.calling``) picks the same ticket,
and a test compares the two on random halls. The order:

1. Who is pinned to this counter or this officer (transferred, or "come back to me"), oldest key first.
   A ticket that is pinned elsewhere is invisible here.
2. The groups of the work profile in their order: the first group with anybody waiting. Inside it higher rank
   of priority first, then the older key, then the smaller id. Whose key is older than ``patience_minutes``
   counts as of the first group, so that nobody waits for ever behind a group that always has somebody.
3. Unless this counter has called ``priority_in_row`` people with priority in a row and somebody ordinary
   waits in any of its own groups: then the first group with an ordinary one, and there the oldest of them.
4. When nobody waits in the own groups: the spill letters as one more group by the same rules, if the policy
   allows it and no ticket of the own lines is expected soon.

With ``priority_head_start_minutes`` priority is not absolute: a ticket with priority counts as that much
older, its rank does not matter, and rule 3 does not apply.

A line whose skill the officer lacks is invisible in every step, for a pinned ticket too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

import msgspec

from motcua.errors import Invalid


class Bound(NamedTuple):
    """What a number of the policy may be, and its name on the screen."""

    low: int
    high: int
    vi: str
    en: str


BOUNDS: Mapping[str, Bound] = {
    "priority_in_row": Bound(1, 20, "Số lượt ưu tiên liên tiếp", "Priority calls in a row"),
    "head_start_minutes": Bound(
        0, 120, "Phút được tính sớm hơn cho người có hẹn", "Head start of appointments, minutes"
    ),
    "late_minutes": Bound(0, 120, "Phút trễ hẹn tối đa", "Minutes an appointment may be late"),
    "recalls": Bound(1, 10, "Số lần gọi lại", "Calls of a number before it is a no-show"),
    "recall_seconds": Bound(10, 600, "Giây dành cho các lần gọi", "Seconds for those calls"),
    "recycle_places": Bound(1, 20, "Số chỗ lùi lại khi vắng mặt", "Places back after a no-show"),
    "recycle_times": Bound(0, 5, "Số lần được lùi lại", "How often a no-show goes back"),
    "arrival_hold_minutes": Bound(
        0, 60, "Phút giữ chỗ sau khung giờ đến", "Minutes a place is held after its window"
    ),
    "undo_seconds": Bound(0, 300, "Giây được hoàn tác", "Seconds in which a step can be undone"),
    "patience_minutes": Bound(
        0,
        240,
        "Phút chờ thì được xếp vào nhóm gọi đầu tiên của quầy (0: không xếp)",
        "Minutes of waiting after which a later group counts as the first (0: never)",
    ),
}
_HEAD_START = Bound(0, 240, "Phút ưu tiên được tính sớm hơn", "Head start of priority, minutes")
_SWITCH = ("Chọn có hoặc không.", "Choose yes or no.")


class Policy(msgspec.Struct, frozen=True):
    """The rules of calling as data; every default is what a hall has before anybody wrote a policy."""

    priority_in_row: int = 2
    head_start_minutes: int = 10
    late_minutes: int = 15
    recalls: int = 3
    recall_seconds: int = 90
    recycle_places: int = 3
    recycle_times: int = 1
    spill_over: bool = True
    arrival_hold_minutes: int = 10
    undo_seconds: int = 30
    # 0: a later group waits until nobody of an earlier one is there.
    patience_minutes: int = 60
    # None: priority is absolute.
    priority_head_start_minutes: float | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read a policy from data; ``Invalid`` names every field that is wrong or unknown."""
        wrong = {key: said for key, value in body.items() if (said := _fault(key, value))}
        if wrong:
            raise Invalid(
                "Quy tắc gọi số chưa hợp lệ.", "The calling policy is not valid.", fields=wrong
            )
        return cls(**body)

    def patient_since(self, now: datetime) -> datetime | None:
        """Return the moment before which a key counts as of the first group; None: none does."""
        patience = self.patience_minutes
        return now - timedelta(minutes=patience) if patience else None

    def body(self) -> dict[str, Any]:
        """Return the policy as it is kept and as ``of`` reads it."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Waiter(msgspec.Struct, frozen=True):
    """A waiting ticket as the policy sees it; ``priority`` is 0 or the rank of its class."""

    id: UUID
    letter: str
    sort_key: datetime
    priority: int = 0
    for_counter: UUID | None = None
    for_staff: UUID | None = None

    @property
    def pinned(self) -> bool:
        """Whether only one counter or one officer may call it."""
        return self.for_counter is not None or self.for_staff is not None


class Caller(msgspec.Struct, frozen=True):
    """A counter that calls: its profile, what its officer may serve, and its run of priority calls.

    ``skilled_lines`` holds every letter of the site that needs no skill or one that the officer has.
    """

    counter: UUID
    staff: UUID
    groups: tuple[tuple[str, ...], ...]
    spill: tuple[str, ...]
    skilled_lines: frozenset[str]
    priority_run: int = 0


def choose(
    policy: Policy,
    caller: Caller,
    waiting: Iterable[Waiter],
    now: datetime,
    *,
    own_expected_soon: bool = False,
) -> Waiter | None:
    """Return who is called; None when this counter may call nobody.

    ``now`` tells who has waited too long. ``own_expected_soon`` is what ``expected_soon`` says.
    """
    seen = [w for w in waiting if _visible(caller, w)]
    pinned = [w for w in seen if w.pinned]
    if pinned:
        return min(pinned, key=lambda w: (w.sort_key, w.id))
    free = _own(caller, seen, policy.patient_since(now))
    if any(free):
        return _of_groups(policy, caller.priority_run, free)
    if not policy.spill_over or own_expected_soon:
        return None
    return _of_groups(policy, caller.priority_run, [[w for w in seen if w.letter in caller.spill]])


def priority_run_after(caller: Caller, called: Waiter) -> int:
    """Return the counter's run after a call: one more, or none after somebody ordinary.

    Who is pinned is called in any case and neither lengthens nor ends the run.
    """
    if called.pinned:
        return caller.priority_run
    return caller.priority_run + 1 if called.priority else 0


def appointment_key(policy: Policy, slot_from: datetime, arrived: datetime) -> datetime:
    """Return the sort key of who arrives for an appointment.

    Until ``late_minutes`` after the begin of the slot: the slot less the head start, also when he is early.
    Later: the arrival, as for everybody.
    """
    if arrived > slot_from + timedelta(minutes=policy.late_minutes):
        return arrived
    return slot_from - timedelta(minutes=policy.head_start_minutes)


def reserved_key(
    policy: Policy, taken: datetime, window_to: datetime, arrived: datetime
) -> datetime:
    """Return the sort key of who took a number from afar and arrives.

    Until ``arrival_hold_minutes`` after his window he has the place of the moment he took it, else the
    one of his arrival.
    """
    held = window_to + timedelta(minutes=policy.arrival_hold_minutes)
    return taken if arrived <= held else arrived


def key_behind(own: datetime, keys: Sequence[datetime], places: int, now: datetime) -> datetime:
    """Return a key behind the first ``places`` of those who wait, whose keys are given oldest first.

    Behind the last one, and not before now, when fewer wait; never before his ``own``. The keys are those of the
    same line and rank, without his own. Those to come (somebody early for his appointment) are no places: behind
    them he would stand behind everybody who comes until then.
    """
    here = [key for key in keys if key <= now]
    if len(here) >= places:
        return max(own, here[places - 1] + timedelta(microseconds=1))
    return max([own, now, *(key + timedelta(microseconds=1) for key in here[-1:])])


def expected_soon(expected: Iterable[datetime], now: datetime, mean_minutes: float) -> bool:
    """Tell whether somebody of the own lines is expected within one mean service.

    ``expected`` are the begins of the windows of reserved numbers and of the slots of appointments that are still
    booked, in one own line, and the mean is that line's; whoever is overdue is not waited for.
    """
    until = now + timedelta(minutes=mean_minutes)
    return any(now <= moment <= until for moment in expected)


def order_key(policy: Policy) -> Callable[[Waiter], tuple[Any, ...]]:
    """Return the order inside a group: who has the smallest is called first."""
    if policy.priority_head_start_minutes is None:
        return lambda w: (-w.priority, w.sort_key, w.id)
    head = timedelta(minutes=policy.priority_head_start_minutes)
    return lambda w: (w.sort_key - head if w.priority else w.sort_key, w.id)


def _visible(caller: Caller, waiter: Waiter) -> bool:
    return (
        waiter.letter in caller.skilled_lines
        and waiter.for_counter in (None, caller.counter)
        and waiter.for_staff in (None, caller.staff)
    )


def _own(caller: Caller, seen: Iterable[Waiter], since: datetime | None) -> list[list[Waiter]]:
    """Return by group who waits for the counter's own lines; whose key is before ``since``, in the first."""
    found: list[list[Waiter]] = [[] for _ in caller.groups]
    for w in seen:
        place = next((n for n, group in enumerate(caller.groups) if w.letter in group), None)
        if place is not None:
            found[0 if since is not None and w.sort_key < since else place].append(w)
    return found


def _of_groups(policy: Policy, run: int, groups: Sequence[Sequence[Waiter]]) -> Waiter | None:
    if policy.priority_head_start_minutes is None and run >= policy.priority_in_row:
        ordinary = [[w for w in group if not w.priority] for group in groups]
        groups = ordinary if any(ordinary) else groups
    first = next((group for group in groups if group), None)
    return min(first, key=order_key(policy)) if first else None


def _fault(key: str, value: object) -> tuple[str, str] | None:
    """Return what is wrong with one value of a policy, in both languages."""
    if key == "spill_over":
        return None if isinstance(value, bool) else _SWITCH
    if key == "priority_head_start_minutes":
        fits = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        return (
            None
            if fits and (value is None or _within(_HEAD_START, value))
            else _number(_HEAD_START)
        )
    bound = BOUNDS.get(key)
    if bound is None:
        return "Không có quy tắc này.", "There is no such rule."
    fits = isinstance(value, int) and not isinstance(value, bool) and _within(bound, value)
    return None if fits else _number(bound, whole=True)


def _within(bound: Bound, value: Any) -> bool:
    return bool(bound.low <= value <= bound.high)


def _number(bound: Bound, *, whole: bool = False) -> tuple[str, str]:
    vi, en = ("số nguyên", "a whole number") if whole else ("số", "a number")
    return (
        f"Nhập {vi} từ {bound.low} đến {bound.high}.",
        f"Enter {en} from {bound.low} to {bound.high}.",
    )
