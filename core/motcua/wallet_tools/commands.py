"""The command group ``motcua wallet``; each command prints one JSON object and leaves one event."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from motcua.opening import DATA, TENANT, operator, province, with_platform

_RESULT = click.option("--result", "result_id", required=True, type=click.UUID)
_REASON = click.option(
    "--reason",
    default="Lệnh của người vận hành, không ghi lý do",
    help="Why; it stands in the result's history. Without it: that an operator gave none.",
)

Act = Callable[[Any, Any], Awaitable[dict[str, Any]]]


@click.group()
@click.option(
    "--url",
    default="",
    envvar="MOTCUA_BASE_URL",
    help="The platform's public address: of a demo that is not on port 8000.",
)
@click.pass_context
def wallet(context: click.Context, url: str) -> None:
    """Offer results to wallets, ask wallets for claims, withdraw results, say whom to believe."""
    context.obj = url.rstrip("/")


@wallet.command()
@TENANT
@click.option("--result", "result_id", type=click.UUID, help="An issued result.")
@click.option(
    "--sample", default="", help="Make a sample result of this TYPE; on this machine only."
)
@click.option("--dossier", "dossier_id", type=click.UUID, help="A dossier whose result is awaited.")
@click.option("--tx-code", is_flag=True, help="Ask for a transaction code, sent another way.")
@click.option("--deferred", is_flag=True, help="The wallet waits: the sample comes after a minute.")
@click.option(
    "--flow",
    type=click.Choice(["pre-authorized", "code"]),
    default="pre-authorized",
    show_default=True,
    help="With code, its holder signs in on the tenant's page.",
)
@click.option("--holder", default="", help="Whose the sample is: the number he signs in with.")
@click.option("--by-value", is_flag=True, help="Put the offer itself into the link.")
@click.option("--haip", is_flag=True, help="Write the link with HAIP's scheme, haip-vci.")
@DATA
def offer(data: Path, slug: str, flow: str, **about: Any) -> None:
    """Offer a result to its holder's wallet."""
    from motcua.wallet import operating

    given = {name.removesuffix("_id"): value for name, value in about.items()}
    if given["deferred"] and given["result"]:
        raise click.UsageError("a result that is there is not deferred: give --dossier or --sample")
    if sum(map(bool, (given["result"], given["dossier"], given["sample"]))) != 1:
        raise click.UsageError("give --result, --dossier or --sample, one of them")
    wish = operating.OfferWish(**given, sign_in=flow == "code")

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        return await operating.offer(platform, tenant, operator(), wish)

    _run(data, slug, act)


@wallet.command()
@TENANT
@click.option(
    "--claims",
    multiple=True,
    required=True,
    help="Claims of one paper: a,b or a=value; several times for alternatives.",
)
@click.option("--type", "types", multiple=True, help="Only papers of this kind.")
@click.option("--for", "asked_by", default="", help="Who asks, as the person reads it.")
@click.option("--why", "reason", default="", help="Why, as the person reads it.")
@click.option("--haip", is_flag=True, help="The answer is encrypted (HAIP 1.0).")
@click.option(
    "--page", is_flag=True, help="Show the answer once on a page, instead of a result_url."
)
@DATA
def request(
    slug: str,
    claims: tuple[str, ...],
    types: tuple[str, ...],
    asked_by: str,
    reason: str,
    data: Path,
    *,
    haip: bool,
    page: bool,
) -> None:
    """Ask a wallet for claims."""
    from motcua.wallet import operating
    from motcua.wallet.asking import Wish

    options = [[c.strip() for c in option.split(",") if c.strip()] for option in claims]
    wish = Wish(options, types, asked_by, reason, haip)

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        return await operating.request(platform, tenant, operator(), wish, hosted=page)

    _run(data, slug, act)


def _changes(what: Any, help_text: str) -> None:
    @wallet.command(what, help=help_text)
    @_RESULT
    @_REASON
    @DATA
    def change(result_id: UUID, reason: str, data: Path) -> None:
        from motcua.wallet import operating

        async def act(platform: Any, tenant: Any) -> dict[str, Any]:
            async with platform.works.begin(tenant, operator()) as work:
                return await operating.change(work, result_id, what, reason)

        _run(data, result_id, act)


