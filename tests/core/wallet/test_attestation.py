"""The strict profile (HAIP 1.0): an attested wallet with a bound key and our nonce, or nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua.ids import token
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant
from motcua.wallet import attestation, certificates, jose, jwe, proofs
from motcua.wallet.moments import seconds
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.archive import Archive
from tests.core.wallet.conftest import Issuer
from tests.core.wallet.keyed import CLIENT, Keyed, error_of

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
SERVER = "https://qn.example.vn"


@dataclass(frozen=True)
class Provider:
    """Vouches for wallets; whatever it says can be said otherwise."""

    root: certificates.Authority
    key: jose.Key
    chain: tuple[Any, ...]
    wallet: jose.Key = field(default_factory=jose.generate_key)

    @classmethod
    def make(cls, now: datetime) -> "Provider":
        root, key = certificates.make_root("Nhà cung cấp ví", now=now), jose.generate_key()
        leaf = certificates.credential_certificate(
            root, key, name="Ví", organization="Ví", host="wallet.example.vn", now=now
        )
        return cls(root, key, (leaf,))

    def attest(self, now: datetime, typ: str = attestation.TYPE, **changes: Any) -> str:
        said = {
            "iss": CLIENT,
            "sub": CLIENT,
            "exp": seconds(now + timedelta(hours=1)),
            "cnf": {"jwk": jose.public_jwk(self.wallet)},
            **changes,
        }
        return jose.sign(said, self.key, typ=typ, x5c=certificates.x5c(self.chain))

    def pop(
        self, now: datetime, audience: str, typ: str = attestation.POP_TYPE, **changes: Any
    ) -> str:
        said = {"iss": CLIENT, "aud": audience, "iat": seconds(now), "jti": token(), **changes}
        return jose.sign(said, self.wallet, typ=typ)

    def headers(self, audience: str) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            attestation.HEADER: self.attest(now),
            attestation.POP_HEADER: self.pop(now, audience),
        }


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider.make(NOW)


@pytest.fixture
async def strict(owner: Database, archive: Archive, quang_ninh: Tenant) -> AsyncIterator[Provider]:
    """Put Quảng Ninh under the strict profile, with one provider, for one test."""
    vouches = Provider.make(datetime.now(UTC))

    async def settle(settings: dict[str, Any]) -> None:
        async with owner.platform() as tx:
            sql = "update tenant set settings = $2 where id = $1"
            await tx.execute(sql, quang_ninh.id, settings)
        await archive.platform.directory.refresh(force=True)

    before = dict(quang_ninh.settings)
    pem = certificates.to_pem(vouches.root.certificate).decode()
    await settle({**before, "wallet": {"profile": "haip", "attesters": [pem]}})
    yield vouches
    await settle(before)


def _roots(provider: Provider) -> list[Any]:
    return [provider.root.certificate]


def test_an_attestation_names_client_and_key(provider: Provider) -> None:
    client, key = attestation.check(provider.attest(NOW), _roots(provider), NOW)
    assert (client, jose.thumbprint(key)) == (CLIENT, jose.thumbprint(provider.wallet))
    made = provider.pop(NOW, SERVER, jti="j")
    said = attestation.check_pop(made, key, client_id=CLIENT, audience=SERVER, now=NOW)
    assert said == "j"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": seconds(NOW)},
        {"exp": None},
        {"sub": None},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"jwk": {"kty": "oct", "k": "x"}}},
        {"typ": "JWT"},
    ],
)
def test_an_attestation_that_says_less_is_none(provider: Provider, changes: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        attestation.check(provider.attest(NOW, **changes), _roots(provider), NOW)


def test_an_attestation_of_a_stranger_is_none(provider: Provider, issuer: Issuer) -> None:
    stranger = Provider.make(NOW)
    forged = Provider(provider.root, stranger.key, provider.chain)
    selfmade = jose.sign({"sub": CLIENT}, stranger.key, typ=attestation.TYPE)
    for made in (stranger.attest(NOW), forged.attest(NOW), selfmade, "nonsense", ""):
        with pytest.raises(CredentialError):
            attestation.check(made, _roots(provider), NOW)
    with pytest.raises(CredentialError):
        attestation.check(provider.attest(NOW), [], NOW)
    with pytest.raises(CredentialError):
        attestation.check(provider.attest(NOW), [issuer.root], NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example.vn"},
        {"aud": "https://tn.example.vn"},
        {"aud": None},
        {"iat": seconds(NOW - timedelta(minutes=3))},
        {"iat": seconds(NOW + timedelta(minutes=3))},
        {"iat": None},
        {"jti": None},
        {"jti": "j" * 600},
        {"typ": attestation.TYPE},
        {"typ": proofs.TYPE},
    ],
)
def test_a_proof_for_somebody_else_is_none(provider: Provider, changes: dict[str, Any]) -> None:
    made = provider.pop(NOW, **{"audience": SERVER, **changes})
    with pytest.raises(CredentialError):
        attestation.check_pop(made, provider.wallet, client_id=CLIENT, audience=SERVER, now=NOW)


def test_a_proof_by_another_key_is_none(provider: Provider) -> None:
    made = Provider.make(NOW).pop(NOW, SERVER)
    with pytest.raises(CredentialError):
        attestation.check_pop(made, provider.wallet, client_id=CLIENT, audience=SERVER, now=NOW)


async def test_the_strict_profile_wants_wallet_key_and_nonce(
    archive: Archive, quang_ninh: Tenant, strict: Provider
) -> None:
    url = archive.url(quang_ninh)
    server = (await archive.client.get(f"{url}/.well-known/oauth-authorization-server")).json()
    assert server["pre-authorized_grant_anonymous_access_supported"] is False
    assert server["token_endpoint_auth_methods_supported"] == ["attest_jwt_client_auth"]
    offered = await archive.mint(await archive.result(quang_ninh))
    stranger = Keyed(archive, quang_ninh)
    wallet = Keyed(archive, quang_ninh, attested=lambda: strict.headers(url))
    assert error_of(await stranger.code(offered)) == (401, "invalid_client")
    assert error_of(await stranger.push()) == (401, "invalid_client")
    assert error_of(await wallet.code(offered, proof=None)) == (400, "invalid_dpop_proof")
    assert error_of(await wallet.code(offered, client_id="other")) == (401, "invalid_client")
    first = await wallet.code(offered)
    assert error_of(first) == (400, "use_dpop_nonce")
    ready = Keyed(archive, quang_ninh, wallet.key, first.headers["dpop-nonce"], wallet.attested)
    assert (await ready.push()).status_code == 201
    # The attestation has named it already.
    assert (await ready.push(client_id=None)).status_code == 201
    access = (await ready.code(offered)).json()["access_token"]
    body = await ready.asked(1, CLIENT)
    assert error_of(await wallet.json("/credential", access, body)) == (401, "use_dpop_nonce")
    bearer = await ready.json("/credential", access, body, scheme="Bearer", proof=None)
    assert error_of(bearer) == (401, "invalid_token")
    plain = await ready.json("/credential", access, body)
    assert error_of(plain) == (400, "invalid_encryption_parameters")
    open_answer = await ready.sealed("/credential", access, body)
    assert error_of(open_answer) == (400, "invalid_encryption_parameters")
    key = jose.generate_key()
    wish = {"jwk": jwe.published(key), "enc": "A256GCM"}
    sealed = {**body, "credential_response_encryption": wish}
    got = await ready.sealed("/credential", access, sealed)
    assert (got.status_code, got.headers["content-type"]) == (200, "application/jwt")
    assert len(jwe.decrypt(got.text, key)["credentials"]) == 1
    waits = await ready.json("/deferred", access, {"transaction_id": "x"})
    assert error_of(waits) == (400, "invalid_encryption_parameters")
    said = (await archive.client.get(f"{url}/.well-known/openid-credential-issuer")).json()
    for way in ("credential_request_encryption", "credential_response_encryption"):
        assert said[way]["encryption_required"] is True


async def test_the_proof_of_an_attestation_is_taken_once(
    archive: Archive, quang_ninh: Tenant, strict: Provider
) -> None:
    kept = strict.headers(archive.url(quang_ninh))
    wallet = Keyed(archive, quang_ninh, attested=lambda: kept)
    assert error_of(await wallet.push()) == (400, "use_dpop_nonce")
    assert error_of(await wallet.push()) == (401, "invalid_client")


async def test_an_attestation_of_no_trusted_provider_opens_nothing(
    archive: Archive, quang_ninh: Tenant, strict: Provider
) -> None:
    stranger = Provider.make(datetime.now(UTC))
    url = archive.url(quang_ninh)
    wallet = Keyed(archive, quang_ninh, attested=lambda: stranger.headers(url))
    assert error_of(await wallet.push()) == (401, "invalid_client")
