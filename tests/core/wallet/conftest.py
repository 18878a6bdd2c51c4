"""What the tests of the wallet share: a fixed moment, an issuer with certificate, a credential."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from cryptography import x509

from motcua.platform import Platform
from motcua.wallet import certificates, jose, sdjwt
from motcua.web.gate import Gate
from tests.core.wallet import office as offices
from tests.core.wallet.archive import Archive

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "full_name": "Nguyễn Thị Bích Ngọc",
    "birth_date": "1994-05-19",
    "address": {"commune": "Hà Lầm", "province": "Quảng Ninh"},
    "result_code": "H49-2026-000123",
}
HIDDEN = {"full_name", "birth_date", "address"}


@dataclass(frozen=True)
class Issuer:
    """An issuer of the tests: address, signing key, certificate and the root above it."""

    url: str
    key: jose.Key
    kid: str
    chain: tuple[x509.Certificate, ...]
    root: x509.Certificate

    def lookup(self, issuer: str, header: object) -> jose.Key | None:
        """Trust this issuer only."""
        return self.key if issuer == self.url else None

    def issue(
        self,
        holder: jose.Key | None,
        *,
        claims: dict[str, Any] | None = None,
        exp: datetime | None = NOW + timedelta(days=365),
        status: sdjwt.Status | None = None,
    ) -> str:
        """Issue the credential of the tests."""
        return sdjwt.issue(
            CLAIMS if claims is None else claims,
            HIDDEN if claims is None else set(claims),
            issuer=self.url,
            vct=f"{self.url}/vct/residence/1",
            key=self.key,
            kid=self.kid,
            x5c=certificates.x5c(self.chain),
            holder_jwk=jose.public_jwk(holder) if holder else None,
            status=status,
            iat=NOW,
            exp=exp,
        )


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    root = certificates.make_root("Gốc thử nghiệm", now=NOW)
    key = jose.generate_key()
    leaf = certificates.credential_certificate(
        root,
        key,
        name="Ký giấy tờ điện tử",
        organization="Tỉnh thử nghiệm",
        host="qn.localhost",
        now=NOW,
    )
    url = "http://qn.localhost:8000"
    return Issuer(url, key, jose.thumbprint(key), (leaf,), root.certificate)


@pytest.fixture(scope="session")
def holder() -> jose.Key:
    return jose.generate_key()


@pytest.fixture
def refused() -> Callable[[str], Any]:
    """Expect a CredentialError with this reason code."""
    from motcua.wallet.refusal import CredentialError

    def expect(code: str) -> Any:
        return pytest.raises(CredentialError, check=lambda error: error.reason_code == code)

    return expect


@pytest.fixture(scope="session")
def office_module() -> Any:
    return offices


@pytest.fixture
def office(issuer: Issuer) -> offices.Office:
    """Open an office at the issuer's address, at the fixed moment."""
    return offices.Office(issuer.url, issuer, NOW, CLAIMS)


@pytest.fixture
async def archive(platform: Platform, app: Gate) -> AsyncIterator[Archive]:
    """Results, people and wallets of the running house; its own way out leads back into it."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as client:
        platform.cache["http"] = client
        yield Archive(platform, client)
        del platform.cache["http"]
