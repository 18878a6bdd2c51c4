"""The answer to a request is taken once, and only when it is exactly what was asked."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from motcua.ids import uuid7
from motcua.keys import root as root_key
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    certificates,
    jose,
    requests,
)
from tests.core.wallet.answers import forged_answer, honest, issued_by, query_of, send_answer
from tests.core.wallet.archive import Archive

pytestmark = pytest.mark.anyio


async def test_an_answer_is_taken_once_though_many_come_at_the_same_time(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    asked = await wallet.ask(await archive.start(quang_ninh, ready.holder))
    said = await asyncio.gather(*(send_answer(archive, asked, honest(asked)) for _ in range(12)))
    assert sorted(a.status_code for a in said) == [200] + [400] * 11
    again = await send_answer(archive, asked, honest(asked))
    assert again.json()["error"] == "invalid_request"


async def test_a_request_is_fetched_twice_and_never_after_its_end(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    link = await archive.start(quang_ninh, ready.holder)
    uri = query_of(link)["request_uri"]
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
    assert (await archive.client.get(query_of(late)["request_uri"])).status_code == 410
    assert (await send_answer(archive, asked, honest(asked))).status_code == 400


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
        answer = await send_answer(archive, asked, forged_answer(asked, paper, **change))
        assert (answer.status_code, answer.json()["error"]) == (400, code), change
        assert answer.json()["error_description"].isascii()
        again = await send_answer(archive, asked, honest(asked))
        assert again.json()["error"] == "invalid_request"


async def test_an_answer_needs_the_state_of_its_request(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    asked = await wallet.ask(await archive.start(quang_ninh, ready.holder))
    uri = asked.request.response_uri
    for form in (
        {"vp_token": honest(asked)},
        {"vp_token": honest(asked), "state": "é"},
        {"state": str(asked.request.state)},
        {"error": "access_denied"},
    ):
        assert (await archive.client.post(uri, data=form)).status_code == 400
    assert (await send_answer(archive, asked, honest(asked))).status_code == 200


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
        paper = issued_by(root, host, said, f"{url}/status/{uuid7()}")
        asked = await asker.ask(await archive.start(thai_nguyen, person))
        answer = await send_answer(archive, asked, forged_answer(asked, paper))
        assert answer.json()["error"] == code, host
