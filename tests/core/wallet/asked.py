"""What a bank asks of wallets in these tests, and how it reads the answer."""

from typing import Any

from motcua.events.log import Actor
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    operating,
)
from motcua.wallet.asking import Wish
from tests.core.wallet.archive import KIND, Archive

BANK = Actor("program", None, "Ngân hàng Mẫu")
WISH = Wish([["full_name", "register_kind"]], types=[KIND], asked_by="Ngân hàng Mẫu", reason="Thử")


async def ask(
    archive: Archive, tenant: Tenant, wish: Wish = WISH, *, hosted: bool = False
) -> dict[str, Any]:
    return await operating.request(archive.platform, tenant, BANK, wish, hosted=hosted)


async def read_answer(archive: Archive, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await archive.client.get(made["result_url"])).json()
    return found
