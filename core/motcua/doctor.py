"""``motcua doctor``: looks at everything an installation needs, and says what to do about each fault."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from motcua.channels import shown
from motcua.errors import Problem
from motcua.files.scan import ClamdScanner
from motcua.keys import crls, report, root, store
from motcua.keys.report import KeyFinding
from motcua.migrations import run
from motcua.plugins.manager import Plugins
from motcua.settings import Settings
from motcua.tenancy.db import Database
from motcua.tenancy.directory import Directory

_ROLE = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_TEMPORARY = "select has_database_privilege(current_database(), 'temporary')"
_UNPROTECTED = """
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
  and not (c.relrowsecurity and c.relforcerowsecurity) order by 1
"""
_NATIONAL = """
select (select rolsuper or rolbypassrls from pg_roles where rolname = current_user)
    or has_table_privilege('dossier', 'select') as mighty,
  has_table_privilege('rollup_day', 'select') and has_table_privilege('tenant', 'select') as reads
"""
_DEAD = """
select subscriber, count(*) as n from outbox where dead_at is not null group by 1 order by 1
"""
_FAILING = """
select subscriber, count(*) as n, (array_agg(error order by next_at desc))[1] as error from outbox
where subscriber like 'plugin:%' and failures > 0 and dead_at is null group by 1 order by 1
"""

# A new list needs the root's key, which lies in a safe: time enough to fetch it.
_LIST_WARNING = timedelta(days=30)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``advice`` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    advice: str = ""

    def __str__(self) -> str:
        mark = "ok   " if self.ok else "FAULT"
        advice = "" if self.ok else f"\n        do: {self.advice}"
        return f"{mark}  {self.name}: {self.detail}{advice}"


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a fault in one place does not hide the others."""
    plugins = Plugins.discover(settings.blocked_plugins)
    found = [f async for f in _files(settings)]
    found += [
        Finding(f"plugin {name}", ok=False, detail=reason, advice="mend, update or block it")
        for name, reason in plugins.quarantined.items()
    ]
    found.append(Finding("plugins", ok=True, detail=", ".join(sorted(plugins.infos)) or "none"))
    found += [f async for f in _database(settings, plugins)]
    found.append(await _national(settings))
    found.append(await _scanner(settings))
    return found


async def _national(settings: Settings) -> Finding:
    """Look whether the national office can read, and only read."""
    name, advice = "national database role", "connect as mc_national (MOTCUA_NATIONAL_DATABASE_URL)"
    if not settings.national_url:
        return Finding(name, ok=True, detail="not set: no figures of the whole country here")
    try:
        database = await Database.open(settings.national_url, size=1)
    except Problem as error:
        return Finding(name, ok=False, detail=error.en, advice=advice)
    try:
        async with database.platform() as tx:
            row = await tx.fetchrow(_NATIONAL)
    except asyncpg.PostgresError as error:
        return Finding(name, ok=False, detail=str(error), advice="motcua db upgrade")
    finally:
        await database.close()
    if row is None or row["mighty"]:
        return Finding(name, ok=False, detail="reads dossiers of provinces", advice=advice)
    detail = "reads figures, and no dossier" if row["reads"] else "cannot read the figures"
    return Finding(name, ok=row["reads"], detail=detail, advice=advice)


async def _scanner(settings: Settings) -> Finding:
    name = "malware scanner"
    if not settings.clamd:
        return Finding(name, ok=True, detail="none: uploads are not scanned (MOTCUA_CLAMD)")
    alive = await ClamdScanner(settings.clamd, timeout=5).alive()
    return Finding(
        name,
        ok=alive,
        detail=f"{settings.clamd} {'answers' if alive else 'does not answer'}",
        advice="start clamd, or correct MOTCUA_CLAMD; until then no upload is accepted",
    )


async def _files(settings: Settings) -> AsyncIterator[Finding]:
    writable = _writable(settings.data)
    yield Finding(
        "data folder",
        ok=writable,
        detail=str(settings.data),
        advice="make the folder, writable for this user only (MOTCUA_DATA)",
    )
    yield _about_key(report.root_finding(settings, datetime.now(UTC)))
    yield _root_list(settings, datetime.now(UTC))


