"""Time stamps by RFC 3161: a signed statement that a hash was there at a moment."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from motcua_sandbox_authority.authority import Authority

_POLICY = "2.25.329800735698586629295641978511506172918"  # of no authority (X.667: an UUID)
_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}


class Rejection(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp without a token, which the library's own class demands (RFC 3161 has it optional)."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 -- as the library declares structures


def answer(authority: Authority, request: bytes, now: datetime) -> bytes:
    """Answer a TimeStampReq with a TimeStampResp, both in DER; a bad one with a rejection (section 2.4.2)."""
    try:
        asked = tsp.TimeStampReq.load(request)
        imprint = asked["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        length = len(imprint["hashed_message"].native)
        wants_certificate, nonce = asked["cert_req"].native, asked["nonce"].native
    except (ValueError, TypeError):
        return _rejected("bad_data_format")
    if algorithm not in _LENGTHS:
        return _rejected("bad_alg")
    if length != _LENGTHS[algorithm]:
        return _rejected("bad_data_format")
    said = _statement(imprint, nonce, now)
    token = _signed(authority, said, now, with_chain=bool(wants_certificate))
    status = tsp.PKIStatusInfo({"status": "granted"})
    return bytes(tsp.TimeStampResp({"status": status, "time_stamp_token": token}).dump())


def _statement(imprint: Any, nonce: int | None, now: datetime) -> Any:
    said = {
        "version": "v1",
        "policy": _POLICY,
        "message_imprint": imprint,
        "serial_number": secrets.randbits(127),
        "gen_time": now.replace(microsecond=0),
        "accuracy": {"seconds": 1},
    }
    return tsp.TSTInfo(said if nonce is None else {**said, "nonce": nonce})


def _signed(authority: Authority, said: Any, now: datetime, *, with_chain: bool) -> Any:
    """Wrap the statement into CMS SignedData (RFC 5652), with the certificate's hash (RFC 5816)."""
    certificate = x509.Certificate.load(authority.stamper.der)
    content = said.dump()
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "tst_info"),
            _attribute("signing_time", cms.Time({"utc_time": core.UTCTime(now)})),
            _attribute("message_digest", hashlib.sha256(content).digest()),
            _attribute("signing_certificate_v2", _certificate_hash(certificate)),
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number,
                    }
                }
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": authority.stamper.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    signed: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(content),
        },
        "signer_infos": [signer],
    }
    if with_chain:
        root = x509.Certificate.load(authority.root.der)
        signed["certificates"] = [certificate, root]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _attribute(kind: str, value: Any) -> Any:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _certificate_hash(certificate: Any) -> Any:
    entry = {
        "hash_algorithm": {"algorithm": "sha256"},
        "cert_hash": hashlib.sha256(certificate.dump()).digest(),
    }
    return tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(entry)]})


def _rejected(why: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {why}})
    return bytes(Rejection({"status": status}).dump())
