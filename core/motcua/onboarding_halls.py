"""The halls of a tenant, from its ``sites.toml``: sites, lines, counters, skills, priority, calling rules.

A *layout* is written once and used by many sites; ``everywhere`` gives every unit without a site of its own
a hall in one layout.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

from motcua.ids import uuid7
from motcua.queues.policy import Policy
from motcua.queues.slots import Plan
from motcua.tenancy.db import TenantTx
from motcua.text import fold

_SITE = """
insert into site as s (id, key, unit_id, name, kind, address, hours, latitude, longitude)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, key) do update set name = excluded.name, kind = excluded.kind,
  address = excluded.address, hours = excluded.hours, latitude = excluded.latitude,
  longitude = excluded.longitude returning id
"""
# What the file does not say stays as an administrator set it.
_LINE = """
insert into line as l (id, site_id, letter, name_vi, name_en, fields, mean_minutes, spread,
  standard_minutes, promise_minutes, skill_id, quota_remote, quota_walk_in, appointments)
values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, 0.5), $9, coalesce($10, 30), $11, $12, $13, $14)
on conflict (tenant_id, site_id, letter) do update set name_vi = excluded.name_vi,
  name_en = excluded.name_en, fields = excluded.fields, mean_minutes = excluded.mean_minutes,
  spread = coalesce($8, l.spread), standard_minutes = coalesce($9, l.standard_minutes),
  promise_minutes = coalesce($10, l.promise_minutes), skill_id = coalesce($11, l.skill_id),
  quota_remote = coalesce($12, l.quota_remote), quota_walk_in = coalesce($13, l.quota_walk_in),
  appointments = coalesce($14, l.appointments)
"""
_ZONE = """
insert into zone as z (id, site_id, key, name_vi, name_en) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, site_id, key) do update set name_vi = excluded.name_vi,
  name_en = excluded.name_en returning id
"""
_PROFILE = """
insert into work_profile (id, site_id, key, name, groups, spill) values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, site_id, key) do update set name = excluded.name returning id
"""
_COUNTER = """
insert into counter as c (id, site_id, number, lines, zone_id, profile_id)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, site_id, number) do update set lines = excluded.lines,
  zone_id = coalesce(excluded.zone_id, c.zone_id),
  profile_id = coalesce(c.profile_id, excluded.profile_id)
"""
_SKILL = """
insert into skill (id, key, name_vi, name_en) values ($1, $2, $3, $4)
on conflict (tenant_id, key) do update set name_vi = excluded.name_vi, name_en = excluded.name_en
returning id
"""
_CLASS = """
insert into priority_class (id, key, name_vi, name_en, rank, evidence, min_age, source, valid_from,
  valid_to) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (tenant_id, key, valid_from) do update set name_vi = excluded.name_vi,
  name_en = excluded.name_en, valid_to = excluded.valid_to, source = excluded.source
"""
_POLICY = """
insert into call_policy (id, site_id, version, valid_from, body, made_at)
values ($1, null, $2, $3, $4, $3) on conflict do nothing
"""


@dataclass(frozen=True)
class Hall:
    """One site as the file means it, layout applied; times of ``hours`` are local ("07:30")."""

    key: str
    unit: str
    name: str
    kind: str
    lines: list[Mapping[str, Any]]
    counters: list[Mapping[str, Any]]
    zones: list[Mapping[str, Any]] = field(default_factory=list)
    profiles: list[Mapping[str, Any]] = field(default_factory=list)
    address: str = ""
    hours: Mapping[str, Any] | None = None
    latitude: float | None = None
    longitude: float | None = None


def halls_of(about: Mapping[str, Any], units: Mapping[str, str]) -> list[Hall]:
    """Return the halls of a ``sites.toml``; ``units`` are the names of the communes by code.

    ``ValueError`` for a layout that is not there.
    """
    halls = [_hall(about, site) for site in about["sites"]]
    return [*halls, *_everywhere(about, units, {hall.unit for hall in halls})]


def _everywhere(
    about: Mapping[str, Any], units: Mapping[str, str], taken: set[str]
) -> Iterator[Hall]:
    if common := about.get("everywhere"):
        for code, name in units.items():
            if code not in taken:
                spoken = name[:1].lower() + name[1:]
                site = {**common, "key": _key(name), "unit": code}
                yield _hall(about, {**site, "name": common["name"].format(unit=spoken)})


def _hall(about: Mapping[str, Any], site: Mapping[str, Any]) -> Hall:
    said = dict(site)
    if layout := said.pop("layout", ""):
        if layout not in about.get("layouts", {}):
            raise ValueError(f"sites.toml: site {said['key']}: there is no layout {layout!r}")
        said = {**about["layouts"][layout], **said}
    return Hall(**said)


def _key(name: str) -> str:
    """Return the key of a unit's hall: its name without the kind of unit, ``hong-gai``."""
    words = fold(name).split()
    kinds = {"phuong": 1, "xa": 1, "dac": 2}
    return "-".join(words[kinds.get(words[0], 0) :])


