"""Certificates: the platform's root, each tenant's authority below it, and the certificates that sign.

An authority may certify nothing but its own tenant's host (name constraints, RFC 5280 section 4.2.1.10) and no
further authority. Certificates of the first installations were signed by the root itself; they hold as well.
Document signing follows what PAdES validators ask for (ETSI EN 319 412-2: digitalSignature and
nonRepudiation); credential signing follows OpenID4VC HAIP 1.0: a chain in ``x5c`` without the root, and a
leaf that is never self-signed.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

LEAF_LIFETIME = timedelta(days=365)
AUTHORITY_LIFETIME = timedelta(days=5 * 365)
ROOT_LIFETIME = timedelta(days=20 * 365)
_BACKDATED = timedelta(minutes=5)  # for a verifier whose clock is behind


@dataclass(frozen=True)
class Addresses:
    """Where others find what the issuer of a certificate revoked, and the issuer's own certificate.

    RFC 5280 sections 4.2.1.13 and 4.2.2.1 (``caIssuers``).
    """

    crl: str
    issuer: str


@dataclass(frozen=True)
class Authority:
    """A certificate together with its private key."""

    certificate: x509.Certificate
    key: jose.Key


def make_root(name: str, *, now: datetime, lifetime: timedelta = ROOT_LIFETIME) -> Authority:
    """Make the root of an installation. Its key belongs off line, or sealed where that is not possible."""
    key = jose.generate_key()
    subject = _name(name, None, "VN")
    builder = _builder(subject, subject, key, key, now, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return Authority(builder.sign(_private(key), hashes.SHA256()), key)


def tenant_authority(
    root: Authority,
    key: jose.Key,
    *,
    name: str,
    host: str,
    now: datetime,
    lifetime: timedelta = AUTHORITY_LIFETIME,
    at: Addresses | None = None,
) -> x509.Certificate:
    """Certify the key with which a tenant certifies its signers; it ends with the root at the latest.

    ``at`` is where the root's list and certificate are found.
    """
    subject = _name(f"CA {name}", name, "VN")
    ends = min(lifetime, root.certificate.not_valid_after_utc - now)
    builder = _builder(subject, root.certificate.subject, key, root.key, now, ends)
    builder = _found_at(builder, at)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    own = x509.NameConstraints([x509.DNSName(host)], None)
    return builder.add_extension(own, critical=True).sign(_private(root.key), hashes.SHA256())


def document_certificate(
    parent: Authority,
    key: jose.Key,
    *,
    name: str,
    organization: str,
    now: datetime,
    lifetime: timedelta = LEAF_LIFETIME,
    at: Addresses | None = None,
) -> x509.Certificate:
    """Certify the key with which a tenant seals its PDF documents. At most one year."""
    builder = _leaf(parent, key, _name(name, organization, "VN"), now, lifetime)
    builder = _found_at(builder, at)
    usage = _usage(digital_signature=True, content_commitment=True)
    return builder.add_extension(usage, critical=True).sign(_private(parent.key), hashes.SHA256())


def credential_certificate(
    parent: Authority,
    key: jose.Key,
    *,
    name: str,
    organization: str,
    host: str,
    now: datetime,
    lifetime: timedelta = LEAF_LIFETIME,
    at: Addresses | None = None,
) -> x509.Certificate:
    """Certify the key with which a tenant signs credentials, status lists and verifier's requests.

    ``host`` is the tenant's DNS name, without port; it stands as subject alternative name. At most a year.
    """
    builder = _leaf(parent, key, _name(name, organization, "VN"), now, lifetime)
    san = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = _found_at(builder, at)
    builder = builder.add_extension(san, critical=False)
    usage = _usage(digital_signature=True)
    return builder.add_extension(usage, critical=True).sign(_private(parent.key), hashes.SHA256())


def to_pem(*chain: x509.Certificate) -> bytes:
    """Write certificates as PEM, one after the other."""
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain)


def from_pem(pem: bytes) -> list[x509.Certificate]:
    """Read one or more certificates; raises ``ValueError`` when there is none."""
    return x509.load_pem_x509_certificates(pem)


def der(certificate: x509.Certificate) -> bytes:
    """Return the DER bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def x5c(chain: Sequence[x509.Certificate]) -> list[str]:
    """Return the ``x5c`` header (RFC 7515 section 4.1.6): leaf first, roots left out.

    Raises ``ValueError`` for an empty chain or a self-signed leaf (HAIP 1.0 section 5).
    """
    if not chain or chain[0].issuer == chain[0].subject:
        raise ValueError("the first certificate must be a leaf that is not self-signed")
    return [base64.b64encode(der(c)).decode() for c in chain if c.issuer != c.subject]


