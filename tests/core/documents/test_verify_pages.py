"""The public page: what a paper is worth today, and what a file is that somebody brings."""

import asyncio
import io
import re
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pikepdf
import pytest
from anyio import run_process

from motcua.documents import checking
from motcua.documents.paper import PaperError, verify_paper
from motcua.documents.signing import pem_signer, sign_pdf
from motcua.errors import Invalid
from motcua.events.log import SYSTEM
from motcua.files.qr import read_codes
from motcua.keys import revoking, root, rotation, signing, store
from motcua.platform import Platform
from motcua.portal import verifying
from motcua.queues import knocks
from motcua.tenancy.tenant import Tenant
from motcua.wallet import delivery, jose
from motcua.wallet.paper_keys import TYPE, read_paper_keys
from motcua.wallet.refusal import CredentialError
from motcua.web.gate import Gate
from tests.conftest import Browser, NewTenant

from .authority import certify
from .results import Desk
from .test_paper import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(platform: Platform, quang_ninh: Tenant, app: Gate) -> AsyncIterator[Desk]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        yield Desk(platform, quang_ninh, client)


@pytest.fixture
async def anybody(browse: Browser) -> httpx2.AsyncClient:
    return browse("quang-ninh")


async def _sent(
    anybody: httpx2.AsyncClient, pdf: bytes, path: str = "/verify", status: int = 200
) -> str:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await anybody.get("/verify")).text)
    assert token is not None
    data = {"_csrf_token": token[1]}
    files = {"file": ("giay.pdf", pdf, "application/pdf")}
    answer = await anybody.post(path, data=data, files=files)
    assert answer.status_code == status, answer.text[-2000:]
    return answer.text


async def _lasting(desk: Desk, row: Any) -> bytes:
    await desk.preserve(row)
    kept = await desk.lasting(row)
    assert kept is not None
    return desk.file(kept["lasting_sha256"])


# How it stands.


