"""Encrypted answers of wallets: compact JWE with ECDH-ES on P-256 (OpenID4VP 1.0 section 8.3, HAIP 1.0).

joserfc refuses headers above 1 kB and ciphertexts above 64 kB; a presentation with a photograph is larger, so
the limits are set here. Compression is not offered: a few bytes could pretend to be gigabytes.
"""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError

from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

AGREEMENT = "ECDH-ES"
ENCRYPTIONS = ("A128GCM", "A256GCM")
MAX_LENGTH = 1024 * 1024
"""How long an encrypted answer may be, in characters."""


class _Registry(jwe.JWERegistry):
    max_protected_header_length = 8 * 1024
    max_ciphertext_length = MAX_LENGTH


def published(key: jose.Key) -> dict[str, str]:
    """Return the public JWK to which a wallet encrypts, with ``kid``, ``alg`` and ``use``."""
    return {
        **jose.public_jwk(key),
        "kid": jose.thumbprint(key),
        "alg": AGREEMENT,
        "use": "enc",
    }


def encrypt(payload: Mapping[str, Any], jwk: Mapping[str, Any], *, enc: str = "A128GCM") -> str:
    """Encrypt a JSON object to a published key; ``ValueError`` for an encryption that is not offered.

    The key's ``kid`` goes into the header, when it has one.
    """
    if enc not in ENCRYPTIONS:
        raise ValueError(f"enc must be one of {', '.join(ENCRYPTIONS)}")
    header = {"alg": AGREEMENT, "enc": enc, **({"kid": jwk["kid"]} if "kid" in jwk else {})}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return jwe.encrypt_compact(header, body, jose.key_from_jwk(jwk), registry=_registry())


def decrypt(token: str, key: jose.Key) -> dict[str, Any]:
    """Return the JSON object of an answer encrypted to ``key``.

    Raises ``CredentialError``: ``malformed`` when it is too long, made for another key, damaged or no JSON
    object; ``unsupported_algorithm`` for another agreement or encryption, or a compressed one.
    """
    header = _header(token)
    if header.get("alg") != AGREEMENT or header.get("enc") not in ENCRYPTIONS:
        raise CredentialError("unsupported_algorithm", "only ECDH-ES with A128GCM or A256GCM")
    if {"zip", "crit"} & header.keys():
        raise CredentialError("unsupported_algorithm", "zip and crit are not supported")
    if header.get("kid", jose.thumbprint(key)) != jose.thumbprint(key):
        raise CredentialError("malformed", "the answer is encrypted to another key")
    try:
        found = jwe.decrypt_compact(token, key, registry=_registry())
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise CredentialError("malformed", "the answer cannot be decrypted") from error
    return jose.json_object(found.plaintext or b"")


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_LENGTH or token.count(".") != 4:
        raise CredentialError("malformed", "not a compact JWE")
    return jose.json_object(jose.b64u_decode(token.split(".", 1)[0]))


def _registry() -> jwe.JWERegistry:
    return _Registry(algorithms=[AGREEMENT, *ENCRYPTIONS], strict_check_header=False)
