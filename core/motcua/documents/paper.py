"""The code on a result's paper copy: signed, so that it can be checked without a network.

It is one address for a QR code. Before ``#`` stands where anybody sees how the paper stands today; after it,
in base32 (RFC 4648), a COSE_Sign1 (RFC 9052, ES256) over the CWT claims ``exp`` and ``iat`` (RFC 8392) and one
claim of ours: number, title, unit, holder, and the first 16 bytes of the SHA-256 of the document as it was
before it was signed. The address is signed along (as external data), so the code of one paper does not speak
for another one. What stands in it stands on the paper too.

Out of reach here: whether the paper was withdrawn after it was issued. Only the address says that.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from motcua.documents import cbor
from motcua.documents.signing import Sign

CODE_MM = 36
"""The side of the printed code: at most 81 modules, so at least 0.44 mm each."""

SKEW = timedelta(minutes=5)
_DIGEST = 16
_KID = 8
_ALG, _KID_LABEL, _ES256 = 1, 4, -7
_EXP, _IAT, _PAPER = 4, 6, -70_001
_LONGEST = 60  # bytes of a title, a unit, a name: more is cut
_TEXT = re.compile(
    r"(https?://[a-z0-9.:\[\]-]+/V/[A-Z0-9]{6,40})#([A-Z2-7]{100,1200})", re.IGNORECASE
)
_END = re.compile(rb"%%EOF(?:\r\n|\n|\r)?")
_MOST_REVISIONS = 32

Refusal = Literal[
    "malformed",
    "unsupported_algorithm",
    "unknown_key",
    "untrusted_issuer",
    "revoked_key",
    "bad_signature",
    "from_the_future",
    "expired",
]


class PaperError(Exception):
    """The code of a paper does not hold; ``reason_code`` names the check that failed."""

    def __init__(self, reason_code: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code


@dataclass(frozen=True)
class PaperKey:
    """A key that signs papers: whose, at which hosts (former ones too), when it did, and whether it counts no more."""

    public: ec.EllipticCurvePublicKey
    hosts: frozenset[str]
    name: str
    start: datetime
    end: datetime
    revoked: bool = False


@dataclass(frozen=True)
class PaperKeys:
    """The keys that are believed, by key id in hexadecimal."""

    keys: Mapping[str, PaperKey] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Paper:
    """What a paper's code says. Titles, units and names above 60 bytes are cut and end with ``…``."""

    number: str
    title: str
    unit: str
    holder: str
    issued_at: datetime
    expires_at: datetime | None
    digest: bytes
    address: str = ""
    issuer: str = ""

    def covers(self, pdf: bytes) -> bool:
        """Tell whether a PDF is the document of this paper, whatever was signed or stamped on it since."""
        ends = [found.end() for found in _END.finditer(pdf)][:_MOST_REVISIONS]
        bare = [end - len(_eol(pdf[:end])) for end in ends]
        return any(
            hashlib.sha256(pdf[:end]).digest()[:_DIGEST] == self.digest for end in {*ends, *bare}
        )


async def make(
    paper: Paper, *, url: str, code: str, public: ec.EllipticCurvePublicKey, sign: Sign
) -> str:
    """Return the text of a paper's QR code; ``url`` is the tenant's address, ``code`` the verify code."""
    address = f"{url}/V/{code}".upper()
    protected = cbor.encode({_ALG: _ES256, _KID_LABEL: key_id(public)})
    payload = cbor.encode(_claims(paper))
    signature = await sign(_to_be_signed(address, protected, payload))
    message = cbor.encode(cbor.Tagged18([protected, {}, payload, signature]))
    return f"{address}#{base64.b32encode(message).decode().rstrip('=')}"


def verify_paper(text: str, *, keys: PaperKeys, now: datetime | None = None) -> Paper:
    """Return what the code of a paper says, once it is known to hold; no database and no network.

    ``text`` is what the QR code reads. Raises ``PaperError``: ``malformed``, ``unsupported_algorithm``,
    ``unknown_key``, ``untrusted_issuer`` (a key at another host than its own, or not of that time),
    ``revoked_key``, ``bad_signature``, ``from_the_future``, ``expired``.
    """
    at = now or datetime.now(UTC)
    address, protected, payload, signature = _apart(text.strip())
    key = _key(protected, keys)
    if (urlsplit(address).netloc or "").lower() not in key.hosts:
        raise PaperError("untrusted_issuer", "the key signs for another host")
    if key.revoked:
        raise PaperError("revoked_key", "the key that signed this paper was withdrawn")
    _check(key.public, signature, _to_be_signed(address, protected, payload))
    paper = _paper(payload, address, key.name)
    if not key.start <= paper.issued_at < key.end:
        raise PaperError("untrusted_issuer", "the key was not in use on the day of issue")
    if paper.issued_at > at + SKEW:
        raise PaperError("from_the_future", "the paper was issued in the future")
    if paper.expires_at is not None and paper.expires_at <= at:
        raise PaperError("expired", "the paper has expired")
    return paper


