"""A paper of one province in another: asked for, proven, collected by who began, used once."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import pytest

from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.housekeeping import tidy
from motcua.ids import uuid7
from motcua.keys import root as root_key
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    certificates,
    delivery,
    issuer,
    jose,
    presenting,
    requests,
    sdjwt,
    statuslist,
)
from motcua.wallet.holder import Asked, Paper
from tests.core.wallet.archive import KIND, NAME, Archive

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]


async def test_a_paper_of_one_province_counts_in_another(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=2)
    person, trace = await archive.person(thai_nguyen), uuid7()
    target = await wallet.present(await archive.start(thai_nguyen, person, trace=trace))
    assert target is not None
    assert target.startswith(archive.url(thai_nguyen, "/apply/1.001776?presentation="))
    found = await archive.collect(thai_nguyen, target, person)
    assert found.claims["full_name"] == NAME
    assert found.claims["register_kind"] == "disability"
    assert "personal_id" not in found.claims
    assert "content" not in found.claims
    assert "document" not in found.claims
    assert (found.vct_type, found.issuer) == (KIND, archive.url(quang_ninh))
    assert found.issuer_name == "Tỉnh Quảng Ninh"
    joined = "select result_id from credential where digest = $1"
    assert await archive.one(quang_ninh, joined, found.digest) == ready.id
    assert await archive.events(thai_nguyen, trace) == [
        "presentation.started",
        "presentation.verified",
    ]


async def test_a_presentation_is_used_once_for_a_dossier_of_who_began(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    presentation = UUID(_query(target)["presentation"])
    strange = await archive.result(quang_ninh)

    async def use(dossier: UUID) -> None:
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            await presenting.use(work, presentation, dossier)

    with pytest.raises(Conflict):
        await use(ready.dossier)
    await archive.collect(quang_ninh, target, ready.holder)
    with pytest.raises(Conflict):
        await use(strange.dossier)
    await use(ready.dossier)
    with pytest.raises(Conflict):
        await use(ready.dossier)


async def _shift(archive: Archive, tenant: Tenant, presentation: UUID, back: timedelta) -> None:
    await archive.one(
        tenant,
        "update presentation set finished_at = finished_at - $2::interval,"
        " expires_at = expires_at - $2::interval where id = $1",
        presentation,
        back,
    )


async def test_what_was_presented_counts_for_a_day_and_is_then_asked_for_again(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    presentation = UUID(_query(target)["presentation"])
    await archive.collect(quang_ninh, target, ready.holder)
    await _shift(archive, quang_ninh, presentation, timedelta(hours=24))
    with pytest.raises(Conflict) as refused:
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            await presenting.use(work, presentation, ready.dossier)
    assert "Hãy xuất trình lại giấy tờ trong ví" in refused.value.vi


async def test_the_claims_are_forgotten_when_they_were_used(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    presentation = UUID(_query(target)["presentation"])
    await archive.collect(quang_ninh, target, ready.holder)
    kept = "select claims_sealed is not null from presentation where id = $1"
    assert await archive.one(quang_ninh, kept, presentation)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await presenting.use(work, presentation, ready.dossier)
    assert not await archive.one(quang_ninh, kept, presentation)


async def test_claims_that_nobody_used_are_forgotten_a_day_after_the_end(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    presentation = UUID(_query(target)["presentation"])
    kept = "select claims_sealed is not null from presentation where id = $1"
    await tidy(archive.platform, quang_ninh)
    assert await archive.one(quang_ninh, kept, presentation)
    await _shift(archive, quang_ninh, presentation, timedelta(days=1, minutes=11))
    await tidy(archive.platform, quang_ninh)
    assert not await archive.one(quang_ninh, kept, presentation)


async def test_only_who_began_collects_and_only_once(archive: Archive, quang_ninh: Tenant) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    other = await archive.person(quang_ninh)
    with pytest.raises(NotFound):
        await archive.collect(quang_ninh, target, other)
    with pytest.raises(NotFound):
        await archive.collect(quang_ninh, target + "x", ready.holder)
    done = await asyncio.gather(
        *(archive.collect(quang_ninh, target, ready.holder) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(d, presenting.Presented) for d in done) == 1
    assert sum(isinstance(d, NotFound) for d in done) == 7


async def test_another_tenant_collects_nothing(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    with pytest.raises(NotFound):
        await archive.collect(thai_nguyen, target, ready.holder)


async def test_who_refuses_shares_nothing_and_is_sent_back(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    asked = await wallet.ask(await archive.start(quang_ninh, ready.holder))
    target = await wallet.refuse(asked.request)
    assert target is not None
    with pytest.raises(Conflict):
        await archive.collect(quang_ninh, target, ready.holder)


async def test_a_revoked_paper_is_refused_at_once_everywhere(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant, refused: Refused
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=3)
    person = await archive.person(thai_nguyen)
    assert await archive.revoke(ready) == 3
    for paper in wallet.papers:
        assert await wallet.status_of(paper) == statuslist.REVOKED
    for tenant, subject in ((thai_nguyen, person), (quang_ninh, ready.holder)):
        trace = uuid7()
        with refused("revoked"):
            await wallet.present(await archive.start(tenant, subject, trace=trace))
        assert (await archive.events(tenant, trace))[-1] == "presentation.refused"
    row = "select status from issued_result where id = $1"
    assert await archive.one(quang_ninh, row, ready.id) == statuslist.REVOKED


async def test_a_suspended_paper_counts_again_when_it_is_restored(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant, refused: Refused
) -> None:
    ready = await archive.result(quang_ninh)
    wallet, person = await archive.received(ready), await archive.person(thai_nguyen)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await delivery.suspend(work, ready.id, "đang xác minh (dữ liệu mẫu)")
    with refused("suspended"):
        await wallet.present(await archive.start(thai_nguyen, person))
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await delivery.restore(work, ready.id, "đã xác minh (dữ liệu mẫu)")
    assert await wallet.present(await archive.start(thai_nguyen, person)) is not None
    await archive.revoke(ready)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        with pytest.raises(Conflict):
            await delivery.restore(work, ready.id, "thử lại")


async def test_an_answer_is_taken_once_though_many_come_at_the_same_time(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    asked = await wallet.ask(await archive.start(quang_ninh, ready.holder))
    said = await asyncio.gather(*(_post(archive, asked, _answer(asked)) for _ in range(12)))
    assert sorted(a.status_code for a in said) == [200] + [400] * 11
    again = await _post(archive, asked, _answer(asked))
    assert again.json()["error"] == "invalid_request"


async def test_a_request_is_fetched_twice_and_never_after_its_end(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    link = await archive.start(quang_ninh, ready.holder)
    uri = _query(link)["request_uri"]
    first = await archive.client.get(uri)
    posted = await archive.client.post(uri, data={"wallet_nonce": "w" * 22})
    assert first.headers["content-type"].startswith(requests.MEDIA_TYPE)
    assert jose.read(posted.text).payload["wallet_nonce"] == "w" * 22
    await wallet.present(link)
    assert (await archive.client.get(uri)).status_code == 410
    late = await archive.start(quang_ninh, ready.holder)
    asked = await wallet.ask(late)
    await archive.one(
        quang_ninh,
        "update presentation set expires_at = now() where status = 'waiting' returning 1",
    )
    assert (await archive.client.get(_query(late)["request_uri"])).status_code == 410
    assert (await _post(archive, asked, _answer(asked))).status_code == 400


async def test_a_presentation_that_is_not_exactly_what_was_asked_is_refused(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet, person = await archive.received(ready), await archive.person(thai_nguyen)
    (paper,) = wallet.papers
    stranger = jose.generate_key()
    changes: list[tuple[dict[str, Any], str]] = [
        ({"nonce": "another"}, "wrong_nonce"),
        ({"aud": "x509_hash:another"}, "wrong_audience"),
        ({"key": stranger}, "wrong_holder"),
        ({"iat": datetime.now(UTC) - timedelta(minutes=6)}, "stale"),
        ({"reveal": {"birth_date"}}, "not_satisfied"),
        ({"tamper": True}, "bad_disclosure"),
        ({"unbound": True}, "missing_key_binding"),
        ({"none": True}, "unsupported_algorithm"),
        ({"shape": {"other": ["x"]}}, "malformed"),
        ({"shape": {"paper": []}}, "malformed"),
        ({"shape": ["paper"]}, "malformed"),
    ]
    for change, code in changes:
        asked = await wallet.ask(await archive.start(thai_nguyen, person))
        answer = await _post(archive, asked, _forged(asked, paper, **change))
        assert (answer.status_code, answer.json()["error"]) == (400, code), change
        assert answer.json()["error_description"].isascii()
        again = await _post(archive, asked, _answer(asked))
        assert again.json()["error"] == "invalid_request"


async def test_an_answer_needs_the_state_of_its_request(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    asked = await wallet.ask(await archive.start(quang_ninh, ready.holder))
    uri = asked.request.response_uri
    for form in (
        {"vp_token": _answer(asked)},
        {"vp_token": _answer(asked), "state": "é"},
        {"state": str(asked.request.state)},
        {"error": "access_denied"},
    ):
        assert (await archive.client.post(uri, data=form)).status_code == 400
    assert (await _post(archive, asked, _answer(asked))).status_code == 200


async def test_an_issuer_outside_of_the_house_is_not_believed(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    """The certificate must lead to our root, bear the issuer's host, and the issuer be a province."""
    person = await archive.person(thai_nguyen)
    now = datetime.now(UTC)
    ours = root_key.load_or_make(archive.platform.settings, now)
    theirs = certificates.make_root("Gốc lạ", now=now)
    url, outside = archive.url(quang_ninh), "http://elsewhere.localhost:8000"
    good = await archive.result(quang_ninh)
    asker = await archive.received(good)
    for root, host, said, code in (
        (theirs, "quang-ninh.localhost", url, "untrusted_certificate"),
        (ours, "thai-nguyen.localhost", url, "untrusted_certificate"),
        (ours, "elsewhere.localhost", outside, "untrusted_issuer"),
        (ours, "quoc-gia.localhost", "http://quoc-gia.localhost:8000", "untrusted_issuer"),
    ):
        paper = _issued(root, host, said, f"{url}/status/{uuid7()}")
        asked = await asker.ask(await archive.start(thai_nguyen, person))
        answer = await _post(archive, asked, _forged(asked, paper))
        assert answer.json()["error"] == code, host


