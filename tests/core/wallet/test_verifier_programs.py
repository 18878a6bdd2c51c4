"""What programs and third parties ask of wallets: encrypted or not, read once, by nobody else."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from motcua.errors import Forbidden, Invalid, NotFound, SignInNeeded
from motcua.events.log import SYSTEM, Actor
from motcua.keys import root as root_key
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    asking,
    certificates,
    jose,
    jwe,
    operating,
    requests,
    sdjwt,
    service_tokens,
    statuslist,
    trust_store,
)
from motcua.wallet.asking import Wish
from motcua.wallet.holder import Asked
from motcua.wallet.refusal import CredentialError
from tests.core.wallet.archive import KIND, NAME, Archive

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]
BANK = Actor("program", None, "Ngân hàng Mẫu")
WISH = Wish([["full_name", "register_kind"]], types=[KIND], asked_by="Ngân hàng Mẫu", reason="Thử")


async def _ask(
    archive: Archive, tenant: Tenant, wish: Wish = WISH, *, hosted: bool = False
) -> dict[str, Any]:
    return await operating.request(archive.platform, tenant, BANK, wish, hosted=hosted)


async def _result(archive: Archive, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await archive.client.get(made["result_url"])).json()
    return found


def _encrypted() -> Wish:
    return Wish(WISH.options, WISH.types, haip=True)


@pytest.mark.parametrize("haip", [False, True])
async def test_a_program_reads_what_a_wallet_showed(
    haip: bool, archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await _ask(archive, thai_nguyen, _encrypted() if haip else WISH)
    assert made["request"].startswith("haip-vp://?" if haip else "openid4vp://?")
    assert (await _result(archive, made))["status"] == "waiting"
    assert await wallet.present(made["request"]) is None
    found = await _result(archive, made)
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
        made = await _ask(archive, quang_ninh, _encrypted())
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
    made = await _ask(archive, quang_ninh, _encrypted())
    kept = "select response_key_sealed is not null from presentation where id = $1::uuid"
    assert await archive.one(quang_ninh, kept, made["id"])
    await wallet.present(made["request"])
    assert not await archive.one(quang_ninh, kept, made["id"])


async def test_an_answer_in_the_clear_is_refused_where_encryption_was_asked(
    archive: Archive, quang_ninh: Tenant
) -> None:
    """Rubbish ends nothing: afterwards the right answer still counts."""
    wallet = await archive.received(await archive.result(quang_ninh))
    asked = await wallet.ask((await _ask(archive, quang_ninh, _encrypted()))["request"])
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
    made = await _ask(archive, quang_ninh, _encrypted())
    asked = await wallet.ask(made["request"])
    error = {"error": "access_denied", "state": str(asked.request.state)}
    key, _ = requests.encryption_key(asked.request.client_metadata)
    form = {"response": jwe.encrypt(error, key)} if encrypted else error
    answer = await archive.client.post(asked.request.response_uri, data=form)
    assert (answer.status_code, answer.json()) == (200, {})
    found = await _result(archive, made)
    assert (found["status"], found["reason"]) == ("refused", "access_denied")


async def test_a_wallets_nonce_comes_back_and_a_silly_one_is_refused(
    archive: Archive, quang_ninh: Tenant
) -> None:
    made = await _ask(archive, quang_ninh)
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
    made = await _ask(archive, quang_ninh, wish)
    asked = await wallet.ask(made["request"])
    assert set(asked.choices) == {"option2"}
    await wallet.answer(asked)
    (paper,) = (await _result(archive, made))["credentials"]
    assert paper["id"] == "option2"
    again = await wallet.ask((await _ask(archive, quang_ninh, wish))["request"])
    paper_, _ = again.choices["option2"]
    forged = Asked(again.request, {"option1": (paper_, frozenset({"full_name", "register_kind"}))})
    with pytest.raises(CredentialError, match="not enough"):
        await wallet.answer(forged)


async def test_only_who_has_the_key_reads_the_result_and_not_forever(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made = await _ask(archive, quang_ninh)
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
    found = await _result(archive, made)
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
            await _ask(archive, quang_ninh, wish, hosted=hosted)
        assert field in refused.value.fields


async def test_no_value_that_was_asked_for_stands_in_the_log(
    archive: Archive, quang_ninh: Tenant
) -> None:
    made = await _ask(archive, quang_ninh, Wish([["full_name=Nguyễn Bí Mật"]]))
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
        await wallet.present((await _ask(archive, quang_ninh))["request"])


async def test_the_trust_list_is_signed_cacheable_and_believed_with_the_root_alone(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    from motcua import api

    url = archive.url(thai_nguyen, "/.well-known/motcua-trust-list")
    answer = await archive.client.get(url)
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await archive.client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    root = root_key.certificate_file(archive.platform.settings).read_bytes()
    source = archive.url(thai_nguyen)
    found = api.read_trust_list(answer.text, root=root, source=source)
    assert found.issuers[archive.url(quang_ninh)].name == "Tỉnh Quảng Ninh"
    wallet = await archive.received(await archive.result(quang_ninh))
    paper = wallet.papers[0]
    shown = sdjwt.present(
        paper.credential,
        ["full_name"],
        holder_key=paper.key,
        nonce="n" * 22,
        aud="bank",
        iat=datetime.now(UTC),
    )
    assert paper.content.status is not None
    lists = {u: (await archive.client.get(u)).text for u in [paper.content.status.uri]}
    seen = api.verify(
        shown, nonce="n" * 22, audience="bank", trust=found, status_list=lists.__getitem__
    )
    assert (seen.claims["full_name"], seen.status) == (NAME, "valid")


async def test_an_issuer_of_outside_counts_for_its_types_while_an_administrator_believes_it(
    archive: Archive, quang_ninh: Tenant, refused: Refused
) -> None:
    outside = _Outside()
    made = await _ask(archive, quang_ninh)
    with refused("not_satisfied"):
        await _wallet_of(archive, outside).ask(made["request"])
    entry = await _believe(archive, quang_ninh, outside)
    async with _reachable(archive, outside):
        wallet = _wallet_of(archive, outside)
        made = await _ask(archive, quang_ninh)
        await wallet.present(made["request"])
        (paper,) = (await _result(archive, made))["credentials"]
        assert (paper["issuer"], paper["issuer_name"]) == (outside.url, "Nơi cấp ngoài")
        outside.revoked = True
        with refused("revoked"):
            await wallet.present((await _ask(archive, quang_ninh))["request"])
        outside.revoked = False
        waiting = await wallet.ask((await _ask(archive, quang_ninh))["request"])
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            await trust_store.revoke(work, entry, "thử xong")
        with refused("untrusted_issuer"):
            await wallet.answer(waiting)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        with pytest.raises(NotFound):
            await trust_store.revoke(work, entry, "lần nữa")


async def test_one_tenants_trust_is_not_anothers(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    outside = _Outside()
    entry = await _believe(archive, quang_ninh, outside)
    async with archive.platform.db.tenant(thai_nguyen) as tx:
        there = await trust_store.trust_of(archive.platform, tx)
    assert outside.url not in there.issuers
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await trust_store.revoke(work, entry, "thử xong")


async def test_a_wrong_entry_of_the_trust_list_says_what_is_wrong(
    archive: Archive, quang_ninh: Tenant
) -> None:
    from dataclasses import replace

    good = _Outside().described()
    for change, field in (
        ({"url": "http://issuer.example"}, "url"),
        ({"url": "https://issuer.example/"}, "url"),
        ({"url": "https://u@issuer.example"}, "url"),
        ({"url": "https://10.0.0.7"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::1]"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://2130706433"}, "url"),
        ({"url": "https://127.0.0.0x1"}, "url"),
        ({"url": "https://postgres"}, "url"),
        ({"url": "https://vault.internal"}, "url"),
        ({"url": "https://issuer.example:port"}, "url"),
        ({"url": archive.url(quang_ninh)}, "url"),
        ({"name": " "}, "name"),
        ({"certificates": "x"}, "certificates"),
        ({"types": {}}, "types"),
        ({"valid_until": good.valid_from}, "valid_until"),
    ):
        with pytest.raises(Invalid) as wrong:
            async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
                await trust_store.add(archive.platform, work, replace(good, **change))
        assert field in wrong.value.fields


async def test_no_administrator_points_the_server_at_itself_where_it_serves_others(
    archive: Archive, quang_ninh: Tenant
) -> None:
    from dataclasses import replace

    settings = replace(archive.platform.settings, base_url="https://motcua.example")
    served = replace(archive.platform, settings=settings)
    for url in ("http://localhost:5432", "https://db.localhost"):
        with pytest.raises(Invalid) as wrong:
            async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
                await trust_store.add(served, work, replace(_Outside().described(), url=url))
        assert "tên miền công khai" in str(wrong.value.fields["url"])


async def _page(archive: Archive, tenant: Tenant) -> tuple[dict[str, Any], httpx2.AsyncClient]:
    """Ask for a hosted page and open it in a browser of its own."""
    made = await _ask(archive, tenant, hosted=True)
    transport = archive.client._transport
    browser = httpx2.AsyncClient(
        transport=transport, headers={"accept": "text/html"}, follow_redirects=True
    )
    assert (await browser.get(made["page"])).status_code == 200
    return made, browser


async def test_a_third_party_sees_what_was_proven_once_and_in_one_browser(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made, browser = await _page(archive, quang_ninh)
    assert "result_url" not in made
    address = made["page"].split("?")[0]
    waiting = (await browser.get(address)).text
    assert "Ngân hàng Mẫu" in waiting
    assert "Họ, chữ đệm" in waiting
    assert (await archive.client.get(made["page"])).status_code == 404
    assert (await archive.client.get(address)).status_code == 404
    assert (await archive.client.get(address + "/state")).status_code == 404
    assert await wallet.present(made["request"]) is None
    assert (await browser.get(address + "/state")).json() == {"status": "verified"}
    seen = await asyncio.gather(*(browser.get(address) for _ in range(6)))
    assert sum(NAME in answer.text for answer in seen) == 1
    assert "đã được hiện một lần" in (await browser.get(address)).text
    kept = "select claims_sealed is not null from presentation where id = $1::uuid"
    assert not await archive.one(quang_ninh, kept, made["id"])
    events = "select count(*) from event where subject = $1::uuid and type = 'presentation.shown'"
    assert await archive.one(quang_ninh, events, made["id"]) == 1


async def test_on_the_same_device_the_code_of_the_wallet_is_needed_too(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    made, browser = await _page(archive, quang_ninh)
    address = made["page"].split("?")[0]
    page = (await browser.get(address)).text
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert csrf is not None
    gone = await browser.post(address, data={"_csrf_token": csrf[1]}, follow_redirects=False)
    assert gone.status_code == 303
    target = await wallet.present(gone.headers["location"])
    assert target is not None
    assert target.startswith(address + "?")
    assert NAME not in (await browser.get(address)).text
    assert NAME not in (await browser.get(address + "?response_code=x")).text
    assert (await archive.client.get(target)).status_code == 404
    assert NAME in (await browser.get(target)).text
    assert NAME not in (await browser.get(target)).text


async def test_the_page_says_how_a_request_ended(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    made, browser = await _page(archive, quang_ninh)
    await wallet.refuse((await wallet.ask(made["request"])).request)
    assert "chọn không chia sẻ" in (await browser.get(made["page"].split("?")[0])).text
    made, browser = await _page(archive, quang_ninh)
    asked = await wallet.ask(made["request"])
    await archive.revoke(ready)
    with pytest.raises(CredentialError):
        await wallet.answer(asked)
    assert "revoked" in (await browser.get(made["page"].split("?")[0])).text
    made, browser = await _page(archive, quang_ninh)
    late = "update presentation set expires_at = now() where id = $1::uuid"
    await archive.one(quang_ninh, late, made["id"])
    assert "đã hết hạn" in (await browser.get(made["page"].split("?")[0])).text
    about = await browser.get(archive.url(quang_ninh, asking.PAGE))
    assert "Xác minh bằng ví" in about.text


class _Outside:
    """An issuer that is no tenant: its own root, host and status list."""

    url = "https://issuer.example"

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.root = certificates.make_root("Gốc ngoài", now=now)
        self.key, self.holder = jose.generate_key(), jose.generate_key()
        self.leaf = certificates.credential_certificate(
            self.root, self.key, name="Ngoài", organization="Ngoài", host="issuer.example", now=now
        )
        self.revoked = False

    def described(self) -> trust_store.Outside:
        now = datetime.now(UTC)
        return trust_store.Outside(
            self.url,
            "Nơi cấp ngoài",
            certificates.to_pem(self.root.certificate).decode(),
            {KIND: f"{self.url}/types/register"},
            now - timedelta(minutes=1),
            now + timedelta(days=1),
        )

    def paper(self) -> str:
        now = datetime.now(UTC)
        claims = {"full_name": NAME, "register_kind": "disability"}
        return sdjwt.issue(
            claims,
            {"full_name"},
            issuer=self.url,
            vct=f"{self.url}/types/register",
            key=self.key,
            kid=jose.thumbprint(self.key),
            x5c=certificates.x5c([self.leaf]),
            holder_jwk=jose.public_jwk(self.holder),
            status=sdjwt.Status(f"{self.url}/lists/1", 5),
            iat=now,
            exp=now + timedelta(days=1),
        )

    def statuses(self) -> str:
        return statuslist.make_token(
            statuslist.build({5: 1} if self.revoked else {}, size=64, bits=2),
            bits=2,
            uri=f"{self.url}/lists/1",
            key=self.key,
            kid=jose.thumbprint(self.key),
            x5c=certificates.x5c([self.leaf]),
            iat=datetime.now(UTC),
            lifetime=timedelta(hours=1),
            ttl=timedelta(minutes=5),
        )


class _reachable:  # noqa: N801 -- reads as a state
    """Let the house reach the issuer of outside as well as itself."""

    def __init__(self, archive: Archive, outside: _Outside) -> None:
        self._archive, self._outside = archive, outside

    async def __aenter__(self) -> None:
        inner = self._archive.client._transport
        outside = self._outside

        async def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.host == "issuer.example":
                return httpx2.Response(200, text=outside.statuses())
            return await inner.handle_async_request(request)

        self._kept = self._archive.platform.cache["http"]
        self._client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
        self._archive.platform.cache["http"] = self._client

    async def __aexit__(self, *_: object) -> None:
        self._archive.platform.cache["http"] = self._kept
        await self._client.aclose()


def _wallet_of(archive: Archive, outside: _Outside) -> Any:
    from motcua.wallet.holder import Paper

    wallet, text = archive.wallet(), outside.paper()
    content = sdjwt.verify_credential(
        text, issuer_key_lookup=lambda i, h: outside.key, now=datetime.now(UTC)
    )
    wallet.papers.append(Paper(text, outside.holder, content))
    return wallet


async def _believe(archive: Archive, tenant: Tenant, outside: _Outside) -> Any:
    async with archive.platform.works.begin(tenant, SYSTEM) as work:
        return await trust_store.add(archive.platform, work, outside.described())


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
