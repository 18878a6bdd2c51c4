"""Signed presentation requests of OpenID4VP 1.0 (JAR, RFC 9101): made by verifiers, read by wallets."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography import x509

from motcua.wallet import certificates, jose, jwe
from motcua.wallet.moments import check_fresh, moment_of, seconds
from motcua.wallet.refusal import CredentialError

TYPE = "oauth-authz-req+jwt"
MEDIA_TYPE = "application/oauth-authz-req+jwt"
AUDIENCE = "https://self-issued.me/v2"
PREFIX = "x509_hash:"
LIFETIME = timedelta(minutes=10)
PLAIN, ENCRYPTED = "direct_post", "direct_post.jwt"
MAX_NONCE = 512
"""How long a wallet's own nonce may be."""
_FORMATS = {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}


@dataclass(frozen=True)
class Request:
    """A presentation request whose signature was checked.

    ``verifier`` is the name in the certificate, ``hosts`` its DNS names; ``trusted`` says whether the
    certificate leads to a root the wallet knows.
    """

    client_id: str
    response_uri: str
    nonce: str
    state: str | None
    query: dict[str, Any]
    client_metadata: dict[str, Any]
    verifier: str
    hosts: tuple[str, ...]
    trusted: bool
    response_mode: str = PLAIN
    transaction_data: Any = None
    """As it stands in the request; ``transactions.read`` makes sense of it, or refuses."""


def client_id_of(certificate: x509.Certificate) -> str:
    """Return the verifier's ``client_id``: ``x509_hash:`` and the base64url SHA-256 of the leaf in DER."""
    return PREFIX + jose.b64u(hashlib.sha256(certificates.der(certificate)).digest())


def request_link(wallet: str, *, client_id: str, request_uri: str, method: str = "") -> str:
    """Return the link of a QR code: ``wallet`` is ``openid4vp://`` or the address of a web wallet.

    With ``method`` ``post`` a wallet may post its nonce to ``request_uri`` (OpenID4VP section 5.10).
    """
    told = {"request_uri_method": method} if method else {}
    return f"{wallet}?{urlencode({'client_id': client_id, 'request_uri': request_uri, **told})}"


def build_request(
    *,
    key: jose.SigningKey,
    chain: Sequence[x509.Certificate],
    response_uri: str,
    nonce: str,
    state: str,
    query: Mapping[str, Any],
    client_name: str,
    now: datetime,
    wallet_nonce: str | None = None,
    lifetime: timedelta = LIFETIME,
    encrypt_to: jose.Key | None = None,
    transaction_data: Sequence[str] = (),
) -> str:
    """Return the signed request object for one presentation (OpenID4VP sections 5 and 8.2).

    ``chain`` is the certificate of ``key``, leaf first. ``nonce`` and ``state`` hold at least 128 random
    bits; the presentation is later verified with this ``nonce`` and ``client_id_of(chain[0])`` as ``aud``.
    ``encrypt_to`` is a key made for this one request: the answer must then be encrypted (``direct_post.jwt``).
    ``transaction_data`` are entries of ``transactions.encode``.
    """
    payload = {
        "iss": client_id_of(chain[0]),
        "aud": AUDIENCE,
        "client_id": client_id_of(chain[0]),
        "response_type": "vp_token",
        "response_mode": ENCRYPTED if encrypt_to else PLAIN,
        "response_uri": response_uri,
        "nonce": nonce,
        "state": state,
        "dcql_query": dict(query),
        "client_metadata": {
            "client_name": client_name,
            "vp_formats_supported": _FORMATS,
            **(_encryption(encrypt_to) if encrypt_to else {}),
        },
        "iat": seconds(now),
        "exp": seconds(now + lifetime),
    }
    if wallet_nonce is not None:
        payload["wallet_nonce"] = wallet_nonce
    if transaction_data:
        payload["transaction_data"] = list(transaction_data)
    return jose.sign(payload, key, typ=TYPE, x5c=certificates.x5c(chain))