def read_x5c(values: object) -> list[x509.Certificate]:
    """Read an ``x5c`` header; raises ``CredentialError`` (``malformed``)."""
    if not isinstance(values, list) or not 1 <= len(values) <= 5:
        raise CredentialError("malformed", "x5c is not a list of one to five certificates")
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(v, validate=True)) for v in values]
    except (ValueError, TypeError) as error:
        raise CredentialError("malformed", "x5c holds something that is no certificate") from error


def check_chain(
    chain: Sequence[x509.Certificate], *, roots: Sequence[x509.Certificate], now: datetime
) -> x509.Certificate:
    """Check that a chain, leaf first, leads to one of our roots at this moment; returns the leaf.

    Raises ``CredentialError`` (``untrusted_certificate``): no path, expired, leaf self-signed or itself an
    authority, or no digital signature in its key usage.
    """
    leaf = chain[0]
    if leaf.issuer == leaf.subject or not roots:
        raise CredentialError("untrusted_certificate", "the leaf certificate is self-signed")
    policy = PolicyBuilder().store(Store(list(roots))).time(now)
    policy = policy.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        policy.build_client_verifier().verify(leaf, list(chain[1:]))
        constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except (VerificationError, InvalidSignature, x509.ExtensionNotFound, ValueError) as error:
        raise CredentialError(
            "untrusted_certificate", "the certificate does not lead to a trusted root"
        ) from error
    if constraints.ca or not usage.digital_signature:
        raise CredentialError("untrusted_certificate", "the certificate is not made for signing")
    return leaf


def is_or_is_below(certificate: x509.Certificate, roots: Sequence[x509.Certificate]) -> bool:
    """Tell whether a certificate is one of the roots, bears the key of one, or was signed by one."""
    return any(
        certificate.public_key() == root.public_key() or _signed_by(certificate, root)
        for root in roots
    )


def _signed_by(certificate: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def kids_of(chain: Sequence[x509.Certificate]) -> set[str]:
    """Return the thumbprints of the keys in a chain, as lists of revoked keys name them.

    Raises ``CredentialError`` when one of them is not on P-256.
    """
    return {jose.thumbprint(key_of(certificate)) for certificate in chain}


def key_of(certificate: x509.Certificate) -> jose.Key:
    """Return the public key of a certificate; raises ``CredentialError`` when it is not on P-256."""
    public = certificate.public_key()
    if not isinstance(public, EllipticCurvePublicKey):
        raise CredentialError("unsupported_algorithm", "the certificate holds no EC key")
    return jose.key_from_public(public)


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names of a certificate."""
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return san.value.get_values_for_type(x509.DNSName)


def may_certify(authority: x509.Certificate, host: str) -> bool:
    """Tell whether an authority may certify signers of this host (RFC 5280 section 4.2.1.10)."""
    allowed = allowed_hosts(authority)
    return allowed is None or any(host == name or host.endswith(f".{name}") for name in allowed)


def allowed_hosts(authority: x509.Certificate) -> list[str] | None:
    """Return the hosts for which, and below which, an authority may certify; None: for any."""
    try:
        limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
    return [n.value for n in limits.permitted_subtrees or () if isinstance(n, x509.DNSName)]


def _private(key: jose.Key) -> EllipticCurvePrivateKey:
    private = key.private_key
    if private is None:
        raise ValueError("signing a certificate needs a private key")
    return private


def _name(common: str, organization: str | None, country: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, country)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _leaf(
    parent: Authority, key: jose.Key, subject: x509.Name, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    if lifetime > LEAF_LIFETIME:
        raise ValueError("a signing certificate is valid for one year at most")
    if subject == parent.certificate.subject:
        raise ValueError("a leaf must not bear the name of its issuer")
    # Nothing that is signed below an authority may outlive it.
    ends = min(lifetime, parent.certificate.not_valid_after_utc - now)
    builder = _builder(subject, parent.certificate.subject, key, parent.key, now, ends)
    return builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: jose.Key,
    signer: jose.Key,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key), critical=False
        )
    )


def _found_at(builder: x509.CertificateBuilder, at: Addresses | None) -> x509.CertificateBuilder:
    if at is None:
        return builder
    lists = x509.DistributionPoint([x509.UniformResourceIdentifier(at.crl)], None, None, None)
    above = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(at.issuer)
    )
    builder = builder.add_extension(x509.CRLDistributionPoints([lists]), critical=False)
    return builder.add_extension(x509.AuthorityInformationAccess([above]), critical=False)


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
