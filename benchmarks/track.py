"""Tracking over HTTP against the same rows read by bare SQL: ``python -m benchmarks.track``."""

import asyncio
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import click

from benchmarks import load, seed
from benchmarks.common import (
    CONNECTIONS,
    House,
    Measured,
    Say,
    aim,
    house,
    machine,
    middle,
    table,
    web,
)
from benchmarks.seed import Seeded
from motcua.dossiers import queries, worklists

REQUESTS = 20_000
_LADDER = (1, 4, CONNECTIONS)
_UNIT = """
select tenant_id, min(competent_unit::text) from dossier where state = 4 group by tenant_id
"""


@dataclass(frozen=True)
class Query:
    """A catalogued query: its parameters as SQL, and where its tenant filter would stand without policies."""

    name: str
    sql: str
    values: Callable[[UUID], tuple[str, ...]]
    filters: tuple[tuple[str, str], ...]

    def text(self, unit: UUID, tenant: UUID | None = None) -> str:
        """Return it for pgbench; with ``tenant``, filtered by itself in place of row-level security."""
        sql, values = self.sql, self.values(unit)
        for place, condition in self.filters if tenant else ():
            if place not in sql:
                raise RuntimeError(f"{self.name} has changed: say its tenant filter here")
            sql = sql.replace(place, f"{place} {condition} and ")
        sql = sql.replace("TENANT", f"'{tenant}'::uuid")
        return re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], sql).strip()


def _one_unit(unit: UUID) -> str:
    return f"array['{unit}']::uuid[]"


TRACK = Query(
    "track",
    queries.TRACK,
    lambda _: (":code::text", "array[" + ", ".join(f"'{kind}'" for kind in queries.PUBLIC) + "]"),
    (
        ("u.id = d.competent_unit\nwhere", "d.tenant_id = TENANT"),
        ("from event e where", "e.tenant_id = TENANT"),
        ("from event later where", "later.tenant_id = TENANT"),
    ),
)
LISTS = (
    Query(
        "work list",
        vars(worklists)["_WORK"],
        lambda unit: (
            "array['specialist']", _one_unit(unit), f"'{UUID(int=0)}'::uuid", "now()", "false",
            "-999", "timestamptz '2000-01-01'", f"'{UUID(int=0)}'::uuid", "25",
        ),
        (("s.id = w.assignee\n  where", "w.tenant_id = TENANT"),),
    ),
    Query(
        "tray",
        vars(worklists)["_TRAY"],
        lambda unit: (
            _one_unit(unit), "now()", "false", "timestamptz '2000-01-01'",
            f"'{UUID(int=0)}'::uuid", "25",
        ),
        (("from dossier where", "tenant_id = TENANT"),),
    ),
)  # fmt: skip


async def units(at: House) -> Mapping[UUID, UUID]:
    """Return a unit with dossiers of each tenant."""
    admin = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        return {UUID(bytes=r[0].bytes): UUID(r[1]) for r in await admin.fetch(_UNIT)}
    finally:
        await admin.close()


def requests(at: House, seeded: Seeded) -> list[bytes]:
    """Return requests for dossiers drawn at random from all tenants."""
    draw = random.Random(1)  # noqa: S311 -- a sample, no secret
    found = []
    for n in range(REQUESTS):
        place = n % len(seeded.tenants)
        code = seeded.first_code(place) + draw.randint(1, seeded.each)
        host = f"{seeded.tenants[place].slug}.localhost:{at.port}"
        found.append(load.request("GET", host, f"/api/track/{code}"))
    return found


def scripts(
    query: Query, seeded: Seeded, unit_of: Mapping[UUID, UUID], *, user: str, alone: bool
) -> list[str]:
    """Return the script of each connection, which keeps to one tenant.

    ``mc_app`` is confined by row-level security, ``postgres`` filters in the statement; ``alone``: the
    statement by itself, otherwise in the application's transaction.
    """
    found = []
    for place, tenant in list(enumerate(seeded.tenants))[:CONNECTIONS]:
        first = seeded.first_code(place)
        draw = rf"\set code random({first + 1}, {first + seeded.each})"
        sql = query.text(unit_of[tenant.id], None if user == "mc_app" else tenant.id)
        body = f"{sql};" if alone else load.in_transaction(tenant.id, sql)
        found.append(f"{draw}\n{body}")
    return found


