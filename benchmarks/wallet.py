"""The wallet's issuer and verifier under load, beside bare ES256 signatures: ``python -m benchmarks.wallet``."""

import asyncio
import json
import secrets
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click
import httpx2

from benchmarks import wallet_clients as clients
from benchmarks.common import House, Measured, Say, aim, house, machine, provinces, table, web
from motcua.app import open_platform
from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery, issuer, issuing, jose, operating, sdjwt, statuslist
from motcua.wallet.asking import Wish
from motcua.wallet.holder import HolderWallet, Paper

_LISTS = ((1_000_000, 0.001), (1_000_000, 0.01), (30_000_000, 0.001), (30_000_000, 0.01))
_SHARD = 1 << 20


@dataclass(frozen=True)
class Size:
    """How much of each is done."""

    batches: int
    flows: int
    shown: int
    connections: int


def bare(seconds: float = 2.0) -> float:
    """Return how many small tokens one process signs with ES256 in a second, doing nothing else."""
    key, said = jose.generate_key(), {"iss": "x", "iat": 1, "n": "y" * 400}
    end, done, began = time.process_time() + seconds, 0, time.process_time()
    while time.process_time() < end:
        for _ in range(50):
            jose.sign(said, key, typ="x")
        done += 50
    return done / (time.process_time() - began)


