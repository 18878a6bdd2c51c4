"""Wallets that do not mind that the issuer dies: they ask again, and write down what they were told."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2

from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import issuer, jose, offering, proofs, samples, sdjwt
from motcua.wallet.metadata import PRE_AUTHORIZED

COPIES = 2
_PATIENCE = 90
_TROUBLE = {500, 502, 503}


@dataclass(frozen=True)
class Offer:
    """An offer of one sample result, as the wallet's owner holds it."""

    result: UUID
    dossier: UUID
    path: str
    tx_code: str


@dataclass
class Told:
    """What the issuer has acknowledged to wallets."""

    papers: dict[UUID, list[str]] = field(default_factory=dict)
    accepted: dict[UUID, str] = field(default_factory=dict)
    codes: dict[UUID, str] = field(default_factory=dict)
    lost: set[UUID] = field(default_factory=set)
    """Whose code was used, but the answer with the token never came."""


class Wallet:
    """Speaks to one issuer at an address of this machine."""

    def __init__(self, platform: Platform, tenant: Tenant, port: int, told: Told) -> None:
        self._url, self._told = issuer.url_of(platform, tenant), told
        self._client = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"host": tenant.host}, timeout=20
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def fetch(self, offer: Offer) -> None:
        """Go the whole way from the offer to the notification."""
        answer, _ = await self._insist("GET", offer.path)
        code = answer.json()["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        self._told.codes[offer.result] = code
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": code,
            "tx_code": offer.tx_code,
        }
        answer, again = await self._insist("POST", "/token", data=form)
        if answer.status_code != 200:
            assert again, answer.text
            assert answer.json()["error"] == "invalid_grant"
            self._told.lost.add(offer.result)
            return
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        got = await self._issued(headers)
        self._told.papers[offer.result] = [c["credential"] for c in got["credentials"]]
        notice = got["notification_id"]
        body = {"notification_id": notice, "event": "credential_accepted"}
        answer, _ = await self._insist("POST", "/notification", json=body, headers=headers)
        assert answer.status_code == 204, answer.text
        self._told.accepted[offer.result] = notice

    async def _issued(self, headers: dict[str, str]) -> dict[str, Any]:
        answer, _ = await self._insist("POST", "/nonce")
        now, nonce = datetime.now(UTC), answer.json()["c_nonce"]
        made = [
            proofs.make_proof(jose.generate_key(), audience=self._url, nonce=nonce, iat=now)
            for _ in range(COPIES)
        ]
        body = {"credential_configuration_id": "register-copy", "proofs": {"jwt": made}}
        answer, _ = await self._insist("POST", "/credential", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def _insist(self, method: str, path: str, **about: Any) -> tuple[httpx2.Response, bool]:
        """Ask until there is an answer; returns it, and whether it was asked for more than once."""
        async with asyncio.timeout(_PATIENCE):
            again = False
            while True:
                try:
                    answer = await self._client.request(method, path, **about)
                except httpx2.HTTPError:
                    answer = None
                if answer is not None and answer.status_code not in _TROUBLE:
                    return answer, again
                again = True
                await asyncio.sleep(0.1)


async def offers(platform: Platform, tenant: Tenant, count: int) -> list[Offer]:
    """Put sample results into the archive and offer each of them."""
    made = []
    for _ in range(count):
        sample = await samples.make(platform, tenant, "register-copy", actor=SYSTEM)
        async with platform.works.begin(tenant, SYSTEM) as work:
            offered = await offering.mint(
                platform, work, result_id=sample.result, subject_id=sample.holder
            )
        path = offered.offer_uri.removeprefix(issuer.url_of(platform, tenant))
        made.append(Offer(sample.result, sample.dossier, path, offered.tx_code))
    return made


async def check(platform: Platform, tenant: Tenant, made: list[Offer], told: Told) -> None:
    """No code used twice, no index twice, nothing acknowledged and lost."""
    results = [offer.result for offer in made]
    async with platform.db.tenant(tenant) as tx:
        grants = await tx.fetch(
            "select result_id from credential_grant where result_id = any($1)", results
        )
        stored = await tx.fetch(
            "select list_id, list_index, digest, notified, notification_hash, result_id"
            " from credential where result_id = any($1)",
            results,
        )
        events = await tx.fetch(
            "select subject from event where type = 'credential.delivered' and subject = any($1)",
            results,
        )
        states = await tx.fetch(
            "select d.state, d.delivery, r.id from dossier d join issued_result r"
            " on r.tenant_id = d.tenant_id and r.dossier_id = d.id where r.id = any($1)",
            results,
        )
    assert told.papers.keys() | told.lost == set(results)
    assert not told.papers.keys() & told.lost
    assert max(Counter(row["result_id"] for row in grants).values()) == 1
    assert len({(r["list_id"], r["list_index"]) for r in stored}) == len(stored)
    _hold(told, {row["digest"] for row in stored})
    accepted = {row["notification_hash"]: row["notified"] for row in stored}
    for notice in told.accepted.values():
        assert accepted[digest(notice)] == "credential_accepted"
    assert told.accepted.keys() == told.papers.keys()
    delivered = Counter(row["subject"] for row in events)
    assert delivered == Counter(dict.fromkeys(told.accepted, 1))
    by_result = {row["id"]: (row["state"], row["delivery"]) for row in states}
    assert {by_result[result] for result in told.accepted} == {(10, "in_wallet")}


def _hold(told: Told, digests: set[str]) -> None:
    """Every copy in a wallet is one the issuer knows, at a place of its own."""
    seen = []
    for papers in told.papers.values():
        assert len(papers) == COPIES
        for paper in papers:
            entry = sdjwt.take_apart(paper).payload["status"]["status_list"]
            seen.append(issuer.digest_of(entry["uri"], entry["idx"]))
    assert len(set(seen)) == len(seen)
    assert set(seen) <= digests
