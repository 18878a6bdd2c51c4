"""A wallet that holds a DPoP key, step by step, so that each step can be made wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from motcua.ids import token
from motcua.tenancy.tenant import Tenant
from motcua.wallet import dpop, jose, jwe, proofs
from motcua.wallet.metadata import PRE_AUTHORIZED
from motcua.wallet.offering import Offered
from motcua.wallet.pushing import PREFIX
from tests.core.wallet.archive import KIND, Archive

REDIRECT = "https://wallet.example.vn/back"
CLIENT = "https://wallet.example.vn"
VERIFIER = "v" * 43


@dataclass(frozen=True)
class Keyed:
    """Sends requests to one issuer with proofs of its key; ``nonce`` goes into each."""

    archive: Archive
    tenant: Tenant
    key: jose.Key = field(default_factory=jose.generate_key)
    nonce: str | None = None
    attested: Callable[[], dict[str, str]] = dict

    def proof(self, path: str, access_token: str | None = None, **changes: Any) -> str:
        said: dict[str, Any] = {
            "method": "POST",
            "url": self.archive.url(self.tenant, path),
            "iat": datetime.now(UTC),
            "jti": token(),
            "access_token": access_token,
            "nonce": self.nonce,
            **changes,
        }
        return dpop.make_proof(self.key, **said)

    def with_nonce(self, nonce: str | None) -> "Keyed":
        return replace(self, nonce=nonce)

    async def form(
        self, path: str, form: dict[str, str], proof: str | None = ""
    ) -> httpx2.Response:
        """Post a form with a proof; None for no proof, a text for this very one."""
        made = self.proof(path) if proof == "" else proof
        headers = {**self.attested(), **({"dpop": made} if made is not None else {})}
        return await self.archive.client.post(
            self.archive.url(self.tenant, path), data=form, headers=headers
        )

    async def code(self, offered: Offered, proof: str | None = "", **more: str) -> httpx2.Response:
        """Redeem the pre-authorised code of an offer."""
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": await self.archive.code(offered),
            **({"tx_code": offered.tx_code} if offered.tx_code else {}),
            **more,
        }
        return await self.form("/token", form, proof)

    async def refresh(self, secret: str, proof: str | None = "") -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": secret}
        return await self.form("/token", form, proof)

    async def json(
        self,
        path: str,
        access_token: str,
        body: dict[str, Any],
        *,
        scheme: str = "DPoP",
        proof: str | None = "",
    ) -> httpx2.Response:
        """Post JSON with an access token and a proof."""
        made = self.proof(path, access_token) if proof == "" else proof
        headers = {"authorization": f"{scheme} {access_token}"}
        if made is not None:
            headers["dpop"] = made
        return await self.archive.client.post(
            self.archive.url(self.tenant, path), json=body, headers=headers
        )

    async def sealed(
        self,
        path: str,
        access_token: str,
        body: dict[str, Any],
        *,
        to: dict[str, Any] | None = None,
        enc: str = "A128GCM",
    ) -> httpx2.Response:
        """Post an encrypted request, to the published key or to another one (``to``)."""
        known = await self.archive.client.get(
            self.archive.url(self.tenant, "/.well-known/openid-credential-issuer")
        )
        (key,) = known.json()["credential_request_encryption"]["jwks"]["keys"]
        headers = {
            "authorization": f"DPoP {access_token}",
            "dpop": self.proof(path, access_token),
            "content-type": "application/jwt",
        }
        return await self.archive.client.post(
            self.archive.url(self.tenant, path),
            content=jwe.encrypt(body, to or key, enc=enc),
            headers=headers,
        )

    async def asked(
        self, copies: int = 1, client_id: str | None = None, **named: str
    ) -> dict[str, Any]:
        """Return the body of a credential request with fresh proofs of possession."""
        nonce, now = await self.archive.nonce(self.tenant), datetime.now(UTC)
        made = []
        for _ in range(copies):
            key, url = jose.generate_key(), self.archive.url(self.tenant)
            said = {"aud": url, "iat": int(now.timestamp()), "nonce": nonce}
            if client_id:
                said["iss"] = client_id
            made.append(jose.sign(said, key, typ=proofs.TYPE, jwk=jose.public_jwk(key)))
        return {**(named or {"credential_configuration_id": KIND}), "proofs": {"jwt": made}}

    async def push(self, proof: str | None = "", **changes: str | None) -> httpx2.Response:
        """Push an authorization request; a change to None leaves the parameter out."""
        import hashlib

        challenge = jose.b64u(hashlib.sha256(VERIFIER.encode()).digest())
        form: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "scope": KIND,
            "state": "s/1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return await self.form("/par", {k: v for k, v in form.items() if v is not None}, proof)

    async def exchange(self, code: str, proof: str | None = "", **changes: str) -> httpx2.Response:
        """Redeem an authorization code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            **changes,
        }
        return await self.form("/token", form, proof)


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    """Return status and code of a refusal that is told as it must be."""
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    body = answer.json()
    assert body["error_description"].isascii()
    return answer.status_code, body["error"]


def said_in(location: str) -> dict[str, str]:
    """Return what a redirect says to the wallet."""
    return {k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}


__all__ = ["CLIENT", "PREFIX", "REDIRECT", "VERIFIER", "Keyed", "error_of", "said_in"]
