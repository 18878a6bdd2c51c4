"""How a dossier stands, in words: its timeline, and how much of its time is used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.catalogue.adopted import TenantLaw
from motcua.dossiers.states import TITLES, State
from motcua.tenancy.db import Record
from motcua.text import vn_moment
from motcua.worktime import Calendar, working_minutes
from motcua.worktime.wording import hours

_SAID: Mapping[str, tuple[str, str]] = {
    "dossier.submitted": ("Đã nộp hồ sơ", "Submitted"),
    "dossier.accepted": ("Được tiếp nhận", "Accepted"),
    "dossier.rejected": ("Không được tiếp nhận", "Not accepted"),
    "dossier.reception_supplement_requested": (
        "Được yêu cầu bổ sung trước khi tiếp nhận",
        "Papers asked for before acceptance",
    ),
    "dossier.reception_supplement_answered": ("Đã bổ sung giấy tờ", "Papers were added"),
    "dossier.processing": ("Bắt đầu giải quyết", "Processing began"),
    "dossier.supplement_requested": (
        "Được yêu cầu bổ sung, tạm dừng tính thời gian",
        "Papers asked for; the clock stands still",
    ),
    "dossier.supplement_answered": (
        "Đã bổ sung giấy tờ, tính tiếp thời gian",
        "Papers were added; the clock goes on",
    ),
    "dossier.stopped": ("Dừng giải quyết", "Stopped"),
    "dossier.finished": ("Đã có kết quả", "The result is ready"),
    "dossier.returned": ("Đã trả kết quả", "The result was returned"),
}
_NOW: Mapping[int, tuple[str, str]] = {
    State.SUBMITTED: ("Chờ cơ quan tiếp nhận", "Waiting to be accepted"),
    State.ACCEPTED: ("Chờ phân công giải quyết", "Waiting to be assigned"),
    State.PROCESSING: ("Đang giải quyết", "Being processed"),
    State.SUPPLEMENT: ("Chờ bạn bổ sung giấy tờ", "Waiting for your papers"),
    State.PAYMENT_DUE: TITLES[State.PAYMENT_DUE],
    State.WITHDRAW_REQUESTED: TITLES[State.WITHDRAW_REQUESTED],
    State.DONE: ("Chờ bạn nhận kết quả", "Waiting for you to collect"),
}
_LATER = {
    State.ACCEPTED: ("Tiếp nhận", "Acceptance"),
    State.DONE: ("Có kết quả", "Result"),
    State.RETURNED: ("Nhận kết quả", "Collection"),
}
# Outcomes by which a step is not done yet: papers were asked for, or it goes back.
_NOT_DONE = frozenset({"supplement", "return"})
TONES: Mapping[int, str] = {
    State.REJECTED: "bad",
    State.STOPPED: "bad",
    State.SUPPLEMENT: "warn",
    State.PAYMENT_DUE: "warn",
    State.DONE: "ok",
    State.RETURNED: "ok",
}


def state_badge(state: int, lang: str) -> tuple[str, str]:
    """Return the national name of a state and the tone of its badge."""
    return TITLES[state][lang == "en"], TONES.get(state, "info")


def timeline(
    law: TenantLaw, row: Record, events: Iterable[Mapping[str, Any]], lang: str
) -> list[dict[str, str]]:
    """Return what happened, what happens now and what will, for the macro ``ui.timeline``.

    ``events`` have ``type``, ``at`` (a moment or ISO text) and ``payload``. A reason is shown only where
    the payload still holds it: the public page takes it out.
    """
    en = lang == "en"
    items = []
    for event in events:
        kind, payload = event["type"], event.get("payload", event)
        if kind == "dossier.step_done" and payload.get("outcome") in _NOT_DONE:
            continue
        if kind == "dossier.step_done":
            title = _step(law, row["procedure_code"], payload, en)
        elif kind in _SAID:
            title = _SAID[kind][en]
        else:
            continue
        when = vn_moment(_moment(event["at"]))
        note = str(payload.get("reason", ""))
        items.append({"title": title, "when": when, "note": note, "state": "done"})
    return [*items, *_ahead(row, en)]


def _step(law: TenantLaw, code: str, payload: Mapping[str, Any], en: bool) -> str:
    if not en:
        return f"Xong bước: {payload.get('name', '')}"
    names = {
        s.id: s.name_en for p in law.procedures if p.code == code for s in p.package.procedure.steps
    }
    return f"Step done: {names.get(payload.get('node', ''), payload.get('name', ''))}"


def _ahead(row: Record, en: bool) -> list[dict[str, str]]:
    state = row["state"]
    if state not in _NOW:
        return []
    due = row["due_at"]
    promised = (f"Due: {vn_moment(due)}" if en else f"Hẹn trả: {vn_moment(due)}") if due else ""
    items = [{"title": _NOW[state][en], "when": "", "note": "", "state": "now"}]
    for later, title in _LATER.items():
        passed = {State.ACCEPTED: row["accepted_at"], State.DONE: row["finished_at"]}.get(later)
        if not passed:
            note = promised if later == State.DONE else ""
            items.append({"title": title[en], "when": note, "note": "", "state": "todo"})
    return items


def clock(
    calendar: Calendar, row: Record, events: Iterable[Mapping[str, Any]], lang: str
) -> dict[str, str] | None:
    """Return working time used and paused, in words; None before acceptance."""
    if row["accepted_at"] is None:
        return None
    end = row["finished_at"] or datetime.now(UTC)
    stops = list(_pauses(events, end))
    paused = sum(working_minutes(calendar, a, b) for a, b in stops)
    used = max(0, working_minutes(calendar, row["accepted_at"], end) - paused)
    return {"used": _amount(calendar, used, lang), "paused": _amount(calendar, paused, lang)}


def _pauses(
    events: Iterable[Mapping[str, Any]], end: datetime
) -> Iterable[tuple[datetime, datetime]]:
    began: datetime | None = None
    for event in events:
        if event["type"] == "dossier.supplement_requested":
            began = _moment(event["at"])
        elif event["type"] in {"dossier.supplement_answered", "dossier.stopped"} and began:
            yield began, _moment(event["at"])
            began = None
    if began:
        yield began, max(began, end)


def _amount(calendar: Calendar, minutes: int, lang: str) -> str:
    """Write working time: in hours below one day, in days above (a day is the longest of the week)."""
    day = max(sum(b - a for a, b in sessions) for sessions in calendar.weekly)
    if minutes < day:
        vi, en = hours(timedelta(minutes=minutes))
        return en if lang == "en" else vi
    days = f"{minutes / day:.1f}"
    return f"{days} working days" if lang == "en" else f"{days.replace('.', ',')} ngày làm việc"


def explained(derivation: Sequence[Mapping[str, str]], lang: str) -> list[str]:
    """Return the lines that explain a due date."""
    return [line["en" if lang == "en" else "vi"] for line in derivation]


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
