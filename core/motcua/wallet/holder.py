"""A wallet in Python: receives credentials (OpenID4VCI 1.0) and presents them (OpenID4VP 1.0).

It finds every endpoint through the published metadata and checks what it is given, as a citizen's wallet
would. The guided tour and the tests use it; citizens use the wallet of the browser or one of their own.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx2
from cryptography import x509

from motcua.wallet import dcql, jose, jwe, requests, sdjwt, statuslist, transactions
from motcua.wallet.holder_receiving import Paper, Received, Receiver, Waiting
from motcua.wallet.holder_talk import OtherSide, answer_of, member, parameters_of, refused
from motcua.wallet.refusal import CredentialError
from motcua.wallet.transactions import Transaction

__all__ = ["Asked", "HolderWallet", "Paper", "Received", "Waiting"]


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
        self._other = OtherSide(client)
        self._receiver = Receiver(self._other, self.papers, now=now)
        self._now = now
        self._roots = roots

    async def receive(self, link: str, *, tx_code: str | None = None, copies: int = 1) -> Received:
        """Follow an offer (the link of its QR code, or its address) and keep what it brings.

        ``copies`` credentials per kind are asked for, each bound to a key of its own.
        """
        return await self._receiver.receive(link, tx_code=tx_code, copies=copies)

    async def collect(self, waiting: Waiting) -> list[Paper]:
        """Ask for a promised credential; returns nothing while it is not ready."""
        return await self._receiver.collect(waiting)

    async def ask(self, link: str) -> Asked:
        """Fetch and verify a presentation request, and find the papers that answer it."""
        parameters = parameters_of(link)
        text, nonce = await self._request_object(parameters)
        request = requests.parse_request(
            text,
            client_id=member(parameters, "client_id"),
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
        uri = member(parameters, "request_uri")
        headers = {"Accept": requests.MEDIA_TYPE}
        if parameters.get("request_uri_method") == "post":
            nonce = secrets.token_urlsafe(24)
            form = {"wallet_nonce": nonce}
            response = await self._other.client.post(uri, headers=headers, data=form)
        else:
            nonce = None
            response = await self._other.client.get(uri, headers=headers)
        if response.status_code != 200:
            raise refused(response)
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
        response = await self._other.client.get(
            entry.uri, headers={"Accept": statuslist.MEDIA_TYPE}
        )
        if response.status_code != 200:
            raise refused(response)
        keys = await self._other.issuer_keys(paper.content.issuer)
        found = statuslist.verify_token(
            response.text,
            uri=entry.uri,
            key_lookup=lambda header: jose.find_key(keys, header.get("kid")),
            now=self._now(),
        )
        return statuslist.read_status(found, entry.index)

    async def _direct_post(self, request: requests.Request, form: dict[str, str]) -> str | None:
        if request.state is not None:
            form["state"] = request.state
        return await self._send(request, form)

    async def _send(self, request: requests.Request, form: Mapping[str, str]) -> str | None:
        answer = answer_of(await self._other.client.post(request.response_uri, data=form))
        target = answer.get("redirect_uri")
        return target if isinstance(target, str) else None


def _bound(asked: Asked) -> dict[str, list[transactions.Transaction]]:
    """Choose for each transaction the one credential that authorises it (section 5.1)."""
    found: dict[str, list[transactions.Transaction]] = {}
    for one in asked.transactions:
        name = next((n for n in one.credential_ids if n in asked.choices), None)
        if name is None:
            raise CredentialError("not_satisfied", "no paper that may authorise this transaction")
        found.setdefault(name, []).append(one)
    return found
