"""How a wallet in Python receives credentials (OpenID4VCI 1.0): an offer, a token, proofs, papers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.wallet import jose, metadata, proofs, sdjwt
from motcua.wallet.holder_talk import OtherSide, answer_of, member, parameters_of
from motcua.wallet.refusal import CredentialError


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


class Receiver:
    """Fetches credentials into ``papers``, each as soon as it was verified."""

    def __init__(
        self, other: OtherSide, papers: list[Paper], *, now: Callable[[], datetime]
    ) -> None:
        self._other = other
        self._papers = papers
        self._now = now

    async def receive(self, link: str, *, tx_code: str | None = None, copies: int = 1) -> Received:
        """Follow an offer (the link of its QR code, or its address) and keep what it brings.

        ``copies`` credentials per kind are asked for, each bound to a key of its own.
        """
        offer = await self._offer(link)
        issuer = await self._other.published(
            offer["credential_issuer"], metadata.ISSUER, "credential_issuer"
        )
        access_token = await self._access_token(issuer, offer, tx_code)
        papers: list[Paper] = []
        waiting: list[Waiting] = []
        for name in offer["credential_configuration_ids"]:
            keys = tuple(jose.generate_key() for _ in range(copies))
            answer, status = await self._request(issuer, access_token, name, keys)
            if status == 202:
                promised = str(member(answer, "transaction_id"))
                waiting.append(Waiting(promised, access_token, issuer, name, keys))
            else:
                papers += await self._keep(issuer, access_token, name, keys, answer)
        return Received(tuple(papers), tuple(waiting))

    async def collect(self, waiting: Waiting) -> list[Paper]:
        """Ask for a promised credential; returns nothing while it is not ready."""
        url = member(waiting.issuer, "deferred_credential_endpoint")
        body = {"transaction_id": waiting.transaction_id}
        answer, status = await self._other.post_json(url, body, waiting.access_token)
        if status == 202:
            return []
        return await self._keep(
            waiting.issuer, waiting.access_token, waiting.configuration_id, waiting.keys, answer
        )

    async def _offer(self, link: str) -> dict[str, Any]:
        parameters = parameters_of(link)
        if "credential_offer" in parameters:
            offer = jose.json_object(parameters["credential_offer"].encode())
        else:
            offer = await self._other.get_json(parameters.get("credential_offer_uri", link))
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
        server = await self._other.published(servers[0], metadata.SERVER, "issuer")
        form = {
            "grant_type": metadata.PRE_AUTHORIZED,
            "pre-authorized_code": str(member(grant, "pre-authorized_code")),
        }
        if tx_code is not None:
            form["tx_code"] = tx_code
        response = await self._other.client.post(member(server, "token_endpoint"), data=form)
        answer = answer_of(response)
        if str(answer.get("token_type")).lower() != "bearer":
            raise CredentialError("malformed", "this wallet uses bearer tokens only")
        return str(member(answer, "access_token"))

    async def _request(
        self,
        issuer: Mapping[str, Any],
        access_token: str,
        configuration_id: str,
        keys: Sequence[jose.Key],
    ) -> tuple[dict[str, Any], int]:
        nonce = None
        if "nonce_endpoint" in issuer:
            answer = answer_of(await self._other.client.post(issuer["nonce_endpoint"]))
            nonce = str(member(answer, "c_nonce"))
        audience = issuer["credential_issuer"]
        made = [
            proofs.make_proof(key, audience=audience, nonce=nonce, iat=self._now()) for key in keys
        ]
        body = {"credential_configuration_id": configuration_id, "proofs": {"jwt": made}}
        return await self._other.post_json(
            member(issuer, "credential_endpoint"), body, access_token
        )

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
            offered = member(issuer, "credential_configurations_supported")
            vct = member(member(offered, configuration_id), "vct")
            texts = [member(entry, "credential") for entry in member(answer, "credentials")]
            papers = [await self._check(issuer["credential_issuer"], t, vct, keys) for t in texts]
        except CredentialError:
            await self._notify(issuer, access_token, answer, "credential_failure")
            raise
        self._papers += papers
        await self._notify(issuer, access_token, answer, "credential_accepted")
        return papers

    async def _check(
        self, issuer: str, credential: str, vct: str, keys: Sequence[jose.Key]
    ) -> Paper:
        published = await self._other.issuer_keys(issuer)
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

    async def _notify(
        self, issuer: Mapping[str, Any], token: str, answer: Mapping[str, Any], event: str
    ) -> None:
        if "notification_id" in answer and "notification_endpoint" in issuer:
            body = {"notification_id": answer["notification_id"], "event": event}
            await self._other.post_json(issuer["notification_endpoint"], body, token)