def parse_request(
    token: str,
    *,
    client_id: str,
    now: datetime,
    roots: Sequence[x509.Certificate] | None = None,
    wallet_nonce: str | None = None,
) -> Request:
    """Verify a request object as a wallet does and return what it asks for.

    ``client_id`` is the one of the link. With ``roots`` the certificate must lead to one of them; without,
    ``trusted`` is False and the wallet must say so. The host of ``response_uri`` must be a name of the
    certificate. Raises ``CredentialError`` (``malformed``, ``wrong_type``, ``bad_signature``,
    ``wrong_audience``, ``wrong_nonce``, ``expired``, ``stale``, ``untrusted_certificate``).
    """
    chain = certificates.read_x5c(jose.read(token).header.get("x5c"))
    if roots is not None:
        certificates.check_chain(chain, roots=roots, now=now)
    payload = jose.verify(token, certificates.key_of(chain[0]), typ=TYPE).payload
    if not payload.get("client_id") == client_id == client_id_of(chain[0]):
        raise CredentialError("wrong_audience", "client_id is not the hash of the certificate")
    if payload.get("aud") != AUDIENCE:
        raise CredentialError("wrong_audience", "aud of the request is not a wallet")
    if wallet_nonce is not None and payload.get("wallet_nonce") != wallet_nonce:
        raise CredentialError("wrong_nonce", "wallet_nonce was not returned")
    check_fresh(payload.get("iat"), now, timedelta(days=1))
    if moment_of(payload.get("exp"), "exp") <= now:
        raise CredentialError("expired", "the request has expired")
    return _read(payload, chain[0], trusted=roots is not None)


def _read(payload: Mapping[str, Any], leaf: x509.Certificate, *, trusted: bool) -> Request:
    mode = payload.get("response_mode")
    if payload.get("response_type") != "vp_token" or mode not in (PLAIN, ENCRYPTED):
        raise CredentialError("malformed", "only vp_token by direct_post is supported")
    hosts = tuple(certificates.hosts_of(leaf))
    uri, nonce = payload.get("response_uri"), payload.get("nonce")
    query, metadata = payload.get("dcql_query"), payload.get("client_metadata", {})
    if not isinstance(uri, str) or urlsplit(uri).hostname not in hosts:
        raise CredentialError(
            "untrusted_certificate", "response_uri is not a host of the certificate"
        )
    if not isinstance(nonce, str) or not isinstance(query, dict) or not isinstance(metadata, dict):
        raise CredentialError("malformed", "the request lacks nonce, dcql_query or client_metadata")
    state = payload.get("state")
    return Request(
        client_id=str(payload["client_id"]),
        response_uri=uri,
        nonce=nonce,
        state=state if isinstance(state, str) else None,
        query=query,
        client_metadata=metadata,
        verifier=_common_name(leaf),
        hosts=hosts,
        trusted=trusted,
        response_mode=str(mode),
        transaction_data=payload.get("transaction_data"),
    )


def encryption_key(metadata: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the verifier's key for encrypted answers and the encryption to use (section 8.3).

    Raises ``CredentialError`` (``malformed``) when there is no key we can encrypt to.
    """
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    fits = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("alg") == jwe.AGREEMENT and key.get("crv") == "P-256"
    ]
    offered = metadata.get("encrypted_response_enc_values_supported", ["A128GCM"])
    both = [e for e in jwe.ENCRYPTIONS if isinstance(offered, list) and e in offered]
    if not fits or not both:
        raise CredentialError("malformed", "client_metadata holds no key for an encrypted answer")
    return fits[0], both[-1]


def _encryption(key: jose.Key) -> dict[str, Any]:
    return {
        "jwks": {"keys": [jwe.published(key)]},
        "encrypted_response_enc_values_supported": list(jwe.ENCRYPTIONS),
    }


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
