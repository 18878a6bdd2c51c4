"""Submitting over HTTP against the same rows written by one bare SQL statement: ``python -m benchmarks.submit``."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import click
import msgspec

from benchmarks import load
from benchmarks.common import (
    CONNECTIONS,
    House,
    Measured,
    Say,
    aim,
    house,
    machine,
    middle,
    provinces,
    table,
    web,
)
from motcua.app import open_platform
from motcua.dossiers import submission
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import sign_in
from motcua.platform import Platform
from motcua.rooms import subscribers
from motcua.tenancy.tenant import Tenant
from motcua.web import sessions

PROCEDURE = "2.000908"
PAPER = "relation"
_LADDER = (1, 4, CONNECTIONS)
_ANSWERS = {
    "requests_for": "relative",
    "subject_name": "Lê Thị Mẫu Nhỏ",
    "subject_birth": "1/6/2019",
    "register_kind": "birth",
    "register_number": "12/2019",
    "copies": "2",
    "truth": "on",
}
_UNITS = "select id, code from unit where kind = 'ward' or kind = 'commune' order by code"
_FILE = """
insert into stored_file (id, sha256, pages, size, source_kind, uploaded_by, at)
values ($1, $2, 1, 80000, 'application/pdf', $3, now())
"""
# What row-level security does for the application, an administrator's statement says itself.
_FILES = "from stored_file\n  where id"
_FILES_PLAIN = "from stored_file\n  where tenant_id = app_tenant() and id"
_ADOPTED = f"""(select id from adopted_procedure
  where tenant_id = app_tenant() and code = '{PROCEDURE}' limit 1)"""


@dataclass(frozen=True)
class Citizen:
    """A synthetic citizen, signed in, with an uploaded paper, and the unit he applies to."""

    tenant: Tenant
    id: UUID
    token: str
    file: UUID
    unit: UUID
    unit_code: str


async def citizens(at: House, each: int) -> list[Citizen]:
    """Make so many citizens in each province, in turn: the first ones all live in different ones."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        found = [await _of(platform, t, each) for t in provinces(platform.directory.all())]
    await _count(at)
    return [row[n] for n in range(each) for row in found]


async def _count(at: House) -> None:
    """Gather statistics, as a database has them that has run for more than a minute."""
    connection = await asyncpg.connect(at.cluster.postgres.url("postgres", "motcua"))
    try:
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _of(platform: Platform, tenant: Tenant, each: int) -> list[Citizen]:
    found = []
    async with platform.works.begin(tenant, SYSTEM) as work:
        units = await work.tx.fetch(_UNITS)
        for n in range(each):
            who = await sign_in.citizen(work, _claims(tenant, n))
            token = await sessions.start(work, who.kind, who.subject, who.name)
            file, unit = uuid7(), units[n % len(units)]
            await work.tx.execute(_FILE, file, file.hex * 2, who.subject)
            found.append(Citizen(tenant, who.subject, token, file, unit["id"], unit["code"]))
    return found


def _claims(tenant: Tenant, n: int) -> dict[str, str]:
    # A personal number: province, century and sex, year of birth, six digits (synthetic: 9…).
    return {
        "name": "Người Dân Mẫu",
        "personal_id": f"0{tenant.province_code}085{900_000 + n}",
        "birthdate": "1985-03-08",
    }


def requests(at: House, found: list[Citizen]) -> list[bytes]:
    """Return one submission of each citizen."""
    return [
        load.request(
            "POST",
            f"{c.tenant.slug}.localhost:{at.port}",
            "/api/dossiers",
            token=c.token,
            body=msgspec.json.encode(
                {
                    "procedure": PROCEDURE,
                    "unit": c.unit_code,
                    "answers": _ANSWERS,
                    "papers": [{"key": PAPER, "file": c.file}],
                }
            ),
        )
        for c in found
    ]


def statement(at: House, citizen: Citizen, *, plain: bool) -> str:
    """Return the platform's own statement with this citizen's values; ``plain``: without its security.

    The values are as long as those of a real submission; the colons of texts are left out, because
    pgbench would take what follows them for a variable.
    """
    new_id = "lpad(:id::text, 32, '0')::uuid"
    owed = list(subscribers(at.plugins, citizen.tenant, "dossier.submitted"))
    sealed = b"\0" * (len(msgspec.json.encode(_ANSWERS)) + 100)
    names = "array['{}']::text[]"
    values = [
        new_id, "upper(substr(md5(:id::text), 1, 12))", "uuidv7()", "2", _ADOPTED, f"'{PROCEDURE}'",
        "'2026.2'", "'Cấp bản sao từ sổ gốc'", f"'{citizen.id}'", f"'{citizen.id}'",
        "'Lê Văn Mẫu'", "null", f"'{citizen.unit}'", f"'{citizen.unit}'",
        f"decode('{sealed.hex()}', 'hex')", "now()", "now()", "0", "'none'",
        "null", "'default'", "0", "uuidv7()", "'dossier.submitted'", f"'citizen-{citizen.id}'",
        """'{"procedure": "2.000908", "channel": 2}'""",
        "array[" + ", ".join(["uuidv7()"] * len(owed)) + "]",
        "array[" + ", ".join(f"'{name.replace(':', '-')}'" for name in owed) + "]",
        "array[uuidv7()]", names.format(PAPER), names.format("Giấy tờ chứng minh quan hệ"),
        names.format("Proof of the relation"), f"array['{citizen.file}']", "array[null]",
    ]  # fmt: skip
    sql: str = vars(submission)["_SUBMIT"]
    if plain:
        if _FILES not in sql:
            raise RuntimeError("the statement has changed: say its tenant filter here")
        sql = sql.replace(_FILES, _FILES_PLAIN)
    return re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], sql).strip()


