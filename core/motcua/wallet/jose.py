"""The one door to joserfc: compact JWS with ES256, keys and thumbprints.

joserfc refuses headers above 512 bytes and payloads above 128 kB. A header with a certificate chain and a
status list of a province are larger, so the limits are set here, on purpose and in one place.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from motcua.wallet.refusal import CredentialError

Key = ECKey
"""A P-256 key, private or public; made only by the functions of this module."""


class Held(Protocol):
    """A private key that only signs: where it lies (a vault, an HSM, a service) is its own business."""

    def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature of ``data``: 64 bytes, r and s (RFC 7518 section 3.4)."""


SigningKey = Key | Held
ALGORITHM = "ES256"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF = re.compile("[\ud800-\udfff]")
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_PUBLIC_MEMBERS = ("kty", "crv", "x", "y")


class _Registry(jws.JWSRegistry):
    max_header_length = 32 * 1024
    max_payload_length = 16 * 1024 * 1024


@dataclass(frozen=True)
class Token:
    """A JWS with a JSON object inside; ``verified`` says whether a signature was checked."""

    header: dict[str, Any]
    payload: dict[str, Any]
    verified: bool


def b64u(data: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64u_decode(text: str) -> bytes:
    """Decode base64url without padding.

    Raises ``CredentialError`` (``malformed``) for padding, foreign characters or loose trailing bits, so
    that one value has exactly one spelling.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CredentialError("malformed", "not base64url") from error
    if b64u(data) != text:
        raise CredentialError("malformed", "base64url is not in its canonical form")
    return data


def json_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object in UTF-8 (RFC 8259 section 8.1); ``CredentialError`` (``malformed``) for anything else.

    Half a character (section 8.2) is refused: whoever hashes, seals or stores it would break.
    """
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise CredentialError("malformed", "not a JSON document") from error
    if not isinstance(value, dict):
        raise CredentialError("malformed", "not a JSON object")
    # Only an escape can write one.
    if b"\\u" in data and any(_HALF.search(text) for text in _texts(value)):
        raise CredentialError("malformed", "a text holds half a character")
    return value


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def generate_key() -> Key:
    """Make a new P-256 private key."""
    return ECKey.generate_key("P-256", private=True)


def key_from_secret(secret: bytes) -> Key:
    """Return the P-256 private key that belongs to 32 random bytes, always the same."""
    # 2**-32 of all values lie outside of 1 to n-1; one step brings them in.
    number = int.from_bytes(secret, "big") % (_ORDER - 1) + 1
    return ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))


def key_from_pem(pem: bytes) -> Key:
    """Read a P-256 key, private (PKCS 8) or public; raises ``ValueError`` for another kind of key."""
    try:
        key = ECKey.import_key(pem)
        curve = key.curve_name
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError("not an elliptic curve key in PEM") from error
    if curve != "P-256":
        raise ValueError("the key is not on the curve P-256")
    return key


def key_to_pem(key: Key) -> bytes:
    """Write a key as PEM: the private key (PKCS 8, not encrypted) when it is one."""
    return key.as_pem(private=key.is_private)


def key_from_public(public: EllipticCurvePublicKey) -> Key:
    """Wrap a public key of a certificate; raises ``CredentialError`` when it is not on P-256."""
    if public.curve.name != "secp256r1":
        raise CredentialError("unsupported_algorithm", "the key is not on the curve P-256")
    return ECKey.import_key(public)


def key_from_private(private: EllipticCurvePrivateKey) -> Key:
    """Wrap a private key; raises ``ValueError`` when it is not on P-256."""
    if private.curve.name != "secp256r1":
        raise ValueError("the key is not on the curve P-256")
    return ECKey.import_key(private)


