"""Deferred issuance: what is not decided yet reaches the wallet when it is, whatever happens in between."""

import asyncio
from typing import Any

import pytest

from motcua.app import open_platform
from motcua.demo.cluster import Cluster
from motcua.errors import Conflict, NotFound
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuing, offering
from motcua.wallet.offering import Offered
from tests.core.wallet.archive import Archive, Ready, citizen
from tests.core.wallet.keyed import Keyed, error_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def keyed(archive: Archive, quang_ninh: Tenant) -> Keyed:
    return Keyed(archive, quang_ninh)


class Case:
    """A dossier that is being decided, with its offer redeemed by a wallet."""

    def __init__(self, keyed: Keyed, ready: Ready) -> None:
        self.keyed, self.ready = keyed, ready
        self.archive, self.tenant = keyed.archive, keyed.tenant
        self.token: dict[str, Any] = {}

    async def offer(self, **more: Any) -> Offered:
        async with self.archive.platform.works.begin(
            self.tenant, citizen(self.ready.holder)
        ) as work:
            return await offering.mint_ahead(
                self.archive.platform,
                work,
                dossier_id=self.ready.dossier,
                subject_id=self.ready.holder,
                **more,
            )

    async def begin(self, copies: int = 1, proof: str | None = "") -> str:
        """Return the transaction id of a request that waits."""
        self.token = (await self.keyed.code(await self.offer(), proof)).json()
        bound = self.token["token_type"] == "DPoP"
        answer = await self.keyed.json(
            "/credential",
            self.token["access_token"],
            await self.keyed.asked(copies),
            scheme=self.token["token_type"],
            proof="" if bound else None,
        )
        assert (answer.status_code, answer.json()["interval"]) == (202, 60)
        found: str = answer.json()["transaction_id"]
        return found

    async def poll(self, transaction_id: object) -> Any:
        return await self.keyed.json(
            "/deferred", self.token["access_token"], {"transaction_id": transaction_id}
        )

    async def decide(self, kind: str = "granted", state: int = 9) -> None:
        """Let the office decide: the result that was set aside comes back."""
        row = "update issued_result set dossier_id = $2, kind = $3 where id = $1 returning 1"
        await self.archive.one(self.tenant, row, self.ready.id, self.ready.dossier, kind)
        await self.state(state)

    async def state(self, state: int) -> None:
        row = "update dossier set state = $2 where id = $1 returning 1"
        await self.archive.one(self.tenant, row, self.ready.dossier, state)

    async def old(self, column: str, ago: str) -> None:
        row = f"update credential_deferral set {column} = now() - interval '{ago}' returning 1"  # noqa: S608
        await self.archive.one(self.tenant, row)


@pytest.fixture
async def case(keyed: Keyed) -> Case:
    """Return a dossier that is being processed; its result is parked elsewhere until it is decided."""
    ready, parked = (
        await keyed.archive.result(keyed.tenant, state=4),
        await keyed.archive.result(keyed.tenant, state=4),
    )
    gone = "delete from issued_result where id = $1 returning 1"
    await keyed.archive.one(keyed.tenant, gone, parked.id)
    move = "update issued_result set dossier_id = $2 where id = $1 returning 1"
    await keyed.archive.one(keyed.tenant, move, ready.id, parked.dossier)
    return Case(keyed, ready)


async def test_a_wallet_that_waits_gets_its_copies_when_the_office_decides(case: Case) -> None:
    transaction = await case.begin(copies=3)
    waits = await case.poll(transaction)
    assert (waits.status_code, waits.json()) == (
        202,
        {"transaction_id": transaction, "interval": 60},
    )
    assert waits.headers["cache-control"] == "no-store"
    await case.decide()
    got = await case.poll(transaction)
    assert got.status_code == 200
    assert len({c["credential"] for c in got.json()["credentials"]}) == 3
    told = {"notification_id": got.json()["notification_id"], "event": "credential_accepted"}
    access = case.token["access_token"]
    assert (await case.keyed.json("/notification", access, told)).status_code == 204
    events = await case.archive.events(case.tenant, case.ready.trace)
    assert "credential.deferred" in events
    assert events[-1] == "credential.delivered"


async def test_a_lost_answer_is_given_again_for_a_minute_and_then_never(case: Case) -> None:
    transaction = await case.begin()
    await case.decide()
    first = (await case.poll(transaction)).json()
    assert (await case.poll(transaction)).json() == first
    copies = "select count(*) from credential where result_id = $1"
    assert await case.archive.one(case.tenant, copies, case.ready.id) == 1
    await case.old("delivered_at", "61 seconds")
    assert error_of(await case.poll(transaction)) == (400, "invalid_transaction_id")


async def test_twenty_that_ask_at_the_same_time_get_the_same_copies(case: Case) -> None:
    transaction = await case.begin()
    await case.decide()
    answers = await asyncio.gather(*(case.poll(transaction) for _ in range(20)))
    assert len({a.json()["credentials"][0]["credential"] for a in answers}) == 1


