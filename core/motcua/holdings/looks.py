"""Who looked at a person's data, as far as the log knows: officers, kiosks, the system, and whoever it was shared with.

No officer's name: the office and the reason, which is what the person can ask about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.events.work import Work
from motcua.tenancy.db import Record

PAGE = 50
_TOGETHER = timedelta(hours=1)

_MINE = """
select id, trace_id, coalesce(code, track_code) as code, procedure_code, procedure_name from dossier
where subject_id = $1 or submitter_id = $1 order by submitted_at desc limit 1000
"""
_RESULTS = "select id from issued_result where holder_id = $1"
_READS = """
select e.at, e.type, e.actor, e.trace_id, u.name as unit from event e
left join unit u on u.tenant_id = e.tenant_id and u.id = e.unit_id
where e.subject = any($1) and e.type = any($2) and e.actor <> $3 and e.at < $4
order by e.at desc limit $5
"""
_SHARED = """
select l.at, l.what, l.actor, s.id, s.recipient_sealed, s.purpose_sealed, u.name as unit
from share s join share_look l on l.tenant_id = s.tenant_id and l.share_id = s.id
left join unit u on u.tenant_id = s.tenant_id and u.id = s.unit_id
where s.owner_id = $1 and l.at < $2 and l.what in ('opened', 'viewed', 'downloaded')
order by l.at desc limit $3
"""
_OFFICES = """
select 'staff:' || r.staff_id as actor, string_agg(distinct u.name, ', ') as units
from staff_role r join unit u on u.tenant_id = r.tenant_id and u.id = r.unit_id
where r.staff_id = any($1) group by r.staff_id
"""
_TYPES: Mapping[str, tuple[str, str]] = {
    "person.read": ("xem thông tin cá nhân", "read your personal data"),
    "dossier.read": ("xem hồ sơ", "read the dossier"),
    "component.read": ("mở giấy tờ", "opened a paper"),
    "result.looked_at": ("xem tình trạng kết quả", "looked at a result's status"),
}
_SHARE: Mapping[str, tuple[str, str]] = {
    "opened": ("mở phần bạn chia sẻ", "opened what you share"),
    "viewed": ("xem giấy tờ bạn chia sẻ", "looked at a paper you share"),
    "downloaded": ("tải giấy tờ bạn chia sẻ", "downloaded a paper you share"),
}
_ACTORS: Mapping[str, tuple[str, str]] = {
    "staff": ("Cán bộ của cơ quan", "An officer"),
    "device": ("Ki-ốt ở sảnh", "A kiosk in a hall"),
    "system": ("Hệ thống Một Cửa", "Một Cửa itself"),
    "citizen": ("Người nộp hồ sơ", "The applicant"),
    "program": ("Phần mềm của cơ quan", "A program of the office"),
    "operator": ("Người vận hành hệ thống", "The platform's operator"),
    "wallet": ("Ví giấy tờ", "The wallet"),
}
_About = tuple[str, tuple[str, str]]


@dataclass(frozen=True)
class Look:
    """Who (office), did what, why, when; in both languages. ``share`` when it was through one."""

    at: datetime
    who: tuple[str, str]
    did: tuple[str, str]
    why: tuple[str, str]
    share: UUID | None = None


async def looks(
    work: Work, person: UUID, before: datetime, procedures: Mapping[str, tuple[str, str]]
) -> list[Look]:
    """Return who looked before a moment, the last first, at most ``PAGE``; the person's own looks are left out.

    ``procedures`` holds the name of each procedure in both languages, by code.
    """
    dossiers = await work.tx.fetch(_MINE, person)
    results = [row["id"] for row in await work.tx.fetch(_RESULTS, person)]
    subjects = [person, *results, *(d["id"] for d in dossiers)]
    own = f"citizen:{person}"
    reads = await work.tx.fetch(_READS, subjects, list(_TYPES), own, before, PAGE)
    shared = await work.tx.fetch(_SHARED, person, before, PAGE)
    offices = await _offices(work, [*reads, *shared])
    about = {d["trace_id"]: (d["code"], _named(d, procedures)) for d in dossiers}
    found = [_read(row, about, offices) for row in reads]
    found += [_share(work, row, offices) for row in shared]
    return sorted(found, key=lambda look: look.at, reverse=True)[:PAGE]


def folded(found: Sequence[Look]) -> list[tuple[Look, int]]:
    """Return looks with how often: the same within an hour is one line, told by its last moment."""
    lines: list[tuple[Look, int]] = []
    for look in found:
        if lines:
            last, times = lines[-1]
            same = replace(last, at=look.at) == look
            if same and last.at - look.at < _TOGETHER:
                lines[-1] = (last, times + 1)
                continue
        lines.append((look, 1))
    return lines


async def _offices(work: Work, rows: Sequence[Record]) -> dict[str, str]:
    ids = {UUID(r["actor"].removeprefix("staff:")) for r in rows if r["actor"].startswith("staff:")}
    found = await work.tx.fetch(_OFFICES, list(ids)) if ids else []
    return {row["actor"]: row["units"] for row in found}


def _who(actor: str, unit: str) -> tuple[str, str]:
    kind = actor.split(":", 1)[0]
    vi, en = _ACTORS.get(kind, (kind, kind))
    return (f"{vi}, {unit}", f"{en}, {unit}") if unit and kind == "staff" else (vi, en)


def _named(dossier: Record, procedures: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return what a dossier is about: in Vietnamese as it was filed, in English where there is a name."""
    vi = dossier["procedure_name"]
    return vi, procedures.get(dossier["procedure_code"], (vi, ""))[1] or vi


def _read(row: Record, about: Mapping[Any, _About], offices: Mapping[str, str]) -> Look:
    code, (vi, en) = about.get(row["trace_id"], ("", ("", "")))
    if code:
        why = (f"để giải quyết hồ sơ {code}: {vi}", f"to settle dossier {code}: {en}")
    elif row["actor"].startswith("device"):
        why = ("khi bạn làm thủ tục ở ki-ốt", "while you were at the kiosk")
    else:
        why = ("ngoài hồ sơ của bạn", "outside of your dossiers")
    # Where the officer works says more than whose dossier it is.
    office = offices.get(row["actor"]) or row["unit"] or ""
    return Look(row["at"], _who(row["actor"], office), _TYPES[row["type"]], why)


def _share(work: Work, row: Record, offices: Mapping[str, str]) -> Look:
    recipient, purpose = (work.vault.open(row[f"{k}_sealed"]) for k in ("recipient", "purpose"))
    if row["actor"].startswith("staff:"):
        who = _who(row["actor"], row["unit"] or offices.get(row["actor"], ""))
    else:
        who = (
            f"Người có liên kết và mã gửi cho {recipient}",
            f"Whoever has the link and code sent to {recipient}",
        )
    why = (f"mục đích: {purpose}", f"purpose: {purpose}")
    return Look(row["at"], who, _SHARE[row["what"]], why, row["id"])