async def test_the_status_is_asked_at_the_issuers_own_address_only(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    person = await archive.person(thai_nguyen)
    ours = root_key.load_or_make(archive.platform.settings, datetime.now(UTC))
    asker = await archive.received(await archive.result(quang_ninh))
    url = archive.url(quang_ninh)
    for uri, code in (
        ("http://169.254.169.254/status/1", "malformed"),
        (archive.url(thai_nguyen, f"/status/{uuid7()}"), "malformed"),
        (f"{url}@evil.localhost/status/1", "malformed"),
        (None, "malformed"),
        (f"{url}/status/{uuid7()}", "unavailable"),
    ):
        paper = _issued(ours, "quang-ninh.localhost", url, uri)
        asked = await asker.ask(await archive.start(thai_nguyen, person))
        answer = await _post(archive, asked, _forged(asked, paper))
        assert answer.json()["error"] == code, uri


async def test_a_silent_issuer_leaves_the_request_open(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    person = await archive.person(thai_nguyen)
    asked = await wallet.ask(await archive.start(thai_nguyen, person))

    def silent(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    house = archive.platform.cache["http"]
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(silent)) as client:
        archive.platform.cache["http"] = client
        answer = await _post(archive, asked, _answer(asked))
    archive.platform.cache["http"] = house
    assert answer.status_code == 503
    assert (await _post(archive, asked, _answer(asked))).status_code == 200


async def test_a_status_list_of_somebody_else_is_not_believed(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    """A redirect, another host's list, and a list that is much too long: none of them counts."""
    wallet = await archive.received(await archive.result(quang_ninh))
    person = await archive.person(thai_nguyen)
    house = archive.platform.cache["http"]
    async with archive.platform.db.tenant(thai_nguyen) as tx:
        vault = archive.platform.vaults.of(thai_nguyen.id)
        other = await issuer.signer_of(tx, vault, datetime.now(UTC))

    def forged(request: httpx2.Request) -> str:
        return statuslist.make_token(
            statuslist.build({}, size=1 << 17, bits=2),
            bits=2,
            uri=str(request.url),
            key=other.key,
            kid=other.kid,
            x5c=other.x5c,
            iat=datetime.now(UTC),
            lifetime=timedelta(hours=1),
            ttl=timedelta(minutes=5),
        )

    answers: list[tuple[Callable[[httpx2.Request], httpx2.Response], str]] = [
        (lambda r: httpx2.Response(200, text=forged(r)), "untrusted_certificate"),
        (lambda r: httpx2.Response(302, headers={"location": str(r.url)}), "unavailable"),
        (lambda r: httpx2.Response(200, content=b"x" * 5_000_000), "malformed"),
        (lambda r: httpx2.Response(200, content="ế".encode()), "malformed"),
    ]
    for handler, code in answers:
        asked = await wallet.ask(await archive.start(thai_nguyen, person))
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler)) as client:
            archive.platform.cache["http"] = client
            answer = await _post(archive, asked, _answer(asked))
        archive.platform.cache["http"] = house
        assert answer.json()["error"] == code


async def test_the_way_back_stays_on_the_own_host(archive: Archive, quang_ninh: Tenant) -> None:
    person = await archive.person(quang_ninh)
    for path in ("https://evil.localhost/", "//evil.localhost", "/\\evil", "apply"):
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            with pytest.raises(ValueError, match="return_path"):
                await presenting.start(
                    archive.platform,
                    work,
                    subject_id=person,
                    paper_key="p",
                    vct_type=KIND,
                    claims={},
                    return_path=path,
                )


def _query(link: str) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(link).query).items()}