async def _batches(at: House, count: int) -> list[bytes]:
    """Return credential requests of ten proofs each, over the provinces in turn."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        some = provinces(platform.directory.all())[:4]
        keys = [jose.generate_key() for _ in range(issuing.BATCH)]
        made = []
        for tenant in some:
            for token in await clients.access(platform, tenant, count // len(some)):
                body = clients.asked(platform, tenant, keys)
                kind = "application/json"
                made.append(clients.post(tenant, at.port, "/credential", body, kind, token))
        return [made[n] for n in sorted(range(len(made)), key=lambda n: n % (count // len(some)))]


async def _flows(at: House, count: int) -> list[Any]:
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        some, work = provinces(platform.directory.all())[:4], []
        for tenant in some:
            for offer in await clients.offered(platform, tenant, count // len(some)):
                body = clients.asked(platform, tenant, [jose.generate_key()])
                work.append((tenant, at.port, offer, body))
        return work


async def _shown(at: House, count: int) -> list[bytes]:
    """Return presentations of a paper of one province to another, each for a request of its own."""
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        first, second = provinces(platform.directory.all())[:2]
        async with _reached(at) as client:
            wallet = await _paper(platform, first, client)
            return [await _one(platform, second, at.port, wallet) for _ in range(count)]


def _reached(at: House) -> httpx2.AsyncClient:
    """Return a client for which every host of the house is this machine."""
    from benchmarks.wallet_hosts import Here

    return httpx2.AsyncClient(transport=Here(at.port), timeout=30)


async def _paper(platform: Platform, tenant: Tenant, client: httpx2.AsyncClient) -> Paper:
    wallet = HolderWallet(client, now=lambda: datetime.now(UTC), roots=issuer.roots(platform))
    (offer,) = await clients.offered(platform, tenant, 1)
    await wallet.receive(offer.offer_uri, tx_code=offer.tx_code)
    return wallet.papers[0]


async def _one(platform: Platform, tenant: Tenant, port: int, paper: Paper) -> bytes:
    wish = Wish([["full_name"]], types=[clients.KIND])
    asked = await operating.request(platform, tenant, SYSTEM, wish)
    link = parse_qs(urlsplit(asked["request"]).query)
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(
            "select nonce, state, query from presentation where id = $1", asked["id"]
        )
    assert row is not None
    shown = sdjwt.present(
        paper.credential,
        {"full_name"},
        holder_key=paper.key,
        nonce=row["nonce"],
        aud=link["client_id"][0],
        iat=datetime.now(UTC),
    )
    answer = {entry["id"]: [shown] for entry in row["query"]["credentials"][:1]}
    fields = {"vp_token": json.dumps(answer), "state": row["state"]}
    return clients.form(tenant, port, f"/vp/{asked['id']}/response", fields)


async def _good(line: clients.Line, request: bytes) -> bool:
    return (await line.ask(request))[0] == 200


def _under_load(at: House, size: Size, say: Say, workers: int) -> dict[str, Measured]:
    """Return figures of credentials in batches, whole flows and presentations."""
    found = {}
    with web(at, workers) as served:
        port, many = served.port, size.connections
        for name, make, do, each in (
            ("credentials", _batches, _good, issuing.BATCH),
            ("flows", _flows, clients.whole_flow, 1),
            ("presentations", _shown, _good, 1),
        ):
            count = {
                "credentials": size.batches,
                "flows": size.flows,
                "presentations": size.shown,
            }[name]
            warm: list[Any] = asyncio.run(make(served, 32 if name != "presentations" else 8))
            clients.run(port, warm, do, 8)
            work = asyncio.run(make(served, count))
            say(f"{workers} process(es): {name}")
            found[name] = served.measure(
                lambda work=work, do=do, each=each: clients.run(port, work, do, many, each)  # type: ignore[misc]
            )
    return found


async def _revoked(at: House, times: int) -> list[float]:
    """Return the milliseconds from a revocation until the published list and our verifier know."""
    found = []
    async with open_platform(at.cluster.settings, at.plugins) as platform:
        await platform.directory.refresh(force=True)
        first, second = provinces(platform.directory.all())[:2]
        async with _reached(at) as client:
            # The first one warms the server up: it has never read its keys and its law before.
            for _ in range(times + 1):
                paper = await _paper(platform, first, client)
                request = await _one(platform, second, at.port, paper)
                entry = paper.content.status
                assert entry is not None
                await client.get(entry.uri)
                began = time.perf_counter()
                async with platform.works.begin(first, SYSTEM) as work:
                    last = await work.tx.fetchval(
                        "select id from issued_result order by id desc limit 1"
                    )
                    await delivery.revoke(work, last, "benchmark")
                token = (await client.get(entry.uri)).text
                said = jose.read(token).payload["status_list"]
                assert statuslist.read_status(said, entry.index) == statuslist.REVOKED
                head, _, body = request.partition(b"\r\n\r\n")
                path = head.split(b" ")[1].decode()
                refused = await client.post(
                    issuer.url_of(platform, second) + path,
                    content=body,
                    headers={"content-type": "application/x-www-form-urlencoded"},
                )
                assert refused.json()["error"] == "revoked", refused.text
                found.append((time.perf_counter() - began) * 1000)
    return found[1:]


def _lists() -> list[tuple[object, ...]]:
    """Build and sign lists of a million and of thirty million entries, whole and in shards."""
    key, rows = jose.generate_key(), list[tuple[object, ...]]()
    for size, part in _LISTS:
        for shard in {size, min(size, _SHARD)}:
            draw = secrets.SystemRandom().sample(range(shard), int(shard * part))
            began = time.process_time()
            token = statuslist.make_token(
                statuslist.build(dict.fromkeys(draw, 1), size=shard, bits=2),
                bits=2,
                uri="https://x.example/status/1",
                key=key,
                kid="k",
                x5c=None,
                iat=datetime.now(UTC),
                lifetime=timedelta(hours=1),
                ttl=timedelta(minutes=5),
            )
            took, lists = time.process_time() - began, -(-size // shard)
            each = f"{lists} x {shard:,}"
            rows.append((f"{size:,} at {part:.1%}", each, len(token) / 1024 * lists, took * 1000))
    return rows


def _row(name: str, workers: int, found: Measured) -> tuple[object, ...]:
    return name, workers, found.rate, found.web, found.postgres


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False))
@click.option("--batches", default=200, show_default=True, help="Requests of ten copies each.")
@click.option("--flows", default=300, show_default=True)
@click.option("--shown", default=200, show_default=True, help="Presentations.")
@click.option("--connections", default=8, show_default=True)
def main(data: Path | None, batches: int, flows: int, shown: int, connections: int) -> None:
    """Measure, print, and say which aims are met."""
    say, about = Say(), machine()
    size = Size(batches, flows, shown, connections)
    signatures = bare()
    with house(data, say) as at:
        one, two = (_under_load(at, size, say, n) for n in (1, 2))
        with web(at) as served:
            visible = asyncio.run(_revoked(served, 20))
    say("status lists")
    lists = _lists()
    print(f"\n{about}\nbare ES256 tokens per second of CPU, one process: {signatures:,.0f}\n")
    rows = [_row(n, w, f) for w, found in ((1, one), (2, two)) for n, f in found.items()]
    print(table(("", "processes", "per second", "web us", "PostgreSQL us"), rows))
    made = one["credentials"]
    print(f"\none credential costs the web {made.web * signatures / 1e6:.1f} bare signatures")
    print(f"credentials per second / bare signatures per second: {made.rate / signatures:.3f}")
    print(f"revocation until list and verifier know: median {statistics.median(visible):.0f} ms")
    print()
    print(table(("entries and withdrawn", "lists", "KiB in all", "ms CPU for one list"), lists))
    print("\naims")
    print(aim("credentials/s, one process, batches of ten", made.rate, 300, least=True))
    shown_ms = (one["presentations"].web + one["presentations"].postgres) / 1000
    print(aim("ms of CPU for a presentation, web and PostgreSQL", shown_ms, 10))
    print(aim("s until a revocation is visible, the worst of 20", max(visible) / 1000, 1))


if __name__ == "__main__":
    main()
