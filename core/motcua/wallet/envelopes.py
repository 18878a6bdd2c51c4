"""Encrypted credential requests and responses (OpenID4VCI 1.0 section 10), above the encryption of the line.

A wallet encrypts its request to a key in our metadata, and names in it the key to which the answer is encrypted;
so nobody between the two ends can put his own key in its place, which is why a key in an open request is refused.
Under the strict profile both are demanded. Refusals are never encrypted (section 8.3.1.2). Compression is not
offered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import jose, jwe
from motcua.wallet.answers import ProtocolError, json_answer, json_of, text_answer
from motcua.wallet.profiles import is_haip
from motcua.wallet.refusal import CredentialError
from motcua.web.here import AnyRequest

MEDIA_TYPE = "application/jwt"
_ERROR = "invalid_encryption_parameters"
_LONGEST_KID = 200


@dataclass(frozen=True)
class Envelope:
    """How the answer to one request travels: to a key of the wallet, or open."""

    jwk: Mapping[str, Any] | None = None
    enc: str = ""

    def answer(
        self, body: Mapping[str, Any], status: int, more: Mapping[str, str]
    ) -> Response[Any]:
        """Return an answer, encrypted where the request said to what; ``more`` are headers."""
        if self.jwk is None:
            return json_answer(body, status, more=more)
        made = text_answer(jwe.encrypt(body, self.jwk, enc=self.enc), MEDIA_TYPE)
        made.status_code = status
        made.headers.update(more)
        return made


def announced(platform: Platform, tenant: Tenant) -> dict[str, Any]:
    """Return what the issuer metadata say of encryption (section 12.2.4)."""
    required, offered = is_haip(tenant), list(jwe.ENCRYPTIONS)
    return {
        "credential_request_encryption": {
            "jwks": {"keys": [jwe.published(_key(platform, tenant))]},
            "enc_values_supported": offered,
            "encryption_required": required,
        },
        "credential_response_encryption": {
            "alg_values_supported": [jwe.AGREEMENT],
            "enc_values_supported": offered,
            "encryption_required": required,
        },
    }


async def opened(
    request: AnyRequest, platform: Platform, tenant: Tenant
) -> tuple[dict[str, Any], Envelope]:
    """Return what a request says and how its answer travels.

    Raises ``ProtocolError``: ``invalid_credential_request``, ``invalid_encryption_parameters``.
    """
    sealed = request.headers.get("content-type", "").lower().startswith(MEDIA_TYPE)
    if not sealed:
        if is_haip(tenant):
            raise ProtocolError(_ERROR, "requests to this issuer must be encrypted")
        body = await json_of(request, "invalid_credential_request")
    else:
        body = _decrypted(await request.body(), _key(platform, tenant))
    wanted = body.get("credential_response_encryption")
    if wanted is None:
        if is_haip(tenant):
            raise ProtocolError(_ERROR, "credential_response_encryption is missing")
        return body, Envelope()
    if not sealed:
        raise ProtocolError(_ERROR, "a key for the answer must come in an encrypted request")
    return body, _envelope(wanted)


def _decrypted(body: bytes, key: jose.Key) -> dict[str, Any]:
    try:
        return jwe.decrypt(body.decode("ascii"), key)
    except UnicodeDecodeError as error:
        raise ProtocolError(_ERROR, "the body is not a compact JWE") from error
    except CredentialError as error:
        raise ProtocolError(_ERROR, error.description) from error


def _envelope(wanted: object) -> Envelope:
    jwk = wanted.get("jwk") if isinstance(wanted, dict) else None
    if not isinstance(wanted, dict) or not isinstance(jwk, dict):
        raise ProtocolError(_ERROR, "credential_response_encryption holds no jwk")
    if "zip" in wanted:
        raise ProtocolError(_ERROR, "answers are not compressed")
    if wanted.get("enc") not in jwe.ENCRYPTIONS:
        raise ProtocolError(_ERROR, f"enc must be one of {', '.join(jwe.ENCRYPTIONS)}")
    if jwk.get("alg") != jwe.AGREEMENT or jwk.get("use", "enc") != "enc":
        raise ProtocolError(_ERROR, f"alg of jwk must be {jwe.AGREEMENT}, its use enc")
    kid = jwk.get("kid", "")
    if not isinstance(kid, str) or len(kid) > _LONGEST_KID:
        raise ProtocolError(_ERROR, "kid of jwk is no text, or too long")
    try:
        jose.key_from_jwk(jwk)
    except CredentialError as error:
        raise ProtocolError(_ERROR, error.description) from error
    return Envelope(jwk, wanted["enc"])


def _key(platform: Platform, tenant: Tenant) -> jose.Key:
    """Return the key to which wallets encrypt: derived, so the same in every process, and kept nowhere."""
    kept: dict[object, jose.Key] = platform.cache.setdefault("wallet.envelopes", {})
    if tenant.id not in kept:
        secret = platform.vaults.key(f"credential-request:{tenant.id}")
        kept[tenant.id] = jose.key_from_secret(secret)
    return kept[tenant.id]