async def test_another_process_knows_what_waits(
    case: Case, prepared: Cluster, plugins: Plugins
) -> None:
    transaction = await case.begin()
    await case.decide()
    async with open_platform(prepared.settings, plugins) as other:
        await other.directory.refresh(force=True)
        async with other.db.tenant(case.tenant) as tx:
            grant = await tx.fetchrow(
                "select g.*, t.id as token_id from credential_grant g join credential_token t"
                " on t.grant_id = g.id where g.dossier_id = $1",
                case.ready.dossier,
            )
        assert grant is not None
        answer, status = await issuing.later(
            other, case.tenant, grant, {"transaction_id": transaction}
        )
    assert (status, len(answer["credentials"])) == (200, 1)


async def test_the_next_token_still_knows_the_transaction(case: Case) -> None:
    transaction = await case.begin()
    old = "update credential_token set expires_at = now() returning 1"
    await case.archive.one(case.tenant, old)
    assert error_of(await case.poll(transaction)) == (401, "invalid_token")
    case.token = (await case.keyed.refresh(case.token["refresh_token"])).json()
    await case.decide()
    assert (await case.poll(transaction)).status_code == 200


async def test_a_wallet_without_a_key_may_come_back_too(case: Case) -> None:
    transaction = await case.begin(proof=None)
    assert (case.token["token_type"], case.token["expires_in"]) == ("Bearer", 300)
    given = await case.keyed.refresh(case.token["refresh_token"], proof=None)
    await case.decide()
    answer = await case.keyed.json(
        "/deferred",
        given.json()["access_token"],
        {"transaction_id": transaction},
        scheme="Bearer",
        proof=None,
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("state", [3, 8])
async def test_a_dossier_that_ended_without_result_is_told(case: Case, state: int) -> None:
    transaction = await case.begin()
    await case.state(state)
    assert error_of(await case.poll(transaction)) == (400, "credential_request_denied")


async def test_a_refusal_of_the_office_is_told(case: Case) -> None:
    transaction = await case.begin()
    await case.decide(kind="refused")
    assert error_of(await case.poll(transaction)) == (400, "credential_request_denied")
    access = case.token["access_token"]
    answer = await case.keyed.json("/credential", access, await case.keyed.asked())
    assert error_of(answer) == (400, "credential_request_denied")


async def test_a_result_that_was_withdrawn_again_is_not_handed_out(case: Case) -> None:
    transaction = await case.begin()
    await case.decide()
    await case.archive.revoke(case.ready)
    assert error_of(await case.poll(transaction)) == (400, "credential_request_denied")


async def test_nobody_else_knows_the_transaction(case: Case, thai_nguyen: Tenant) -> None:
    transaction = await case.begin()
    await case.decide()
    other = Keyed(case.archive, case.tenant)
    offered = await case.archive.mint(await case.archive.result(case.tenant))
    access = (await other.code(offered)).json()["access_token"]
    body = {"transaction_id": transaction}
    assert error_of(await other.json("/deferred", access, body)) == (400, "invalid_transaction_id")
    elsewhere = Keyed(case.archive, thai_nguyen, case.keyed.key)
    foreign = await elsewhere.json("/deferred", case.token["access_token"], body)
    assert error_of(foreign) == (401, "invalid_token")
    for wrong in ("x", None, 7, ["x"]):
        assert error_of(await case.poll(wrong)) == (400, "invalid_transaction_id")


async def test_what_waits_a_year_in_vain_ends(case: Case) -> None:
    transaction = await case.begin()
    await case.old("expires_at", "1 second")
    assert error_of(await case.poll(transaction)) == (400, "invalid_transaction_id")


async def test_only_an_open_dossier_of_ones_own_is_offered_ahead(case: Case) -> None:
    stranger = Case(case.keyed, case.ready)
    other = await case.archive.person(case.tenant)
    stranger.ready = Ready(case.tenant, case.ready.id, case.ready.dossier, other, case.ready.trace)
    with pytest.raises(NotFound):
        await stranger.offer()
    await case.state(8)
    with pytest.raises(Conflict):
        await case.offer()
    decided = Case(case.keyed, await case.archive.result(case.tenant))
    with pytest.raises(NotFound):
        await decided.offer()


async def test_an_offer_without_transaction_code_takes_none(case: Case) -> None:
    offered = await case.offer(with_code=False)
    offer = (await case.archive.client.get(offered.offer_uri)).json()
    (grant,) = offer["grants"].values()
    assert "tx_code" not in grant
    unexpected = await case.keyed.code(offered, tx_code="123456")
    assert error_of(unexpected) == (400, "invalid_request")
    assert (await case.keyed.code(offered)).status_code == 200


async def test_an_offer_with_transaction_code_says_when_it_is_missing(case: Case) -> None:
    offered = await case.offer()
    missing = await case.keyed.code(offered, tx_code="")
    assert error_of(missing) == (400, "invalid_request")
    assert (await case.keyed.code(offered)).status_code == 200
