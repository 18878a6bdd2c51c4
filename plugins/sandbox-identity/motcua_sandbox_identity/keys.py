"""The key that signs ID tokens: one for each tenant, made when it is first needed, kept sealed."""

import json
from typing import Any

from joserfc.jwk import ECKey

from motcua.api import Work

ALGORITHM = "ES256"
_PURPOSE = "id_token"
_STORE = """
insert into sandbox_identity_key (purpose, kid, public_jwk, private_sealed) values ($1, $2, $3, $4)
on conflict do nothing
"""
_READ = "select private_sealed from sandbox_identity_key where purpose = $1"


async def signing_key(work: Work) -> ECKey:
    """Return the tenant's key; two processes that need it first at once get the same one."""
    sealed = await work.tx.fetchval(_READ, _PURPOSE)
    if sealed is None:
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, private=True)
        key.ensure_kid()
        private = work.vault.seal(json.dumps(key.as_dict(private=True)))
        await work.tx.execute(_STORE, _PURPOSE, key.kid, public(key), private)
        sealed = await work.tx.fetchval(_READ, _PURPOSE)
    return ECKey.import_key(json.loads(work.vault.open(sealed)))


def public(key: ECKey) -> dict[str, Any]:
    """Return the public half, as it stands in the key set."""
    return dict(key.as_dict(private=False))
