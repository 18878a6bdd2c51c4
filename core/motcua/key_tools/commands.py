"""``motcua keys``: make, list, publish, rotate and revoke what a tenant signs with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from motcua.key_tools.root_commands import authority, root
from motcua.key_tools.running import JSON, PURPOSE, run
from motcua.opening import DATA, operator

_FOR_GOOD = "Revoke this and everything it signed, for good?"


@click.group()
def keys() -> None:
    """Look after the keys with which tenants sign.

    Three levels: the platform's root (kept off line), each tenant's authority, and below it two keys that sign:
    one for documents (PDF), one for credentials. A worker replaces the two by itself in time.
    """


keys.add_command(root)
keys.add_command(authority)


@keys.command("list")
@click.argument("slug")
@JSON
@DATA
def list_keys(slug: str, data: Path, *, as_json: bool) -> None:
    """List every key of tenant SLUG: what it signs, since when, until when, where it lies."""
    from motcua import clock
    from motcua.keys import report, store

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.db.tenant(tenant) as tx:
            found = await store.every(tx)
        return {"tenant": slug, "keys": [report.described(key, clock.now()) for key in found]}

    run(data, slug, act, _table, as_json=as_json)


@keys.command()
@click.argument("slug")
@JSON
@DATA
def make(slug: str, data: Path, *, as_json: bool) -> None:
    """Make what tenant SLUG lacks: its authority, a document key, a credential key.

    For a new tenant. Needs the root key once; does nothing when nothing is missing.
    """
    from motcua.keys import rotation

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            made = await rotation.make_missing(work.tx, work.vault, platform.settings, work.now)
            for key in made:
                rotation.note_made(work, key)
            return {"tenant": slug, "made": _described(made, work.now)}

    run(data, slug, act, _made("nothing to do: every key is valid"), as_json=as_json)


@keys.command("publish-ahead")
@click.argument("slug")
@PURPOSE
@click.option(
    "--hours", type=click.IntRange(0, 720), help="How long before it signs; else the tenant's."
)
@JSON
@DATA
def publish_ahead(slug: str, purpose: str, hours: int | None, data: Path, *, as_json: bool) -> None:
    """Make the next key of tenant SLUG now and let it sign later (24 hours, if the tenant says nothing).

    Meanwhile verifiers that keep key sets hear of it. A worker does this by itself before a key ends.
    """
    from datetime import timedelta

    from motcua.keys import rotation
    from motcua.keys.policy import policy_of

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        ahead = policy_of(tenant).publish_ahead if hours is None else timedelta(hours=hours)
        async with platform.works.begin(tenant, operator()) as work:
            made = await rotation.publish(
                work, purpose, ahead, platform.settings.public_url_of(slug)
            )
            return {"tenant": slug, "made": _described([made], work.now)}

    run(data, slug, act, _made(""), as_json=as_json)


@keys.command()
@click.argument("slug")
@PURPOSE
@JSON
@DATA
def rotate(slug: str, purpose: str, data: Path, *, as_json: bool) -> None:
    """Let tenant SLUG sign with another key from now on: the one that waits, or a new one.

    What the old key signed stays valid; to withdraw it, revoke the key.
    """
    from motcua.keys import rotation, store

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            await rotation.rotate(work, purpose, platform.settings.public_url_of(slug))
            now_used = await store.current(work.tx, purpose, work.now)
            return {"tenant": slug, "made": _described([now_used], work.now)}

    run(data, slug, act, _made(""), as_json=as_json)


@keys.command()
@click.argument("slug")
@click.argument("kid")
@click.option("--reason", required=True, help="Why; it stands in the history of every result.")
@click.option("--yes", is_flag=True, help="Do not ask: everything the key signed falls.")
@JSON
@DATA
def revoke(slug: str, kid: str, reason: str, data: Path, *, yes: bool, as_json: bool) -> None:
    """Revoke key KID of tenant SLUG, because it was lost or seen, with everything it signed.

    Nobody believes the key from this moment on and another one takes over. A document key takes its results
    and all their copies along; a credential key takes the copies, which people can fetch again; an authority
    takes every key it certified. It cannot be undone. When it is interrupted, give the same command again.
    """
    from motcua import clock
    from motcua.keys import revoking

    def progress(text: str) -> None:
        click.echo(text, err=True)

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        fallen = await revoking.falls_with(platform, tenant, kid)
        if not yes:
            keys = "\n".join(map(_line, _described(fallen, clock.now())))
            click.confirm(f"{keys}\n{_FOR_GOOD}", abort=True, err=True)
        done = await revoking.revoke(platform, tenant, operator(), kid, reason, progress)
        return {
            "tenant": slug,
            "revoked": list(done.kids),
            "successors": list(done.successors),
            "results": done.results,
            "copies": done.copies,
            "advice": done.advice,
        }

    run(data, slug, act, _withdrawn, as_json=as_json)


@keys.command()
@click.argument("slug")
@JSON
@DATA
def check(slug: str, data: Path, *, as_json: bool) -> None:
    """Sign a probe with each key that tenant SLUG uses now, to see whether module or service answer."""
    import time

    from motcua import clock
    from motcua.keys import signing, store

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        found = {}
        for purpose in store.SIGNERS:
            async with platform.db.tenant(tenant) as tx:
                vault = platform.vaults.of(tenant.id)
                signer = await signing.current(tx, vault, purpose, clock.now())
            began = time.perf_counter()
            await signer.sign(b"motcua keys check")
            took = round((time.perf_counter() - began) * 1000, 1)
            found[purpose] = {"kid": signer.kid, "milliseconds": took}
        return {"tenant": slug, "signs": found}

    def tell(said: dict[str, Any]) -> str:
        lines = [
            f"{p:<10}  signs in {f['milliseconds']} ms  {f['kid']}"
            for p, f in said["signs"].items()
        ]
        return "\n".join(lines)

    run(data, slug, act, tell, as_json=as_json)


def _described(found: list[Any], now: Any) -> list[dict[str, Any]]:
    from motcua.keys import report

    return [report.described(key, now) for key in found]


def _line(key: dict[str, Any]) -> str:
    span = f"{key['use_from'][:16]} … {key['until'][:10]}"
    why = f"  ({key['reason']})" if key.get("reason") else ""
    return f"{key['state']:<9}  {key['purpose']:<10}  {key['signer']:<7}  {span}  {key['kid']}{why}"


def _table(said: dict[str, Any]) -> str:
    if not said["keys"]:
        return f"{said['tenant']} has no keys: motcua keys make {said['tenant']}"
    return "\n".join(_line(key) for key in said["keys"])


def _made(nothing: str) -> Callable[[dict[str, Any]], str]:
    return lambda said: "\n".join(map(_line, said["made"])) or nothing


def _withdrawn(said: dict[str, Any]) -> str:
    lines = [f"withdrawn: {said['results']} results, {said['copies']} copies"]
    lines += [f"from now on signs: {kid}" for kid in said["successors"]]
    if said["advice"]:
        lines.append(f"NOBODY SIGNS: {said['advice']}")
    return "\n".join(lines)