def _answer(asked: Asked) -> str:
    paper, reveal = asked.choices["paper"]
    return _forged(asked, paper, reveal=reveal)


def _forged(
    asked: Asked,
    paper: Paper,
    *,
    reveal: Any = ("full_name", "register_kind"),
    nonce: str = "",
    aud: str = "",
    key: jose.Key | None = None,
    iat: datetime | None = None,
    tamper: bool = False,
    unbound: bool = False,
    none: bool = False,
    shape: Any = None,
) -> str:
    """Return a ``vp_token``, with one thing wrong."""
    if shape is not None:
        return json.dumps(shape)
    text = sdjwt.present(
        paper.credential,
        reveal,
        holder_key=key or paper.key,
        nonce=nonce or asked.request.nonce,
        aud=aud or asked.request.client_id,
        iat=iat or datetime.now(UTC),
    )
    token, *disclosed, bound = text.split("~")
    if tamper:
        disclosed[0] = jose.b64u(json.dumps(["c2FsdA", "full_name", "Ai Khác"]).encode())
    if none:
        head = jose.b64u(b'{"alg":"none","typ":"dc+sd-jwt"}')
        token = f"{head}.{token.split('.')[1]}."
        token += jose.b64u(b"x")
    return json.dumps({"paper": ["~".join((token, *disclosed, "" if unbound else bound))]})


async def _post(archive: Archive, asked: Asked, vp_token: str) -> httpx2.Response:
    form = {"vp_token": vp_token, "state": str(asked.request.state)}
    return await archive.client.post(asked.request.response_uri, data=form)


def _issued(root: certificates.Authority, host: str, said: str, uri: str | None) -> Paper:
    """Return a paper that somebody with a certificate of ``root`` for ``host`` made."""
    key, holder, now = jose.generate_key(), jose.generate_key(), datetime.now(UTC)
    leaf = certificates.credential_certificate(
        root, key, name="Nơi cấp", organization="Nơi cấp", host=host, now=now
    )
    claims = {"full_name": NAME, "register_kind": "disability"}
    text = sdjwt.issue(
        claims,
        {"full_name"},
        issuer=said,
        vct=f"{said}/vct/{KIND}/1",
        key=key,
        kid=jose.thumbprint(key),
        x5c=certificates.x5c([leaf]),
        holder_jwk=jose.public_jwk(holder),
        status=sdjwt.Status(uri, 1) if uri else None,
        iat=now,
        exp=now + timedelta(days=1),
    )
    content = sdjwt.verify_credential(text, issuer_key_lookup=lambda i, h: key, now=now)
    return Paper(text, holder, content)
