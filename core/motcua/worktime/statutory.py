"""The statutory clock of one dossier: what happened to it, what may happen next, and when it is due.

The history is all there is; the due date is computed from it and never stored in it. So a new version of the
calendar changes every due date that it touches, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from motcua.errors import Conflict, Invalid
from motcua.worktime import wording
from motcua.worktime.calendar import Calendar
from motcua.worktime.deadline import due
from motcua.worktime.limits import MAX_VALUE, Due, Extension, Limit, Pause

ClockEventKind = Literal["started", "paused", "resumed", "extended", "stopped"]
ClockState = Literal["new", "running", "paused", "stopped"]

#: Why a clock may stand still, in the words of its explanation.
REASONS: Mapping[str, tuple[str, str]] = {
    "supplement": ("chờ bổ sung giấy tờ", "waiting for further papers"),
    "financial_duty": (
        "chờ thực hiện nghĩa vụ tài chính",
        "waiting for a financial duty to be met",
    ),
    "opinion": ("chờ ý kiến của cơ quan khác", "waiting for the opinion of another agency"),
    "force_majeure": ("sự kiện bất khả kháng", "force majeure"),
}


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One thing that happened to a clock, at an aware moment.

    ``reason`` is a key of ``REASONS`` for ``paused`` and ``resumed``, free text for ``extended``;
    ``days`` belongs to ``extended``.
    """

    kind: ClockEventKind
    at: datetime
    reason: str = ""
    days: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(ClockEventKind) or self.at.tzinfo is None:
            raise Invalid(
                "Sự kiện của đồng hồ không đúng",
                "A clock event has a known kind and a time zone",
                fields={"kind": str(self.kind)},
            )


