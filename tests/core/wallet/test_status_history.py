"""Suspend, restore, revoke: every copy at once, seen at once, and nobody can say afterwards it was otherwise."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from motcua import clock
from motcua.errors import Conflict, Invalid, NotFound
from motcua.events.log import Actor
from motcua.ids import uuid7
from motcua.tenancy.db import Database
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


async def test_a_list_of_the_past_says_what_held_then(
    archive: Archive, officer: Office, owner: Database, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready, copies=3)
    entries = [p.content.status for p in wallet.papers if p.content.status]
    for what in ("suspend", "restore", "revoke"):
        await officer.act(what, ready)
    now = clock.now().replace(microsecond=0)
    # All that happened within a second; the history is moved to where minutes lie between its parts.
    moments = {"issued": 40, "suspended": 30, "restored": 20, "revoked": 10}
    await _move(archive, owner, ready, moments)
    told = {}
    for name, ago in moments.items():
        asked = now - timedelta(minutes=ago - 1)
        answers = [await _then(archive, entry.uri, asked) for entry in entries]
        told[name] = {
            statuslist.read_status(said["status_list"], entry.index)
            for said, entry in zip(answers, entries, strict=True)
        }
        assert all(said["iat"] <= asked.timestamp() < said["exp"] for said in answers)
    assert told == {
        "issued": {VALID},
        "suspended": {SUSPENDED},
        "restored": {VALID},
        "revoked": {REVOKED},
    }
    assert {await wallet.status_of(paper) for paper in wallet.papers} == {REVOKED}


async def test_a_list_of_the_past_is_signed_and_known_again(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    entry = wallet.papers[0].content.status
    assert entry is not None
    url = f"{entry.uri}?time={int(clock.now().timestamp())}"
    first = await archive.client.get(url)
    assert first.headers["content-type"].startswith(statuslist.MEDIA_TYPE)
    assert first.headers["access-control-allow-origin"] == "*"
    said = jose.read(first.text)
    assert (said.payload["sub"], "ttl" in said.payload) == (entry.uri, False)
    keys = (await archive.client.get(archive.url(quang_ninh, "/jwks"))).json()
    key = jose.find_key(keys, said.header["kid"])
    assert key is not None
    jose.verify(first.text, key, typ=statuslist.TYPE)
    known = {"if-none-match": first.headers["etag"]}
    assert (await archive.client.get(url, headers=known)).status_code == 304


async def test_what_is_not_kept_is_said_not_to_be_there(
    archive: Archive, quang_ninh: Tenant
) -> None:
    wallet = await archive.received(await archive.result(quang_ninh))
    entry = wallet.papers[0].content.status
    assert entry is not None
    now = int(clock.now().timestamp())
    for moment in (0, 1, now - 3 * 366 * 86400, now + 60, 99_999_999_999):
        answer = await archive.client.get(f"{entry.uri}?time={moment}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), moment
    for wrong in ("", "x", "-1", "1e9", "1.5", "9" * 40, "١"):
        answer = await archive.client.get(f"{entry.uri}?time={wrong}")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), wrong


async def _then(archive: Archive, uri: str, moment: datetime) -> dict[str, Any]:
    answer = await archive.client.get(f"{uri}?time={int(moment.timestamp())}")
    assert answer.status_code == 200, answer.text
    return jose.read(answer.text).payload


async def _move(archive: Archive, owner: Database, ready: Ready, ago: dict[str, int]) -> None:
    """Move what happened to a result into the past; the owner of the tables may, nobody else."""
    lists = (
        "update status_list set opened_at = now() - interval '2 days' where id in"
        " (select list_id from credential where result_id = $1) returning 1"
    )
    issued = (
        "update credential set issued_at = now() - make_interval(mins => $2) where result_id = $1"
        " returning 1"
    )
    await archive.one(ready.tenant, lists, ready.id)
    await archive.one(ready.tenant, issued, ready.id, ago["issued"])
    change = (
        "update status_change set at = now() - make_interval(mins => $3)"
        " where result_id = $1 and status = $2 and before = $4"
    )
    async with owner.tenant(ready.tenant) as tx:
        for name, status, before in (
            ("suspended", SUSPENDED, VALID),
            ("restored", VALID, SUSPENDED),
            ("revoked", REVOKED, VALID),
        ):
            await tx.execute(change, ready.id, status, ago[name], before)


def _rest(ready: Ready) -> tuple[UUID, UUID, UUID, UUID]:
    return ready.id, ready.dossier, ready.holder, ready.trace
