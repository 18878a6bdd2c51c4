"""The token endpoint (RFC 6749 section 3.2): which grant is asked for, and by whom.

Our own few lines and not Authlib's registry: its hooks are synchronous, and each of these grants is a locked row
read and written in one asynchronous transaction; a thread for every request would hold a connection twice.
"""

from collections.abc import Mapping
from typing import Any

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import authorizing, grants, metadata, offering
from motcua.wallet.answers import ProtocolError
from motcua.wallet.grants import Caller

_GRANTS = {
    metadata.PRE_AUTHORIZED: offering.redeem,
    metadata.AUTHORIZATION_CODE: authorizing.redeem,
    metadata.REFRESH: grants.refresh,
}
LONGEST_CLIENT_ID = 500


async def answer(
    platform: Platform, tenant: Tenant, form: Mapping[str, str], caller: Caller
) -> dict[str, Any]:
    """Answer a token request. Raises ``ProtocolError``."""
    if "grant_type" not in form:
        raise ProtocolError("invalid_request", "grant_type is missing")
    grant = _GRANTS.get(form["grant_type"])
    if grant is None:
        raise ProtocolError("unsupported_grant_type", "this grant_type is not supported")
    return await grant(platform, tenant, form, caller)


def client_id(form: Mapping[str, str]) -> str | None:
    """Return the name a wallet gives itself; ``ProtocolError`` for credentials nobody registered here."""
    if "client_secret" in form or "client_assertion" in form:
        raise ProtocolError("invalid_client", "wallets are public clients of this server", 401)
    found = form.get("client_id") or None
    if found is not None and (len(found) > LONGEST_CLIENT_ID or not found.isprintable()):
        raise ProtocolError("invalid_request", "client_id is too long or not printable")
    return found
