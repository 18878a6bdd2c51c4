"""How a dossier stands, in words: its timeline, and how much of its time is used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.catalogue.adopted import TenantLaw
from motcua.dossiers import clock_words
from motcua.dossiers.clock_view import ONLINE
from motcua.dossiers.states import TITLES, State
from motcua.tenancy.db import Record
from motcua.text import vn_moment
from motcua.worktime import Calendar, reaction, working_minutes
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
_GONE = ("Kết quả đã bị thu hồi", "The result was withdrawn")
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
    law: TenantLaw,
    row: Record,
    events: Iterable[Mapping[str, Any]],
    lang: str,
    *,
    gone: datetime | None = None,
) -> list[dict[str, str]]:
    """Return what happened, what happens now and what will, for the macro ``ui.timeline``.

    ``events`` have ``type``, ``at`` (a moment or ISO text) and ``payload``. A reason is shown only where
    the payload still holds it: the public page takes it out. ``gone`` is when the result was withdrawn:
    nothing is left to be collected then.
    """
    en = lang == "en"
    events = list(events)
    items = []
    for event in events:
        kind, payload = event["type"], event.get("payload", event)
        if kind == "dossier.step_done" and payload.get("outcome") in _NOT_DONE:
            continue
        if kind == "dossier.step_done":
            title = _step(law, row["procedure_code"], payload, en)
        elif kind in _SAID:
            title = _SAID[kind][en]
        elif kind in clock_words.KINDS and (words := clock_words.said(kind, payload)):
            title = words[en]
        else:
            continue
        when = vn_moment(_moment(event["at"]))
        note = "" if kind in clock_words.KINDS else str(payload.get("reason", ""))
        items.append({"title": title, "when": when, "note": note, "state": "done"})
    if gone is not None:
        title = _GONE[en]
        return [*items, {"title": title, "when": vn_moment(gone), "note": "", "state": "done"}]
    return [*items, *_ahead(row, en, *_steps(law, row, events, en))]


def _step(law: TenantLaw, code: str, payload: Mapping[str, Any], en: bool) -> str:
    if not en:
        return f"Xong bước: {payload.get('name', '')}"
    packages = [p.package for p in law.procedures if p.code == code]
    cases = [case for package in packages for case in package.cases]
    names = {s.id: s.name_en for case in cases for s in case.steps}
    return f"Step done: {names.get(payload.get('node', ''), payload.get('name', ''))}"


def _steps(
    law: TenantLaw, row: Record, events: Iterable[Mapping[str, Any]], en: bool
) -> tuple[list[str], list[str]]:
    """Return the names of the officers' steps that wait now, and of those after them in a straight way.

    Nothing where the page is not the citizen's own: the public log does not tell where the steps stand.
    """
    open_at: dict[str, str] = {}
    for event in events:
        if event["type"] == "step.entered":
            open_at[event["payload"]["token"]] = event["payload"]["node"]
        elif event["type"] in {"step.completed", "step.cancelled"}:
            open_at.pop(event["payload"]["token"], None)
    if row["state"] != State.PROCESSING or not open_at:
        return [], []
    procedure = law.adopted(row["adopted_id"]).of_case(row["case_key"], row["limit_value"])
    nodes = procedure.definition.nodes
    here = [n for n in open_at.values() if n in nodes and nodes[n].kind == "user"]
    ids = [s.id for s in procedure.package.cases[0].steps]
    last = max((ids.index(n) for n in here if n in ids), default=len(ids))
    later = [n for n in ids[last + 1 :] if nodes[n].kind == "user"]
    names = {n: nodes[n].name_en if en else nodes[n].name_vi for n in (*here, *later)}
    return [names[n] for n in here], [names[n] for n in later]


def _ahead(
    row: Record, en: bool, here: Sequence[str], later_steps: Sequence[str]
) -> list[dict[str, str]]:
    """Return what happens now and what will; steps by the names that the procedure gives them."""
    state = row["state"]
    if state not in _NOW:
        return []
    due = row["due_at"]
    promised = (f"Due: {vn_moment(due)}" if en else f"Hẹn trả: {vn_moment(due)}") if due else ""
    now = ": ".join([_NOW[state][en], ", ".join(here)] if here else [_NOW[state][en]])
    items = [{"title": now, "when": "", "note": "", "state": "now"}]
    items += [{"title": s, "when": "", "note": "", "state": "todo"} for s in later_steps]
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
        if event["type"] == "clock.paused":
            began = began or _moment(event["at"])
        elif event["type"] in {"clock.resumed", "dossier.finished", "dossier.stopped"} and began:
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


def reaction_lines(
    calendar: Calendar, row: Record, events: Iterable[Mapping[str, Any]], lang: str
) -> list[str]:
    """Explain by when an online dossier gets its first answer; nothing once it was given."""
    if row["state"] != State.SUBMITTED or row["channel"] != ONLINE:
        return []
    answers = [e["at"] for e in events if e["type"] == "dossier.reception_supplement_answered"]
    start = max([row["submitted_at"], *map(_moment, answers)])
    return reaction(calendar, start).explain(lang)


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
