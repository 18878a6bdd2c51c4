"""What a wallet in Python says to issuers and verifiers, and how it reads their answers.

Everything raises ``CredentialError``: with the ``error`` of the other side when it answers one, or with what is
missing in its answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from motcua.wallet import jose, metadata
from motcua.wallet.refusal import CredentialError


@dataclass(frozen=True)
class OtherSide:
    """Issuers and verifiers, over HTTP."""

    client: httpx2.AsyncClient

    async def published(self, issuer: str, document: str, named: str) -> dict[str, Any]:
        """Return a published document; its member ``named`` must be the address that was asked."""
        found = await self.get_json(metadata.well_known(issuer, document))
        if found.get(named) != issuer:
            raise CredentialError("malformed", f"{named} in {document} is not the address asked")
        return found

    async def get_json(self, url: str) -> dict[str, Any]:
        """Fetch a document."""
        return answer_of(await self.client.get(url, headers={"Accept": "application/json"}))

    async def post_json(
        self, url: str, body: Mapping[str, Any], access_token: str
    ) -> tuple[dict[str, Any], int]:
        """Ask with an access token; returns the answer and its HTTP status."""
        headers = {"Authorization": f"Bearer {access_token}"}
        response = await self.client.post(url, json=body, headers=headers)
        return answer_of(response), response.status_code

    async def issuer_keys(self, issuer: str) -> Mapping[str, Any]:
        """Return the keys that an issuer publishes."""
        document = await self.published(issuer, metadata.KEYS, "issuer")
        if "jwks_uri" in document:
            return await self.get_json(document["jwks_uri"])
        return document.get("jwks") or {}


def parameters_of(link: str) -> dict[str, str]:
    """Return what stands in the query of a link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def member(source: Any, name: str) -> Any:
    """Return a member that the other side owes us."""
    if not isinstance(source, Mapping) or name not in source:
        raise CredentialError("malformed", f"{name} is missing")
    return source[name]


def answer_of(response: httpx2.Response) -> dict[str, Any]:
    """Return the members of an answer; its refusal is raised."""
    if not 200 <= response.status_code < 300:
        raise refused(response)
    return jose.json_object(response.content) if response.content else {}


def refused(response: httpx2.Response) -> CredentialError:
    """Turn an error answer into an exception with the other side's own code."""
    try:
        body = jose.json_object(response.content)
    except CredentialError:
        body = {}
    code = str(body.get("error", f"http_{response.status_code}"))
    return CredentialError(code, str(body.get("error_description", "the other side refused")))