async def write_halls(
    tx: TenantTx, about: Mapping[str, Any], units: Mapping[str, UUID], names: Mapping[str, str]
) -> int:
    """Write what the file says; returns how many halls there are. Loading again changes nothing twice."""
    skills = {s["key"]: await _skill(tx, s) for s in about.get("skills", [])}
    for row in about.get("priority_classes", []):
        await _priority_class(tx, row)
    if body := about.get("policy"):
        await _policy(tx, body)
    halls = halls_of(about, names)
    for hall in halls:
        await _write(tx, hall, units[hall.unit], skills)
    return len(halls)


async def _write(tx: TenantTx, hall: Hall, unit: UUID, skills: Mapping[str, UUID]) -> None:
    where = (hall.address, hall.hours, hall.latitude, hall.longitude)
    site = await tx.fetchval(_SITE, uuid7(), hall.key, unit, hall.name, hall.kind, *where)
    for line in hall.lines:
        await tx.execute(_LINE, uuid7(), site, *_line(line, skills))
    zones = {
        z["key"]: await tx.fetchval(_ZONE, uuid7(), site, z["key"], z["name_vi"], z["name_en"])
        for z in hall.zones
    }
    profiles = {
        p["key"]: await tx.fetchval(
            _PROFILE, uuid7(), site, p["key"], p["name"], p["groups"], p.get("spill", [])
        )
        for p in hall.profiles
    }
    for counter in hall.counters:
        zone, profile = zones.get(counter.get("zone")), profiles.get(counter.get("profile"))
        what = (counter["number"], counter["lines"], zone, profile)
        await tx.execute(_COUNTER, uuid7(), site, *what)


def _line(line: Mapping[str, Any], skills: Mapping[str, UUID]) -> tuple[Any, ...]:
    standard = line.get("standard_minutes")
    return (
        line["letter"],
        line["name_vi"],
        line["name_en"],
        line["fields"],
        float(line["mean_minutes"]),
        line.get("spread"),
        None if standard is None else float(standard),
        line.get("promise_minutes"),
        skills[line["skill"]] if "skill" in line else None,
        line.get("quota_remote"),
        line.get("quota_walk_in"),
        _appointments(line),
    )


def _appointments(line: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return how a line gives appointments, checked: what is wrong there is said while the file is read."""
    said: Mapping[str, Any] | None = line.get("appointments")
    if said is not None:
        Plan.of(said)
    return said


async def _skill(tx: TenantTx, skill: Mapping[str, Any]) -> UUID:
    found = await tx.fetchval(_SKILL, uuid7(), skill["key"], skill["name_vi"], skill["name_en"])
    return UUID(bytes=found.bytes)


async def _priority_class(tx: TenantTx, row: Mapping[str, Any]) -> None:
    since: date = row["valid_from"]
    words = (row["key"], row["name_vi"], row["name_en"])
    rule = (row.get("rank", 1), row["evidence"], row.get("min_age"), row.get("source", ""))
    await tx.execute(_CLASS, uuid7(), *words, *rule, since, row.get("valid_to"))


async def _policy(tx: TenantTx, said: Mapping[str, Any]) -> None:
    """Keep the tenant's calling rules as a version; a version that is there is never changed."""
    body = {key: value for key, value in said.items() if key not in ("version", "valid_from")}
    policy = msgspec.to_builtins(Policy.of(body))
    since = datetime.combine(said["valid_from"], time(0), UTC)
    await tx.execute(_POLICY, uuid7(), said["version"], since, policy)
