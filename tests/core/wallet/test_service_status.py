"""A paper that was revoked or suspended, and a status that nobody can be sure of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from motcua.errors import Conflict
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.keys import root as root_key
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    delivery,
    issuer,
    statuslist,
)
from tests.core.wallet.answers import forged_answer, honest, issued_by, send_answer
from tests.core.wallet.archive import Archive

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]


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
        paper = issued_by(ours, "quang-ninh.localhost", url, uri)
        asked = await asker.ask(await archive.start(thai_nguyen, person))
        answer = await send_answer(archive, asked, forged_answer(asked, paper))
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
        answer = await send_answer(archive, asked, honest(asked))
    archive.platform.cache["http"] = house
    assert answer.status_code == 503
    assert (await send_answer(archive, asked, honest(asked))).status_code == 200


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
            answer = await send_answer(archive, asked, honest(asked))
        archive.platform.cache["http"] = house
        assert answer.json()["error"] == code
