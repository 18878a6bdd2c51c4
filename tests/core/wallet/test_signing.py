"""Signing an application with a wallet, attacked: another form, another person, another session, another tenant."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
import pytest

from motcua.errors import Conflict, NotFound
from motcua.events.log import SYSTEM
from motcua.ids import uuid7
from motcua.people import citizens
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, presenting, sdjwt, signing, transactions
from motcua.wallet.holder import Asked, HolderWallet
from motcua.wallet.signing import Evidence, Form
from motcua.wallet.transactions import REFUSED
from tests.core.wallet.archive import NAME, Archive, Ready, citizen

pytestmark = pytest.mark.anyio
Refused = Callable[[str], Any]
FORM = Form("2.000635", "2026.2", "06685", 8000, {"full_name": NAME, "copies": 2}, {"form": []})
OTHER = msgspec.structs.replace(FORM, answers={"full_name": NAME, "copies": 20})


@pytest.fixture
async def holder(archive: Archive, quang_ninh: Tenant) -> tuple[Ready, HolderWallet]:
    return await identity(archive, quang_ninh)


async def identity(archive: Archive, tenant: Tenant) -> tuple[Ready, HolderWallet]:
    """Give somebody an identity paper of his own number, in his wallet."""
    ready = await archive.result(tenant, type="identity-paper", claims={})
    async with archive.platform.works.begin(tenant, SYSTEM) as work:
        person = await citizens.read(work, ready.holder)
        claims = {"full_name": person.full_name, "personal_id": person.pid, "sex": "female"}
        sealed = work.vault.seal(json.dumps({**claims, "birth_date": "1994-05-19"}))
        await work.tx.execute(
            "update issued_result set claims_sealed = $2 where id = $1", ready.id, sealed
        )
    return ready, await archive.received(ready)


async def start(
    archive: Archive, tenant: Tenant, person: UUID, draft: UUID, form: Form = FORM
) -> str:
    async with archive.platform.works.begin(tenant, citizen(person)) as work:
        return await signing.start(
            archive.platform, work, form, subject_id=person, draft_id=draft, back="/drafts/x/signed"
        )


async def collect(
    archive: Archive,
    tenant: Tenant,
    target: str | None,
    person: UUID,
    draft: UUID,
    form: Form = FORM,
    **changes: str,
) -> Evidence:
    assert target is not None
    found = {k: v[0] for k, v in parse_qs(urlsplit(target).query).items()} | changes
    async with archive.platform.works.begin(tenant, citizen(person)) as work:
        return await signing.collect(
            archive.platform,
            work,
            form,
            asked_id=UUID(found["presentation"]),
            code=found["response_code"],
            subject_id=person,
            draft_id=draft,
        )


async def signed(archive: Archive, tenant: Tenant, holder: tuple[Ready, HolderWallet]) -> Evidence:
    ready, wallet = holder
    draft = uuid7()
    link = await start(archive, tenant, ready.holder, draft)
    return await collect(archive, tenant, await wallet.present(link), ready.holder, draft)


async def test_a_form_is_signed_and_the_signature_can_be_checked_ever_after(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    ready, wallet = holder
    draft = uuid7()
    asked = await wallet.ask(await start(archive, quang_ninh, ready.holder, draft))
    (shown,) = asked.transactions
    assert shown.about == {
        "procedure": "2.000635",
        "form_sha256": signing.sha256(FORM.text),
        "fee": 8000,
    }
    evidence = await collect(archive, quang_ninh, await wallet.answer(asked), ready.holder, draft)
    assert evidence.form == FORM.text
    assert evidence.name == NAME
    assert (evidence.kind, evidence.issuer_name) == ("identity-paper", "Tỉnh Quảng Ninh")
    assert "birth_date" not in evidence.facts
    checked = signing.check_again(evidence)
    assert checked.holds
    assert len(checked.path) >= 2
    again = msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence)
    assert signing.check_again(again).holds


async def test_what_is_kept_is_the_evidence_and_the_presentation_is_forgotten(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    evidence = await signed(archive, quang_ninh, holder)
    ready, _ = holder
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await signing.keep(work, ready.dossier, evidence)
        assert await signing.of_dossier(work, ready.dossier) == evidence
        assert await signing.of_dossier(work, uuid7()) is None
        row = await work.tx.fetchrow(
            "select * from dossier_signature where dossier_id = $1", ready.dossier
        )
        left = await work.tx.fetchval(
            "select count(*) from presentation where purpose = 'sign' and subject_id = $1"
            " and claims_sealed is not null",
            ready.holder,
        )
    assert row is not None
    assert NAME.encode() not in row["evidence_sealed"]
    assert left == 0


async def test_another_form_is_not_signed_with_it(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet], refused: Refused
) -> None:
    ready, wallet = holder
    draft = uuid7()
    target = await wallet.present(await start(archive, quang_ninh, ready.holder, draft))
    with refused(REFUSED):
        await collect(archive, quang_ninh, target, ready.holder, draft, OTHER)
    dearer = msgspec.structs.replace(FORM, fee=9000)
    with refused(REFUSED):
        await collect(archive, quang_ninh, target, ready.holder, draft, dearer)
    assert await collect(archive, quang_ninh, target, ready.holder, draft)


async def test_evidence_that_was_touched_no_longer_holds(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    evidence = await signed(archive, quang_ninh, holder)
    strange = certificates.make_root("Gốc lạ", now=datetime.now(UTC))
    other = await signed(archive, quang_ninh, await identity(archive, quang_ninh))
    entry = transactions.encode(
        transactions.DOSSIER,
        ["identity-paper"],
        {"procedure": FORM.procedure, "form_sha256": signing.sha256(OTHER.text), "fee": 8000},
    )
    changes: list[tuple[dict[str, Any], str]] = [
        ({"form": OTHER.text}, REFUSED),
        ({"form": OTHER.text, "transaction_data": [entry]}, REFUSED),
        ({"transaction_data": []}, REFUSED),
        ({"transaction_data": evidence.transaction_data * 2}, REFUSED),
        ({"presentation": other.presentation}, "wrong_nonce"),
        ({"nonce": "another"}, "wrong_nonce"),
        ({"client_id": "x509_hash:another"}, "wrong_audience"),
        ({"issuer": archive.url(thai_nguyen)}, "untrusted_issuer"),
        ({"anchors": certificates.to_pem(strange.certificate).decode()}, "untrusted_certificate"),
        ({"signed_at": evidence.signed_at + timedelta(minutes=6)}, "stale"),
        ({"signed_at": evidence.signed_at - timedelta(days=400)}, "untrusted_certificate"),
        ({"facts": {**evidence.facts, "person.full_name": "Người Khác"}}, "bad_disclosure"),
    ]
    for change, reason in changes:
        found = signing.check_again(msgspec.structs.replace(evidence, **change))
        assert (found.holds, found.reason) == (False, reason), change


async def test_a_paper_of_somebody_else_signs_nothing(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    _, wallet = holder
    person, draft = await archive.person(quang_ninh), uuid7()
    target = await wallet.present(await start(archive, quang_ninh, person, draft))
    with pytest.raises(Conflict) as said:
        await collect(archive, quang_ninh, target, person, draft)
    assert "người khác" in said.value.vi


async def test_only_who_began_collects_for_that_draft_and_once(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    ready, wallet = holder
    draft, other = uuid7(), await archive.person(quang_ninh)
    target = await wallet.present(await start(archive, quang_ninh, ready.holder, draft))
    for tenant, person, of, more in (
        (quang_ninh, other, draft, {}),
        (quang_ninh, ready.holder, uuid7(), {}),
        (thai_nguyen, ready.holder, draft, {}),
        (quang_ninh, ready.holder, draft, {"response_code": "guessed"}),
    ):
        with pytest.raises(NotFound):
            await collect(archive, tenant, target, person, of, FORM, **more)
    done = await asyncio.gather(
        *(collect(archive, quang_ninh, target, ready.holder, draft) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Evidence) for one in done) == 1
    assert sum(isinstance(one, NotFound) for one in done) == 7


async def test_a_presentation_for_a_form_fills_no_paper_and_the_other_way_round(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    ready, wallet = holder
    target = await wallet.present(await start(archive, quang_ninh, ready.holder, uuid7()))
    assert target is not None
    presentation = UUID(parse_qs(urlsplit(target).query)["presentation"][0])
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        with pytest.raises(Conflict):
            await presenting.use(work, presentation, ready.dossier)


async def _post(archive: Archive, asked: Asked, bound: dict[str, Any]) -> Any:
    ((name, (paper, reveal)),) = asked.choices.items()
    text = sdjwt.present(
        paper.credential,
        reveal,
        holder_key=paper.key,
        nonce=asked.request.nonce,
        aud=asked.request.client_id,
        iat=datetime.now(UTC),
        more=bound,
    )
    form = {"vp_token": json.dumps({name: [text]}), "state": str(asked.request.state)}
    return await archive.client.post(asked.request.response_uri, data=form)


async def test_missing_extra_and_altered_transactions_are_refused_by_the_endpoint(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    ready, wallet = holder
    for change in ("missing", "extra", "altered", "none", "other_hash"):
        draft = uuid7()
        asked = await wallet.ask(await start(archive, quang_ninh, ready.holder, draft))
        good = transactions.binding(asked.transactions)
        hashes = good["transaction_data_hashes"]
        bound = {
            "missing": {},
            "extra": {**good, "transaction_data_hashes": [*hashes, transactions.hash_of("x")]},
            "altered": {**good, "transaction_data_hashes": [transactions.hash_of("x")]},
            "none": {**good, "transaction_data_hashes": []},
            "other_hash": {**good, "transaction_data_hashes_alg": "sha-384"},
        }[change]
        answer = await _post(archive, asked, bound)
        assert (answer.status_code, answer.json()["error"]) == (400, REFUSED), change
        again = await _post(archive, asked, good)
        assert again.json()["error"] == "invalid_request"


async def test_a_key_binding_made_for_another_request_signs_nothing(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    """Replayed into another session, and into another tenant's request."""
    ready, wallet = holder
    first = await wallet.ask(await start(archive, quang_ninh, ready.holder, uuid7()))
    person = await archive.person(thai_nguyen)
    for link, code in (
        (await start(archive, quang_ninh, ready.holder, uuid7()), "wrong_nonce"),
        (await start(archive, thai_nguyen, person, uuid7()), "wrong_audience"),
    ):
        second = await wallet.ask(link)
        ((name, (paper, reveal)),) = first.choices.items()
        text = sdjwt.present(
            paper.credential,
            reveal,
            holder_key=paper.key,
            nonce=first.request.nonce,
            aud=first.request.client_id,
            iat=datetime.now(UTC),
            more=transactions.binding(second.transactions),
        )
        form = {"vp_token": json.dumps({name: [text]}), "state": str(second.request.state)}
        answer = await archive.client.post(second.request.response_uri, data=form)
        assert answer.json()["error"] == code


