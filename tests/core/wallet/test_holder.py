from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest

from motcua.wallet import dcql, jose, statuslist
from motcua.wallet.holder import HolderWallet

Refused = Callable[[str], Any]
pytestmark = pytest.mark.anyio


async def test_a_paper_is_received_and_presented(office: Any) -> None:
    async with _client(office) as client:
        wallet = _wallet(client, office)
        received = await wallet.receive(office.offer_link, tx_code="493536")
        assert [p.content.claims for p in received.papers] == [office.claims]
        assert office.events == ["credential_accepted"]
        target = await wallet.present(office.request_link)
    assert target == f"{office.url}/done#response_code=r"
    assert [v.claims for v in office.verified] == [{"full_name": "Nguyễn Thị Bích Ngọc"}]


async def test_copies_have_keys_of_their_own(office: Any) -> None:
    async with _client(office) as client:
        received = await _wallet(client, office).receive(
            office.offer_link, tx_code="493536", copies=3
        )
    assert len({jose.thumbprint(p.key) for p in received.papers}) == 3


async def test_a_wrong_transaction_code_brings_nothing(office: Any, refused: Refused) -> None:
    async with _client(office) as client:
        wallet = _wallet(client, office)
        with refused("invalid_grant"):
            await wallet.receive(office.offer_link, tx_code="000000")
        assert wallet.papers == []


async def test_a_paper_that_is_not_ready_is_collected_later(office: Any) -> None:
    office.ready = False
    async with _client(office) as client:
        wallet = _wallet(client, office)
        received = await wallet.receive(office.offer_link, tx_code="493536")
        (waiting,) = received.waiting
        assert await wallet.collect(waiting) == []
        office.ready = True
        assert len(await wallet.collect(waiting)) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": jose.generate_key()}, "bad_signature"),
        ({"issuer": "http://other.localhost"}, "untrusted_issuer"),
        ({"vct": "something else"}, "wrong_type"),
        ({"holder": jose.public_jwk(jose.generate_key())}, "wrong_holder"),
        ({"holder": None}, "wrong_holder"),
    ],
)
async def test_a_wrong_credential_is_not_kept(
    change: dict[str, Any], code: str, office: Any, refused: Refused
) -> None:
    office.changes = change
    async with _client(office) as client:
        wallet = _wallet(client, office)
        with refused(code):
            await wallet.receive(office.offer_link, tx_code="493536")
        assert wallet.papers == []
    assert office.events == ["credential_failure"]


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("/.well-known/openid-credential-issuer", "credential_issuer"),
        ("/.well-known/oauth-authorization-server", "issuer"),
        ("/.well-known/jwt-vc-issuer", "issuer"),
    ],
)
async def test_metadata_must_speak_of_the_address_asked(
    path: str, member: str, office: Any, refused: Refused
) -> None:
    office.changes = {path: {member: "http://other.localhost"}}
    async with _client(office) as client:
        with refused("malformed"):
            await _wallet(client, office).receive(office.offer_link, tx_code="493536")


async def test_a_paper_that_is_not_there_is_not_presented(office: Any, refused: Refused) -> None:
    async with _client(office) as client:
        with refused("not_satisfied"):
            await _wallet(client, office).ask(office.request_link)


async def test_a_value_that_does_not_fit_is_not_presented(office: Any, refused: Refused) -> None:
    wanted = dcql.Wanted(("address", "province"), ("Hà Nội",))
    office.query = dcql.build_query([dcql.Need("home", (office.vct,), (wanted,))])
    async with _client(office) as client:
        wallet = _wallet(client, office)
        await wallet.receive(office.offer_link, tx_code="493536")
        with refused("not_satisfied"):
            await wallet.ask(office.request_link)


async def test_the_person_may_refuse(office: Any) -> None:
    async with _client(office) as client:
        wallet = _wallet(client, office)
        await wallet.receive(office.offer_link, tx_code="493536")
        asked = await wallet.ask(office.request_link)
        assert await wallet.refuse(asked.request) is None
    assert (office.errors, office.verified) == (["access_denied"], [])


async def test_the_status_is_read_from_the_list(office: Any) -> None:
    async with _client(office) as client:
        wallet = _wallet(client, office)
        (paper,) = (await wallet.receive(office.offer_link, tx_code="493536")).papers
        assert await wallet.status_of(paper) == statuslist.VALID
        office.revoked = True
        assert await wallet.status_of(paper) == statuslist.REVOKED


async def test_an_answer_that_is_no_json_is_refused(now: datetime, refused: Refused) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, text="<html>"))
    async with httpx2.AsyncClient(transport=transport) as client:
        with refused("malformed"):
            await HolderWallet(client, now=lambda: now).receive("http://a.localhost/offers/1")


def _client(office: Any) -> httpx2.AsyncClient:
    def handle(request: httpx2.Request) -> httpx2.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        status, kind, body = office.handle(
            request.method, str(request.url), headers, request.content
        )
        return httpx2.Response(status, headers={"Content-Type": kind}, content=body)

    return httpx2.AsyncClient(transport=httpx2.MockTransport(handle))


def _wallet(client: httpx2.AsyncClient, office: Any) -> HolderWallet:
    return HolderWallet(client, now=lambda: office.now, roots=[office.issuer.root])
