"""Tokens of programs: what a bank's or an office's software may do with the wallet API, and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from motcua.errors import Forbidden, Invalid, NotFound, SignInNeeded
from motcua.events.log import Actor
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest

SCOPES = ("offer", "request", "status", "trust")
LONGEST = timedelta(days=366)

_NEW = """
insert into service_token (id, token_hash, name, scopes, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
"""
_END = """
update service_token set revoked_at = $2 where id = $1 and revoked_at is null returning name
"""
_READ = """
select id, name, scopes from service_token
where token_hash = $1 and revoked_at is null and expires_at > $2
"""


async def make(work: Work, name: str, scopes: Sequence[str], lifetime: timedelta) -> dict[str, str]:
    """Give a program a token; its secret is told once and stored nowhere. ``Invalid`` names what is wrong."""
    wrong: dict[str, tuple[str, str]] = {}
    if not name.strip():
        wrong["name"] = ("Hãy ghi tên chương trình.", "Name the program.")
    if not scopes or not set(scopes) <= set(SCOPES):
        known = ", ".join(SCOPES)
        wrong["scopes"] = (f"Quyền là: {known}.", f"Scopes are: {known}.")
    if not timedelta(0) < lifetime <= LONGEST:
        wrong["lifetime"] = ("Thời hạn tối đa một năm.", "A token lasts a year at most.")
    if wrong:
        raise Invalid(fields=wrong)
    token_id, secret, until = uuid7(), token(), work.now + lifetime
    held = sorted(set(scopes))
    await work.tx.execute(_NEW, token_id, digest(secret), name.strip(), held, work.now, until)
    work.emit("service_token.made", token_id, {"name": name.strip(), "scopes": held})
    return {"id": str(token_id), "token": secret, "expires_at": until.isoformat()}


async def end(work: Work, token_id: UUID) -> None:
    """Take a program's token away, at once; ``NotFound`` when it has none."""
    name = await work.tx.fetchval(_END, token_id, work.now)
    if name is None:
        raise NotFound("Không có mã truy cập này.", "There is no such token.")
    work.emit("service_token.ended", token_id, {"name": name})


async def program(
    platform: Platform, tenant: Tenant, header: str | None, scope: str, now: datetime
) -> Actor:
    """Return the program whose token an Authorization header holds.

    ``SignInNeeded`` without a valid token of this tenant; ``Forbidden`` when it may not do this.
    """
    kind, _, secret = (header or "").partition(" ")
    row = None
    if kind.lower() == "bearer" and secret.strip():
        async with platform.db.tenant(tenant) as tx:
            row = await tx.fetchrow(_READ, digest(secret.strip()), now)
    if row is None:
        raise SignInNeeded("Cần mã truy cập của chương trình.", "A service token is needed.")
    if scope not in row["scopes"]:
        raise Forbidden(
            "Mã truy cập này không có quyền cần thiết.", f"This token lacks the scope {scope}."
        )
    return Actor("program", row["id"], row["name"])
