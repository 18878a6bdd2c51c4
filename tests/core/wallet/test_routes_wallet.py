"""What every wallet meets at the addresses of a province: documents, headers, and errors it can read."""

import pytest

from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuer, jose, metadata, statuslist
from tests.conftest import Browser
from tests.core.wallet.archive import KIND, Archive

pytestmark = pytest.mark.anyio


async def test_the_documents_speak_of_the_address_that_was_asked(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    for tenant in (quang_ninh, thai_nguyen):
        url = archive.url(tenant)
        said = await archive.client.get(f"{url}/.well-known/openid-credential-issuer")
        body = said.json()
        assert body["credential_issuer"] == url
        assert body["batch_credential_issuance"] == {"batch_size": 10}
        assert body["deferred_credential_endpoint"] == f"{url}/deferred"
        kind = body["credential_configurations_supported"][KIND]
        labels = {
            c["path"][0]: c["display"][0]["name"] for c in kind["credential_metadata"]["claims"]
        }
        assert labels["full_name"] == "Họ, chữ đệm, tên"
        assert labels["birth_date"] == "Ngày sinh"
        assert list(labels)[:2] == ["full_name", "personal_id"]
        spoken = {c["path"][0]: c.get("choices") for c in kind["credential_metadata"]["claims"]}
        assert spoken["full_name"] is None
        assert spoken["register_kind"]["disability"][0]["name"] == "Xác nhận khuyết tật"
        server = await archive.client.get(f"{url}/.well-known/oauth-authorization-server")
        assert server.json()["issuer"] == url
        assert server.json()["token_endpoint"] == f"{url}/token"
        keys = (await archive.client.get(f"{url}/.well-known/jwt-vc-issuer")).json()
        assert keys["issuer"] == url
        assert keys["jwks"] == (await archive.client.get(f"{url}/jwks")).json()
        assert "d" not in keys["jwks"]["keys"][0]
        described = (await archive.client.get(kind["vct"])).json()
        assert described["vct"] == kind["vct"]
        assert {c["path"][0]: c["sd"] for c in described["claims"]}["document"] == "always"


async def test_the_issuer_document_is_signed_for_who_asks_for_it_so(
    archive: Archive, quang_ninh: Tenant
) -> None:
    url = archive.url(quang_ninh, "/.well-known/openid-credential-issuer")
    plain = await archive.client.get(url)
    signed = await archive.client.get(url, headers={"accept": "application/jwt"})
    assert plain.headers["content-type"].startswith("application/json")
    assert signed.headers["content-type"].startswith("application/jwt")
    assert plain.headers["vary"] == signed.headers["vary"] == "accept"
    keys = (await archive.client.get(archive.url(quang_ninh, "/jwks"))).json()
    header = jose.read(signed.text).header
    key = jose.find_key(keys, header["kid"])
    assert key is not None
    said = jose.verify(signed.text, key, typ=metadata.SIGNED_TYPE).payload
    assert said["sub"] == said["iss"] == said["credential_issuer"] == archive.url(quang_ninh)
    assert isinstance(said["iat"], int)
    assert said.items() >= plain.json().items()
    root = issuer.roots(archive.platform)[0]
    leaf, authority = certificates.read_x5c(header["x5c"])
    assert leaf.issuer == authority.subject != leaf.subject
    assert authority.issuer == root.subject, "and the root itself is left out"


async def test_unknown_addresses_answer_as_programs_expect(
    archive: Archive, quang_ninh: Tenant
) -> None:
    for path in (
        "/vct/passport/1",
        f"/vct/{KIND}/2",
        "/offers/nothing",
        "/status/nothing",
        "/status/01a2019d-a4e4-7777-8888-000000000000",
        "/vp/nothing/request",
    ):
        answer = await archive.client.get(archive.url(quang_ninh, path))
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), path
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_page_of_any_origin_may_ask(archive: Archive, quang_ninh: Tenant) -> None:
    for path in ("/token", "/credential", "/nonce", "/offers/x", "/status/x", "/vp/x/response"):
        answer = await archive.client.options(
            archive.url(quang_ninh, path),
            headers={
                "origin": "http://vi.localhost:8000",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"", b'{"a":' * 5000])
async def test_a_body_that_is_no_json_is_said_to_be_so(
    archive: Archive, quang_ninh: Tenant, body: bytes
) -> None:
    token = await archive.access(await archive.result(quang_ninh))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for path, error in (
        ("/credential", "invalid_credential_request"),
        ("/notification", "invalid_notification_request"),
    ):
        answer = await archive.client.post(
            archive.url(quang_ninh, path), content=body, headers=headers
        )
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert answer.json()["error_description"].startswith("the body is")
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("header", [None, "Bearer", "Basic eDp5", "Bearer wrong"])
async def test_without_a_token_nothing_is_issued(
    archive: Archive, quang_ninh: Tenant, header: str | None
) -> None:
    headers = {"authorization": header} if header else {}
    for path in ("/credential", "/notification"):
        body = {"notification_id": "x", "event": "credential_accepted"}
        answer = await archive.client.post(
            archive.url(quang_ninh, path), json=body, headers=headers
        )
        assert answer.status_code in {400, 401}
        if path == "/credential":
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_status_list_is_kept_until_something_changes(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    entry = wallet.papers[0].content.status
    assert entry is not None
    first = await archive.client.get(entry.uri)
    assert first.headers["content-type"].startswith(statuslist.MEDIA_TYPE)
    assert first.headers["cache-control"] == "public, max-age=300"
    known = {"if-none-match": first.headers["etag"]}
    assert (await archive.client.get(entry.uri, headers=known)).status_code == 304
    await archive.revoke(ready)
    changed = await archive.client.get(entry.uri, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_secrets_are_never_kept_by_caches(archive: Archive, quang_ninh: Tenant) -> None:
    offered = await archive.mint(await archive.result(quang_ninh))
    code = await archive.code(offered)
    answers = [
        await archive.client.get(offered.offer_uri),
        await archive.redeem(quang_ninh, code, offered.tx_code),
        await archive.client.post(archive.url(quang_ninh, "/nonce")),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers


async def test_the_national_office_issues_nothing(archive: Archive) -> None:
    url = archive.platform.settings.url_of("quoc-gia")
    answer = await archive.client.get(f"{url}/.well-known/openid-credential-issuer")
    assert answer.status_code == 404


async def test_the_wallet_stands_on_its_own_host_only(browse: Browser) -> None:
    page = await browse("vi").get("/?credential_offer_uri=x")
    assert page.status_code == 200
    assert 'id="wallet"' in page.text
    assert 'data-roots="MII' in page.text
    assert (await browse("vi").get("/static/wallet/wallet.js")).status_code == 200
    english = await browse("vi").get("/?lang=en")
    assert "Identity wallet" in english.text
    for elsewhere in ("quang-ninh", "quoc-gia"):
        assert (await browse(elsewhere).get("/wallet-app")).status_code == 404
    assert (await browse("vi").post("/token")).status_code == 404
