"""TLS for a demo: an authority of its own, which can speak for ``localhost`` and nothing else.

Its certificate carries name constraints (RFC 5280 section 4.2.1.10), so whoever trusts it believes it for the names
below ``localhost`` only, whatever becomes of its key. The server's certificate names every host: ``*.localhost``
is not accepted by all clients.
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_ADDRESSES = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
_AUTHORITY, _SERVER = timedelta(days=730), timedelta(days=90)
_RENEWED = timedelta(days=14)
_BACKDATED = timedelta(minutes=5)


@dataclass(frozen=True)
class Tls:
    """The files of a server: its certificate chain, its key, and the authority to be trusted."""

    certificate: Path
    key: Path
    authority: Path


def prepare(data: Path, hosts: Sequence[str], now: datetime) -> Tls:
    """Make what is missing, too old or lacks a host; the authority stays the same as long as it holds."""
    folder = data / "https"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Tls(folder / "server.pem", folder / "server-key.pem", folder / "ca.pem")
    authority_key = folder / "ca-key.pem"
    if not _holds(files.authority, now) or not authority_key.exists():
        _make_authority(files.authority, authority_key, now)
        files.certificate.unlink(missing_ok=True)
    if not _holds(files.certificate, now) or not set(hosts) <= _names(files.certificate):
        _make_server(files, authority_key, hosts, now)
    return files


def _make_authority(file: Path, key_file: Path, now: datetime) -> None:
    key = _new_key(key_file)
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"Một Cửa demo {now:%Y-%m-%d %H:%M}")]
    )
    allowed: list[x509.GeneralName] = [x509.DNSName("localhost")]
    allowed += [x509.IPAddress(ipaddress.ip_network(a)) for a in _ADDRESSES]
    builder = _builder(name, name, key.public_key(), now, _AUTHORITY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.NameConstraints(allowed, None), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    file.write_bytes(_pem(builder.sign(key, hashes.SHA256())))


def _make_server(files: Tls, authority_key: Path, hosts: Sequence[str], now: datetime) -> None:
    above = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{authority_key} holds no elliptic curve key")
    key = _new_key(files.key)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    names += [x509.IPAddress(address) for address in _ADDRESSES]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    builder = _builder(subject, above.subject, key.public_key(), now, _SERVER)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(authority=False), critical=True)
    served = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(served, critical=False)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = builder.add_extension(own, critical=False).sign(signer, hashes.SHA256())
    files.certificate.write_bytes(_pem(made) + _pem(above))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return key


def _holds(file: Path, now: datetime) -> bool:
    if not file.exists():
        return False
    found = x509.load_pem_x509_certificate(file.read_bytes())
    return found.not_valid_after_utc - now > _RENEWED


def _names(file: Path) -> set[str]:
    found = x509.load_pem_x509_certificate(file.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names.get_values_for_type(x509.DNSName))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
