"""A paper of one province in another: asked for, proven, collected by who began, used once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.housekeeping import tidy
from motcua.ids import uuid7
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    presenting,
)
from tests.core.wallet.answers import query_of
from tests.core.wallet.archive import KIND, NAME, Archive

pytestmark = pytest.mark.anyio


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
    presentation = UUID(query_of(target)["presentation"])
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
    presentation = UUID(query_of(target)["presentation"])
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
    presentation = UUID(query_of(target)["presentation"])
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
    presentation = UUID(query_of(target)["presentation"])
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
