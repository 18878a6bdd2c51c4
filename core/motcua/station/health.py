"""What the devices of a hall say of themselves, and who in front of one of them asks for help."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.tenancy.db import Tx

STATES: Mapping[str, frozenset[str]] = {
    "paper": frozenset({"ok", "low", "out"}),
    "printer": frozenset({"ok", "error"}),
    "camera": frozenset({"ok", "none"}),
}
"""What may be said of each part; the first is the good one."""

SILENT = timedelta(minutes=3)
"""A screen says every minute that it is there: one that missed three is taken for dead."""

PRINTER_SILENT = timedelta(minutes=2)
"""The printer's agent asks for work all the time."""

_HOLD = """
select d.health, d.help_since, d.name, s.id as site_id, s.key, s.unit_id
from device d join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
where d.id = $1 and d.forgotten_at is null for update of d
"""
_REPORT = "update device set health = health || $2::jsonb where id = $1"
_HELP = "update device set help_since = $2 where id = $1"
_ALL = """
select id, site_id, kind, name, seen_at, health, help_since from device
where ($1::uuid[] is null or site_id = any($1)) and forgotten_at is null and paired_at is not null
order by site_id, kind, name
"""


@dataclass(frozen=True)
class DeviceHealth:
    """One device of a hall; ``troubles`` are keys of ``TROUBLES``, the worst first, empty when all is well."""

    id: UUID
    site: UUID
    kind: str
    name: str
    seen_at: datetime | None
    help_since: datetime | None
    health: Mapping[str, Any]
    troubles: tuple[str, ...]


TROUBLES: Mapping[str, tuple[str, str]] = {
    "help": ("Người dân đang gọi nhân viên", "Somebody asks for help"),
    "silent": ("Thiết bị không phản hồi", "The device is silent"),
    "printer_silent": ("Máy in không phản hồi", "The printer is silent"),
    "printer": ("Máy in báo lỗi", "The printer reports an error"),
    "paper_out": ("Máy in hết giấy", "The printer is out of paper"),
    "paper_low": ("Máy in sắp hết giấy", "The printer is low on paper"),
    "camera": ("Không thấy máy ảnh", "No camera is found"),
}
"""What can be wrong with a device, in Vietnamese and English; the worst first."""


async def report(work: Work, device: UUID, said: Mapping[str, str]) -> bool:
    """Note what a device says of its parts; True when something changed, and then staff are told.

    ``said`` maps parts of ``STATES`` to their state; ``Invalid`` for anything else.
    """
    if any(state not in STATES.get(part, ()) for part, state in said.items()):
        raise Invalid(
            "Thiết bị báo một trạng thái không có trong danh mục.",
            "The device reports a state that is not known.",
        )
    row = await work.tx.fetchrow(_HOLD, device)
    if row is None:
        raise NotFound("Không có thiết bị này.", "There is no such device.")
    changed = {part: state for part, state in said.items() if row["health"].get(part) != state}
    heard = {"printer_at": work.now.isoformat()} if "printer" in said else {}
    await work.tx.execute(_REPORT, device, {**said, **heard})
    if changed:
        about = {"site": row["key"], "device": row["name"], **changed}
        work.emit("device.health", device, about, unit=row["unit_id"])
        work.bells.add(f"site:{row['site_id']}")
    return bool(changed)


async def ask_help(work: Work, device: UUID) -> None:
    """Call the site's staff to a device; a second call keeps the time of the first."""
    await _help(work, device, since=work.now)


async def help_given(work: Work, device: UUID) -> None:
    """Note that somebody of the staff went to the device."""
    await _help(work, device, since=None)


async def _help(work: Work, device: UUID, since: datetime | None) -> None:
    row = await work.tx.fetchrow(_HOLD, device)
    if row is None:
        raise NotFound("Không có thiết bị này.", "There is no such device.")
    if since and row["help_since"]:
        return
    await work.tx.execute(_HELP, device, since)
    about = {"site": row["key"], "device": row["name"], "asked": since is not None}
    work.emit("device.help", device, about, unit=row["unit_id"])
    work.bells.add(f"site:{row['site_id']}")


async def health_of(tx: Tx, sites: list[UUID] | None, now: datetime) -> list[DeviceHealth]:
    """Return the paired devices of these sites (None: of all) with what is wrong with each."""
    rows = await tx.fetch(_ALL, sites)
    return [
        DeviceHealth(
            r["id"],
            r["site_id"],
            r["kind"],
            r["name"],
            r["seen_at"],
            r["help_since"],
            r["health"],
            troubles(r["health"], silences(r["health"], r["seen_at"], now), r["help_since"]),
        )
        for r in rows
    ]


def silences(health: Mapping[str, Any], seen_at: datetime | None, now: datetime) -> frozenset[str]:
    """Return which of a device's voices are not heard: ``silent`` itself, ``printer_silent`` its printer."""
    printing = printer_at(health)
    quiet = {
        "silent": seen_at is None or now - seen_at > SILENT,
        "printer_silent": printing is not None and now - printing > PRINTER_SILENT,
    }
    return frozenset(part for part, is_so in quiet.items() if is_so)


def troubles(
    health: Mapping[str, Any], silent: Collection[str], help_since: datetime | None
) -> tuple[str, ...]:
    """Return what is wrong with a device, the worst first; ``silent`` as ``silences`` tells."""
    wrong = {
        "help": help_since is not None,
        "silent": "silent" in silent,
        "printer_silent": "printer_silent" in silent,
        "printer": health.get("printer") == "error",
        "paper_out": health.get("paper") == "out",
        "paper_low": health.get("paper") == "low",
        "camera": health.get("camera") == "none",
    }
    return tuple(key for key in TROUBLES if wrong[key])


def printer_at(health: Mapping[str, Any]) -> datetime | None:
    """Return when the printer's agent was last heard; None for a station without one."""
    said = health.get("printer_at")
    return datetime.fromisoformat(said) if isinstance(said, str) else None


def prints(health: Mapping[str, Any], now: datetime) -> str:
    """Return what becomes of a ticket: ``yes``, ``low`` (the roll ends soon), ``no``, or empty.

    Empty is a station without an agent: its browser prints, and nobody knows about the paper.
    """
    heard = printer_at(health)
    if heard is None:
        return ""
    if now - heard > PRINTER_SILENT or health.get("printer") == "error":
        return "no"
    return {"out": "no", "low": "low"}.get(str(health.get("paper")), "yes")
