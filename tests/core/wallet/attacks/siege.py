"""What an attacker has in hand: a wallet of his own, papers of his own, and everything that is public."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from motcua.tenancy.tenant import Tenant
from motcua.wallet import jose, proofs, requests, sdjwt
from motcua.wallet.holder import Paper
from motcua.wallet.moments import seconds
from tests.core.wallet.archive import Archive, Ready
from tests.core.wallet.conftest import Issuer
from tests.core.wallet.keyed import Keyed

Presentation = Callable[..., str]


@dataclass
class Siege:
    """The house, two provinces, and shortcuts to where an attack begins."""

    archive: Archive
    here: Tenant
    there: Tenant
    browse: Callable[[str], Any]
    stranger: Issuer

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def keyed(self, tenant: Tenant | None = None) -> Keyed:
        return Keyed(self.archive, tenant or self.here)

    async def ready(self) -> Ready:
        return await self.archive.result(self.here)

    async def token(self) -> str:
        return await self.archive.access(await self.ready())

    async def asks(self, token: str, *sent: Any, tenant: Tenant | None = None) -> str:
        """Ask for copies with these proofs; returns the refusal's code, or how many copies came."""
        answer = await self.archive.ask(tenant or self.here, token, list(sent))
        body = answer.json()
        return str(body.get("error") or len(body["credentials"]))

    async def proof(self, key: jose.Key | None = None, **changes: Any) -> str:
        """Make a proof of possession; header and claims can be said otherwise."""
        mine = key or jose.generate_key()
        said = {
            "aud": self.archive.url(self.here),
            "iat": seconds(self.now),
            "nonce": await self.archive.nonce(self.here),
        }
        header: dict[str, Any] = {"typ": proofs.TYPE, "jwk": jose.public_jwk(mine)}
        header |= {n: changes.pop(n) for n in ("typ", "jwk", "kid") if n in changes}
        return jose.sign({**said, **changes}, mine, **header)

    async def begin(self) -> tuple[requests.Request, Paper, str]:
        """Let a person with a paper be asked for it; returns request, paper and the query's name."""
        wallet = await self.archive.received(await self.ready())
        link = await self.archive.start(self.here, await self.archive.person(self.here))
        asked = await wallet.ask(link)
        return asked.request, wallet.papers[0], next(iter(asked.choices))

    def shown(self, request: requests.Request, paper: Paper, **changes: Any) -> str:
        said: dict[str, Any] = {
            "holder_key": paper.key,
            "nonce": request.nonce,
            "aud": request.client_id,
            "iat": self.now,
            "reveal": {"full_name", "register_kind"},
            **changes,
        }
        return sdjwt.present(paper.credential, said.pop("reveal"), **said)

    async def send(self, request: requests.Request, name: str, shown: str) -> httpx2.Response:
        form = {"vp_token": json.dumps({name: [shown]}), "state": request.state or ""}
        return await self.archive.client.post(request.response_uri, data=form)

    async def refused(self, change: Callable[[str], str] = str, **changes: Any) -> str:
        """Present a paper, changed; returns the code of the refusal, or the way back."""
        request, paper, name = await self.begin()
        answer = await self.send(request, name, change(self.shown(request, paper, **changes)))
        return str(answer.json().get("error") or answer.json())


def with_header(token: str, **header: Any) -> str:
    """Return a JWS with another header and the old signature."""
    _, body, signature = token.split(".")
    return ".".join((jose.b64u(json.dumps(header).encode()), body, signature))
