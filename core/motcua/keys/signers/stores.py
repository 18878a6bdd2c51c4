"""The signers of this process, one for each place that settings name."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from motcua.keys.policy import policy_of
from motcua.keys.signers.base import SignerStore, unavailable
from motcua.keys.signers.pkcs11 import Pkcs11Store
from motcua.keys.signers.remote import RemoteStore
from motcua.tenancy.tenant import Tenant

_KINDS: Mapping[str, Callable[[Mapping[str, Any]], SignerStore]] = {
    "pkcs11": Pkcs11Store,
    "remote": RemoteStore,
}


def store_of(tenant: Tenant, kind: str) -> SignerStore:
    """Return where a tenant's keys of this kind lie; ``Unavailable`` when its settings do not say."""
    try:
        settings = policy_of(tenant).of_signer(kind)
    except ValueError as error:
        raise unavailable(kind, error) from error
    return _opened(kind, msgspec.json.encode(dict(settings), order="sorted"))


@lru_cache(maxsize=256)
def _opened(kind: str, settings: bytes) -> SignerStore:
    return _KINDS[kind](msgspec.json.decode(settings))