@dataclass(frozen=True)
class StatutoryClock:
    """A limit and what happened to it, oldest first.

    ``then`` is the only way to grow a history by the rules; whoever reads a stored one gives it whole.
    """

    limit: Limit
    history: tuple[ClockEvent, ...] = ()

    @property
    def state(self) -> ClockState:
        """Where the clock stands after all that happened."""
        kinds = {event.kind for event in self.history}
        if "stopped" in kinds:
            return "stopped"
        if "started" not in kinds:
            return "new"
        return "paused" if self.standing else "running"

    @property
    def started(self) -> datetime | None:
        """When it was started; None before."""
        return next((e.at for e in self.history if e.kind == "started"), None)

    @property
    def standing(self) -> Mapping[str, datetime]:
        """The reasons for which it stands still now, each with the moment from which."""
        found: dict[str, datetime] = {}
        for event in self.history:
            if event.kind == "paused":
                found.setdefault(event.reason, event.at)
            elif event.kind == "resumed":
                found.pop(event.reason, None)
            elif event.kind == "stopped":
                found.clear()
        return found

    @property
    def extension(self) -> Extension | None:
        """The one extension, if it was granted."""
        given = next((e for e in self.history if e.kind == "extended"), None)
        return Extension(given.at, given.days, given.reason, given.reason) if given else None

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The pauses that have ended, in order of their end."""
        return tuple(_pauses(self.history))

    def then(self, calendar: Calendar, event: ClockEvent) -> "StatutoryClock":
        """Return the clock after one more event.

        ``Conflict`` for what the rules do not allow: a second start, a pause for a reason that holds
        already, going on without a pause, a second extension or one after expiry, anything after the stop.
        """
        self._check(calendar, event)
        return replace(self, history=(*self.history, event))

    def due(self, calendar: Calendar) -> Due:
        """Return when the dossier is due and why; ``Conflict`` before the start."""
        return clock_due(calendar, self.limit, self.history)

    def _check(self, calendar: Calendar, event: ClockEvent) -> None:
        if self.history and event.at < self.history[-1].at:
            raise _refused(
                "Sự kiện này xảy ra trước sự kiện đã ghi.", "This is older than the last."
            )
        allowed: Mapping[ClockState, Sequence[ClockEventKind]] = {
            "new": ("started",),
            "running": ("paused", "extended", "stopped"),
            "paused": ("paused", "resumed", "extended", "stopped"),
            "stopped": (),
        }
        if event.kind not in allowed[self.state]:
            vi, en = _STATES[self.state]
            raise _refused(
                f"Đồng hồ hồ sơ {vi} nên không làm được việc này.",
                f"The dossier's clock {en}, so this cannot be done.",
            )
        if event.kind == "paused":
            self._check_pause(event.reason)
        elif event.kind == "resumed" and event.reason not in self.standing:
            raise _refused(
                "Đồng hồ không tạm dừng vì lý do này.",
                "The clock does not stand still for this reason.",
            )
        elif event.kind == "extended":
            self._check_extension(calendar, event)

    def _check_pause(self, reason: str) -> None:
        if reason not in REASONS:
            raise Invalid(
                "Hãy chọn lý do tạm dừng.",
                "Choose why the clock stands still.",
                fields={"reason": ("Hãy chọn lý do tạm dừng.", "Choose a reason.")},
            )
        if reason in self.standing:
            raise _refused(
                f"Đồng hồ đang tạm dừng vì lý do này rồi: {REASONS[reason][0]}.",
                f"The clock stands still for this reason already: {REASONS[reason][1]}.",
            )

    def _check_extension(self, calendar: Calendar, event: ClockEvent) -> None:
        if self.extension:
            raise _refused(
                "Hồ sơ đã được hẹn lại một lần; không được hẹn lại lần thứ hai.",
                "The dossier was extended once already; there is no second time.",
            )
        if self.due(calendar).at <= min([event.at, *self.standing.values()]):
            raise _refused(
                "Đã hết thời hạn nên không hẹn lại được nữa: việc hẹn lại phải làm trước khi hết hạn.",
                "The time limit has passed: an extension has to be granted before it ends.",
            )
        if not 0 < event.days <= MAX_VALUE:
            said = ("Số ngày hẹn lại phải từ 1 trở lên.", "At least one day.")
            raise Invalid(*said, fields={"days": said})


_STATES: Mapping[ClockState, tuple[str, str]] = {
    "new": ("chưa chạy", "has not started"),
    "running": ("đang chạy", "is running"),
    "paused": ("đang tạm dừng", "stands still"),
    "stopped": ("đã dừng", "has stopped"),
}


def clock_due(calendar: Calendar, limit: Limit, history: Sequence[ClockEvent]) -> Due:
    """Return when a dossier is due after this history: a function of calendar, limit and history alone.

    A pause that has not ended moves nothing yet and is told in the derivation. ``Conflict`` when the
    clock was never started.
    """
    clock = StatutoryClock(limit, tuple(history))
    if clock.started is None:
        raise _refused("Đồng hồ hồ sơ chưa chạy.", "The dossier's clock has not started.")
    found = due(calendar, limit, clock.started, clock.pauses, clock.extension)
    told = [
        wording.standing(calendar.local(since), REASONS.get(reason, ("", "")))
        for reason, since in clock.standing.items()
    ]
    return replace(found, derivation=(*found.derivation[:-1], *told, found.derivation[-1]))


def _pauses(history: Iterable[ClockEvent]) -> Iterable[Pause]:
    began: dict[str, datetime] = {}
    for event in history:
        if event.kind == "paused":
            began.setdefault(event.reason, event.at)
        elif event.kind == "resumed" and event.reason in began:
            since = began.pop(event.reason)
            yield Pause(since, event.at, *REASONS.get(event.reason, ("", "")))
        elif event.kind == "stopped":
            for reason, since in began.items():
                yield Pause(since, event.at, *REASONS.get(reason, ("", "")))
            return


def _refused(vi: str, en: str) -> Conflict:
    return Conflict(vi, en)
