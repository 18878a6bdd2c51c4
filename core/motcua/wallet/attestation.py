"""Wallet attestation (draft-ietf-oauth-attestation-based-client-auth-07, HAIP 1.0 section 4.4.1).

Under the strict profile a wallet shows that a provider, whom the tenant trusts by name, vouches for it: an
attestation that names the wallet's key, and a proof by this key for this very server. The tenant's settings hold
the providers' root certificates as PEM (``wallet.attesters``); without any, no wallet passes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, dpop, issuer, jose
from motcua.wallet.answers import ProtocolError
from motcua.wallet.moments import check_fresh, moment_of
from motcua.wallet.profiles import is_haip
from motcua.wallet.refusal import CredentialError
from motcua.web.here import AnyRequest

HEADER, POP_HEADER = "oauth-client-attestation", "oauth-client-attestation-pop"
TYPE, POP_TYPE = "oauth-client-attestation+jwt", "oauth-client-attestation-pop+jwt"

MAX_AGE = timedelta(minutes=2)


async def client(
    request: AnyRequest, platform: Platform, tenant: Tenant, named: str | None, now: datetime
) -> str | None:
    """Return who the wallet is: the attested one under ``haip``, else what it calls itself (``named``).

    ``ProtocolError`` 401 (``invalid_client``) with the exact reason.
    """
    if not is_haip(tenant):
        return named
    given = [request.headers.getall(name, []) for name in (HEADER, POP_HEADER)]
    if [len(values) for values in given] != [1, 1]:
        raise _refusal("a wallet attestation with its proof is missing")
    url = issuer.url_of(platform, tenant)
    try:
        found, key = check(given[0][0], _roots(platform, tenant), now)
        jti = check_pop(given[1][0], key, client_id=found, audience=url, now=now)
    except CredentialError as error:
        raise _refusal(error.description) from error
    if named not in (None, found):
        raise _refusal("client_id is not the one of the wallet attestation")
    proof = dpop.Proof(jose.thumbprint(key), f"pop:{jti}", None)
    if not await dpop.first(platform, tenant, proof, now):
        raise _refusal("this proof of the wallet attestation was used before")
    return found


def check(attestation: str, roots: list[Any], now: datetime) -> tuple[str, jose.Key]:
    """Return the client of an attestation and its key; ``CredentialError`` with the exact reason."""
    chain = certificates.read_x5c(jose.read(attestation).header.get("x5c"))
    leaf = certificates.check_chain(chain, roots=roots, now=now)
    said = jose.verify(attestation, certificates.key_of(leaf), typ=TYPE).payload
    if moment_of(said.get("exp"), "exp") <= now:
        raise CredentialError("expired", "the wallet attestation has expired")
    confirmed = said.get("cnf")
    jwk = confirmed.get("jwk") if isinstance(confirmed, dict) else None
    if not isinstance(said.get("sub"), str) or not isinstance(jwk, dict):
        raise CredentialError("malformed", "sub or cnf.jwk of the wallet attestation is missing")
    return str(said["sub"]), jose.key_from_jwk(jwk)


def check_pop(proof: str, key: jose.Key, *, client_id: str, audience: str, now: datetime) -> str:
    """Return the ``jti`` of a proof by the attested key; ``CredentialError`` with the exact reason."""
    said: Mapping[str, Any] = jose.verify(proof, key, typ=POP_TYPE).payload
    if said.get("iss", client_id) != client_id:
        raise CredentialError("malformed", "iss of the proof is not the attested client")
    if said.get("aud") not in (audience, [audience]):
        raise CredentialError("wrong_audience", "aud of the proof is not this server")
    check_fresh(said.get("iat"), now, MAX_AGE)
    jti = said.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= dpop.LONGEST_JTI:
        raise CredentialError("malformed", "jti of the proof is missing or too long")
    return jti


def _roots(platform: Platform, tenant: Tenant) -> list[Any]:
    texts = dict(tenant.settings.get("wallet", {})).get("attesters", [])
    return [root for text in texts for root in certificates.from_pem(str(text).encode())]


def _refusal(sentence: str) -> ProtocolError:
    return ProtocolError("invalid_client", sentence, 401)
