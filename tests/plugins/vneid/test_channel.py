"""Results reach the application, pushed or published, and who somebody is comes back in our words."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from motcua import clock
from motcua.api import ChannelBench, Forbidden, Unavailable, WalletChannelContract
from motcua.channels import engine, sending, shown
from motcua.channels.plan import kept
from motcua.errors import Gone
from motcua.events.log import SYSTEM, Event
from motcua.tenancy.tenant import Tenant
from motcua_vneid import crypto
from motcua_vneid.client import Client

from .conftest import Phone

pytestmark = pytest.mark.anyio
_EVENT = """
select id, trace_id, at, type, subject, unit_id, actor, payload from event where id = $1
"""
_OWED = """
select o.id, o.event_id from outbox o join event e on e.id = o.event_id
where o.subscriber = 'channels' and e.trace_id = $1 and o.next_at <= now() order by o.id limit 1
"""


@pytest.fixture(params=["push", "publish"])
async def bench(request: pytest.FixtureRequest, phone: Phone) -> ChannelBench:
    ready, mode = await phone.result(), request.param

    @asynccontextmanager
    async def opened() -> Any:
        async with phone.errand(mode=mode) as errand:
            row = await phone.row(ready)
            about = sending.issued(phone.platform, errand.work, row)
            yield errand, about, sending.holder(errand.work, row)

    async def seen() -> int:
        return len([p for p in await phone.papers() if not p["withdrawn"]])

    return ChannelBench("vneid", phone.channel, opened, seen)


class TestVNeIDHoldsTheContract(WalletChannelContract):
    pass


def ordered(tenant: Tenant, *order: Any, **settings: Any) -> Tenant:
    """Return the tenant as another ``channels.toml`` makes it: nothing else is changed."""
    data = {"ways": [{"order": list(order)}], "settings": {"vneid": settings}}
    return replace(tenant, settings={**tenant.settings, "channels": kept(data)})


async def deliver(phone: Phone, tenant: Tenant, ready: Any) -> None:
    """Issue a result, and run what is owed."""
    async with phone.platform.works.begin(tenant, SYSTEM) as work:
        work.trace_id = ready.trace
        work.emit("result.issued", ready.id)
    await owed(phone, tenant, ready)


async def owed(phone: Phone, tenant: Tenant, ready: Any) -> None:
    for _ in range(20):
        async with phone.platform.works.begin(tenant, SYSTEM) as work:
            row = await work.tx.fetchrow(_OWED, ready.trace)
            if row is None:
                return
            found = await work.tx.fetchrow(_EVENT, row["event_id"])
            work.trace_id = ready.trace
            await engine.follow(phone.platform, work, Event(**dict(found or {})))
            await work.tx.execute("delete from outbox where id = $1", row["id"])


async def states(phone: Phone, ready: Any) -> dict[str, str]:
    async with phone.platform.db.tenant(phone.tenant) as tx:
        return {r["channel"]: r["state"] for r in await tx.fetch(shown.OF_DOSSIER, ready.dossier)}


async def state(phone: Phone, ready: Any) -> int:
    return int(
        await phone.archive.one(
            phone.tenant, "select state from dossier where id = $1", ready.dossier
        )
    )


async def test_a_province_switches_by_its_file_alone(phone: Phone) -> None:
    before, after = await phone.result(), await phone.result()
    await deliver(phone, ordered(phone.tenant, "wallet"), before)
    await deliver(phone, ordered(phone.tenant, ["wallet", "vneid"]), after)
    assert await states(phone, before) == {"wallet": "sent"}
    assert await states(phone, after) == {"wallet": "sent", "vneid": "received"}
    (paper,) = await phone.papers()
    assert (paper["result"], paper["origin"]) == (str(after.id), "pushed")
    assert (await state(phone, before), await state(phone, after)) == (9, 10)


async def test_a_published_result_has_arrived_when_the_person_opens_it(phone: Phone) -> None:
    publishing, ready = (
        ordered(phone.tenant, "vneid", "post", mode="publish"),
        await phone.result(),
    )
    await deliver(phone, publishing, ready)
    assert await states(phone, ready) == {"vneid": "sent"}
    (paper,) = await phone.papers()
    home = phone.platform.settings.url_of(phone.tenant.slug)
    await phone.browser.get(f"{home}/x/vneid/sandbox/app?account={phone.person.username}")
    for _ in range(2):
        opened = await phone.browser.post(
            f"{home}/x/vneid/sandbox/app/{paper['id']}",
            data={"account": phone.person.username},
            headers={"x-csrftoken": phone.browser.cookies.get("mc_csrf") or ""},
        )
        assert opened.status_code == 303
    assert await states(phone, ready) == {"vneid": "received"}
    assert await state(phone, ready) == 10


async def test_a_withdrawn_result_leaves_the_application(phone: Phone) -> None:
    tenant, ready = ordered(phone.tenant, "vneid"), await phone.result()
    await deliver(phone, tenant, ready)
    await phone.archive.revoke(ready)
    await owed(phone, tenant, ready)
    assert await states(phone, ready) == {"vneid": "withdrawn"}
    assert [p["withdrawn"] for p in await phone.papers()] == [True]
    assert "number" not in (await phone.papers())[0]


@pytest.mark.parametrize("purpose", ["login", "prefill"])
async def test_who_somebody_is_comes_back_in_our_words(phone: Phone, purpose: str) -> None:
    begun = await phone.begin(purpose)
    raw = await phone.consent(begun)
    proven = await phone.finish(begun, raw)
    assert proven.claims == {
        "personal_id": phone.person.personal_id,
        "full_name": phone.person.full_name,
        "birth_date": "1994-05-19",
    }
    assert (proven.source, proven.assurance) == ("vneid", "high")
    assert len(proven.evidence_sha256) == 64


async def test_a_code_comes_wrapped_with_its_key_and_its_plus_as_it_is(phone: Phone) -> None:
    begun = await phone.begin()
    raw = await phone.consent(begun)
    assert "encrypt_key" in raw
    assert "%2B" not in phone.back.split("&state")[0], "nothing is escaped"
    assert " " in raw["code"] + raw["encrypt_key"] or "+" not in phone.back


async def test_a_code_that_is_not_wrapped_has_its_plus_mended(phone: Phone) -> None:
    async with phone.errand() as errand:
        client = Client(errand, crypto.generate())
        assert client.code({"code": "a b/c="}) == "a+b/c="
        with pytest.raises(crypto.UnreadableError):
            client.code({"code": "YWJj", "encrypt_key": "YWJj"})


async def test_a_code_is_used_once(phone: Phone) -> None:
    begun = await phone.begin()
    raw = await phone.consent(begun)
    await phone.finish(begun, raw)
    with pytest.raises(Forbidden, match="401"):
        await phone.finish(begun, raw)


async def test_a_code_lives_for_seconds(phone: Phone) -> None:
    begun = await phone.begin()
    raw = await phone.consent(begun)
    with clock.at(clock.now() + timedelta(seconds=11)), pytest.raises(Forbidden, match="401"):
        await phone.finish(begun, raw)


async def test_a_consent_is_read_once_and_ends(phone: Phone) -> None:
    begun = await phone.begin("prefill")
    raw = await phone.consent(begun)
    await phone.finish(begun, raw)
    with pytest.raises(Forbidden):
        await phone.finish(begun, raw)
    again = await phone.browser.get(begun.url)
    assert again.status_code == Gone.status


async def test_the_state_of_another_attempt_is_refused(phone: Phone) -> None:
    begun, other = await phone.begin(), await phone.begin()
    raw = await phone.consent(begun)
    with pytest.raises(Forbidden):
        await phone.finish(other, raw)


async def test_an_account_below_the_level_asked_for_is_refused(phone: Phone) -> None:
    begun = await phone.begin()
    raw = await phone.consent(begun)
    async with phone.work() as work:
        await work.tx.execute(
            "update vneid_account set claims_sealed = $2 where username = $1",
            phone.person.username,
            work.vault.seal('{"citizenPid":"1","fullName":"A","accountLevel":"1"}'),
        )
    high = replace(begun, kept={**begun.kept, "assurance": "substantial"})
    with pytest.raises(Forbidden, match="level"):
        await phone.finish(high, raw)


async def test_an_address_that_is_not_registered_gets_401_and_no_word(phone: Phone) -> None:
    home = phone.platform.settings.url_of(phone.tenant.slug)
    said = await phone.browser.post(
        f"{home}/x/vneid/sandbox/token", data={"client_id": "motcua", "client_secret": "wrong"}
    )
    assert (said.status_code, said.json()) == (401, {"message": "Unauthorized"})


async def test_the_sandbox_sends_nobody_to_another_site(phone: Phone) -> None:
    home = phone.platform.settings.url_of(phone.tenant.slug)
    url = f"{home}/x/vneid/sandbox/authorize?redirect_uri=https://evil.example/&state=1"
    assert (await phone.browser.get(url)).status_code == 422


async def test_without_a_registered_key_the_real_system_is_not_asked(phone: Phone) -> None:
    async with phone.work() as work:
        await work.tx.execute("delete from vneid_key")
    with pytest.raises(Unavailable, match="key"):
        await phone.begin(endpoint="https://vneid.example")
