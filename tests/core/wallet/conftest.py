"""What the tests of the wallet share: a fixed moment, an issuer with certificate, a credential."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from motcua.wallet import certificates, jose, sdjwt

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


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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


def _office_module() -> Any:
    """Load the office next to this file: with importlib imports a folder of tests is not on the path."""
    spec = importlib.util.spec_from_file_location(
        "wallet_office", Path(__file__).with_name("office.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def office_module() -> Any:
    return _office_module()


@pytest.fixture
def office(issuer: Issuer, office_module: Any) -> Any:
    """Open an office at the issuer's address, at the fixed moment."""
    return office_module.Office(issuer.url, issuer, NOW, CLAIMS)
