"""Which papers prove who somebody is: data that a tenant may say otherwise."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from motcua.errors import Unavailable
from motcua.housekeeping import tidy
from motcua.tenancy.tenant import Tenant
from motcua.wallet import trust_store, vocabulary
from motcua.wallet.vocabulary import NAME, NUMBER
from tests.core.wallet.archive import Archive

pytestmark = pytest.mark.anyio
OWN = {
    "kind": "residence-card",
    "name_vi": "Thẻ cư trú (mẫu)",
    "name_en": "Residence card (sample)",
    "identity": True,
    "facts": {NAME: "name", NUMBER: "number"},
}


def saying(tenant: Tenant, *papers: dict[str, Any]) -> Tenant:
    return replace(tenant, settings={**tenant.settings, "papers": list(papers)})


async def test_a_tenant_adds_kinds_and_replaces_those_with_the_same_name(
    quang_ninh: Tenant,
) -> None:
    (common,) = vocabulary.identity_papers(quang_ninh)
    assert common.kind == "identity-paper"
    both = saying(quang_ninh, OWN)
    assert [k.kind for k in vocabulary.identity_papers(both)] == [
        "residence-card",
        "identity-paper",
    ]
    weak = {**OWN, "kind": "identity-paper", "identity": False}
    with pytest.raises(Unavailable):
        vocabulary.identity_papers(saying(quang_ninh, weak))
    with pytest.raises(msgspec.ValidationError):
        vocabulary.papers(saying(quang_ninh, {**OWN, "colour": "red"}))


async def test_several_kinds_are_alternatives_and_only_the_facts_are_asked(
    archive: Archive, quang_ninh: Tenant
) -> None:
    async with archive.platform.db.tenant(quang_ninh) as tx:
        trust = await trust_store.trust_of(archive.platform, tx)
    now = datetime.now(UTC)
    one = vocabulary.query_for(trust, quang_ninh, (NAME, NUMBER), now)
    assert "credential_sets" not in one
    found = vocabulary.query_for(trust, saying(quang_ninh, OWN), (NAME, NUMBER), now)
    assert found["credential_sets"] == [{"options": [["residence-card"], ["identity-paper"]]}]
    asked = {e["id"]: [c["path"] for c in e["claims"]] for e in found["credentials"]}
    assert asked["residence-card"] == [["name"], ["number"]]
    assert asked["identity-paper"] == [["full_name"], ["personal_id"]]
    with_birth = vocabulary.identity_papers(saying(quang_ninh, OWN), (vocabulary.BIRTH,))
    assert [k.kind for k in with_birth] == ["identity-paper"]


async def test_what_nobody_took_at_a_screen_is_forgotten_within_minutes(
    archive: Archive, quang_ninh: Tenant
) -> None:
    ready = await archive.result(quang_ninh)
    wallet = await archive.received(ready)
    target = await wallet.present(await archive.start(quang_ninh, ready.holder))
    assert target is not None
    shift = """
update presentation set place_id = $1, expires_at = now() - interval '9 minutes'
where subject_id = $1 returning 1
"""
    kept = "select claims_sealed is not null from presentation where subject_id = $1"
    await archive.one(quang_ninh, shift, ready.holder)
    await tidy(archive.platform, quang_ninh)
    assert await archive.one(quang_ninh, kept, ready.holder)
    await archive.one(quang_ninh, shift.replace("9 minutes", "11 minutes"), ready.holder)
    await tidy(archive.platform, quang_ninh)
    assert not await archive.one(quang_ninh, kept, ready.holder)