def bare(at: House, citizen: Citizen) -> str:
    """Return the script of the bare statement: no transaction, the tenant set once per connection."""
    setting = f"\\if :ready\n\\else\nSET app.tenant_id = '{citizen.tenant.id}';\n\\endif"
    return f"{setting}\n{statement(at, citizen, plain=True)};"


def run(at: House, found: list[Citizen], seconds: float, repeats: int, say: Say) -> str:
    """Measure everything in turn, several times, and return the report."""
    raw = requests(at, found)
    own = [load.in_transaction(c.tenant.id, statement(at, c, plain=False)) for c in found[:16]]
    free = [load.in_transaction(c.tenant.id, statement(at, c, plain=True)) for c in found[:16]]
    alone = [bare(at, c) for c in found[:16]]
    load.probe(at, raw[0])
    load.http(at, raw, CONNECTIONS, 2)
    web_runs: dict[int, list[Measured]] = {c: [] for c in _LADDER}
    sql_runs: dict[int, list[Measured]] = {c: [] for c in _LADDER}
    tax: tuple[list[Measured], list[Measured]] = ([], [])
    paced: list[Measured] = []
    for n in range(repeats):
        for c in _LADDER:
            at.settle()
            # New statistics mean new plans.
            load.http(at, raw, c, 1)
            web_runs[c].append(at.measure(lambda c=c: load.http(at, raw, c, seconds)))  # type: ignore[misc]
            sql_runs[c].append(_bare(at, alone, c, seconds))
        paced.append(_bare(at, alone, CONNECTIONS, seconds, rate=web_runs[CONNECTIONS][-1].rate))
        for user, scripts, kept in (("mc_app", own, tax[0]), ("postgres", free, tax[1])):
            at.settle()
            kept.append(
                at.measure(
                    lambda u=user, s=scripts: load.pgbench(at, u, s, CONNECTIONS, seconds)  # type: ignore[misc]
                )
            )
        say(f"repeat {n + 1} of {repeats}")
    return report(
        {c: middle(r) for c, r in web_runs.items()},
        {c: middle(r) for c, r in sql_runs.items()},
        (middle(tax[0]), middle(tax[1])),
        middle(paced),
    )


def _bare(
    at: House, scripts: list[str], connections: int, seconds: float, *, rate: float = 0
) -> Measured:
    at.settle()
    return at.measure(
        lambda: load.pgbench(at, "postgres", scripts, connections, seconds, rate=rate)
    )


def report(
    over_http: dict[int, Measured],
    sql: dict[int, Measured],
    tax: tuple[Measured, Measured],
    paced: Measured,
) -> str:
    """Return the tables and the aims."""
    head = ["connections", "HTTP/s", "bare SQL/s", "ratio", "web us", "PostgreSQL us", "bare us"]
    rows = [
        (c, h.rate, s.rate, f"{h.rate / s.rate:.2f}", h.web, h.postgres, s.postgres)
        for c in over_http
        for h, s in [(over_http[c], sql[c])]
    ]
    top = over_http[CONNECTIONS]
    with_rls, without = tax
    percent = (1 - with_rls.rate / without.rate) * 100
    return "\n".join(
        [
            table(head, rows),
            "  (us: CPU microseconds per dossier; web is one process; bare us is PostgreSQL's)",
            # A database that is asked less often sleeps and wakes more often: that costs it CPU, too.
            f"  bare SQL held to {paced.rate:,.0f}/s, about the rate of HTTP: {paced.postgres:,.0f} us",
            "",
            table(
                ["same transaction", "per second", "PostgreSQL us"],
                [
                    ("with row-level security", with_rls.rate, with_rls.postgres),
                    ("without", without.rate, without.postgres),
                ],
            ),
            "",
            aim("ratio at 16 connections", top.rate / sql[CONNECTIONS].rate, 0.25, least=True),
            aim("ms of web CPU per dossier", top.web / 1000, 1.0),
            aim("ms of PostgreSQL CPU per dossier", top.postgres / 1000, 0.5),
            aim("row-level security, percent of throughput", percent, 15),
        ]
    )


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here."
)
@click.option("--citizens", "each", default=8, show_default=True, help="Per province.")
@click.option("--seconds", default=5.0, show_default=True, help="Of each run.")
@click.option("--repeats", default=3, show_default=True, help="Medians are of so many runs.")
def main(data: Path | None, each: int, seconds: float, repeats: int) -> None:
    """Measure submitting: HTTP against bare SQL, CPU, and the price of row-level security."""
    about, say = machine(), Say()
    with house(data, say) as started:
        found = asyncio.run(citizens(started, each))
        say(f"{len(found)} citizens are signed in")
        with web(started) as at:
            said = run(at, found, seconds, repeats, say)
    click.echo(f"\n{about}; HTTP client: {load.client()}")
    click.echo(f"sizes: {len({c.tenant for c in found})} tenants, {len(found)} citizens\n\n{said}")


if __name__ == "__main__":
    main()
