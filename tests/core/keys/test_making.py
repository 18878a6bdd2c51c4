"""Three levels of keys: the root, a tenant's authority, and what signs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.keys import making, root, rotation, store
from motcua.platform import Platform
from motcua.wallet import certificates, jose
from motcua.wallet.refusal import CredentialError
from tests.core.keys.conftest import NewKeyring

pytestmark = pytest.mark.anyio


async def test_a_new_tenant_gets_an_authority_and_two_signers_once(
    new_keyring: NewKeyring,
) -> None:
    ring = await new_keyring()
    rows = await ring.rows()
    assert [row.purpose for row in rows] == ["authority", "credential", "document"]
    above = rows[0].kid
    assert [row.issuer_kid for row in rows] == [None, above, above]
    assert await ring.make() == []


async def test_the_chain_is_leaf_and_authority_without_the_root(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    anchor = root.load_or_make(platform.settings, clock.now()).certificate
    for purpose in store.SIGNERS:
        signer = await ring.signer(purpose)
        leaf, above = signer.chain
        assert above.issuer == anchor.subject
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)
        assert len(signer.x5c) == 2
        found = certificates.check_chain(signer.chain, roots=[anchor], now=clock.now())
        assert jose.thumbprint(certificates.key_of(found)) == signer.kid
        with pytest.raises(CredentialError):
            certificates.check_chain(signer.chain[:1], roots=[anchor], now=clock.now())


async def test_an_authority_speaks_for_its_own_host_only(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    """Whoever steals a province's authority cannot issue papers of another one."""
    ring = await new_keyring()
    async with platform.db.tenant(ring.tenant) as tx:
        found = await making.authority(tx, platform.vaults.of(ring.tenant.id), clock.now())
    assert found is not None
    anchor = root.load_or_make(platform.settings, clock.now()).certificate
    for host, holds in ((ring.tenant.host, True), ("quang-ninh.localhost", False)):
        leaf = certificates.credential_certificate(
            found[1],
            jose.generate_key(),
            name="Ai đó",
            organization="Ai đó",
            host=host,
            now=clock.now(),
        )
        chain = [leaf, found[1].certificate]
        if holds:
            certificates.check_chain(chain, roots=[anchor], now=clock.now())
        else:
            with pytest.raises(CredentialError):
                certificates.check_chain(chain, roots=[anchor], now=clock.now())
    limits = found[1].certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical


async def test_an_authority_cannot_make_another_authority(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    async with platform.db.tenant(ring.tenant) as tx:
        found = await making.authority(tx, platform.vaults.of(ring.tenant.id), clock.now())
    assert found is not None
    anchor = root.load_or_make(platform.settings, clock.now()).certificate
    key, host, now = jose.generate_key(), ring.tenant.host, clock.now()
    below = certificates.tenant_authority(found[1], key, name="Con", host=host, now=now)
    leaf = certificates.credential_certificate(
        certificates.Authority(below, key),
        jose.generate_key(),
        name="Ai đó",
        organization="Ai đó",
        host=host,
        now=now,
    )
    with pytest.raises(CredentialError):
        certificates.check_chain([leaf, below, found[1].certificate], roots=[anchor], now=now)


async def test_private_keys_are_sealed_under_a_key_outside_of_the_database(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    vault = platform.vaults.of(ring.tenant.id)
    for row in await ring.rows():
        assert row.private_sealed is not None
        assert b"PRIVATE KEY" not in row.private_sealed
        assert "PRIVATE KEY" in vault.open(row.private_sealed)
    assert b"ENCRYPTED" in root.key_file(platform.settings).read_bytes()


async def test_a_leaf_that_the_root_signed_itself_still_holds(platform: Platform) -> None:
    """So were they made before tenants had authorities."""
    above = root.load_or_make(platform.settings, clock.now())
    leaf = certificates.credential_certificate(
        above,
        jose.generate_key(),
        name="Tỉnh cũ",
        organization="Tỉnh cũ",
        host="tinh.localhost",
        now=clock.now(),
    )
    certificates.check_chain([leaf], roots=[above.certificate], now=clock.now())


_ALL = ["authority", "document", "credential"]


async def test_a_renamed_tenant_gets_a_key_for_its_new_host(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    for prefix, expected in (("moi.", ["credential"]), ("moi-", _ALL)):
        ring = await new_keyring()
        moved = replace(ring, tenant=replace(ring.tenant, host=f"{prefix}{ring.tenant.host}"))
        assert [row.purpose for row in await moved.make()] == expected
        signer = await moved.signer("credential")
        assert certificates.hosts_of(signer.chain[0]) == [moved.tenant.host]
        anchor = root.load_or_make(platform.settings, clock.now()).certificate
        certificates.check_chain(signer.chain, roots=[anchor], now=clock.now())


async def test_an_old_authority_makes_no_key_for_a_new_host(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    tenant = replace(ring.tenant, host=f"moi-{ring.tenant.host}")
    with pytest.raises(Unavailable) as refused:
        async with platform.works.begin(tenant, SYSTEM) as work:
            await rotation.rotate(work, "credential")
    assert f"motcua keys ca {tenant.slug}" in refused.value.en