def key_id(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return the first 8 bytes of a key's thumbprint (RFC 7638)."""
    point = public.public_numbers()
    x, y = (
        base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=") for n in (point.x, point.y)
    )
    jwk = b'{"crv":"P-256","kty":"EC","x":"' + x + b'","y":"' + y + b'"}'
    return hashlib.sha256(jwk).digest()[:_KID]


def digest_of(pdf: bytes) -> bytes:
    """Return what a paper's code holds of its document, before anything is added to it."""
    return hashlib.sha256(pdf).digest()[:_DIGEST]


def _claims(paper: Paper) -> dict[int, Any]:
    about = [paper.number, *map(_cut, (paper.title, paper.unit, paper.holder)), paper.digest]
    claims: dict[int, Any] = {_IAT: int(paper.issued_at.timestamp()), _PAPER: about}
    if paper.expires_at is not None:
        claims[_EXP] = int(paper.expires_at.timestamp())
    return claims


def _cut(text: str) -> str:
    if len(text.encode()) <= _LONGEST:
        return text
    return text.encode()[: _LONGEST - 3].decode(errors="ignore").rstrip() + "…"


def _to_be_signed(address: str, protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, address.upper().encode(), payload])


def _apart(text: str) -> tuple[str, bytes, bytes, bytes]:
    found = _TEXT.fullmatch(text)
    if found is None:
        raise PaperError("malformed", "not the code of a paper")
    code = found[2].upper()
    try:
        message = base64.b32decode(code + "=" * (-len(code) % 8))
        if base64.b32encode(message).decode().rstrip("=") != code:
            raise ValueError("loose bits")
        sign1 = cbor.decode(message)
    except (binascii.Error, ValueError) as error:
        raise PaperError("malformed", "the code is cut off or was changed") from error
    match sign1:
        case cbor.Tagged18() if len(sign1) == 4:
            protected, loose, payload, signature = sign1
            kinds = isinstance(protected, bytes) and isinstance(payload, bytes)
            if kinds and loose == {} and isinstance(signature, bytes):
                return found[1], protected, payload, signature
    raise PaperError("malformed", "not a COSE_Sign1")


def _key(protected: bytes, keys: PaperKeys) -> PaperKey:
    try:
        header = cbor.decode(protected)
    except ValueError as error:
        raise PaperError("malformed", "the header cannot be read") from error
    if not isinstance(header, dict) or header.keys() != {_ALG, _KID_LABEL}:
        raise PaperError("unsupported_algorithm", "algorithm and key id, and nothing else")
    if header[_ALG] != _ES256:
        raise PaperError("unsupported_algorithm", "only ES256 is accepted")
    kid = header[_KID_LABEL]
    found = keys.keys.get(kid.hex()) if isinstance(kid, bytes) else None
    if found is None:
        raise PaperError("unknown_key", "no trusted key signed this")
    return found


def _check(public: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        if len(signature) != 64:
            raise InvalidSignature
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise PaperError("bad_signature", "the signature does not match") from None


def _paper(payload: bytes, address: str, issuer: str) -> Paper:
    try:
        claims = cbor.decode(payload)
        number, title, unit, holder, digest = claims[_PAPER]
        texts = all(isinstance(one, str) for one in (number, title, unit, holder))
        if not texts or not isinstance(digest, bytes) or len(digest) != _DIGEST:
            raise ValueError("of the wrong kind")
        ends = claims.get(_EXP)
        return Paper(
            number,
            title,
            unit,
            holder,
            datetime.fromtimestamp(claims[_IAT], UTC),
            None if ends is None else datetime.fromtimestamp(ends, UTC),
            digest,
            address,
            issuer,
        )
    except (ValueError, TypeError, LookupError, OverflowError, OSError, AttributeError) as error:
        raise PaperError("malformed", "the claims cannot be read") from error


def _eol(content: bytes) -> bytes:
    return content[len(content.rstrip(b"\r\n")) :]
