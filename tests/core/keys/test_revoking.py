"""A lost key: one command, and nothing that it signed is believed any more, anywhere on the platform."""

from datetime import UTC, datetime

import pytest

from motcua import clock
from motcua.errors import Invalid, NotFound, Unavailable
from motcua.events.log import SYSTEM, Actor
from motcua.keys import revoking, upkeep
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery, jose, sdjwt, statuslist, trust_store
from motcua.wallet.refusal import CredentialError
from tests.conftest import NewTenant, tenant_named
from tests.core.keys.conftest import Keyring, NewKeyring
from tests.core.wallet.archive import Archive, Ready

pytestmark = pytest.mark.anyio
OPERATOR = Actor("operator")
_COPIES = "select signing_kid, status from credential where result_id = $1 order by id"
_RESULT = "select status from issued_result where id = $1"
_SIGNED_BY = "update issued_result set signing_kid = $2 where id = $1"
_EVENTS = "select actor, payload from event where type = $1 and subject = $2"


@pytest.fixture
def ring(platform: Platform) -> Keyring:
    """Return a province with units and procedures that other tests leave alone."""
    return Keyring(platform, tenant_named(platform, "ha-noi"))


async def _copies(archive: Archive, ready: Ready) -> list[tuple[str, int]]:
    async with archive.platform.db.tenant(ready.tenant) as tx:
        return [(r["signing_kid"], r["status"]) for r in await tx.fetch(_COPIES, ready.id)]


async def _status_listed(archive: Archive, tenant: Tenant, credential: str) -> int:
    entry = sdjwt.take_apart(credential).payload["status"]["status_list"]
    token = (await archive.client.get(entry["uri"])).text
    return statuslist.read_status(jose.read(token).payload["status_list"], entry["idx"])


async def test_each_copy_says_which_key_signed_it(archive: Archive, ring: Keyring) -> None:
    ready = await archive.result(ring.tenant)
    await archive.received(ready, copies=2)
    kid = (await ring.signer("credential")).kid
    assert await _copies(archive, ready) == [(kid, 0)] * 2


async def test_a_credential_key_takes_its_copies_and_leaves_the_result(
    archive: Archive, ring: Keyring
) -> None:
    ready = await archive.result(ring.tenant)
    wallet = await archive.received(ready, copies=2)
    text = wallet.papers[0].credential
    lost = (await ring.signer("credential")).kid
    assert await _status_listed(archive, ring.tenant, text) == statuslist.VALID
    told: list[str] = []
    done = await revoking.revoke(
        ring.platform, ring.tenant, OPERATOR, lost, "Máy chủ bị đánh cắp", told.append
    )
    assert done.results >= 1
    assert done.copies >= 2
    assert told[-1].startswith(f"credential key {lost}")
    assert await _copies(archive, ready) == [(lost, 1)] * 2
    assert await _status_listed(archive, ring.tenant, text) == statuslist.REVOKED
    assert await archive.one(ring.tenant, _RESULT, ready.id) == 0
    async with ring.platform.db.tenant(ring.tenant) as tx:
        last = (await delivery.history(tx, ready.id))[-1]
        event = await tx.fetchrow(_EVENTS, "result.copies_revoked", ready.id)
    assert (last.actor, last.reason, last.copies) == ("operator", "Máy chủ bị đánh cắp", 2)
    assert event is not None
    assert event["payload"]["kid"] == lost
    again = await archive.received(ready)
    assert again.papers[0].credential != text
    fresh = (await ring.signer("credential")).kid
    assert await _copies(archive, ready) == [(lost, 1), (lost, 1), (fresh, 0)]


async def test_a_revoked_key_leaves_the_key_set_and_the_trust_list_names_it(
    archive: Archive, ring: Keyring
) -> None:
    lost = (await ring.signer("credential")).kid
    await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    published = (await archive.client.get(archive.url(ring.tenant, "/jwks"))).json()
    kids = {key["kid"] for key in published["keys"]}
    assert lost not in kids
    assert (await ring.signer("credential")).kid in kids
    elsewhere = tenant_named(ring.platform, "thai-nguyen")
    found = await trust_store.published(ring.platform, elsewhere, datetime.now(UTC))
    assert lost in found.content


async def test_every_tenants_verifier_refuses_the_key_at_once(
    archive: Archive, ring: Keyring
) -> None:
    """Before the status is looked at: a thief's own papers have a status that was never set."""
    ready = await archive.result(ring.tenant)
    wallet = await archive.received(ready)
    elsewhere = tenant_named(ring.platform, "thai-nguyen")
    lost = (await ring.signer("credential")).kid
    await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    async with ring.platform.works.begin(ring.tenant, SYSTEM) as work:
        await work.tx.execute("update credential set status = 0 where result_id = $1", ready.id)
    person = await archive.person(elsewhere)
    with pytest.raises(CredentialError, match="certificate was revoked"):
        await wallet.present(await archive.start(elsewhere, person))
    await upkeep.keep(ring.platform, ring.tenant)
    assert (await _copies(archive, ready))[0][1] == 1, "the housekeeping finishes what was left"