def key_from_jwk(jwk: Mapping[str, Any]) -> Key:
    """Read a public JWK of P-256.

    Raises ``CredentialError`` (``malformed``) for another kind, for a point off the curve, and for a JWK
    that holds a private part: who sends one has given his key away.
    """
    if "d" in jwk:
        raise CredentialError("malformed", "the JWK holds a private key")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise CredentialError("unsupported_algorithm", "the JWK is not an EC key on P-256")
    members = {name: jwk.get(name) for name in _PUBLIC_MEMBERS}
    if not all(isinstance(v, str) for v in members.values()):
        raise CredentialError("malformed", "the JWK lacks a coordinate")
    if any(len(b64u_decode(str(members[c]))) != 32 for c in ("x", "y")):
        raise CredentialError("malformed", "a coordinate of the JWK is not 32 bytes long")
    try:
        return ECKey.import_key({name: str(value) for name, value in members.items()})
    except (JoseError, ValueError) as error:
        raise CredentialError("malformed", "the JWK is not a point on P-256") from error


def public_jwk(key: Key) -> dict[str, str]:
    """Return the four members of the public JWK, nothing else."""
    values = key.as_dict(private=False)
    return {name: str(values[name]) for name in _PUBLIC_MEMBERS}


def thumbprint(key: Key | Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public key (RFC 7638), base64url; it is our ``kid``."""
    return (key if isinstance(key, ECKey) else key_from_jwk(key)).thumbprint()


def published(key: Key) -> dict[str, str]:
    """Return the public JWK as a key set lists it, with ``kid``, ``alg`` and ``use``."""
    return {**public_jwk(key), "kid": thumbprint(key), "alg": ALGORITHM, "use": "sig"}


def find_key(jwks: Mapping[str, Any], kid: str | None) -> Key | None:
    """Return the key with this ``kid`` from a JWK set; without ``kid`` only from a set of one key."""
    keys = [k for k in jwks.get("keys") or [] if isinstance(k, dict)]
    found = [k for k in keys if k.get("kid") == kid] if kid is not None else keys
    return key_from_jwk(found[0]) if len(found) == 1 else None


def sign(payload: Mapping[str, Any], key: SigningKey, *, typ: str, **header: Any) -> str:
    """Sign a JSON object as compact JWS with ES256; a header value of None is left out."""
    protected = {"alg": ALGORITHM, "typ": typ}
    protected.update({name: value for name, value in header.items() if value is not None})
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    if isinstance(key, ECKey):
        return jws.serialize_compact(protected, body, key, registry=_registry())
    head = json.dumps(protected, separators=(",", ":")).encode()
    signed = f"{b64u(head)}.{b64u(body)}"
    return f"{signed}.{b64u(key.sign(signed.encode('ascii')))}"


def read(token: str) -> Token:
    """Take a JWS apart without checking its signature, to find out who should have signed it.

    Raises ``CredentialError``: ``malformed``, or ``unsupported_algorithm`` for anything but ES256
    (``none`` and HMAC included) and for critical extensions, none of which is supported.
    """
    if not _COMPACT.fullmatch(token):
        raise CredentialError("malformed", "not a compact JWS")
    head, body, _ = token.split(".")
    header = json_object(b64u_decode(head))
    if header.get("alg") != ALGORITHM:
        raise CredentialError("unsupported_algorithm", "only ES256 is accepted")
    if "crit" in header or "b64" in header:
        raise CredentialError(
            "unsupported_algorithm", "critical header extensions are not supported"
        )
    return Token(header, json_object(b64u_decode(body)), verified=False)


def verify(token: str, key: Key, *, typ: str | Collection[str]) -> Token:
    """Check type and signature of a JWS and return what it says.

    Raises ``CredentialError``: ``malformed``, ``unsupported_algorithm``, ``wrong_type`` (RFC 8725 section
    3.11: explicit typing) or ``bad_signature``.
    """
    found = read(token)
    expected = {typ} if isinstance(typ, str) else set(typ)
    kind = found.header.get("typ")
    if not isinstance(kind, str) or kind not in expected:
        raise CredentialError("wrong_type", f"typ must be {' or '.join(sorted(expected))}")
    try:
        jws.deserialize_compact(token, key, registry=_registry())
    except (JoseError, ValueError) as error:
        raise CredentialError("bad_signature", "the signature does not match") from error
    return Token(found.header, found.payload, verified=True)


def _registry() -> jws.JWSRegistry:
    return _Registry(algorithms=[ALGORITHM], strict_check_header=False)
