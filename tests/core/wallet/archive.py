"""The running house for the tests of the wallet's services: results ready to be fetched, and wallets."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2

from motcua.events.log import SYSTEM, Actor
from motcua.events.work import Work
from motcua.ids import random_code, uuid7
from motcua.people import citizens
from motcua.people.citizens import Citizen
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery, issuer, offering, presenting
from motcua.wallet.holder import HolderWallet
from motcua.wallet.metadata import PRE_AUTHORIZED
from motcua.wallet.offering import Offered
from motcua.wallet.presenting import Presented

KIND = "register-copy"
NAME = "Nguyễn Thị Bích Ngọc"
CLAIMS: dict[str, Any] = {
    "full_name": NAME,
    "personal_id": "022194900001",
    "birth_date": "1994-05-19",
    "register_kind": "disability",
    "content": "Khuyết tật vận động, mức độ nặng (dữ liệu mẫu)",
}

_UNIT = "select id from unit order by code limit 1"
_DOSSIER = """
insert into dossier (id, code, track_code, trace_id, state, channel, adopted_id, procedure_code,
  procedure_version, procedure_name, subject_id, submitter_id, subject_name, received_unit, competent_unit, answers_sealed,
  submitted_at, react_by, delivery)
values ($1, $2, $2, $3, $4, 2,
  (select id from adopted_procedure where code = '2.000908' limit 1), '2.000908', '2026.2', 'Bản sao từ sổ gốc', $5, $5, $6, $7, $7, $8, $9, $9,
  'ready')
"""
_RESULT = """
insert into issued_result (id, dossier_id, trace_id, holder_id, number, kind, title_vi, title_en, type,
  claims_sealed, hidden, pdf_sha256, verify_code, signing_kid, issued_at, expires_at)
values ($1, $2, $3, $4, $5, $6, 'Bản sao', 'Copy', $7, $8, $9, $10, $5, 'k', $11, $12)
"""


@dataclass(frozen=True)
class Ready:
    """A granted result in the archive of a province, and its holder."""

    tenant: Tenant
    id: UUID
    dossier: UUID
    holder: UUID
    trace: UUID


@dataclass
class Archive:
    """A house with an HTTP client that reaches every host of it."""

    platform: Platform
    client: httpx2.AsyncClient
    wallets: list[HolderWallet] = field(default_factory=list)

    def url(self, tenant: Tenant, path: str = "") -> str:
        return issuer.url_of(self.platform, tenant) + path

    async def person(self, tenant: Tenant, name: str = NAME) -> UUID:
        async with self.platform.works.begin(tenant, SYSTEM) as work:
            return await _person(work, name)

    async def result(
        self,
        tenant: Tenant,
        *,
        kind: str = "granted",
        type: str | None = KIND,
        state: int = 9,
        expires: timedelta | None = timedelta(days=90),
        claims: dict[str, Any] = CLAIMS,
    ) -> Ready:
        """Put a finished dossier with its result into the archive."""
        async with self.platform.works.begin(tenant, SYSTEM) as work:
            person = await _person(work, NAME)
            ready = Ready(tenant, uuid7(), uuid7(), person, work.trace_id)
            unit = await work.tx.fetchval(_UNIT)
            await work.tx.execute(
                _DOSSIER,
                ready.dossier,
                random_code(12),
                ready.trace,
                state,
                person,
                NAME,
                unit,
                work.vault.seal("{}"),
                work.now,
            )
            await work.tx.execute(
                _RESULT,
                ready.id,
                ready.dossier,
                ready.trace,
                person,
                random_code(12),
                kind,
                type,
                work.vault.seal(json.dumps(claims)),
                ["personal_id", "content", "full_name"],
                "0" * 64,
                work.now,
                work.now + expires if expires else None,
            )
        return ready

    async def mint(self, ready: Ready) -> Offered:
        async with self.platform.works.begin(ready.tenant, citizen(ready.holder)) as work:
            return await offering.mint(
                self.platform, work, result_id=ready.id, subject_id=ready.holder
            )

    def wallet(self) -> HolderWallet:
        return HolderWallet(
            self.client, now=lambda: datetime.now(UTC), roots=issuer.roots(self.platform)
        )

    async def received(self, ready: Ready, copies: int = 1) -> HolderWallet:
        """Return a wallet that has fetched the result."""
        offered, wallet = await self.mint(ready), self.wallet()
        await wallet.receive(offered.link, tx_code=offered.tx_code, copies=copies)
        return wallet

    async def code(self, offered: Offered) -> str:
        offer = (await self.client.get(offered.offer_uri)).json()
        found: str = offer["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        return found

    async def redeem(
        self, tenant: Tenant, code: str, tx_code: str | None, **more: str
    ) -> httpx2.Response:
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code, **more}
        if tx_code is not None:
            form["tx_code"] = tx_code
        return await self.client.post(self.url(tenant, "/token"), data=form)

    async def access(self, ready: Ready) -> str:
        """Return an access token for a result."""
        offered = await self.mint(ready)
        answer = await self.redeem(ready.tenant, await self.code(offered), offered.tx_code)
        token: str = answer.json()["access_token"]
        return token

    async def nonce(self, tenant: Tenant) -> str:
        found: str = (await self.client.post(self.url(tenant, "/nonce"))).json()["c_nonce"]
        return found

    async def ask(
        self, tenant: Tenant, token: str, sent: list[Any], /, **more: Any
    ) -> httpx2.Response:
        body = {"credential_configuration_id": KIND, "proofs": {"jwt": sent}, **more}
        headers = {"authorization": f"Bearer {token}"}
        return await self.client.post(self.url(tenant, "/credential"), json=body, headers=headers)

    async def revoke(self, ready: Ready) -> int:
        async with self.platform.works.begin(ready.tenant, SYSTEM) as work:
            return await delivery.revoke(work, ready.id, "cấp nhầm (dữ liệu mẫu)")

    async def start(
        self, tenant: Tenant, person: UUID, *, trace: UUID | None = None, **claims: Any
    ) -> str:
        """Begin a presentation and return the link."""
        async with self.platform.works.begin(tenant, citizen(person), trace_id=trace) as work:
            return await presenting.start(
                self.platform,
                work,
                subject_id=person,
                paper_key="disability",
                vct_type=KIND,
                claims=claims or {"register_kind": "disability"},
                return_path="/apply/1.001776",
            )

    async def collect(self, tenant: Tenant, target: str, person: UUID) -> Presented:
        found = {k: v[0] for k, v in parse_qs(urlsplit(target).query).items()}
        async with self.platform.works.begin(tenant, citizen(person)) as work:
            return await presenting.collect(
                self.platform,
                work,
                presentation_id=UUID(found["presentation"]),
                response_code=found["response_code"],
                subject_id=person,
            )

    async def one(self, tenant: Tenant, sql: str, *args: object) -> Any:
        async with self.platform.db.tenant(tenant) as tx:
            return await tx.fetchval(sql, *args)

    async def events(self, tenant: Tenant, trace: UUID) -> list[str]:
        async with self.platform.db.tenant(tenant) as tx:
            rows = await tx.fetch("select type from event where trace_id = $1 order by id", trace)
        return [row["type"] for row in rows]


def citizen(person: UUID) -> Actor:
    return Actor("citizen", person, NAME)


async def _person(work: Work, name: str) -> UUID:
    serial = uuid7().int % 10**9
    return await citizens.remember(work, Citizen(pid=f"022{serial:09d}", full_name=name))
