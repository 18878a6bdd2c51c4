"""Suspend, restore, revoke: every copy at once, seen at once, and nobody can say afterwards it was otherwise."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Actor
from motcua.ids import uuid7
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery, jose, statuslist
from motcua.wallet.statuslist import REVOKED, SUSPENDED, VALID
from tests.core.wallet.archive import Archive, Ready

pytestmark = pytest.mark.anyio
OFFICER = Actor("staff", uuid7(), "Trần Văn Hải")


class Office:
    """An officer who changes the status of results."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    async def act(self, what: str, ready: Ready, reason: str = "xác minh lại") -> int:
        async with self.archive.platform.works.begin(ready.tenant, OFFICER) as work:
            done: int = await getattr(delivery, what)(work, ready.id, reason)
            return done

    async def history(self, ready: Ready) -> list[delivery.Change]:
        async with self.archive.platform.db.tenant(ready.tenant) as tx:
            return await delivery.history(tx, ready.id)


@pytest.fixture
def officer(archive: Archive) -> Office:
    return Office(archive)


async def test_every_copy_is_suspended_restored_and_revoked_at_once(
    archive: Archive, officer: Office, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=5)
    for what, status in (("suspend", SUSPENDED), ("restore", VALID), ("revoke", REVOKED)):
        assert await officer.act(what, ready) == 5
        assert {await wallet.status_of(paper) for paper in wallet.papers} == {status}


async def test_our_verifier_sees_it_at_once(
    archive: Archive,
    officer: Office,
    quang_ninh: Tenant,
    thai_nguyen: Tenant,
    refused: Callable[[str], Any],
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    for asks in (quang_ninh, thai_nguyen):
        person = await archive.person(asks)
        await officer.act("suspend", ready)
        with refused("suspended"):
            await wallet.present(await archive.start(asks, person))
        await officer.act("restore", ready)
        assert await wallet.present(await archive.start(asks, person)) is not None


async def test_the_list_has_two_bits_and_is_signed_anew(
    archive: Archive, officer: Office, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    entry = wallet.papers[0].content.status
    assert entry is not None
    tags = []
    for what in ("suspend", "restore", "revoke"):
        await officer.act(what, ready)
        tags.append((await archive.client.get(entry.uri)).headers["etag"])
    assert len(set(tags)) == 3
    text = (await archive.client.get(entry.uri)).text
    assert jose.read(text).payload["status_list"]["bits"] == 2
    assert jose.read(text).header["typ"] == statuslist.TYPE


async def test_the_history_says_who_and_why(
    archive: Archive, officer: Office, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    await archive.received(ready, copies=2)
    await officer.act("suspend", ready, " nghi ngờ giả mạo ")
    await officer.act("restore", ready, "đã xác minh")
    await officer.act("revoke", ready, "cấp nhầm")
    told = await officer.history(ready)
    assert [(c.before, c.status, c.reason) for c in told] == [
        (VALID, SUSPENDED, "nghi ngờ giả mạo"),
        (SUSPENDED, VALID, "đã xác minh"),
        (VALID, REVOKED, "cấp nhầm"),
    ]
    assert {(c.actor, c.copies) for c in told} == {(str(OFFICER), 2)}


@pytest.mark.parametrize(
    "sql",
    ["update status_change set reason = 'x' returning 1", "delete from status_change returning 1"],
)
async def test_nobody_rewrites_the_history(
    archive: Archive, officer: Office, quang_ninh: Tenant, sql: str
) -> None:
    await officer.act("suspend", await archive.result(quang_ninh))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await archive.one(quang_ninh, sql)


async def test_what_the_status_does_not_allow_leaves_no_trace(
    archive: Archive, officer: Office, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    with pytest.raises(Conflict):
        await officer.act("restore", ready)
    with pytest.raises(Invalid):
        await officer.act("suspend", ready, "  ")
    with pytest.raises(NotFound):
        await officer.act("revoke", Ready(thai_nguyen, *_rest(ready)))
    await officer.act("revoke", ready)
    for what in ("revoke", "suspend", "restore"):
        with pytest.raises(Conflict):
            await officer.act(what, ready)
    assert len(await officer.history(ready)) == 1


async def test_a_suspended_result_is_not_issued_again(
    archive: Archive, officer: Office, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    await officer.act("suspend", ready)
    with pytest.raises(Conflict):
        await archive.mint(ready)
    await officer.act("restore", ready)
    assert (await archive.received(ready)).papers


def _rest(ready: Ready) -> tuple[UUID, UUID, UUID, UUID]:
    return ready.id, ready.dossier, ready.holder, ready.trace
