"""The key a tenant signs with now, as a value: chain, end, and how to sign with it.

The row is read in the transaction of whoever signs, so a revoked key signs nothing after its revocation is
committed; what was opened or parsed is kept, because a batch of credentials must be fast.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import anyio
from anyio import to_thread
from cryptography import x509

from motcua.errors import Problem, Unavailable
from motcua.keys import store
from motcua.keys.policy import policy_of
from motcua.keys.signers.base import StoredKey, unavailable
from motcua.keys.signers.sealed import LocalKey
from motcua.keys.signers.stores import store_of
from motcua.keys.store import KeyRow
from motcua.tenancy.db import TenantTx
from motcua.tenancy.vault import TenantVault
from motcua.wallet import certificates, jose
from motcua.wallet.refusal import CredentialError

T = TypeVar("T")

AT_ONCE = 5
"""How many signatures of one batch a device or service makes at the same time."""


@dataclass(frozen=True)
class Signer:
    """A key to sign with, and its certificates.

    ``chain`` is leaf first, without the root. ``until`` ends the certificate: nothing it signs lives longer.
    ``waits`` tells that a signature takes the time of another device, ``limit`` how many seconds all that
    is asked of it at once may take: a transaction waits for it.
    """

    key: jose.Held
    kid: str
    chain: tuple[x509.Certificate, ...]
    until: datetime
    waits: bool = False
    limit: float = 0.0

    @property
    def x5c(self) -> list[str]:
        """The chain for a protected header, leaf first, without the root."""
        return list(_x5c(self.chain))

    @property
    def chain_pem(self) -> bytes:
        """The chain as PEM: the signer's certificate, then those above it."""
        return certificates.to_pem(*self.chain)

    async def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature of ``data`` (r and s, 64 bytes); ``Unavailable`` without a signer."""
        return await self.run(lambda: self.key.sign(data))

    async def run(self, make: Callable[[], T]) -> T:
        """Return what ``make`` makes with this key: at once, or in a thread when the key lies elsewhere."""
        return (await self.each([make]))[0]

    async def each(self, makes: Sequence[Callable[[], T]]) -> list[T]:
        """Return what each makes with this key, in their order; several at a time when the key lies elsewhere.

        All or nothing: the first failure ends the others, ``Unavailable`` says that ``limit`` passed.
        """
        if not self.waits:
            return [make() for make in makes]
        made: dict[int, T] = {}
        failed: list[Problem | CredentialError] = []
        room = anyio.Semaphore(AT_ONCE)

        async def one(number: int, make: Callable[[], T]) -> None:
            async with room:
                try:
                    made[number] = await to_thread.run_sync(make, abandon_on_cancel=True)
                except (Problem, CredentialError) as error:
                    failed.append(error)
                    group.cancel_scope.cancel()

        with anyio.move_on_after(self.limit):
            async with anyio.create_task_group() as group:
                for number, make in enumerate(makes):
                    group.start_soon(one, number, make)
        if failed:
            raise failed[0]
        if len(made) < len(makes):
            raise unavailable(self.kid, f"{len(makes)} signatures take more than {self.limit:g} s")
        return [made[number] for number in range(len(makes))]


async def current(tx: TenantTx, vault: TenantVault, purpose: str, now: datetime) -> Signer:
    """Return the signer in use; ``Unavailable`` tells the operator to make one."""
    row = await store.current(tx, purpose, now)
    if row is None:
        raise Unavailable(
            "Đơn vị chưa có khóa ký số còn hiệu lực.",
            f"No valid {purpose} key: run `motcua keys make {tx.tenant.slug}`.",
        )
    return signer_of(tx, vault, row)


async def with_certificate(
    tx: TenantTx, vault: TenantVault, now: datetime, fits: Callable[[x509.Certificate], bool]
) -> Signer | None:
    """Return a credential signer that may still sign and whose certificate fits, the one in use or not."""
    rows = [r for r in await store.every(tx) if r.purpose == store.CREDENTIAL and r.valid(now)]
    found = [row for row in rows if fits(_chain(row.certificate)[0])]
    return signer_of(tx, vault, found[0]) if found else None


def signer_of(tx: TenantTx, vault: TenantVault, row: KeyRow) -> Signer:
    """Return the signer of a row."""
    chain = _chain(row.certificate)
    if row.private_sealed is not None:
        return Signer(_opened(vault, row.private_sealed), row.kid, chain, row.not_after)
    public = jose.key_from_jwk(row.public_jwk)
    key = StoredKey(store_of(tx.tenant, row.signer), row.reference or "", public)
    limit = policy_of(tx.tenant).signing_seconds
    return Signer(key, row.kid, chain, row.not_after, waits=True, limit=limit)


@lru_cache(maxsize=1024)
def _opened(vault: TenantVault, sealed: bytes) -> LocalKey:
    return LocalKey.from_pem(vault.open(sealed))


@lru_cache(maxsize=1024)
def _chain(pem: str) -> tuple[x509.Certificate, ...]:
    return tuple(certificates.from_pem(pem.encode()))


@lru_cache(maxsize=1024)
def _x5c(chain: Sequence[x509.Certificate]) -> tuple[str, ...]:
    return tuple(certificates.x5c(chain))
