"""The command group ``motcua deliveries``: what is stuck on its way to its holder, and what to do about it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from motcua.opening import DATA, TENANT, operator, province, with_platform

Act = Callable[[Any, Any], Awaitable[dict[str, Any]]]


@click.group()
def deliveries() -> None:
    """See by which ways results go to their holders, and help on what is stuck."""


@deliveries.command("list")
@TENANT
@click.option("--dossier", "code", default="", help="All of one dossier, by its code.")
@DATA
def show(slug: str, code: str, data: Path) -> None:
    """List what is stuck and what is to be posted, or every delivery of one dossier."""
    from motcua.channels import operating

    async def act(platform: Any, work: Any) -> dict[str, Any]:
        if code:
            return await operating.of_dossier(work, code)
        return await operating.waiting(work)

    _run(data, slug, act)


@deliveries.command("again")
@TENANT
@click.argument("delivery_id", type=click.UUID)
@DATA
def try_again(slug: str, delivery_id: UUID, data: Path) -> None:
    """Try the delivery DELIVERY_ID anew, under the same key."""
    from motcua.channels import staff

    async def act(platform: Any, work: Any) -> dict[str, Any]:
        await staff.again(work, delivery_id)
        return {"delivery": str(delivery_id), "done": "again"}

    _run(data, slug, act)


@deliveries.command()
@TENANT
@click.argument("delivery_id", type=click.UUID)
@click.option("--channel", required=True, help="wallet, link, post, counter, or a plugin's.")
@DATA
def choose(slug: str, delivery_id: UUID, channel: str, data: Path) -> None:
    """Bring the result of DELIVERY_ID another way."""
    from motcua.channels import staff

    async def act(platform: Any, work: Any) -> dict[str, Any]:
        made = await staff.choose(platform, work, delivery_id, channel)
        return {"delivery": str(made), "done": "choose", "channel": channel}

    _run(data, slug, act)


def _run(data: Path, slug: str, act: Act) -> None:
    """Begin a work of the operator at the tenant, act, print."""

    async def run(platform: Any) -> dict[str, Any]:
        async with platform.works.begin(province(platform, slug), operator()) as work:
            return await act(platform, work)

    click.echo(json.dumps(with_platform(data, run), ensure_ascii=False))
