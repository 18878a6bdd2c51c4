"""The course of one example: a case runs through its happenings while working time passes.

The pure engine moves the case; here are its clock, its timers and the statutory clock, as the store and
the dossier keep them in earnest. Nothing waits: time is only counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from motcua.catalogue.scenario import AFTER, Days, Happening
from motcua.catalogue.timing import timer_moment
from motcua.catalogue.words import LIMITS, ROLES
from motcua.errors import Problem
from motcua.process import (
    Command,
    Complete,
    Definition,
    Message,
    Outcome,
    ServiceDone,
    ServiceFailed,
    Signal,
    State,
    TimerFired,
    Wait,
    start,
    step,
)
from motcua.text import VIETNAM, vn_moment
from motcua.worktime import (
    Calendar,
    Limit,
    Pause,
    add_working_minutes,
    due,
    next_working_day,
    working_minutes,
)

#: A Monday on which a scenario begins that names no moment.
USUAL_START = datetime(2026, 3, 2, 8, 0, tzinfo=VIETNAM)
MOST_TURNS = 2_000
_PLAIN: Mapping[str, object] = {
    "version": "plain",
    "sessions": [["07:30", "11:30"], ["13:00", "17:00"]],
    "cutoff": "15:00",
}
#: The handler of the core; it answers what was decided.
_ISSUE = "issue_result"


@dataclass(frozen=True)
class TraceLine:
    """One thing that happened, when, and how many working minutes after acceptance."""

    at: datetime
    minutes: int
    kind: str
    node: str
    vi: str
    en: str

    def text(self, lang: str = "vi") -> str:
        """Return the line as printed: working time, moment, what happened."""
        said = self.en if lang == "en" else self.vi
        return f"+{self.minutes // 60:>3}:{self.minutes % 60:02}  {vn_moment(self.at)}  {said}"


class ImpossibleError(Exception):
    """Something cannot happen at this place of the course; says what waits instead."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi, self.en = vi, en


def plain_calendar(days: Days) -> Calendar:
    """Return Monday to Friday, eight hours a day, with the days that a scenario names."""
    named = {"name_vi": "theo ví dụ", "name_en": "by the scenario"}
    lists = {
        key: [{"date": day, **named} for day in found]
        for key, found in (("off", days.off), ("working", days.working))
    }
    return Calendar.from_data({**_PLAIN, **lists})


