"""The whole way with other people's wallet software (npm: @openid4vc, @sd-jwt, jose, dcql) at a live server."""

import re
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from motcua.events.log import SYSTEM
from motcua.wallet import operating, samples
from motcua.wallet.asking import Wish
from motcua.web import sessions
from tests.core.wallet.archive import KIND
from tests.core.wallet.oracles.conftest import Job, Live

pytestmark = pytest.mark.anyio
PID = "001194012399"


@pytest.mark.parametrize("dpop", [False, True])
async def test_it_gets_a_batch_and_verifies_every_copy(live: Live, theirs: Job, dpop: bool) -> None:
    made = await live.offer(tx_code=True)
    got = await theirs("receive", link=made["offer"], txCode=made["tx_code"], copies=5, dpop=dpop)
    assert got.get("refused") is None, got
    assert got["type"] == ("DPoP" if dpop else "Bearer")
    assert len({paper["credential"] for paper in got["papers"]}) == 5
    for paper in got["papers"]:
        assert paper["claims"]["full_name"] == samples.HOLDER
        assert paper["claims"]["vct"].endswith(f"/vct/{KIND}/1")
        assert paper["header"]["typ"] == "dc+sd-jwt"


async def test_a_wrong_transaction_code_is_told_in_words_it_knows(live: Live, theirs: Job) -> None:
    made = await live.offer(tx_code=True)
    got = await theirs("receive", link=made["offer"], txCode="nonsense")
    assert got["kind"] == "Oauth2ClientErrorResponseError"
    assert got["answer"]["error"] == "invalid_grant"


async def test_it_waits_for_what_is_not_ready(live: Live, theirs: Job) -> None:
    made = await live.offer(deferred=True)
    got = await theirs("receive", link=made["offer"], copies=2)
    assert got.get("refused") is None, got
    promised = got["waiting"]
    async with live.platform.db.tenant(live.tenant) as tx:
        ready = "update issued_result set issued_at = now() where dossier_id = $1"
        await tx.execute(ready, UUID(made["dossier"]))
    again = await live.offer()
    arrived = await theirs("collect", offer=again["offer"], waiting=promised)
    assert len(arrived.get("papers", [])) == 2, arrived


async def test_it_signs_in_and_gets_a_paper_by_consent(live: Live, theirs: Job) -> None:
    made = await live.offer(sign_in=True, holder=PID)
    begun = await theirs("authorize", link=made["offer"])
    assert begun.get("refused") is None, begun
    url = await _consent(live, begun.pop("url"))
    got = await theirs("exchange", **begun, url=url, anonymous=False)
    assert got.get("refused") is None, got
    assert got["type"] == "DPoP"
    assert got["papers"][0]["claims"]["iss"] == live.platform.settings.url_of("quang-ninh")


async def test_it_notices_an_answer_of_another_server(live: Live, theirs: Job) -> None:
    """The answer names its issuer (RFC 9207), and their software looks at it."""
    made = await live.offer(sign_in=True, holder=PID)
    begun = await theirs("authorize", link=made["offer"])
    url = await _consent(live, begun.pop("url"))
    forged = re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", url)
    got = await theirs("exchange", **begun, url=forged, anonymous=False)
    assert "iss" in got["refused"]


async def test_request_and_answer_are_encrypted_by_another_implementation(
    live: Live, theirs: Job
) -> None:
    made = await live.offer()
    got = await theirs("sealed", link=made["offer"])
    assert got.get("refused") is None, got
    assert (got["status"], got["kind"]) == (200, "application/jwt")
    assert got["claims"]["full_name"] == samples.HOLDER


@pytest.mark.parametrize("haip", [False, True])
async def test_it_shows_a_paper_to_our_verifier(live: Live, theirs: Job, haip: bool) -> None:
    made = await live.offer()
    papers = (await theirs("receive", link=made["offer"]))["papers"]
    wish = Wish([["full_name", "register_kind"]], asked_by="Ngân hàng", haip=haip)
    asked = await operating.request(live.platform, live.tenant, SYSTEM, wish)
    shown = await theirs("present", link=asked["request"], papers=papers)
    assert shown.get("refused") is None, shown
    assert (shown["status"], shown["prefix"]) == (200, "x509_hash")
    assert shown["mode"] == ("direct_post.jwt" if haip else "direct_post")
    async with httpx2.AsyncClient() as client:
        url = urlsplit(asked["result_url"])
        near = f"http://127.0.0.1:{url.port}{url.path}?{url.query}"
        answer = (await client.get(near, headers={"host": url.netloc})).json()
    assert answer["status"] == "verified", answer
    claims = answer["credentials"][0]["claims"]
    assert set(claims) == {"full_name", "register_kind"}
    assert claims["full_name"] == samples.HOLDER


async def test_a_withdrawn_paper_is_seen_by_it_at_once(live: Live, theirs: Job) -> None:
    made = await live.offer()
    papers = (await theirs("receive", link=made["offer"]))["papers"]
    assert (await theirs("judge", credential=papers[0]["credential"])).get("refused") is None
    async with live.platform.works.begin(live.tenant, SYSTEM) as work:
        await operating.change(work, UUID(made["result"]), "revoke", "cấp nhầm (mẫu)")
    assert "status 1" in (await theirs("judge", credential=papers[0]["credential"]))["refused"]


async def _consent(live: Live, url: str) -> str:
    """Say yes in a browser in which the holder is signed in; returns where it is sent."""
    async with live.platform.works.begin(live.tenant, SYSTEM) as work:
        index = work.vault.index(PID)
        person = await work.tx.fetchval("select id from person where pid_index = $1", index)
        secret = await sessions.start(work, "citizen", UUID(str(person)), samples.HOLDER)
    asked = urlsplit(url)
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{asked.port}",
        headers={"host": asked.netloc},
        cookies={sessions.COOKIE: secret},
    ) as client:
        await client.get(f"{asked.path}?{asked.query}")
        shown = await client.get("/authorize/consent")
        fields = dict(re.findall(r'name="(_csrf_token|request|paper)" value="([^"]*)"', shown.text))
        left = await client.post("/authorize/consent", data={**fields, "answer": "agree"})
    return str(left.headers["location"])
