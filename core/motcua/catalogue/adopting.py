"""Adopting procedures for a tenant: which version from which day on, with which values of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from motcua.catalogue.merge import Conflict, merge
from motcua.catalogue.overlay import apply
from motcua.catalogue.packages import Package
from motcua.errors import Problem
from motcua.ids import uuid7
from motcua.tenancy.db import TenantTx
from motcua.text import VIETNAM

Entry = Mapping[str, Any]
_ADOPT = """
insert into adopted_procedure (id, code, version, overlay, valid_from) values ($1, $2, $3, $4, $5)
on conflict (tenant_id, code, valid_from) do nothing
"""
_ADOPTED = "select version, overlay from adopted_procedure where code = $1 and valid_from = $2"
_BEFORE = """
select version, overlay from adopted_procedure where code = $1 and valid_from < $2
order by valid_from desc limit 1
"""
_CONTENT = "select content from package_version where code = $1 and version = $2"
_VERSIONS = "select code, version from package_version where code = any($1)"


class MergeConflictError(ValueError):
    """A new version and a tenant's values speak about the same places; a person has to decide."""

    def __init__(self, entry: Entry, before: str, conflicts: Sequence[Conflict]) -> None:
        head = (
            f"{_named(entry)}: version {entry['version']} changes what the overlay of version {before} "
            "is about. Write the overlay of this entry anew, with what is to hold ({} for none):"
        )
        super().__init__("\n".join([head, *map(_told, conflicts)]))
        self.conflicts = tuple(conflicts)


async def adopt(
    tx: TenantTx, entries: Iterable[Entry], progress: Callable[[str], None] = lambda _: None
) -> None:
    """Adopt what ``procedures.toml`` lists; what dossiers may follow already is never rewritten.

    An entry with an ``overlay`` stands for itself. One without takes over the values of the entry before,
    merged into its version. ``ValueError`` names the entry that cannot be adopted; ``MergeConflictError`` has
    the places where a person must decide.
    """
    ordered = sorted(entries, key=lambda e: (e["code"], e["valid_from"]))
    known = {tuple(row) for row in await tx.fetch(_VERSIONS, [e["code"] for e in ordered])}
    for place, entry in enumerate(ordered):
        if (entry["code"], entry["version"]) in known:
            await _adopt(tx, entry)
        elif _past(entry, ordered[place + 1 :], known):
            progress(f"{_named(entry)}: no plugin brings version {entry['version']} any more")
        else:
            raise ValueError(f"{_named(entry)}: no plugin brings version {entry['version']}")


def _past(entry: Entry, later: Sequence[Entry], known: set[tuple[Any, ...]]) -> bool:
    """Tell whether another version has taken an entry's place: then a fresh database does without it."""
    today = datetime.now(VIETNAM).date()
    return any(
        other["code"] == entry["code"]
        and other["valid_from"] <= today
        and (other["code"], other["version"]) in known
        for other in later
    )


async def _adopt(tx: TenantTx, entry: Entry) -> None:
    code, version, day = entry["code"], entry["version"], entry["valid_from"]
    since = _moment(day)
    stored = await tx.fetchrow(_ADOPTED, code, since)
    if stored is None:
        overlay = await _overlay(tx, entry, since)
        await tx.execute(_ADOPT, uuid7(), code, version, overlay, since)
        return
    same = "overlay" not in entry or stored["overlay"] == msgspec.to_builtins(entry["overlay"])
    if stored["version"] != version or not same:
        raise ValueError(
            f"procedures.toml: {code} valid_from {day} is stored with another version or overlay: "
            "leave that entry as it was, and add one with a new valid_from"
        )


async def _overlay(tx: TenantTx, entry: Entry, since: datetime) -> dict[str, Any]:
    """Return the overlay of an entry: its own, or that of the entry before merged into its version."""
    package = await _package(tx, entry["code"], entry["version"])
    if "overlay" in entry:
        own: dict[str, Any] = msgspec.to_builtins(entry["overlay"])
        try:
            apply(package, own)
        except Problem as refused:
            raise ValueError(f"{_named(entry)}: {refused.en}") from refused
        return own
    before = await tx.fetchrow(_BEFORE, entry["code"], since)
    if before is None or not before["overlay"]:
        return {}
    old = await _package(tx, entry["code"], before["version"])
    merged = merge(old, package, before["overlay"])
    if merged.conflicts:
        raise MergeConflictError(entry, before["version"], merged.conflicts)
    return merged.overlay


async def _package(tx: TenantTx, code: str, version: str) -> Package:
    return Package.stored(await tx.fetchval(_CONTENT, code, version))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(0), VIETNAM).astimezone(UTC)


def _named(entry: Entry) -> str:
    return f"procedures.toml: {entry['code']} valid_from {entry['valid_from']}"


def _told(conflict: Conflict) -> str:
    """Write one conflict as a person reads it, in both languages."""
    values = (
        ("quy định cũ / old national value", conflict.old),
        ("của địa phương / own value", conflict.own),
        ("quy định mới / new national value", conflict.new),
    )
    lines = [f"  {conflict.place}", f"    {conflict.vi}", f"    {conflict.en}"]
    lines += [f"    {name}: {_written(value)}" for name, value in values]
    return "\n".join(lines)


def _written(value: object) -> str:
    return "—" if value is None else msgspec.json.encode(value).decode()