@dataclass
class Course:
    """A case on its way; ``limit`` is the statutory one, ``accepted`` an aware moment."""

    definition: Definition
    calendar: Calendar
    limit: Limit
    accepted: datetime
    variables: Mapping[str, object]
    trace: list[TraceLine] = field(default_factory=list)
    way: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    pauses: list[Pause] = field(default_factory=list)
    turns: int = 0

    def __post_init__(self) -> None:
        """Stand at the moment of acceptance, before anything moved."""
        self.now = self.accepted
        self.paused_at: datetime | None = None
        self.since: dict[str, datetime] = {}
        self.coming: list[Happening] = []
        self.waits: tuple[Wait, ...] = ()
        self.ended = False
        self.state: State

    def run(self, happenings: Sequence[Happening]) -> tuple[int, ImpossibleError] | None:
        """Play from acceptance; return the number of the happening that cannot be, and why."""
        self.coming = list(happenings)
        number = -1
        try:
            self._note("accepted", "", *self._accepted())
            self._take(start(self.definition, self.variables))
            self._settle()
            for number, happening in enumerate(happenings):
                self.coming = list(happenings[number + 1 :])
                self._happen(happening)
        except ImpossibleError as impossible:
            return number, impossible
        except Problem as refused:
            return number, ImpossibleError(refused.vi, refused.en)
        return None

    @property
    def deadline(self) -> datetime:
        """The statutory due moment as it stands now."""
        return due(self.calendar, self.limit, self.accepted, self._pauses()).at

    def overdue(self) -> list[str]:
        """Return the steps that have waited longer than their own hours."""
        return [
            w.node
            for w in self.waits
            if w.hours
            and working_minutes(self.calendar, self.since[w.token], self.now) > w.hours * 60
        ]

    def _pauses(self) -> list[Pause]:
        if self.paused_at is None:
            return self.pauses
        return [*self.pauses, Pause(self.paused_at, self.now)]

    def _accepted(self) -> tuple[str, str]:
        at = vn_moment(self.deadline)
        return f"Tiếp nhận hồ sơ; hạn trả {at}", f"Accepted; due {at}"

    def _note(self, kind: str, node: str, vi: str, en: str) -> None:
        minutes = working_minutes(self.calendar, self.accepted, self.now)
        self.trace.append(TraceLine(self.now, minutes, kind, node, vi, en))

    # What happens.

    def _happen(self, happening: Happening) -> None:
        if happening.after:
            self._pass(happening.after)
        node = happening.step or happening.service
        match happening.kind:
            case "step":
                self._step(happening, self._waiting("user", node, happening))
            case "service":
                self._service(self._waiting("service", node, happening), happening)
            case "message":
                self._note("message", "", *_both("Nhận", "Arrived", happening.message))
                self._do(Message(happening.message, happening.variables))
            case "signal":
                self._note("signal", "", *_both("Tín hiệu", "Signal", happening.signal))
                self._do(Signal(happening.signal, happening.variables))
        self._settle()

    def _step(self, happening: Happening, wait: Wait) -> None:
        outcome = happening.outcome or (wait.outcomes[0] if wait.outcomes else "")
        told = f": {outcome}" if outcome else ""
        vi, en = ROLES.get(wait.role, (wait.role, wait.role))
        place = f"[{wait.node}]"
        self._note(
            "step",
            wait.node,
            f"{wait.name_vi} {place}, {vi.lower()}{told}",
            f"{wait.name_en} {place}, {en.lower()}{told}",
        )
        given = dict(happening.variables) | ({"outcome": outcome} if outcome else {})
        self.way.append(wait.node)
        self._do(Complete(wait.token, given))

    def _service(self, wait: Wait, happening: Happening | None = None) -> None:
        fails = happening.fails if happening else ""
        variables = dict(happening.variables) if happening else {}
        if fails:
            told = f"lỗi {fails}", f"failed with {fails}"
            self._note(
                "failed", wait.node, f"{wait.name_vi}: {told[0]}", f"{wait.name_en}: {told[1]}"
            )
            self._do(ServiceFailed(wait.token, fails, variables))
            return
        if wait.handler == _ISSUE:
            refused = self.state.variables.get("decision") == "refuse"
            variables = {"result": "refused" if refused else "granted"} | variables
        place = f"[{wait.node}]"
        self._note(
            "service",
            wait.node,
            f"{wait.name_vi} {place}, hệ thống: {wait.handler}",
            f"{wait.name_en} {place}, the system: {wait.handler}",
        )
        self.way.append(wait.node)
        self._do(ServiceDone(wait.token, variables))

    def _waiting(self, kind: str, node: str, happening: Happening) -> Wait:
        for wait in self.waits:
            if wait.kind == kind and wait.node == node and happening.item in (None, wait.item):
                return wait
        there = ", ".join(f"{w.node} ({w.kind})" for w in self.waits)
        raise ImpossibleError(
            f"bước '{node}' không chờ ở đây; đang chờ: {there or 'không có gì'}",
            f"the step '{node}' does not wait here; what waits: {there or 'nothing'}",
        )

    # How it moves.

    def _do(self, command: Command) -> None:
        self._take(step(self.definition, self.state, command))

    def _take(self, outcome: Outcome) -> None:
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise ImpossibleError(
                "diễn biến không dừng: quy trình lặp mãi mà không cần ai làm gì",
                "the course does not come to rest: the process repeats without anybody's doing",
            )
        self.state, self.waits = outcome.state, outcome.waits
        for record in outcome.records:
            self.taken |= {record.node, record.flow} - {""}
        known = {wait.token for wait in self.waits}
        self.since = {t: at for t, at in self.since.items() if t in known}
        for token in known:
            self.since.setdefault(token, self.now)
        self._clock()
        if outcome.ended and not self.ended:
            self.ended = True
            self._note("ended", "", "Quy trình kết thúc", "The process has ended")

    def _clock(self) -> None:
        stands = any(wait.clock == "pause" for wait in self.waits)
        if stands and self.paused_at is None:
            self.paused_at = self.now
            self._note("paused", "", "Tạm dừng tính thời hạn", "The statutory clock stands still")
        elif not stands and self.paused_at is not None:
            self.pauses.append(Pause(self.paused_at, self.now))
            self.paused_at = None
            at = vn_moment(self.deadline)
            self._note(
                "resumed",
                "",
                f"Tiếp tục tính thời hạn; hạn trả {at}",
                f"The clock goes on; due {at}",
            )

    def _settle(self) -> None:
        """Let the system do what nobody has to: services that no later line names, timers that are due."""
        named = {h.service for h in self.coming if h.service}
        while True:
            service = next(
                (w for w in self.waits if w.kind == "service" and w.node not in named), None
            )
            if service is not None:
                self._service(service)
            elif (timer := self._next_timer(self.now)) is not None:
                self._fire(*timer)
            else:
                return

    def _fire(self, at: datetime, wait: Wait) -> None:
        self.now = max(self.now, at)
        self._note("timer", wait.node, *_both("Đến giờ", "Timer", wait.name_vi, wait.name_en))
        self._do(TimerFired(wait.token))

    def _next_timer(self, until: datetime) -> tuple[datetime, Wait] | None:
        found = [(self._moment(w), w) for w in self.waits if w.kind == "timer"]
        ready = [(at, wait) for at, wait in found if at is not None and at <= until]
        return min(ready, key=lambda pair: pair[0], default=None)

    def _pass(self, after: str) -> None:
        """Let time pass; what falls due on the way happens at its moment."""
        target = later(self.calendar, self.now, after)
        while (timer := self._next_timer(target)) is not None:
            self._fire(*timer)
            self._settle()
        self.now = target
        number, _, unit = after.partition(" ")
        vi, en = LIMITS[unit]
        self._note("time", "", f"Thời gian trôi qua: {number} {vi}", f"Time passes: {number} {en}")

    def _moment(self, wait: Wait) -> datetime | None:
        """Return when a timer is due; None while the statutory clock stands and the due date moves."""
        timer = wait.timer
        if timer is None:
            return None
        if timer.kind in ("before_due", "after_due") and self.paused_at is not None:
            return None
        return timer_moment(self.calendar, timer, self.since[wait.token], self.deadline)


def later(calendar: Calendar, now: datetime, after: str) -> datetime:
    """Return the moment after a span such as ``2 working_days``: so many working days on, at the same hour."""
    found = AFTER.fullmatch(after)
    if found is None:
        raise ValueError(after)
    number = float(found["number"])
    if found["unit"] == "working_hours":
        return add_working_minutes(calendar, now, round(number * 60))
    if found["unit"] == "calendar_days":
        return now + timedelta(days=number)
    local = calendar.local(now)
    day = local.date()
    for _ in range(int(number)):
        day = next_working_day(calendar, day)
    return calendar.aware(datetime.combine(day, local.time()))


def aware(moment: datetime) -> datetime:
    """Return a moment of a scenario with its zone; without one it is meant in Vietnam's time."""
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def names(waits: Iterable[Wait]) -> list[str]:
    """Return where a case waits, each place once, without what only sits on the border of another."""
    return list(dict.fromkeys(w.node for w in waits if not w.optional))


def _both(vi: str, en: str, what: str, what_en: str = "") -> tuple[str, str]:
    return f"{vi}: {what}", f"{en}: {what_en or what}"