async def test_a_revoked_paper_signs_nothing(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet], refused: Refused
) -> None:
    ready, wallet = holder
    link = await start(archive, quang_ninh, ready.holder, uuid7())
    await archive.revoke(ready)
    with refused("revoked"):
        await wallet.present(link)


async def test_a_wallet_that_cannot_show_it_refuses_and_the_person_is_told(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet], refused: Refused
) -> None:
    ready, wallet = holder
    draft = uuid7()
    link = await start(archive, quang_ninh, ready.holder, draft)
    strange = transactions.encode("com.example.payment/1", ["identity-paper"], {"amount": 1})
    await archive.one(
        quang_ninh,
        "update presentation set transaction_data = $1 where draft_id = $2 returning 1",
        [strange],
        draft,
    )
    with refused(REFUSED):
        await wallet.ask(link)
    row = "select status || ' ' || error from presentation where draft_id = $1"
    assert await archive.one(quang_ninh, row, draft) == f"refused {REFUSED}"


async def test_who_says_no_has_not_signed(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet]
) -> None:
    ready, wallet = holder
    draft = uuid7()
    asked = await wallet.ask(await start(archive, quang_ninh, ready.holder, draft))
    target = await wallet.refuse(asked.request)
    with pytest.raises(Conflict):
        await collect(archive, quang_ninh, target, ready.holder, draft)


async def test_a_wallet_refuses_a_transaction_no_paper_may_authorise(
    archive: Archive, quang_ninh: Tenant, holder: tuple[Ready, HolderWallet], refused: Refused
) -> None:
    ready, wallet = holder
    asked = await wallet.ask(await start(archive, quang_ninh, ready.holder, uuid7()))
    (one,) = asked.transactions
    strange = Asked(asked.request, asked.choices, (replace(one, credential_ids=("other",)),))
    with refused("not_satisfied"):
        await wallet.answer(strange)
