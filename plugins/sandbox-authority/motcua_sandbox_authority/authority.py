"""The invented authority: a root, and the certificate of its time stamps below it.

Keys follow from the tenant's secret and certificates are signed deterministically (RFC 6979), so every process
makes the same ones and nothing is stored.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from motcua.api import Work

_FROM, _UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


@dataclass(frozen=True)
class Holder:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Authority:
    """The root, and who stamps the time."""

    root: Holder
    stamper: Holder


def of(work: Work) -> Authority:
    """Return the authority of a tenant."""
    vault = work.vault
    return _made(vault.index("sandbox-authority root"), vault.index("sandbox-authority stamper"))


@lru_cache(maxsize=64)
def _made(root_seed: bytes, stamper_seed: bytes) -> Authority:
    root_key, stamper_key = _key(root_seed), _key(stamper_seed)
    name = _name("Cơ quan chứng thực THỬ NGHIỆM (dữ liệu mô phỏng)")
    usage = _usage(signs=False)
    root = _certificate(root_key, name, root_key, name, usage, authority=True)
    stamps = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    stamper = _certificate(
        stamper_key, _name("Dấu thời gian THỬ NGHIỆM"), root_key, name, _usage(signs=True), stamps
    )
    return Authority(Holder(root_key, root), Holder(stamper_key, stamper))


def _key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def _name(common: str) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")
    return x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    usage: x509.KeyUsage,
    extended: x509.ExtendedKeyUsage | None = None,
    *,
    authority: bool = False,
) -> x509.Certificate:
    point = key.public_key().public_numbers()
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(point.x >> 128 | 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(above, critical=False)
    )
    if extended is not None:
        builder = builder.add_extension(extended, critical=True)
    return builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True)
