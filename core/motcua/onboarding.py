"""Bringing a tenant on board from its folder: data in, no code.

Runs as the owner of the schema. Loading again is safe: what is there is brought up to date, nothing is
deleted, and nothing that people entered is touched.
"""

import csv
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from motcua.catalogue.adopting import adopt
from motcua.catalogue.calendars import keep_calendar
from motcua.catalogue.packages import load_package
from motcua.catalogue.publishing import publish
from motcua.catalogue.reading import PackageError
from motcua.channels import plan
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.keys.policy import read_policy
from motcua.onboarding_halls import write_halls
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.tenancy.db import Database, TenantTx
from motcua.tenancy.directory import Directory
from motcua.tenancy.tenant import Tenant
from motcua.text import fold, nfc

Progress = Callable[[str], None]

_TENANT = """
insert into tenant as t (id, slug, host, kind, name, short_name, agency_code, province_code, plugins,
  settings) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (slug) do update set host = excluded.host, name = excluded.name,
  short_name = excluded.short_name, agency_code = excluded.agency_code,
  plugins = excluded.plugins, settings = t.settings || excluded.settings
"""
_UNIT = """
insert into unit (id, code, agency_code, name, folded, kind, parent_id, latitude, longitude, valid_from)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (tenant_id, code, valid_from) do nothing
"""
_STAFF = """
insert into staff as s (id, username, full_name) values ($1, $2, $3)
on conflict (tenant_id, username) do update set full_name = excluded.full_name returning id
"""
_ROLE = """
insert into staff_role (id, staff_id, unit_id, role) select $1, $2, $3, $4
where not exists (select 1 from staff_role where staff_id = $2 and role = $4
  and unit_id is not distinct from $3)
"""
_UNITS = "select code, id from unit where valid_to is null"
_COMMUNES = "select code, name from unit where valid_to is null and id <> $1 order by code"


async def store_packages(
    owner: Database, plugins: Plugins, progress: Progress = lambda _: None
) -> list[str]:
    """Store the procedure packages of every plugin; returns what was not stored, and why.

    A package that is not right, that changed under the same version, or whose scenarios fail, is told through
    ``progress`` and left out: it stops nobody but those who adopt it.
    """
    refused = []
    async with owner.platform() as tx:
        for plugin, folder in plugins.procedures():
            try:
                await publish(tx, plugin, load_package(folder))
            except (PackageError, ValueError) as wrong:
                said = f"{folder.name} of plugin {plugin}: {getattr(wrong, 'en', wrong)}"
                progress(f"not stored: {said}")
                refused.append(said)
    return refused


async def load_tenant(
    owner: Database, folder: Path, domain: str, progress: Progress = lambda _: None
) -> Tenant:
    """Bring one tenant on board; ``domain`` is the platform's host name without port."""
    about = _toml(folder / "tenant.toml")
    await _write_tenant(owner, about, folder, domain)
    directory = Directory(owner)
    await directory.refresh(force=True)
    tenant = directory.by_slug(about["slug"])
    if tenant is None:
        raise LookupError(f"tenant {about['slug']} was not stored")
    if tenant.is_province:
        async with owner.tenant(tenant) as tx:
            units = await _write_units(tx, about, folder)
            names = {
                row["code"]: row["name"]
                for row in await tx.fetch(_COMMUNES, units[about["unit"]["code"]])
            }
            halls = await write_halls(tx, _toml(folder / "sites.toml"), units, names)
            await _write_law(tx, folder, progress)
        progress(f"{tenant.name}: {len(units)} units, {halls} halls")
    return tenant


async def employ(
    platform: Platform, slug: str, username: str, full_name: str, role: str, unit: str = ""
) -> str:
    """Give a person a role, in the unit of this code or (empty) in every unit; returns what was done.

    ``ValueError`` when there is no such tenant or unit.
    """
    await platform.directory.refresh(force=True)
    tenant = platform.directory.by_slug(slug)
    if tenant is None:
        raise ValueError(f"no tenant {slug!r}: load its folder first")
    async with platform.works.begin(tenant, SYSTEM) as work:
        units = await _units(work.tx)
        if unit and unit not in units:
            raise ValueError(f"{slug} has no unit {unit!r}: the codes stand in its units.csv")
        place = units.get(unit)
        staff_id = await work.tx.fetchval(_STAFF, uuid7(), username, nfc(full_name))
        await work.tx.execute(_ROLE, uuid7(), staff_id, place, role)
        work.emit("staff.role_given", staff_id, {"role": role}, unit=place)
    return f"{username} is {role} at {slug}, {unit or 'every unit'}"


async def _write_tenant(
    owner: Database, about: Mapping[str, Any], folder: Path, domain: str
) -> None:
    settings = {"theme": about["theme"], "texts": _toml(folder / "texts.toml")}
    settings |= {"keys": {}, **about.get("settings", {})}
    read_policy(settings["keys"])
    settings["channels"] = _channels(about, folder)
    async with owner.platform() as tx:
        await tx.execute(
            _TENANT,
            uuid7(),
            about["slug"],
            f"{about['host']}.{domain}",
            about["kind"],
            about["name"],
            about["short_name"],
            about["agency_code"],
            about["province_code"],
            about["plugins"],
            settings,
        )


def _channels(about: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what ``channels.toml`` says, checked; a tenant without the file has the usual order."""
    if not (folder / "channels.toml").exists():
        return {}
    data = _toml(folder / "channels.toml")
    adopted = _toml(folder / "procedures.toml")["procedures"]
    plan.read(data, about["plugins"], {p["code"] for p in adopted})
    return plan.kept(data)


async def _write_units(tx: TenantTx, about: Mapping[str, Any], folder: Path) -> dict[str, UUID]:
    since: date = about["units_valid_from"]
    root = about["unit"]
    await _write_unit(tx, root, None, since)
    known = await _units(tx)
    with (folder / "units.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["code"] not in known:
                await _write_unit(tx, row, known[root["code"]], since)
    return await _units(tx)


async def _write_unit(
    tx: TenantTx, row: Mapping[str, Any], parent: UUID | None, since: date
) -> None:
    name = nfc(row["name"])
    place = [float(row[k]) if row.get(k) else None for k in ("latitude", "longitude")]
    await tx.execute(
        _UNIT,
        uuid7(),
        row["code"],
        row["agency_code"],
        name,
        fold(name),
        row["kind"],
        parent,
        *place,
        since,
    )


async def _units(tx: TenantTx) -> dict[str, UUID]:
    return {row["code"]: row["id"] for row in await tx.fetch(_UNITS)}


async def _write_law(tx: TenantTx, folder: Path, progress: Progress) -> None:
    if await keep_calendar(tx, _toml(folder / "calendar.toml")):
        progress("calendar: a version that is new here")
    await adopt(tx, _toml(folder / "procedures.toml")["procedures"], progress)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path} is missing: every tenant folder needs it (see docs/provinces.md)"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from error