async def test_a_document_key_takes_results_and_copies(archive: Archive, ring: Keyring) -> None:
    ready, other = [await archive.result(ring.tenant) for _ in range(2)]
    await archive.received(ready)
    lost = (await ring.signer("document")).kid
    async with ring.platform.works.begin(ring.tenant, SYSTEM) as work:
        await work.tx.execute(_SIGNED_BY, ready.id, lost)
    done = await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "Lộ khóa")
    assert done.results == 1
    assert await archive.one(ring.tenant, _RESULT, ready.id) == 1
    assert [status for _, status in await _copies(archive, ready)] == [1]
    assert await archive.one(ring.tenant, _RESULT, other.id) == 0
    async with ring.platform.db.tenant(ring.tenant) as tx:
        assert (await delivery.history(tx, ready.id))[-1].reason == "Lộ khóa"
    assert (await ring.signer("document")).kid == done.successors[0] != lost


async def test_an_interrupted_revocation_goes_on_when_it_is_asked_again(
    archive: Archive, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoking, "BATCH", 1)
    ready = [await archive.result(ring.tenant) for _ in range(3)]
    for one in ready:
        await archive.received(one)
    lost = (await ring.signer("credential")).kid

    def cut(text: str) -> None:
        if "1 results" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử", cut)
    left = [(await _copies(archive, one))[0][1] for one in ready]
    assert 0 in left
    done = await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    assert done.results == left.count(0)
    assert {(await _copies(archive, one))[0][1] for one in ready} == {1}
    again = await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    assert (again.results, again.copies) == (0, 0)


async def test_a_revoked_copy_does_not_come_back_with_its_result(
    archive: Archive, ring: Keyring
) -> None:
    ready = await archive.result(ring.tenant)
    await archive.received(ready)
    lost = (await ring.signer("credential")).kid
    await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    await archive.received(ready)
    async with ring.platform.works.begin(ring.tenant, SYSTEM) as work:
        assert await delivery.suspend(work, ready.id, "xem xét") == 1
        assert await delivery.restore(work, ready.id, "xong") == 1
    assert [status for _, status in await _copies(archive, ready)] == [1, 0]


async def test_the_list_of_the_past_shows_the_copies_of_that_time(
    archive: Archive, ring: Keyring
) -> None:
    ready = await archive.result(ring.tenant)
    old = (await archive.received(ready)).papers[0].credential
    lost = (await ring.signer("credential")).kid
    await revoking.revoke(ring.platform, ring.tenant, OPERATOR, lost, "thử")
    new = (await archive.received(ready)).papers[0].credential
    when = int(clock.now().timestamp())
    found = []
    for text in (old, new):
        entry = sdjwt.take_apart(text).payload["status"]["status_list"]
        token = (await archive.client.get(f"{entry['uri']}?time={when}")).text
        found.append(statuslist.read_status(jose.read(token).payload["status_list"], entry["idx"]))
    assert found == [statuslist.REVOKED, statuslist.VALID]


async def test_an_authority_takes_every_key_it_certified(
    new_keyring: NewKeyring,
) -> None:
    ring = await new_keyring()
    (above,) = await ring.rows("authority")
    done = await revoking.revoke(ring.platform, ring.tenant, OPERATOR, above.kid, "Lộ khóa")
    assert len(done.kids) == len(done.successors) == 3
    assert done.advice == ""
    assert (await ring.signer("credential")).kid in done.successors


async def test_without_the_root_a_revocation_still_holds_and_says_who_cannot_sign(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    from dataclasses import replace

    from motcua.keys import root

    ring = await new_keyring()
    (above,) = await ring.rows("authority")
    folder = platform.settings.data / "without-root-key"
    folder.mkdir(exist_ok=True)
    (folder / "root.pem").write_bytes(root.certificate_file(platform.settings).read_bytes())
    bare = replace(platform, settings=replace(platform.settings, data=folder))
    done = await revoking.revoke(bare, ring.tenant, OPERATOR, above.kid, "Lộ khóa")
    assert "root key" in done.advice
    with pytest.raises(Unavailable):
        await ring.signer("credential")
    assert await ring.published() == set()


async def test_only_a_key_of_the_tenant_and_only_with_a_reason(
    new_keyring: NewKeyring, new_tenant: NewTenant
) -> None:
    ring = await new_keyring()
    kid = (await ring.signer("document")).kid
    with pytest.raises(Invalid):
        await revoking.revoke(ring.platform, ring.tenant, OPERATOR, kid, "  ")
    with pytest.raises(NotFound):
        await revoking.revoke(ring.platform, await new_tenant(), OPERATOR, kid, "thử")
    assert (await ring.signer("document")).kid == kid


async def test_a_request_that_was_begun_is_signed_with_the_key_it_was_promised_with(
    archive: Archive, ring: Keyring
) -> None:
    """The link names the hash of the certificate: a rotation in between must not break it."""
    from motcua.keys import rotation

    ready = await archive.result(ring.tenant)
    wallet, person = await archive.received(ready), await archive.person(ring.tenant)
    begun, lost = await archive.start(ring.tenant, person), await archive.start(ring.tenant, person)
    before = (await ring.signer("credential")).kid
    async with ring.platform.works.begin(ring.tenant, SYSTEM) as work:
        await rotation.rotate(work, "credential")
    await wallet.ask(begun)
    await revoking.revoke(ring.platform, ring.tenant, OPERATOR, before, "thử")
    with pytest.raises(CredentialError, match="revoked"):
        await wallet.ask(lost)
    assert (await ring.signer("credential")).kid != before
