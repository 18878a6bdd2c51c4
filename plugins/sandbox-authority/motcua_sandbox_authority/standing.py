"""What the invented authority says of its certificates: that they hold, by CRL and by OCSP. It revokes none."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from motcua_sandbox_authority.authority import Authority

_LIFETIME = timedelta(days=7)
_BACKDATED = timedelta(minutes=5)


def crl(authority: Authority, now: datetime) -> bytes:
    """Return the root's CRL (RFC 5280 section 5) in DER."""
    root = authority.root
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(now - _BACKDATED)
        .next_update(now + _LIFETIME)
        .add_extension(above, critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    made = builder.sign(root.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def answer(authority: Authority, request: bytes, now: datetime) -> bytes:
    """Answer an OCSP request (RFC 6960) in DER: good for the one who stamps, unauthorized for others."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
        serial = asked.serial_number
    except ValueError:
        return _refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if serial != authority.stamper.certificate.serial_number:
        return _refused(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return good(authority, now)


def good(authority: Authority, now: datetime) -> bytes:
    """Return the OCSP response that the certificate of the time stamps holds, in DER."""
    root, stamper = authority.root, authority.stamper
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=stamper.certificate,
            issuer=root.certificate,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=now - _BACKDATED,
            next_update=now + _LIFETIME,
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, root.certificate)
    )
    return builder.sign(root.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _refused(status: ocsp.OCSPResponseStatus) -> bytes:
    made = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return made.public_bytes(serialization.Encoding.DER)
