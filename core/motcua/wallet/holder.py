"""A wallet in Python: receives credentials (OpenID4VCI 1.0) and presents them (OpenID4VP 1.0).

It finds every endpoint through the published metadata and checks what it is given, as a citizen's wallet
would. The guided tour and the tests use it; citizens use the wallet of the browser or one of their own.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography import x509

from motcua.wallet import (
    dcql,
    jose,
    jwe,
    metadata,
    proofs,
    requests,
    sdjwt,
    statuslist,
    transactions,
)
from motcua.wallet.refusal import CredentialError
from motcua.wallet.transactions import Transaction


@dataclass(frozen=True)
class Paper:
    """A credential in the wallet, with the key it is bound to."""

    credential: str
    key: jose.Key
    content: sdjwt.Verified


@dataclass(frozen=True)
class Waiting:
    """A credential that the issuer promised for later (OpenID4VCI section 9)."""

    transaction_id: str
    access_token: str
    issuer: Mapping[str, Any]
    configuration_id: str
    keys: tuple[jose.Key, ...]


@dataclass(frozen=True)
class Received:
    """What an offer brought: papers now, and those still to be fetched with ``collect``."""

    papers: tuple[Paper, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class Asked:
    """A presentation request with what this wallet would answer: per query a paper and its claims."""

    request: requests.Request
    choices: Mapping[str, tuple[Paper, frozenset[str]]]
    transactions: tuple[Transaction, ...] = ()
    """What the person authorises with the answer; to be shown to him before."""


class HolderWallet:
    """Papers and keys of one person; ``now`` tells the time, ``roots`` are the verifiers it trusts.

    Every method raises ``CredentialError``: with the ``error`` of the other side when it answers one, or
    with the reason why this wallet refuses what it got.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        now: Callable[[], datetime],
        roots: Sequence[x509.Certificate] | None = None,
    ) -> None:
        self.papers: list[Paper] = []
        self._client = client
        self._now = now
        self._roots = roots

    async def receive(self, link: str, *, tx_code: str | None = None, copies: int = 1) -> Received:
        """Follow an offer (the link of its QR code, or its address) and keep what it brings.

        ``copies`` credentials per kind are asked for, each bound to a key of its own.
        """
        offer = await self._offer(link)
        issuer = await self._metadata(
            offer["credential_issuer"], metadata.ISSUER, "credential_issuer"
        )
        access_token = await self._access_token(issuer, offer, tx_code)
        papers: list[Paper] = []
        waiting: list[Waiting] = []
        for name in offer["credential_configuration_ids"]:
            keys = tuple(jose.generate_key() for _ in range(copies))
            answer, status = await self._request(issuer, access_token, name, keys)
            if status == 202:
                promised = str(_member(answer, "transaction_id"))
                waiting.append(Waiting(promised, access_token, issuer, name, keys))
            else:
                papers += await self._keep(issuer, access_token, name, keys, answer)
        return Received(tuple(papers), tuple(waiting))

    async def collect(self, waiting: Waiting) -> list[Paper]:
        """Ask for a promised credential; returns nothing while it is not ready."""
        url = _member(waiting.issuer, "deferred_credential_endpoint")
        body = {"transaction_id": waiting.transaction_id}
        answer, status = await self._post_json(url, body, waiting.access_token)
        if status == 202:
            return []
        return await self._keep(
            waiting.issuer, waiting.access_token, waiting.configuration_id, waiting.keys, answer
        )

    async def ask(self, link: str) -> Asked:
        """Fetch and verify a presentation request, and find the papers that answer it."""
        parameters = _parameters(link)
        text, nonce = await self._request_object(parameters)
        request = requests.parse_request(
            text,
            client_id=_member(parameters, "client_id"),
            now=self._now(),
            roots=self._roots,
            wallet_nonce=nonce,
        )
        asked = await self._transactions(request)
        candidates = [(paper.content.vct, paper.content.claims) for paper in self.papers]
        found = dcql.find_matches(request.query, candidates)
        choices = {n: (self.papers[m[0].candidate], m[0].reveal) for n, m in found.items()}
        return Asked(request, choices, asked)

    async def _transactions(
        self, request: requests.Request
    ) -> tuple[transactions.Transaction, ...]:
        """Read what is to be authorised; what cannot be shown is refused, and the verifier is told."""
        entries = request.query.get("credentials")
        asked = [str(e.get("id")) for e in entries if isinstance(e, dict)] if entries else []
        try:
            return transactions.read(request.transaction_data, asked)
        except CredentialError:
            await self._direct_post(request, {"error": transactions.REFUSED})
            raise

    async def _request_object(self, parameters: Mapping[str, str]) -> tuple[str, str | None]:
        """Fetch a request; where the verifier allows it, with a nonce of our own that must come back."""
        uri = _member(parameters, "request_uri")
        headers = {"Accept": requests.MEDIA_TYPE}
        if parameters.get("request_uri_method") == "post":
            nonce = secrets.token_urlsafe(24)
            form = {"wallet_nonce": nonce}
            response = await self._client.post(uri, headers=headers, data=form)
        else:
            nonce = None
            response = await self._client.get(uri, headers=headers)
        if response.status_code != 200:
            raise _refused(response)
        return response.text, nonce

    async def answer(self, asked: Asked) -> str | None:
        """Send the presentation; returns where the person goes next (``redirect_uri``), if anywhere."""
        request, bound = asked.request, _bound(asked)
        token = {
            name: [
                sdjwt.present(
                    paper.credential,
                    reveal,
                    holder_key=paper.key,
                    nonce=request.nonce,
                    aud=request.client_id,
                    iat=self._now(),
                    more=transactions.binding(bound.get(name, ())),
                )
            ]
            for name, (paper, reveal) in asked.choices.items()
        }
        if request.response_mode == requests.ENCRYPTED:
            jwk, enc = requests.encryption_key(request.client_metadata)
            said = {"vp_token": token, "state": request.state}
            return await self._send(request, {"response": jwe.encrypt(said, jwk, enc=enc)})
        return await self._direct_post(request, {"vp_token": json.dumps(token)})

    async def refuse(self, request: requests.Request) -> str | None:
        """Tell the verifier that the person does not want to share."""
        return await self._direct_post(request, {"error": "access_denied"})

    async def present(self, link: str) -> str | None:
        """Answer a presentation request without further question."""
        return await self.answer(await self.ask(link))

    async def status_of(self, paper: Paper) -> int:
        """Fetch the status list of a paper and return its status; VALID when it has none."""
        entry = paper.content.status
        if entry is None:
            return statuslist.VALID
        response = await self._client.get(entry.uri, headers={"Accept": statuslist.MEDIA_TYPE})
        if response.status_code != 200:
            raise _refused(response)
        keys = await self._issuer_keys(paper.content.issuer)
        found = statuslist.verify_token(
            response.text,
            uri=entry.uri,
            key_lookup=lambda header: jose.find_key(keys, header.get("kid")),
            now=self._now(),
        )
        return statuslist.read_status(found, entry.index)

    async def _offer(self, link: str) -> dict[str, Any]:
        parameters = _parameters(link)
        if "credential_offer" in parameters:
            offer = jose.json_object(parameters["credential_offer"].encode())
        else:
            offer = await self._get_json(parameters.get("credential_offer_uri", link))
        names = offer.get("credential_configuration_ids")
        if not isinstance(offer.get("credential_issuer"), str) or not isinstance(names, list):
            raise CredentialError("malformed", "not a credential offer")
        return offer

    async def _access_token(
        self, issuer: Mapping[str, Any], offer: Mapping[str, Any], tx_code: str | None
    ) -> str:
        grant = (offer.get("grants") or {}).get(metadata.PRE_AUTHORIZED)
        if not isinstance(grant, dict):
            raise CredentialError("malformed", "the offer holds no pre-authorized code")
        servers = issuer.get("authorization_servers") or [issuer["credential_issuer"]]
        server = await self._metadata(servers[0], metadata.SERVER, "issuer")
        form = {
            "grant_type": metadata.PRE_AUTHORIZED,
            "pre-authorized_code": str(_member(grant, "pre-authorized_code")),
        }
        if tx_code is not None:
            form["tx_code"] = tx_code
        response = await self._client.post(_member(server, "token_endpoint"), data=form)
        answer = _answer(response)
        if str(answer.get("token_type")).lower() != "bearer":
            raise CredentialError("malformed", "this wallet uses bearer tokens only")
        return str(_member(answer, "access_token"))

    async def _request(
        self,
        issuer: Mapping[str, Any],
        access_token: str,
        configuration_id: str,
        keys: Sequence[jose.Key],
    ) -> tuple[dict[str, Any], int]:
        nonce = None
        if "nonce_endpoint" in issuer:
            answer = _answer(await self._client.post(issuer["nonce_endpoint"]))
            nonce = str(_member(answer, "c_nonce"))
        audience = issuer["credential_issuer"]
        made = [
            proofs.make_proof(key, audience=audience, nonce=nonce, iat=self._now()) for key in keys
        ]
        body = {"credential_configuration_id": configuration_id, "proofs": {"jwt": made}}
        return await self._post_json(_member(issuer, "credential_endpoint"), body, access_token)

    async def _keep(
        self,
        issuer: Mapping[str, Any],
        access_token: str,
        configuration_id: str,
        keys: Sequence[jose.Key],
        answer: Mapping[str, Any],
    ) -> list[Paper]:
        """Verify what was issued, keep it and tell the issuer; nothing is kept when one copy is wrong."""
        try:
            offered = _member(issuer, "credential_configurations_supported")
            vct = _member(_member(offered, configuration_id), "vct")
            texts = [_member(entry, "credential") for entry in _member(answer, "credentials")]
            papers = [await self._check(issuer["credential_issuer"], t, vct, keys) for t in texts]
        except CredentialError:
            await self._notify(issuer, access_token, answer, "credential_failure")
            raise
        self.papers += papers
        await self._notify(issuer, access_token, answer, "credential_accepted")
        return papers

    async def _check(
        self, issuer: str, credential: str, vct: str, keys: Sequence[jose.Key]
    ) -> Paper:
        published = await self._issuer_keys(issuer)
        content = sdjwt.verify_credential(
            credential,
            issuer_key_lookup=lambda iss, header: (
                jose.find_key(published, header.get("kid")) if iss == issuer else None
            ),
            now=self._now(),
        )
        bound = jose.thumbprint(content.holder_jwk) if content.holder_jwk else None
        key = next((k for k in keys if jose.thumbprint(k) == bound), None)
        if key is None:
            raise CredentialError("wrong_holder", "the credential is bound to another key")
        if content.vct != vct:
            raise CredentialError(
                "wrong_type", "the credential is not of the type that was offered"
            )
        return Paper(credential, key, content)

    async def _issuer_keys(self, issuer: str) -> Mapping[str, Any]:
        document = await self._metadata(issuer, metadata.KEYS, "issuer")
        if "jwks_uri" in document:
            return await self._get_json(document["jwks_uri"])
        return document.get("jwks") or {}

    async def _notify(
        self, issuer: Mapping[str, Any], token: str, answer: Mapping[str, Any], event: str
    ) -> None:
        if "notification_id" in answer and "notification_endpoint" in issuer:
            body = {"notification_id": answer["notification_id"], "event": event}
            await self._post_json(issuer["notification_endpoint"], body, token)

    async def _direct_post(self, request: requests.Request, form: dict[str, str]) -> str | None:
        if request.state is not None:
            form["state"] = request.state
        return await self._send(request, form)

    async def _send(self, request: requests.Request, form: Mapping[str, str]) -> str | None:
        answer = _answer(await self._client.post(request.response_uri, data=form))
        target = answer.get("redirect_uri")
        return target if isinstance(target, str) else None

    async def _metadata(self, issuer: str, document: str, member: str) -> dict[str, Any]:
        found = await self._get_json(metadata.well_known(issuer, document))
        if found.get(member) != issuer:
            raise CredentialError("malformed", f"{member} in {document} is not the address asked")
        return found

    async def _get_json(self, url: str) -> dict[str, Any]:
        return _answer(await self._client.get(url, headers={"Accept": "application/json"}))

    async def _post_json(
        self, url: str, body: Mapping[str, Any], access_token: str
    ) -> tuple[dict[str, Any], int]:
        headers = {"Authorization": f"Bearer {access_token}"}
        response = await self._client.post(url, json=body, headers=headers)
        return _answer(response), response.status_code


def _bound(asked: Asked) -> dict[str, list[transactions.Transaction]]:
    """Choose for each transaction the one credential that authorises it (section 5.1)."""
    found: dict[str, list[transactions.Transaction]] = {}
    for one in asked.transactions:
        name = next((n for n in one.credential_ids if n in asked.choices), None)
        if name is None:
            raise CredentialError("not_satisfied", "no paper that may authorise this transaction")
        found.setdefault(name, []).append(one)
    return found


def _parameters(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def _member(source: Any, name: str) -> Any:
    """Return a member that the other side owes us."""
    if not isinstance(source, Mapping) or name not in source:
        raise CredentialError("malformed", f"{name} is missing")
    return source[name]


def _answer(response: httpx2.Response) -> dict[str, Any]:
    if not 200 <= response.status_code < 300:
        raise _refused(response)
    return jose.json_object(response.content) if response.content else {}


def _refused(response: httpx2.Response) -> CredentialError:
    """Turn an error answer into an exception with the other side's own code."""
    try:
        body = jose.json_object(response.content)
    except CredentialError:
        body = {}
    code = str(body.get("error", f"http_{response.status_code}"))
    return CredentialError(code, str(body.get("error_description", "the other side refused")))
