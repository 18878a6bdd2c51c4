"""What programs and third parties ask of wallets: encrypted or not, read once, by nobody else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from motcua.errors import Forbidden, Invalid, SignInNeeded
from motcua.events.log import SYSTEM
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    jose,
    jwe,
    requests,
    sdjwt,
    service_tokens,
)
from motcua.wallet.asking import Wish
from motcua.wallet.holder import Asked
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.archive import KIND, NAME, Archive
from tests.core.wallet.asked import WISH, ask, read_answer

pytestmark = pytest.mark.anyio


def _encrypted() -> Wish:
    return Wish(WISH.options, WISH.types, haip=True)


@pytest.mark.parametrize("haip", [False, True])
async def test_a_program_reads_what_a_wallet_showed(
    haip: bool, archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await ask(archive, thai_nguyen, _encrypted() if haip else WISH)
    assert made["request"].startswith("haip-vp://?" if haip else "openid4vp://?")
    assert (await read_answer(archive, made))["status"] == "waiting"
    assert await wallet.present(made["request"]) is None
    found = await read_answer(archive, made)
    assert found["status"] == "verified"
    (paper,) = found["credentials"]
    # What the issuer left open, such as the day of birth, is not told to who did not ask.
    assert paper["claims"] == {"full_name": NAME, "register_kind": "disability"}
    assert paper["issuer_name"] == "Tỉnh Quảng Ninh"


async def test_an_encrypted_request_offers_a_key_of_its_own(
    archive: Archive, quang_ninh: Tenant
) -> None:
    seen = set()
    wallet = await archive.received(await archive.result(quang_ninh))
    for _ in range(2):
        made = await ask(archive, quang_ninh, _encrypted())
        first, again = [await wallet.ask(made["request"]) for _ in range(2)]
        about = first.request.client_metadata
        assert about == again.request.client_metadata
        assert about["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
        (key,) = about["jwks"]["keys"]
        assert (key["alg"], key["use"]) == ("ECDH-ES", "enc")
        assert first.request.response_mode == "direct_post.jwt"
        seen.add(key["kid"])
    assert len(seen) == 2


async def test_the_private_key_of_an_answer_is_forgotten_with_it(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await ask(archive, quang_ninh, _encrypted())
    kept = "select response_key_sealed is not null from presentation where id = $1::uuid"
    assert await archive.one(quang_ninh, kept, made["id"])
    await wallet.present(made["request"])
    assert not await archive.one(quang_ninh, kept, made["id"])


async def test_an_answer_in_the_clear_is_refused_where_encryption_was_asked(
    archive: Archive, quang_ninh: Tenant
) -> None:
    """Rubbish ends nothing: afterwards the right answer still counts."""
    wallet = await archive.received(await archive.result(quang_ninh))
    asked = await wallet.ask((await ask(archive, quang_ninh, _encrypted()))["request"])
    said = _said(asked)
    key, enc = requests.encryption_key(asked.request.client_metadata)
    stranger = jwe.published(jose.generate_key())
    for form in (
        {"vp_token": json.dumps(said["vp_token"]), "state": said["state"]},
        {"response": jwe.encrypt(said, stranger)},
        {"response": jwe.encrypt({**said, "state": "other"}, key)},
        {"response": jwe.encrypt({"vp_token": said["vp_token"]}, key)},
        {"response": jwe.encrypt({**said, "vp_token": json.dumps(said["vp_token"])}, key)},
        {"response": "x.y.z.a.b"},
        {"response": jwe.encrypt(said, key), "state": said["state"]},
    ):
        answer = await archive.client.post(asked.request.response_uri, data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), form
    form = {"response": jwe.encrypt(said, key, enc=enc)}
    assert (await archive.client.post(asked.request.response_uri, data=form)).status_code == 200
    again = await archive.client.post(asked.request.response_uri, data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_wallets_error_is_acknowledged(
    encrypted: bool, archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await ask(archive, quang_ninh, _encrypted())
    asked = await wallet.ask(made["request"])
    error = {"error": "access_denied", "state": str(asked.request.state)}
    key, _ = requests.encryption_key(asked.request.client_metadata)
    form = {"response": jwe.encrypt(error, key)} if encrypted else error
    answer = await archive.client.post(asked.request.response_uri, data=form)
    assert (answer.status_code, answer.json()) == (200, {})
    found = await read_answer(archive, made)
    assert (found["status"], found["reason"]) == ("refused", "access_denied")


async def test_a_wallets_nonce_comes_back_and_a_silly_one_is_refused(
    archive: Archive, quang_ninh: Tenant
) -> None:
    made = await ask(archive, quang_ninh)
    uri = parse_qs(urlsplit(made["request"]).query)["request_uri"][0]
    for nonce in ("abc", "n" * 512):
        answer = await archive.client.post(uri, data={"wallet_nonce": nonce})
        assert jose.read(answer.text).payload["wallet_nonce"] == nonce
    for nonce in ("", "n" * 513):
        assert (await archive.client.post(uri, data={"wallet_nonce": nonce})).status_code == 400
    assert "wallet_nonce" not in jose.read((await archive.client.get(uri)).text).payload


async def test_of_alternatives_one_is_enough_and_none_is_not(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    wish = Wish([["full_name", "register_kind=marriage"], ["full_name", "birth_date"]])
    made = await ask(archive, quang_ninh, wish)
    asked = await wallet.ask(made["request"])
    assert set(asked.choices) == {"option2"}
    await wallet.answer(asked)
    (paper,) = (await read_answer(archive, made))["credentials"]
    assert paper["id"] == "option2"
    again = await wallet.ask((await ask(archive, quang_ninh, wish))["request"])
    paper_, _ = again.choices["option2"]
    forged = Asked(again.request, {"option1": (paper_, frozenset({"full_name", "register_kind"}))})
    with pytest.raises(CredentialError, match="not enough"):
        await wallet.answer(forged)


async def test_only_who_has_the_key_reads_the_result_and_not_forever(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await ask(archive, quang_ninh)
    await wallet.present(made["request"])
    url = made["result_url"]
    for other in (
        url + "x",
        url.split("?")[0],
        url.replace("quang-ninh", "thai-nguyen"),
    ):
        assert (await archive.client.get(other)).status_code == 404
    late = (
        "update presentation set finished_at = finished_at - interval '11 min' where id = $1::uuid"
    )
    await archive.one(quang_ninh, late, made["id"])
    found = await read_answer(archive, made)
    assert found["status"] == "verified"
    assert "credentials" not in found


async def test_what_cannot_be_asked_is_said_at_once(archive: Archive, quang_ninh: Tenant) -> None:
    for wish, hosted, field in (
        (Wish([]), False, "claims"),
        (Wish([[]]), False, "claims"),
        (Wish([["=x"]]), False, "claims"),
        (Wish([["no_such_claim"]]), False, "claims"),
        (Wish([["full_name"]], types=["no-such-type"]), False, "claims"),
        (Wish([["full_name"]]), True, "asked_by"),
        (Wish([["full_name"]], asked_by="A"), True, "reason"),
    ):
        with pytest.raises(Invalid) as refused:
            await ask(archive, quang_ninh, wish, hosted=hosted)
        assert field in refused.value.fields


async def test_no_value_that_was_asked_for_stands_in_the_log(
    archive: Archive, quang_ninh: Tenant
) -> None:
    made = await ask(archive, quang_ninh, Wish([["full_name=Nguyễn Bí Mật"]]))
    sql = "select payload::text from event where subject = $1::uuid"
    said = await archive.one(quang_ninh, sql, made["id"])
    assert "full_name" in said
    assert "Mật" not in said


async def test_a_program_may_do_what_its_token_says_and_only_at_its_tenant(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        made = await service_tokens.make(work, "Ngân hàng", ["request"], timedelta(days=1))
    header, now = f"Bearer {made['token']}", datetime.now(UTC)
    may = service_tokens.program
    actor = await may(archive.platform, quang_ninh, header, "request", now)
    assert actor.name == "Ngân hàng"
    with pytest.raises(Forbidden):
        await may(archive.platform, quang_ninh, header, "trust", now)
    for tenant, said, at in (
        (thai_nguyen, header, now),
        (quang_ninh, header + "x", now),
        (quang_ninh, None, now),
        (quang_ninh, header, now + timedelta(days=1)),
    ):
        with pytest.raises(SignInNeeded):
            await may(archive.platform, tenant, said, "request", at)
    body = {"claims": ["full_name"], "types": [KIND]}
    url = archive.url(quang_ninh, "/api/wallet/requests")
    answer = await archive.client.post(url, json=body, headers={"authorization": header})
    assert (answer.status_code, set(answer.json())) == (
        201,
        {"id", "request", "result_url", "expires_at"},
    )
    assert (await archive.client.post(url, json=body)).status_code == 401
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await service_tokens.end(work, _uuid(made["id"]))
    with pytest.raises(SignInNeeded):
        await may(archive.platform, quang_ninh, header, "request", now)


async def test_a_program_offers_results_and_samples(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        made = await service_tokens.make(work, "Sở", ["offer"], timedelta(days=1))
    headers = {"authorization": f"Bearer {made['token']}"}

    async def offer(tenant: Tenant = quang_ninh, **body: Any) -> httpx2.Response:
        url = archive.url(tenant, "/api/wallet/offers")
        return await archive.client.post(url, json=body, headers=headers)

    ready = await archive.result(quang_ninh)
    told = (await offer(result=str(ready.id))).json()
    wallet = archive.wallet()
    assert (await wallet.receive(told["offer"], tx_code=told["tx_code"])).papers
    waits = (await offer(sample=KIND, deferred=True, tx_code=False)).json()
    assert (await archive.wallet().receive(waits["offer"])).waiting
    signs_in = await offer(sample=KIND, flow="code", holder="001194012345")
    assert (signs_in.status_code, signs_in.json()["tx_code"]) == (201, None)
    for wrong, field in (
        ({}, "result"),
        ({"result": str(ready.id), "sample": KIND}, "result"),
        ({"result": str(ready.id), "deferred": True}, "deferred"),
        ({"result": str(ready.id), "holder": "001194012345"}, "holder"),
        ({"result": str(ready.id), "flow": "code", "tx_code": True}, "tx_code"),
        ({"sample": KIND, "holder": "1"}, "holder"),
    ):
        answer = await offer(**wrong)
        assert answer.status_code == 422, wrong
        assert f'"{field}"' in answer.text, wrong
    assert (await offer(sample="passport")).status_code == 404
    assert (await offer(dossier=str(ready.dossier))).status_code == 404
    assert (await offer(thai_nguyen, sample=KIND)).status_code == 401
    paper = (await archive.one(quang_ninh, "select count(*) from event where actor = $1",
        f"program:{made['id']}"))  # fmt: skip
    assert paper >= 3


async def test_a_program_withdraws_a_result_and_sees_how_it_stands(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=2)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        made = await service_tokens.make(work, "Sở", ["status"], timedelta(days=1))
    headers = {"authorization": f"Bearer {made['token']}"}
    url = archive.url(quang_ninh, f"/api/wallet/results/{ready.id}")

    async def act(what: str) -> httpx2.Response:
        return await archive.client.post(f"{url}/{what}", json={"reason": "thử"}, headers=headers)

    for what, standing in (("suspend", "suspended"), ("restore", "valid"), ("revoke", "revoked")):
        answer = await act(what)
        assert (answer.status_code, answer.json()["copies"]) == (200, 2)
        found = (await archive.client.get(url, headers=headers)).json()
        assert (found["status"], found["copies"], found["accepted"]) == (standing, 2, 2)
    assert [e["event"] for e in found["history"]][-3:] == [
        "result.suspended",
        "result.restored",
        "result.revoked",
    ]
    assert found["history"][-1]["by"] == f"program:{made['id']}"
    assert (await act("restore")).status_code == 409
    assert (await act("paint")).status_code == 404
    with pytest.raises(CredentialError):
        await wallet.present((await ask(archive, quang_ninh))["request"])


def _said(asked: Asked) -> dict[str, Any]:
    (name, (paper, reveal)), *_ = asked.choices.items()
    text = sdjwt.present(
        paper.credential,
        reveal,
        holder_key=paper.key,
        nonce=asked.request.nonce,
        aud=asked.request.client_id,
        iat=datetime.now(UTC),
    )
    return {"vp_token": {name: [text]}, "state": asked.request.state}


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)
