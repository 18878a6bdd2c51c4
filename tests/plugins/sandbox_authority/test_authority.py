"""The invented authority keeps the real protocols: openssl, another code base, believes its answers."""

import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from anyio import run_process
from asn1crypto import tsp  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from motcua.events.log import SYSTEM
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua_sandbox_authority import authority, services, stamping
from motcua_sandbox_authority.authority import Authority
from tests.conftest import Browser

pytestmark = pytest.mark.anyio
ROOM = "/x/sandbox-authority"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
async def known(platform: Platform, quang_ninh: Tenant) -> AsyncIterator[Authority]:
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        yield authority.of(work)


@pytest.fixture
def client(browse: Browser) -> httpx2.AsyncClient:
    return browse("quang-ninh")


async def _query(tmp_path: Path, *more: str) -> bytes:
    (tmp_path / "data").write_bytes(b"a document")
    command = ["openssl", "ts", "-query", "-data", "data", "-sha256", "-out", "query.tsq", *more]
    await run_process(command, cwd=tmp_path)
    return (tmp_path / "query.tsq").read_bytes()


async def test_openssl_believes_a_stamp(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    headers = {"content-type": "application/timestamp-query"}
    answer = await client.post(
        f"{ROOM}/tsa", content=await _query(tmp_path, "-cert"), headers=headers
    )
    assert answer.headers["content-type"] == "application/timestamp-reply"
    (tmp_path / "answer.tsr").write_bytes(answer.content)
    (tmp_path / "root.pem").write_bytes((await client.get(f"{ROOM}/root.pem")).content)
    command = ["openssl", "ts", "-verify", "-queryfile", "query.tsq", "-in", "answer.tsr"]
    said = await run_process(
        [*command, "-CAfile", "root.pem"], cwd=tmp_path, stderr=subprocess.STDOUT
    )
    assert b"Verification: OK" in said.stdout
    (tmp_path / "data").write_bytes(b"another document")
    changed = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        "data",
        "-in",
        "answer.tsr",
        "-CAfile",
        "root.pem",
    ]
    assert (await run_process(changed, cwd=tmp_path, check=False)).returncode != 0


async def test_what_cannot_be_stamped_is_rejected_by_the_rules(known: Authority) -> None:
    request = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha1"},
                "hashed_message": b"x" * 20,
            },
        }
    )
    short = request.copy()
    short["message_imprint"]["hash_algorithm"] = {"algorithm": "sha256"}
    for content, why in (
        (b"nonsense", "bad_data_format"),
        (request.dump(), "bad_alg"),
        (short.dump(force=True), "bad_data_format"),
    ):
        said = stamping.Rejection.load(stamping.answer(known, content, NOW))["status"]
        assert said["status"].native == "rejection"
        assert said["fail_info"].native == {why}


async def test_without_the_wish_no_certificate_is_sent_and_the_nonce_comes_back(
    known: Authority, tmp_path: Path
) -> None:
    asked = await _query(tmp_path)
    answer = tsp.TimeStampResp.load(stamping.answer(known, asked, NOW))
    signed = answer["time_stamp_token"]["content"]
    said = signed["encap_content_info"]["content"].parsed
    assert not signed["certificates"].native
    assert said["nonce"].native == tsp.TimeStampReq.load(asked)["nonce"].native
    assert said["gen_time"].native == NOW


async def test_its_certificate_is_good_by_ocsp_and_by_its_list(
    client: httpx2.AsyncClient, known: Authority
) -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        known.stamper.certificate, known.root.certificate, hashes.SHA256()
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    content = builder.build().public_bytes(Encoding.DER)
    headers = {"content-type": "application/ocsp-request"}
    answer = await client.post(f"{ROOM}/ocsp", content=content, headers=headers)
    assert (
        ocsp.load_der_ocsp_response(answer.content).certificate_status == ocsp.OCSPCertStatus.GOOD
    )
    other = await client.post(f"{ROOM}/ocsp", content=b"nonsense", headers=headers)
    status = ocsp.load_der_ocsp_response(other.content).response_status
    assert status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    crl = x509.load_der_x509_crl((await client.get(f"{ROOM}/root.crl")).content)
    assert crl.is_signature_valid(known.root.key.public_key())
    assert crl.next_update_utc is not None
    assert crl.next_update_utc - crl.last_update_utc < timedelta(days=8)


@pytest.mark.parametrize("kind", ["text/plain", "application/timestamp-query"])
async def test_what_is_no_small_request_is_refused(client: httpx2.AsyncClient, kind: str) -> None:
    content = b"x" * (10 if kind == "text/plain" else 5000)
    answer = await client.post(f"{ROOM}/tsa", content=content, headers={"content-type": kind})
    assert answer.status_code == 415


async def test_each_province_has_its_own_and_always_the_same(
    platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant, known: Authority
) -> None:
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        authority._made.cache_clear()
        assert authority.of(work).stamper.der == known.stamper.der
        assert await services.proofs(work, known.root.der, known.root.der) == []
    async with platform.works.begin(thai_nguyen, SYSTEM) as work:
        assert authority.of(work).root.der != known.root.der


async def test_it_says_that_it_is_invented(known: Authority) -> None:
    names = (known.root.certificate.subject, known.stamper.certificate.subject)
    assert all("THỬ NGHIỆM" in name.rfc4514_string() for name in names)