_changes("revoke", "Withdraw a result for good, with every copy in any wallet.")
_changes("suspend", "Suspend a result, with every copy, until it is restored.")
_changes("restore", "Make a suspended result valid again.")


@wallet.command()
@click.argument("result_id", type=click.UUID)
@DATA
def status(result_id: UUID, data: Path) -> None:
    """Tell how the result RESULT_ID stands, and what was done with it by whom."""
    from motcua.wallet import operating

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            return await operating.status(work, result_id)

    _run(data, result_id, act)


@wallet.command()
@TENANT
@click.option("--name", required=True, help="Which program, of whom.")
@click.option("--scope", "scopes", multiple=True, required=True, help="offer request status trust")
@click.option("--days", default=90, show_default=True, help="How long it is valid; a year at most.")
@DATA
def token(slug: str, name: str, scopes: tuple[str, ...], days: int, data: Path) -> None:
    """Give a program a token for the wallet API; it is printed once."""
    from datetime import timedelta

    from motcua.wallet import service_tokens

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            return await service_tokens.make(work, name, scopes, timedelta(days=days))

    _run(data, slug, act)


@wallet.command("token-end")
@TENANT
@click.argument("token_id", type=click.UUID)
@DATA
def token_end(slug: str, token_id: UUID, data: Path) -> None:
    """Take the token TOKEN_ID away from a program, at once."""
    from motcua.wallet import service_tokens

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            await service_tokens.end(work, token_id)
        return {"id": str(token_id), "done": "end"}

    _run(data, slug, act)


@wallet.group()
def trust() -> None:
    """Say which issuers outside of the platform a tenant believes."""


@trust.command("list")
@TENANT
@DATA
def trust_entries(slug: str, data: Path) -> None:
    """List them, those of the past included."""
    from motcua.wallet import trust_store

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.db.tenant(tenant) as tx:
            return {"issuers": await trust_store.entries(tx)}

    _run(data, slug, act)


@trust.command("add")
@TENANT
@click.option("--issuer", "url", required=True, help="Its address, https://…")
@click.option("--name", required=True)
@click.option(
    "--certificates",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="PEM file with its root or intermediate certificates.",
)
@click.option(
    "--type", "types", multiple=True, required=True, help="KIND=VCT: which of our kinds, its vct."
)
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Believed until.")
@DATA
def trust_add(
    slug: str,
    url: str,
    name: str,
    certificates: Path,
    types: tuple[str, ...],
    until: Any,
    data: Path,
) -> None:
    """Believe an issuer from now on."""
    from datetime import timedelta

    from motcua import clock
    from motcua.text import VIETNAM
    from motcua.wallet import trust_store

    kinds = {kind: vct for kind, _, vct in (t.partition("=") for t in types)}
    found = trust_store.Outside(
        url,
        name,
        certificates.read_text(encoding="ascii"),
        kinds,
        clock.now() - timedelta(minutes=1),
        until.replace(tzinfo=VIETNAM),
    )

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            return {"id": str(await trust_store.add(platform, work, found))}

    _run(data, slug, act)


@trust.command("revoke")
@TENANT
@click.argument("entry_id", type=click.UUID)
@_REASON
@DATA
def trust_revoke(slug: str, entry_id: UUID, reason: str, data: Path) -> None:
    """Believe the issuer of the entry ENTRY_ID no longer, at once."""
    from motcua.wallet import trust_store

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            await trust_store.revoke(work, entry_id, reason)
        return {"id": str(entry_id), "done": "revoke"}

    _run(data, slug, act)


def _run(data: Path, where: str | UUID, act: Act) -> None:
    """Find the tenant (by name, or by one of its results), act, print."""
    url = click.get_current_context().find_object(str) or ""

    async def run(platform: Any) -> dict[str, Any]:
        tenant = province(platform, where) if isinstance(where, str) else await _of(platform, where)
        return await act(platform, tenant)

    click.echo(json.dumps(with_platform(data, run, url=url), ensure_ascii=False))


async def _of(platform: Any, result_id: UUID) -> Any:
    """Return the tenant that issued a result."""
    for tenant in platform.directory.all():
        async with platform.db.tenant(tenant) as tx:
            if await tx.fetchval("select 1 from issued_result where id = $1", result_id):
                return tenant
    raise ValueError(f"no tenant has a result {result_id}")