def _root_list(settings: Settings, now: datetime) -> Finding:
    """Say whether the root's list of revoked certificates holds: without it no document reaches B-LT."""
    name, advice = (
        "root revocation list",
        "motcua document crl, with the root key at hand (--root-key FILE)",
    )
    ends = crls.root_ends(settings)
    if root.available(settings):
        detail = f"until {ends:%Y-%m-%d}" if ends else "made when it is first asked for"
        return Finding(name, ok=True, detail=f"{detail}; renewed by itself, the root key is here")
    if ends is None:
        return Finding(name, ok=False, detail=f"{crls.root_file(settings)} has none", advice=advice)
    said = f"ended on {ends:%Y-%m-%d}" if ends <= now else f"until {ends:%Y-%m-%d}"
    return Finding(name, ok=ends - now > _LIST_WARNING, detail=said, advice=advice)


def _about_key(found: KeyFinding) -> Finding:
    return Finding(found.name, ok=found.ok, detail=found.detail, advice=found.advice)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


async def _database(settings: Settings, plugins: Plugins) -> AsyncIterator[Finding]:
    try:
        database = await Database.open(settings.database_url, size=2)
    except Problem as error:
        yield Finding(
            "database", ok=False, detail=error.en, advice="check MOTCUA_DATABASE_URL and the server"
        )
        return
    try:
        async for finding in _schema(settings, plugins, database):
            yield finding
        async for finding in _tenants(settings, database):
            yield finding
    finally:
        await database.close()


async def _schema(
    settings: Settings, plugins: Plugins, database: Database
) -> AsyncIterator[Finding]:
    async with database.platform() as tx:
        mighty = await tx.fetchval(_ROLE)
        temporary = await tx.fetchval(_TEMPORARY)
        folds = await tx.fetchval("select lower('Đ') = 'đ'")
        bare = [r["relname"] for r in await tx.fetch(_UNPROTECTED)]
    yield Finding(
        "application role",
        ok=not mighty,
        detail="bypasses row-level security" if mighty else "confined by row-level security",
        advice="connect as mc_app, never as a superuser or owner",
    )
    # Commands that are one statement make themselves a function of the connection (tenancy.single).
    yield Finding(
        "temporary functions",
        ok=temporary,
        detail="may be made"
        if temporary
        else "may not be made: nobody can submit or take a number",
        advice="grant temporary on database … to mc_app",
    )
    yield Finding(
        "collation",
        ok=bool(folds),
        detail="knows Vietnamese letters" if folds else "lower('Đ') is not 'đ'",
        advice="make the cluster with --locale-provider=builtin --builtin-locale=C.UTF-8, or ICU",
    )
    yield Finding(
        "row-level security",
        ok=not bare,
        detail="forced on every tenant table" if not bare else ", ".join(bare),
        advice="motcua db upgrade",
    )
    if not settings.owner_url:
        yield Finding(
            "migrations",
            ok=False,
            detail="not looked at",
            advice="set MOTCUA_OWNER_DATABASE_URL to compare schema and models",
        )
        return
    try:
        behind = await run.differences(settings.owner_url, plugins)
    except (OSError, asyncpg.PostgresError) as error:
        behind = [str(error)]
    yield Finding(
        "migrations",
        ok=not behind,
        detail="; ".join(behind) or "schema and models agree",
        advice="motcua db upgrade",
    )


async def _tenants(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    directory = Directory(database)
    await directory.refresh()
    now = datetime.now(UTC)
    for tenant in directory.all():
        if not tenant.is_province:
            continue
        async with database.tenant(tenant) as tx:
            dead = await tx.fetch(_DEAD)
            stuck = await shown.count_stuck(tx)
            failing = await tx.fetch(_FAILING)
            keys = await store.every(tx)
        for about_key in (
            *report.findings(tenant, keys, now),
            *await report.probe(tenant, keys, now),
        ):
            yield _about_key(about_key)
        for row in failing:
            yield Finding(
                f"{tenant.slug} {row['subscriber'].replace(':', ' ')}",
                ok=False,
                detail=f"failed at {row['n']} event(s), which wait; the last: {row['error']}",
                advice="mend or update the plugin, or disable it for this tenant",
            )
        yield Finding(
            f"{tenant.slug} dead letters",
            ok=not dead,
            detail=", ".join(f"{row['n']} of {row['subscriber']}" for row in dead) or "0",
            advice=f"see {settings.url_of(tenant.slug)}/desk/outbox, mend the cause, send again",
        )
        yield Finding(
            f"{tenant.slug} deliveries",
            ok=stuck == 0,
            detail=f"{stuck} stuck" if stuck else "none is stuck",
            advice=f"see {settings.url_of(tenant.slug)}/desk/deliveries,"
            f" or motcua deliveries list --tenant {tenant.slug}",
        )
