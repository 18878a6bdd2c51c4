"""Proofs of possession in a credential request (OpenID4VCI 1.0 appendix F.1)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from motcua.wallet import jose
from motcua.wallet.moments import check_fresh, seconds
from motcua.wallet.refusal import CredentialError

TYPE = "openid4vci-proof+jwt"
MAX_AGE = timedelta(minutes=5)


def make_proof(key: jose.Key, *, audience: str, nonce: str | None, iat: datetime) -> str:
    """Return the proof a wallet sends; ``audience`` is the credential issuer identifier."""
    payload: dict[str, object] = {"aud": audience, "iat": seconds(iat)}
    if nonce is not None:
        payload["nonce"] = nonce
    return jose.sign(payload, key, typ=TYPE, jwk=jose.public_jwk(key))


def check_proof(
    proof: str,
    *,
    audience: str,
    check_nonce: Callable[[str], bool],
    now: datetime,
    client_id: str | None = None,
    max_age: timedelta = MAX_AGE,
) -> dict[str, str]:
    """Check one proof JWT and return the holder's public JWK (``kty``, ``crv``, ``x``, ``y``).

    ``iss`` must be absent or equal to ``client_id``; for an anonymous wallet it must be absent. Raises
    ``CredentialError`` with ``invalid_nonce``, or ``invalid_proof`` and the exact reason for the rest.
    """
    try:
        return _check(proof, audience, check_nonce, now, client_id, max_age)
    except CredentialError as error:
        if error.reason_code == "invalid_nonce":
            raise
        raise CredentialError("invalid_proof", error.description) from error


def check_proofs(
    proofs: Sequence[object],
    *,
    audience: str,
    check_nonce: Callable[[str], bool],
    now: datetime,
    batch_size: int,
    client_id: str | None = None,
) -> list[dict[str, str]]:
    """Check ``proofs.jwt`` of a request: one to ``batch_size`` proofs, each with its own key.

    Returns one holder JWK per proof, in order. Raises ``CredentialError`` (``invalid_proof``,
    ``invalid_nonce``).
    """
    if not 1 <= len(proofs) <= batch_size:
        raise CredentialError("invalid_proof", f"between 1 and {batch_size} proofs are accepted")
    keys = []
    for proof in proofs:
        if not isinstance(proof, str):
            raise CredentialError("invalid_proof", "a proof is not a JWT")
        keys.append(
            check_proof(
                proof, audience=audience, check_nonce=check_nonce, now=now, client_id=client_id
            )
        )
    if len({jose.thumbprint(jwk) for jwk in keys}) != len(keys):
        raise CredentialError("invalid_proof", "two proofs use the same key")
    return keys


def _check(
    proof: str,
    audience: str,
    check_nonce: Callable[[str], bool],
    now: datetime,
    client_id: str | None,
    max_age: timedelta,
) -> dict[str, str]:
    header = jose.read(proof).header
    if [name for name in ("jwk", "kid", "x5c") if name in header] != ["jwk"]:
        raise CredentialError("invalid_proof", "the header must hold jwk, and neither kid nor x5c")
    if not isinstance(header["jwk"], dict):
        raise CredentialError("invalid_proof", "jwk is not a JSON object")
    key = jose.key_from_jwk(header["jwk"])
    payload = jose.verify(proof, key, typ=TYPE).payload
    if payload.get("aud") not in (audience, [audience]):
        raise CredentialError("invalid_proof", "aud is not the credential issuer")
    if "iss" in payload and (client_id is None or payload["iss"] != client_id):
        raise CredentialError("invalid_proof", "iss is not the client of this access token")
    check_fresh(payload.get("iat"), now, max_age)
    nonce = payload.get("nonce")
    if not isinstance(nonce, str) or not check_nonce(nonce):
        raise CredentialError("invalid_nonce", "nonce is missing, unknown or expired")
    return jose.public_jwk(key)
