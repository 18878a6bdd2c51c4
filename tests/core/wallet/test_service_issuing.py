"""Issuing over HTTP: from the minted offer to the paper in the wallet, and every way to cheat."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua.channels import book
from motcua.dossiers.changes import lock
from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.tenancy.tenant import Tenant
from motcua.wallet import issuing, jose, nonces, offering, proofs, statuslist
from motcua.wallet.metadata import PRE_AUTHORIZED
from tests.core.wallet.archive import CLAIMS, KIND, Archive, citizen
from tests.core.wallet.keyed import Keyed, error_of

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]


async def test_a_result_reaches_the_wallet_and_ends_the_dossier(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    (paper,) = wallet.papers
    assert {k: v for k, v in paper.content.claims.items() if k != "document"} == CLAIMS
    assert paper.content.vct == archive.url(quang_ninh, f"/vct/{KIND}/1")
    assert await wallet.status_of(paper) == statuslist.VALID
    assert await archive.events(quang_ninh, ready.trace) == [
        "person.known",
        "offer.minted",
        "offer.used",
        "credential.issued",
        "dossier.returned",
        "credential.delivered",
    ]
    row = "select state = 10 and delivery = 'in_wallet' and returned_at is not null from dossier"
    assert await archive.one(quang_ninh, f"{row} where id = $1", ready.dossier)


async def test_an_offer_does_not_wait_for_who_delivers_the_same_result(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await lock(work, ready.dossier)  # as a delivery does, before it locks the result
        async with asyncio.timeout(10):
            offered = await archive.mint(ready)
        assert await work.tx.fetchval(book.LOCK_RESULT, ready.id) == ready.id
    assert (await archive.client.get(offered.offer_uri)).status_code == 200


async def test_what_the_database_holds_opens_no_offer(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    offered = await archive.mint(ready)
    code = await archive.code(offered)
    row = await archive.one(
        quang_ninh, "select o::text from credential_offer o where result_id = $1", ready.id
    )
    for secret in (code, offered.tx_code, offered.offer_uri.rsplit("/", 1)[-1]):
        assert secret.encode().hex() not in row
        assert secret not in row.replace(str(ready.id), "")


async def test_copies_of_a_batch_share_nothing_but_their_content(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=10)
    places = {p.content.status.index for p in wallet.papers if p.content.status}
    assert len(places) == 10
    assert places != set(range(min(places), min(places) + 10))
    assert len({p.content.issued_at for p in wallet.papers}) == 1


async def test_a_code_is_redeemed_once_though_twenty_try_at_the_same_time(
    archive: Archive, quang_ninh: Tenant
) -> None:
    offered = await archive.mint(await archive.result(quang_ninh))
    code = await archive.code(offered)
    answers = await asyncio.gather(
        *(archive.redeem(quang_ninh, code, offered.tx_code) for _ in range(20))
    )
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19
    assert {a.json().get("error") for a in answers} == {None, "invalid_grant"}
    assert (await archive.client.get(offered.offer_uri)).status_code == 410


async def test_five_wrong_transaction_codes_lock_an_offer_even_in_parallel(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    offered = await archive.mint(ready)
    code = await archive.code(offered)
    wrong = f"{(int(offered.tx_code) + 1) % 10**6:06d}"
    answers = await asyncio.gather(*(archive.redeem(quang_ninh, code, wrong) for _ in range(9)))
    assert {a.json()["error"] for a in answers} == {"invalid_grant"}
    assert (await archive.redeem(quang_ninh, code, offered.tx_code)).status_code == 400
    tries = "select tries from credential_offer where result_id = $1"
    assert await archive.one(quang_ninh, tries, ready.id) == offering.TRIES
    assert (await archive.events(quang_ninh, ready.trace)).count("offer.locked") == 1


async def test_four_wrong_codes_still_let_the_right_one_in(
    archive: Archive, quang_ninh: Tenant
) -> None:
    offered = await archive.mint(await archive.result(quang_ninh))
    code = await archive.code(offered)
    for _ in range(4):
        assert (await archive.redeem(quang_ninh, code, "nonsense")).status_code == 400
    assert (await archive.redeem(quang_ninh, code, offered.tx_code)).status_code == 200


async def test_an_expired_offer_gives_nothing(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    offered = await archive.mint(ready)
    code = await archive.code(offered)
    await _age(archive, quang_ninh, "credential_offer", ready.id)
    assert (await archive.client.get(offered.offer_uri)).status_code == 410
    assert (await archive.redeem(quang_ninh, code, offered.tx_code)).status_code == 400


async def test_a_new_offer_ends_the_earlier_one(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    first = await archive.mint(ready)
    code = await archive.code(first)
    await archive.mint(ready)
    assert (await archive.client.get(first.offer_uri)).status_code == 410
    assert (await archive.redeem(quang_ninh, code, first.tx_code)).status_code == 400


async def test_another_tenant_knows_neither_offer_nor_code_nor_token(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    offered = await archive.mint(ready)
    path = offered.offer_uri.removeprefix(archive.url(quang_ninh))
    assert (await archive.client.get(archive.url(thai_nguyen, path))).status_code == 404
    code = await archive.code(offered)
    assert (await archive.redeem(thai_nguyen, code, offered.tx_code)).status_code == 400
    token = await archive.access(ready)
    answer = await archive.ask(thai_nguyen, token, [await _proof(archive, thai_nguyen)])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": PRE_AUTHORIZED}, "invalid_request"),
        (
            {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": "x"},
            "invalid_grant",
        ),
    ],
)
async def test_an_incomplete_token_request_is_told_what_it_lacks(
    archive: Archive, quang_ninh: Tenant, form: dict[str, str], error: str
) -> None:
    answer = await archive.client.post(archive.url(quang_ninh, "/token"), data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"].isascii()


async def test_a_parameter_that_comes_twice_is_refused(
    archive: Archive, quang_ninh: Tenant
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await archive.client.post(
        archive.url(quang_ninh, "/token"), content="tx_code=1&tx_code=2", headers=headers
    )
    assert answer.json()["error"] == "invalid_request"


async def test_only_the_holder_may_mint(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    other = await archive.person(quang_ninh)
    async with archive.platform.works.begin(quang_ninh, citizen(other)) as work:
        with pytest.raises(NotFound):
            await offering.mint(archive.platform, work, result_id=ready.id, subject_id=other)


async def test_what_is_no_valid_paper_is_not_offered(archive: Archive, quang_ninh: Tenant) -> None:
    for wrong in (
        await archive.result(quang_ninh, kind="refused", type=None),
        await archive.result(quang_ninh, type=None),
        await archive.result(quang_ninh, expires=timedelta(minutes=-1)),
        await archive.result(quang_ninh, expires=timedelta(minutes=30)),
    ):
        with pytest.raises(Conflict):
            await archive.mint(wrong)
    revoked = await archive.result(quang_ninh)
    await archive.revoke(revoked)
    with pytest.raises(Conflict):
        await archive.mint(revoked)


async def test_a_revocation_between_token_and_request_stops_the_issue(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    token = await archive.access(ready)
    await archive.revoke(ready)
    answer = await archive.ask(quang_ninh, token, [await _proof(archive, quang_ninh)])
    assert answer.json()["error"] == "credential_request_denied"


async def test_proofs_that_prove_nothing_bring_nothing(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    token = await archive.access(await archive.result(quang_ninh))
    key, now = jose.generate_key(), datetime.now(UTC)
    here, elsewhere = archive.url(quang_ninh), archive.url(thai_nguyen)
    nonce, foreign = await archive.nonce(quang_ninh), await archive.nonce(thai_nguyen)
    stale = nonces.make_nonce(
        issuing.nonce_secret(archive.platform),
        tenant=str(quang_ninh.id),
        now=now - timedelta(minutes=6),
    )

    def proof(**changes: Any) -> str:
        said = {"audience": here, "nonce": nonce, "iat": now, **changes}
        return proofs.make_proof(key, **said)

    private = jose.sign(
        {"aud": here, "nonce": nonce, "iat": int(now.timestamp())},
        key,
        typ=proofs.TYPE,
        jwk=key.as_dict(private=True),
    )
    head, body, _ = proof().split(".")
    none = jose.b64u(b'{"alg":"none","typ":"openid4vci-proof+jwt"}')
    cases: list[tuple[list[Any], str]] = [
        ([proof(audience=elsewhere)], "invalid_proof"),
        ([proof(iat=now - timedelta(minutes=6))], "invalid_proof"),
        ([proof(iat=now + timedelta(minutes=6))], "invalid_proof"),
        ([proof(nonce=foreign)], "invalid_nonce"),
        ([proof(nonce=stale)], "invalid_nonce"),
        ([proof(nonce=None)], "invalid_nonce"),
        ([private], "invalid_proof"),
        ([f"{none}.{body}."], "invalid_proof"),
        ([f"{none}.{body}.{jose.b64u(b'x')}"], "invalid_proof"),
        ([f"{head}.{body}.{jose.b64u(bytes(64))}"], "invalid_proof"),
        ([proof(), proof()], "invalid_proof"),
        ([], "invalid_proof"),
        ([17], "invalid_proof"),
        ([await _proof(archive, quang_ninh) for _ in range(11)], "invalid_proof"),
    ]
    for sent, error in cases:
        answer = await archive.ask(quang_ninh, token, sent)
        assert (answer.status_code, answer.json()["error"]) == (400, error), sent
    assert (await archive.ask(quang_ninh, token, [proof()])).status_code == 200


async def test_a_token_brings_ten_copies_in_all(archive: Archive, quang_ninh: Tenant) -> None:
    token = await archive.access(await archive.result(quang_ninh))
    eight = [await _proof(archive, quang_ninh) for _ in range(8)]
    assert (await archive.ask(quang_ninh, token, eight)).status_code == 200
    answer = await archive.ask(quang_ninh, token, eight[:3])
    assert answer.json()["error"] == "credential_request_denied"
    assert (await archive.ask(quang_ninh, token, eight[:2])).status_code == 200


async def test_one_authorization_brings_a_hundred_copies_whatever_its_tokens(
    archive: Archive, quang_ninh: Tenant
) -> None:
    keyed = Keyed(archive, quang_ninh)
    given = (await keyed.code(await archive.mint(await archive.result(quang_ninh)))).json()
    for _ in range(issuing.COPIES // issuing.BATCH):
        body = await keyed.asked(issuing.BATCH)
        got = await keyed.json("/credential", given["access_token"], body)
        assert got.status_code == 200
        given = (await keyed.refresh(given["refresh_token"])).json()
    more = await keyed.json("/credential", given["access_token"], await keyed.asked())
    assert error_of(more) == (400, "credential_request_denied")


async def test_a_request_names_the_configuration_of_its_token(
    archive: Archive, quang_ninh: Tenant
) -> None:
    token = await archive.access(await archive.result(quang_ninh))
    proof = [await _proof(archive, quang_ninh)]
    for more, error in (
        ({"credential_configuration_id": "passport"}, "unknown_credential_configuration"),
        ({"credential_identifier": "x"}, "invalid_credential_request"),
        ({"proofs": None}, "invalid_proof"),
        ({"proofs": {"jwt": proof, "attestation": []}}, "invalid_proof"),
    ):
        answer = await archive.ask(quang_ninh, token, proof, **more)
        assert answer.json()["error"] == error, more


async def test_a_token_ends_after_five_minutes(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    token = await archive.access(ready)
    await _age(archive, quang_ninh, "credential_token", ready.id)
    answer = await archive.ask(quang_ninh, token, [await _proof(archive, quang_ninh)])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_a_notification_counts_once_and_needs_its_token(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    token, other = (
        await archive.access(ready),
        await archive.access(await archive.result(quang_ninh)),
    )
    answer = await archive.ask(quang_ninh, token, [await _proof(archive, quang_ninh)])
    notice = answer.json()["notification_id"]
    await _age(archive, quang_ninh, "credential_token", ready.id)

    async def tell(secret: str, body: dict[str, Any]) -> tuple[int, str]:
        headers = {"authorization": f"Bearer {secret}"}
        said = await archive.client.post(
            archive.url(quang_ninh, "/notification"), json=body, headers=headers
        )
        return said.status_code, said.json()["error"] if said.content else ""

    accepted = {"notification_id": notice, "event": "credential_accepted"}
    assert await tell(other, accepted) == (400, "invalid_notification_id")
    assert await tell(token, {**accepted, "notification_id": "x"}) == (
        400,
        "invalid_notification_id",
    )
    assert await tell(token, {"event": "credential_accepted"}) == (
        400,
        "invalid_notification_request",
    )
    assert await tell(token, {**accepted, "event": "eaten"}) == (
        400,
        "invalid_notification_request",
    )
    said = await asyncio.gather(*(tell(token, accepted) for _ in range(6)))
    assert said == [(204, "")] * 6
    assert await tell(token, {**accepted, "event": "credential_failure"}) == (204, "")
    assert await tell(token, {**accepted, "event": "credential_deleted"}) == (204, "")
    told = await archive.events(quang_ninh, ready.trace)
    assert told.count("credential.delivered") == told.count("dossier.returned") == 1
    assert told[-1] == "credential.deleted"
    assert "credential.failed" not in told


async def test_a_wallet_that_fails_leaves_the_dossier_open(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    token = await archive.access(ready)
    answer = await archive.ask(quang_ninh, token, [await _proof(archive, quang_ninh)])
    body = {"notification_id": answer.json()["notification_id"], "event": "credential_failure"}
    await archive.client.post(
        archive.url(quang_ninh, "/notification"),
        json=body,
        headers={"authorization": f"Bearer {token}"},
    )
    assert (await archive.events(quang_ninh, ready.trace))[-1] == "credential.failed"
    assert (
        await archive.one(quang_ninh, "select state from dossier where id = $1", ready.dossier) == 9
    )


async def _proof(archive: Archive, tenant: Tenant) -> str:
    return proofs.make_proof(
        jose.generate_key(),
        audience=archive.url(tenant),
        nonce=await archive.nonce(tenant),
        iat=datetime.now(UTC),
    )


async def _age(archive: Archive, tenant: Tenant, table: str, result: object) -> None:
    about = "result_id = $1"
    if table == "credential_token":
        about = "grant_id in (select id from credential_grant where result_id = $1)"
    await archive.one(
        tenant,
        f"update {table} set expires_at = now() - interval '1 second' "  # noqa: S608
        f"where {about} returning 1",
        result,
    )