async def test_the_page_says_valid_suspended_withdrawn_and_expired_and_when_that_was(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    row = await desk.issue()
    path = f"/verify/{row['verify_code']}"
    text = (await anybody.get(path)).text
    assert "đang có hiệu lực" in text
    assert "Dữ liệu lúc" in text
    for change, said in ((delivery.suspend, "tạm dừng"), (delivery.restore, "đang có hiệu lực")):
        async with desk.platform.works.begin(desk.tenant, SYSTEM) as work:
            await change(work, row["id"], "chuyện riêng của người có giấy")
        text = (await anybody.get(path)).text
        assert said in text
        assert "chuyện riêng" not in text, "the reason is nobody's business"
    async with desk.platform.works.begin(desk.tenant, SYSTEM) as work:
        await delivery.revoke(work, row["id"], "chuyện riêng")
    assert "đã bị thu hồi" in (await anybody.get(path)).text
    old = await desk.issue(expires=timedelta(seconds=-1))
    assert "đã hết hạn" in (await anybody.get(f"/verify/{old['verify_code']}")).text


async def test_nothing_of_its_holder_is_shown(desk: Desk, anybody: httpx2.AsyncClient) -> None:
    row = await desk.issue()
    text = (await anybody.get(f"/verify/{row['verify_code']}")).text
    text += await _sent(anybody, desk.file(row["pdf_sha256"]))
    assert "Bích Ngọc" not in text
    assert "022194900001" not in text


async def test_an_unknown_code_is_told_so(anybody: httpx2.AsyncClient) -> None:
    assert (await anybody.get("/verify/AAAABBBBCCCC")).status_code == 404


# Files.


async def test_both_files_of_a_result_are_ours_and_unchanged(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    row = await desk.issue()
    path, first = f"/verify/{row['verify_code']}", desk.file(row["pdf_sha256"])
    text = await _sent(anybody, first, path)
    assert "đúng là bản đã cấp" in text
    assert "bản dài hạn" not in text
    longer = await _lasting(desk, row)
    text = await _sent(anybody, longer, path)
    assert "đúng là bản đã cấp" in text
    assert "Dấu thời gian" in text
    assert "bản dài hạn" in await _sent(anybody, first, path), "a newer version exists"
    assert row["number"] in await _sent(anybody, longer), "also without the code"


async def test_a_changed_file_is_told_from_a_foreign_one(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    row = await desk.issue()
    whole = desk.file(row["pdf_sha256"])
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        pdf.pages[0].rotate(180, relative=True)
        pdf.save(rewritten := io.BytesIO())
    appended = bytes(whole) + _added(whole)
    for changed in (rewritten.getvalue(), appended):
        text = await _sent(anybody, changed)
        assert "đã bị sửa" in text
    assert row["number"] in await _sent(anybody, appended), "and the original is known"
    blank = pikepdf.new()
    blank.add_blank_page()
    blank.save(foreign := io.BytesIO())
    assert "không do chúng tôi cấp" in await _sent(anybody, foreign.getvalue())


def _added(whole: bytes) -> bytes:
    """Return an update that turns the first page, as a forger would append it."""
    from pyhanko.pdf_utils.generic import NameObject, NumberObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(whole))
    page = writer.prev.root["/Pages"]["/Kids"][0]
    page[NameObject("/Rotate")] = NumberObject(90)  # type: ignore[no-untyped-call]
    writer.mark_update(page.container_ref)
    writer.write(out := io.BytesIO())  # type: ignore[no-untyped-call]
    return out.getvalue()[len(whole) :]


async def test_a_strangers_signature_is_not_ours_whatever_it_calls_itself(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    row = await desk.issue()
    blank = pikepdf.new()
    blank.add_blank_page()
    blank.save(out := io.BytesIO())
    about: dict[str, Any] = {
        "at": datetime.now(UTC),
        "reason": "",
        "name": desk.tenant.name,
        "location": "",
    }
    stranger = certify(desk.tenant.name, certify("Một Cửa Root", ca=True))
    forged = await sign_pdf(
        out.getvalue(), sign=pem_signer(stranger.key_pem), chain_pem=stranger.cert_pem, **about
    )
    assert "không do chúng tôi cấp" in await _sent(anybody, forged)
    over_ours = await sign_pdf(
        desk.file(row["pdf_sha256"]),
        sign=pem_signer(stranger.key_pem),
        chain_pem=stranger.cert_pem,
        **about,
    )
    assert "đã bị sửa" in await _sent(anybody, over_ours)


async def _signed_by_us(desk: Desk, tenant: Tenant) -> bytes:
    blank = pikepdf.new()
    blank.add_blank_page()
    blank.save(out := io.BytesIO())
    platform = desk.platform
    async with platform.db.tenant(tenant) as tx:
        now = datetime.now(UTC)
        key = await signing.current(tx, platform.vaults.of(tenant.id), store.DOCUMENT, now)
    return await sign_pdf(
        out.getvalue(),
        sign=key.sign,
        chain_pem=key.chain_pem,
        at=now,
        reason="",
        name="",
        location="",
    )


async def test_signed_by_us_but_in_no_register_is_said_as_it_is(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    text = await _sent(anybody, await _signed_by_us(desk, desk.tenant))
    assert "không có trong sổ kết quả" in text


async def test_what_a_withdrawn_key_signed_is_believed_no_more(
    desk: Desk, anybody: httpx2.AsyncClient, new_tenant: NewTenant
) -> None:
    tenant = await new_tenant()
    async with desk.platform.works.begin(tenant, SYSTEM) as work:
        made = await rotation.make_missing(work.tx, work.vault, desk.platform.settings, work.now)
    pdf = await _signed_by_us(desk, tenant)
    assert "không có trong sổ kết quả" in await _sent(anybody, pdf)
    key = next(row for row in made if row.purpose == store.DOCUMENT)
    await revoking.revoke(desk.platform, tenant, SYSTEM, key.kid, "thử")
    assert "khóa đã bị thu hồi" in await _sent(anybody, pdf)


async def test_another_paper_of_ours_is_named_on_the_page_of_a_code(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    one, other = await desk.issue(), await desk.issue()
    text = await _sent(anybody, desk.file(other["pdf_sha256"]), f"/verify/{one['verify_code']}")
    assert "là giấy tờ khác" in text
    assert f"/verify/{other['verify_code']}" in text


async def test_the_standing_of_the_paper_is_said_with_the_file(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    row = await desk.issue()
    async with desk.platform.works.begin(desk.tenant, SYSTEM) as work:
        await delivery.revoke(work, row["id"], "thử")
    text = await _sent(anybody, desk.file(row["pdf_sha256"]))
    assert "đúng là bản đã cấp" in text
    assert "Đã bị thu hồi" in text


@pytest.mark.parametrize("content", [b"", b"MZ not a pdf", b"\x00" * 2000])
async def test_what_is_no_pdf_is_refused_at_the_field(
    anybody: httpx2.AsyncClient, content: bytes
) -> None:
    text = await _sent(anybody, content, status=422)
    assert "PDF" in text


async def test_a_broken_pdf_is_not_judged(anybody: httpx2.AsyncClient) -> None:
    assert "Chưa đọc được tệp" in await _sent(anybody, b"%PDF-1.7\nbroken")


async def test_whoever_sends_too_many_files_waits(
    anybody: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(knocks.LIMITS, "check", 0)
    await _sent(anybody, b"%PDF-1.7\nbroken", status=429)


_HELD = """
select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
  and state = 'idle in transaction' and query like '%lasting_sha256%'
"""


async def _held(desk: Desk) -> int:
    # In a transaction of its own: within one, the view stays as it was first read.
    async with desk.platform.db.tenant(desk.tenant) as tx:
        return int(await tx.fetchval(_HELD))


async def test_files_that_take_too_long_keep_their_places_and_hold_no_connection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.issue()
    pdf = desk.file(row["pdf_sha256"])
    go_on, began = threading.Event(), list[bytes]()

    def endless(pdf: bytes, roots: Any) -> None:
        began.append(pdf)
        go_on.wait(30)
        raise Invalid("Không đọc được.", "It cannot be read.")

    monkeypatch.setattr(checking, "verify_pdf", endless)
    monkeypatch.setattr(verifying, "SECONDS", 1.0)
    try:
        for _ in range(2):
            asked = [verifying.check(desk.platform, desk.tenant, pdf + b"x") for _ in range(4)]
            waiting = asyncio.gather(*asked)
            while len(began) < verifying.AT_ONCE:
                await asyncio.sleep(0)
            while await _held(desk):  # until the last of them has looked its file up
                assert not waiting.done()
            assert {one.signature for one in await waiting} == {"unread"}
            assert len(began) == verifying.AT_ONCE, "no place is free before its thread has ended"
    finally:
        go_on.set()


async def test_nothing_that_was_sent_is_kept(desk: Desk, anybody: httpx2.AsyncClient) -> None:
    import hashlib

    pdf = await _signed_by_us(desk, desk.tenant)
    await _sent(anybody, pdf)
    files = desk.platform.files.for_tenant(desk.tenant.id, desk.tenant.slug)
    assert not files.exists(hashlib.sha256(pdf).hexdigest())


# The code on the paper.


async def test_the_code_in_the_document_leads_to_its_page_and_holds_without_a_network(
    desk: Desk, anybody: httpx2.AsyncClient, tmp_path: Any
) -> None:
    row = await desk.issue()
    pdf = desk.file(row["pdf_sha256"])
    (tmp_path / "result.pdf").write_bytes(pdf)
    command = [
        "pdftoppm",
        "-r",
        "200",
        "-png",
        str(tmp_path / "result.pdf"),
        str(tmp_path / "page"),
    ]
    await run_process(command)
    pages = sorted(tmp_path.glob("page*.png"))
    (text,) = [t for p in pages for t in read_codes(p.read_bytes()) if "#" in t]
    answer = await anybody.get(httpx2.URL(text.split("#")[0].lower()).path.replace("/v/", "/V/"))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/verify/{row['verify_code']}"
    keys = await _keys(desk, anybody)
    seen = verify_paper(text, keys=keys)
    assert (seen.number, seen.issuer) == (row["number"], desk.tenant.name)
    assert seen.covers(pdf)
    assert seen.covers(await _lasting(desk, row))
    with pytest.raises(PaperError, match="another host"):
        verify_paper(text.replace("QUANG-NINH", "THAI-NGUYEN"), keys=keys)


async def _keys(desk: Desk, anybody: httpx2.AsyncClient) -> Any:
    answer = await anybody.get("/.well-known/motcua-paper-keys")
    assert answer.headers["content-type"].startswith("application/motcua-paper-keys+jwt")
    pem = root.certificate_file(desk.platform.settings).read_bytes()
    source = desk.platform.settings.url_of(desk.tenant.slug)
    return read_paper_keys(answer.text, root=pem, source=source)


async def test_the_list_of_keys_is_believed_only_as_its_province_signed_it(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    token = (await anybody.get("/.well-known/motcua-paper-keys")).text
    pem = root.certificate_file(desk.platform.settings).read_bytes()
    source = desk.platform.settings.url_of(desk.tenant.slug)
    head, body, mark = token.split(".")
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        (token, {"root": certify("Một Cửa Root", ca=True).cert_pem}),
        (token, {"source": desk.platform.settings.url_of("ha-noi")}),
        (token, {"now": datetime.now(UTC) + timedelta(days=31)}),
        (token, {"now": NOW - timedelta(days=900)}),
        (f"{head}.{body[:-8]}AAAAAAAA.{mark}", {}),
        (f"{head}.{body}.", {}),
    )
    for text, given in cases:
        with pytest.raises(CredentialError):
            read_paper_keys(text, **{"root": pem, "source": source, **given})


async def test_no_province_says_that_its_key_signs_for_another_ones_host(
    desk: Desk, anybody: httpx2.AsyncClient
) -> None:
    settings = desk.platform.settings
    source, pem = settings.url_of(desk.tenant.slug), root.certificate_file(settings).read_bytes()
    honest = (await anybody.get("/.well-known/motcua-paper-keys")).text
    payload, own = jose.read(honest).payload, urlsplit(source).netloc
    mine = [entry for entry in payload["keys"] if entry["host"] == own]
    other = "ha-noi.example.vn"
    forged = {**payload, "keys": [{**e, "host": other, "hosts": [other]} for e in mine]}
    mixed = {**payload, "keys": [{**e, "hosts": [*e["hosts"], other]} for e in mine]}
    async with desk.platform.db.tenant(desk.tenant) as tx:
        vault = desk.platform.vaults.of(desk.tenant.id)
        signer = await signing.current(tx, vault, store.CREDENTIAL, datetime.now(UTC))
    text, both = (jose.sign(said, signer.key, typ=TYPE, x5c=signer.x5c) for said in (forged, mixed))
    known = read_paper_keys(honest, root=pem, source=source).keys
    assert {entry["kid"] for entry in mine} <= known.keys()
    assert not read_paper_keys(text, root=pem, source=source).keys
    kept = read_paper_keys(both, root=pem, source=source).keys
    assert kept
    assert not any(other in key.hosts for key in kept.values())


async def test_the_page_without_a_network_and_its_worker_are_there(
    anybody: httpx2.AsyncClient,
) -> None:
    text = (await anybody.get("/verify/paper")).text
    assert "<paper-check data-ask>" in text
    worker = await anybody.get("/verify/worker.js")
    assert worker.headers["service-worker-allowed"] == "/"
    for name in ("paper.js", "papercode.js"):
        assert (await anybody.get(f"/static/{name}")).status_code == 200
