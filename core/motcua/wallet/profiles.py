"""Which rules a tenant holds wallets to: ``open`` by default, or ``haip`` (OpenID4VC HAIP 1.0).

The tenant's settings say ``wallet.profile``. Under ``open`` a wallet may come without an account and without
DPoP, and then its token lives five minutes; under ``haip`` every token is bound to a key and every DPoP proof
to a nonce of ours.
"""

from motcua.tenancy.tenant import Tenant


def is_haip(tenant: Tenant) -> bool:
    """Tell whether a tenant takes the strict profile."""
    return dict(tenant.settings.get("wallet", {})).get("profile") == "haip"
