"""The chain of one dossier as a tree: station session, ticket, dossier, steps, result, credential, reuse.

For the operator of the platform: inside the tenant one query by trace id; the last link, a presentation in
another tenant, is joined by a digest that neither tenant can turn into the other's rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from motcua.errors import NotFound
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.text import VIETNAM

_DOSSIER = """
select id, trace_id, code, track_code, procedure_name, state from dossier
where code = $1 or track_code = $1
"""
_CHAIN = "select at, type, subject, actor, payload from event where trace_id = $1 order by id"
_DIGESTS = """
select c.digest from credential c
join issued_result r on r.tenant_id = c.tenant_id and r.id = c.result_id where r.dossier_id = $1
"""
_REUSED = """
select p.finished_at, p.purpose, p.paper_key, p.status, d.code, d.track_code, d.procedure_name
from presentation p left join dossier d on d.tenant_id = p.tenant_id and d.id = p.dossier_id
where p.digest = any($1) and p.status in ('verified', 'used') order by p.finished_at
"""

# Which events stand in the tree, below which branch, in the order of the branches.
_BRANCHES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("station", ("station.", "consent.")),
    ("ticket", ("ticket.",)),
    ("dossier", ("dossier.", "component.", "clock.", "money.")),
    ("steps", ("step.completed",)),
    ("result", ("result.",)),
    ("credential", ("offer.", "credential.")),
    ("delivery", ("delivery.",)),
    ("presentation", ("presentation.",)),
)


@dataclass
class Branch:
    """One part of the chain with its lines."""

    title: str
    lines: list[str] = field(default_factory=list)


@dataclass
class Chain:
    """The whole chain of a dossier."""

    title: str
    branches: list[Branch]

    def missing(self) -> list[str]:
        """Return the branches without any line."""
        return [b.title for b in self.branches if not b.lines]

    def tree(self) -> Iterator[str]:
        """Yield the chain as lines of a tree."""
        yield self.title
        for branch in self.branches:
            last = branch is self.branches[-1]
            yield f"{'└' if last else '├'}── {branch.title}{'' if branch.lines else ' (none)'}"
            for line in branch.lines:
                yield f"{' ' if last else '│'}     {line}"


async def chain(platform: Platform, code: str) -> Chain:
    """Return the chain of the dossier with this code; ``NotFound`` when no tenant has it."""
    await platform.directory.refresh()
    for tenant in platform.directory.all():
        async with platform.db.tenant(tenant) as tx:
            dossier = await tx.fetchrow(_DOSSIER, code)
            if dossier is None:
                continue
            events = await tx.fetch(_CHAIN, dossier["trace_id"])
            digests = [r["digest"] for r in await tx.fetch(_DIGESTS, dossier["id"])]
        branches = _sorted(events)
        branches[-1].lines += await _reused(platform, tenant, digests)
        name = dossier["code"] or dossier["track_code"]
        return Chain(f"{name} · {dossier['procedure_name']} · {tenant.name}", branches)
    raise NotFound(f"Không có hồ sơ {code}.", f"No tenant has a dossier {code}.")


def _sorted(events: list[Record]) -> list[Branch]:
    branches = {title: Branch(title) for title, _ in _BRANCHES}
    for event in events:
        for title, prefixes in _BRANCHES:
            if event["type"].startswith(prefixes):
                branches[title].lines.append(_line(event))
    return list(branches.values())


def _line(event: Record) -> str:
    told = {k: v for k, v in event["payload"].items() if isinstance(v, str | int) and v != ""}
    words = " ".join(f"{k}={v}" for k, v in told.items() if k not in {"token"})
    who = event["actor"].split(":", 1)[0]
    return f"{_clock(event['at'])}  {event['type']:<32} {who:<8} {words}".rstrip()


def _clock(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


async def _reused(platform: Platform, home: Tenant, digests: list[str]) -> list[str]:
    """Look for presentations of these credentials, tenant by tenant, each in its own transaction."""
    lines = []
    for tenant in platform.directory.all():
        if not tenant.is_province or not digests:
            continue
        async with platform.db.tenant(tenant) as tx:
            rows: list[Any] = await tx.fetch(_REUSED, digests)
        for row in rows:
            dossier = row["code"] or row["track_code"] or "-"
            where = "here" if tenant == home else tenant.name
            lines.append(
                f"{_clock(row['finished_at'])}  presented in {where}: dossier {dossier} "
                f"({row['procedure_name'] or row['purpose']}), paper {row['paper_key']}"
            )
    return lines
