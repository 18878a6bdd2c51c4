"""The documents a wallet finds at well-known addresses, built from plain inputs.

Sources: OpenID4VCI 1.0 section 12.2 (issuer), RFC 8414 (authorization server), SD-JWT VC sections 4 (type
metadata) and 5 (issuer's keys).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from motcua.wallet import jose
from motcua.wallet.moments import seconds

ISSUER = "openid-credential-issuer"
SERVER = "oauth-authorization-server"
KEYS = "jwt-vc-issuer"
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
AUTHORIZATION_CODE = "authorization_code"
REFRESH = "refresh_token"
GRANTS = (AUTHORIZATION_CODE, PRE_AUTHORIZED, REFRESH)
SIGNED_TYPE = "openidvci-issuer-metadata+jwt"
ATTESTED: Mapping[str, Any] = {
    "pre-authorized_grant_anonymous_access_supported": False,
    "token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"],
    "client_attestation_signing_alg_values_supported": [jose.ALGORITHM],
    "client_attestation_pop_signing_alg_values_supported": [jose.ALGORITHM],
}
"""What the strict profile says otherwise: no wallet is a stranger."""


@dataclass(frozen=True)
class Names:
    """One text in both languages of the screens."""

    vi: str
    en: str

    def display(self) -> list[dict[str, str]]:
        """Return it as a ``display`` array, Vietnamese first."""
        return [{"name": self.vi, "locale": "vi-VN"}, {"name": self.en, "locale": "en-US"}]


@dataclass(frozen=True)
class Claim:
    """A claim of a type: ``hidden`` says that the holder decides whether it is shown.

    ``choices`` are the values it may have, as people read them. They are a member of ours in the metadata;
    other wallets ignore it and show the value itself.
    """

    name: str
    names: Names
    hidden: bool = True
    mandatory: bool = False
    choices: tuple[tuple[str, Names], ...] = ()


@dataclass(frozen=True)
class Configuration:
    """A kind of credential that an issuer offers."""

    id: str
    vct: str
    names: Names
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Paths:
    """Where the endpoints stand below the issuer's address; wallets find them through the metadata.

    An issuer that never makes a wallet wait has no ``deferred`` endpoint: an empty text.
    """

    token: str = "/token"  # noqa: S105 - a path
    nonce: str = "/nonce"
    credential: str = "/credential"
    deferred: str = "/deferred"
    notification: str = "/notification"
    jwks: str = "/jwks"
    authorize: str = "/authorize"
    par: str = "/par"


def well_known(issuer: str, document: str) -> str:
    """Return the address of a document: ``/.well-known/…`` between host and path (RFC 8615, RFC 8414)."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{document}{parts.path.rstrip('/')}"


def credential_issuer(
    issuer: str,
    names: Names,
    configurations: Sequence[Configuration],
    *,
    batch_size: int = 10,
    paths: Paths | None = None,
) -> dict[str, Any]:
    """Return the credential issuer metadata; ``batch_size`` is at least 2."""
    at = paths or Paths()
    later = {"deferred_credential_endpoint": issuer + at.deferred} if at.deferred else {}
    return {
        "credential_issuer": issuer,
        "authorization_servers": [issuer],
        "credential_endpoint": issuer + at.credential,
        "nonce_endpoint": issuer + at.nonce,
        **later,
        "notification_endpoint": issuer + at.notification,
        "batch_credential_issuance": {"batch_size": batch_size},
        "display": names.display(),
        "credential_configurations_supported": {c.id: _configuration(c) for c in configurations},
    }


def signed(
    document: Mapping[str, Any],
    *,
    key: jose.SigningKey,
    kid: str,
    x5c: Sequence[str],
    now: datetime,
) -> str:
    """Return the credential issuer metadata as a signed token (OpenID4VCI section 12.2.3)."""
    issuer = document["credential_issuer"]
    payload = {**document, "iss": issuer, "sub": issuer, "iat": seconds(now)}
    return jose.sign(payload, key, typ=SIGNED_TYPE, kid=kid, x5c=list(x5c))


def authorization_server(
    issuer: str, *, scopes: Sequence[str] = (), paths: Paths | None = None
) -> dict[str, Any]:
    """Return the metadata of our authorization server (RFC 8414, with RFC 9126, 9207, 9396 and 9449)."""
    at = paths or Paths()
    return {
        "issuer": issuer,
        "token_endpoint": issuer + at.token,
        "jwks_uri": issuer + at.jwks,
        "authorization_endpoint": issuer + at.authorize,
        "pushed_authorization_request_endpoint": issuer + at.par,
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": [jose.ALGORITHM],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": list(scopes),
        "authorization_details_types_supported": ["openid_credential"],
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def jwt_vc_issuer(issuer: str, keys: Sequence[jose.Key]) -> dict[str, Any]:
    """Return the issuer's verification keys: all whose credentials may still be valid, not only today's."""
    return {"issuer": issuer, "jwks": jwks(keys)}


def jwks(keys: Sequence[jose.Key]) -> dict[str, Any]:
    """Return a JWK set of public keys."""
    return {"keys": [jose.published(key) for key in keys]}


def type_metadata(configuration: Configuration) -> dict[str, Any]:
    """Return the SD-JWT VC type metadata of a ``vct``. A published one never changes."""
    return {
        "vct": configuration.vct,
        "name": configuration.names.vi,
        "display": configuration.names.display(),
        "claims": [
            {
                "path": [claim.name],
                "display": [{"label": e.pop("name"), **e} for e in claim.names.display()],
                "sd": "always" if claim.hidden else "never",
                "mandatory": claim.mandatory,
            }
            for claim in configuration.claims
        ],
    }


def credential_offer(
    issuer: str, configuration_ids: Sequence[str], code: str, *, tx_code_length: int | None
) -> dict[str, Any]:
    """Return the offer behind ``credential_offer_uri`` (OpenID4VCI section 4.1.1)."""
    grant: dict[str, Any] = {"pre-authorized_code": code}
    if tx_code_length is not None:
        grant["tx_code"] = {"input_mode": "numeric", "length": tx_code_length}
    return {
        "credential_issuer": issuer,
        "credential_configuration_ids": list(configuration_ids),
        "grants": {PRE_AUTHORIZED: grant},
    }


def sign_in_offer(
    issuer: str, configuration_ids: Sequence[str], issuer_state: str
) -> dict[str, Any]:
    """Return an offer that is redeemed by signing in on the issuer's page (section 4.1.1)."""
    return {
        "credential_issuer": issuer,
        "credential_configuration_ids": list(configuration_ids),
        "grants": {AUTHORIZATION_CODE: {"issuer_state": issuer_state}},
    }


def _configuration(configuration: Configuration) -> Mapping[str, Any]:
    return {
        "format": "dc+sd-jwt",
        "scope": configuration.id,
        "vct": configuration.vct,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": [jose.ALGORITHM],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": [jose.ALGORITHM]}},
        "credential_metadata": {
            "display": configuration.names.display(),
            "claims": [_claim(c) for c in configuration.claims],
        },
    }


def _claim(claim: Claim) -> dict[str, Any]:
    choices = {value: names.display() for value, names in claim.choices}
    return {
        "path": [claim.name],
        "mandatory": claim.mandatory,
        "display": claim.names.display(),
        **({"choices": choices} if choices else {}),
    }