def run(at: House, seeded: Seeded, seconds: float, repeats: int, say: Say) -> str:
    """Measure everything in turn, several times, and return the report."""
    raw, unit_of = requests(at, seeded), asyncio.run(units(at))
    kinds: dict[tuple[str, object], Callable[[], Measured]] = {}

    def sql(query: Query, connections: int, *, user: str, alone: bool) -> Measured:
        texts = scripts(query, seeded, unit_of, user=user, alone=alone)
        return at.measure(partial(load.pgbench, at, user, texts, connections, seconds))

    for c in _LADDER:
        kinds["http", c] = partial(at.measure, partial(load.http, at, raw, c, seconds))
        kinds["bare", c] = partial(sql, TRACK, c, user="postgres", alone=True)
    for query in (TRACK, *LISTS):
        for user in ("mc_app", "postgres"):
            kinds[query.name, user] = partial(sql, query, CONNECTIONS, user=user, alone=False)
    load.probe(at, raw[0])
    load.http(at, raw, CONNECTIONS, 2)
    runs: dict[tuple[str, object], list[Measured]] = {key: [] for key in kinds}
    for n in range(repeats):
        for key, measure in kinds.items():
            runs[key].append(measure())
        say(f"repeat {n + 1} of {repeats}")
    return report({key: middle(rows) for key, rows in runs.items()})


def report(found: Mapping[tuple[str, object], Measured]) -> str:
    """Return the tables and the aims."""
    rows = [
        (c, h.rate, s.rate, f"{h.rate / s.rate:.2f}", h.web, h.postgres, s.postgres)
        for c in _LADDER
        for h, s in [(found["http", c], found["bare", c])]
    ]
    reads = [(q.name, found[q.name, "mc_app"], found[q.name, "postgres"]) for q in (TRACK, *LISTS)]
    top, bare = found["http", CONNECTIONS], found["bare", CONNECTIONS]
    return "\n".join(
        [
            table(
                [
                    "connections",
                    "HTTP/s",
                    "bare SQL/s",
                    "ratio",
                    "web us",
                    "PostgreSQL us",
                    "bare us",
                ],
                rows,
            ),
            "  (us: CPU microseconds per answer; web is one process; bare us is PostgreSQL's)",
            "",
            table(
                ["same transaction", "with RLS/s", "without/s", "with us", "without us"],
                [(name, a.rate, b.rate, a.postgres, b.postgres) for name, a, b in reads],
            ),
            "",
            aim("ratio at 16 connections", top.rate / bare.rate, 0.10, least=True),
            aim("us of web CPU per answer", top.web, 300),
            *(
                aim(
                    f"row-level security, {name}, percent of throughput",
                    100 * (1 - a.rate / b.rate),
                    10,
                )
                for name, a, b in reads
            ),
        ]
    )


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here."
)
@click.option("--dossiers", default=1_000_000, show_default=True, help="Of all provinces together.")
@click.option("--seconds", default=5.0, show_default=True, help="Of each run.")
@click.option("--repeats", default=3, show_default=True, help="Medians are of so many runs.")
def main(data: Path | None, dossiers: int, seconds: float, repeats: int) -> None:
    """Measure tracking: HTTP against bare SQL, CPU, and the price of row-level security on reads."""
    about, say = machine(), Say()
    with house(data, say) as started:
        seeded = seed.run(started, dossiers, say)
        with web(started) as at:
            said = run(at, seeded, seconds, repeats, say)
    click.echo(f"\n{about}; HTTP client: {load.client()}")
    total = seeded.each * len(seeded.tenants)
    click.echo(f"sizes: {len(seeded.tenants)} tenants, {total:,} dossiers, {3 * total:,} events\n")
    click.echo(said)


if __name__ == "__main__":
    main()
