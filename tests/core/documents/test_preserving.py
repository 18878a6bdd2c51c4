"""From B-B to B-LT: by a job, by the tenant's own authority, proven by somebody else's code."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pikepdf
import pytest
from anyio import run_process, to_thread
from asn1crypto.crl import CertificateList  # type: ignore[import-untyped]
from asn1crypto.ocsp import OCSPResponse  # type: ignore[import-untyped]
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_basic_validation, ades_timestamp_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from motcua.documents.checking import SignatureReport, verify_pdf
from motcua.documents.kept import newest
from motcua.documents.lasting import NotProvenError
from motcua.documents.signing import certificates
from motcua.dossiers import extension, preserving
from motcua.events.log import SYSTEM, Event
from motcua.events.outbox import Claim
from motcua.ids import uuid7
from motcua.keys import revoking, root
from motcua.platform import Platform
from motcua.plugins.kinds import SignatureServices
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from tests.conftest import NewTenant

from .results import Desk

pytestmark = pytest.mark.anyio
_STAFF = "insert into staff (id, username, full_name) values ($1, $2, 'Lãnh đạo mẫu')"
_EXTENDED = """
insert into clock_extension (id, dossier_id, granted_at, granted_by, days, reason, old_due_at, new_due_at,
  pdf_sha256, signing_kid) values ($1, $2, $3, $4, 1, 'mẫu', $3, $3, $5, $6)
"""


@pytest.fixture
async def desk(platform: Platform, quang_ninh: Tenant, app: Gate) -> AsyncIterator[Desk]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        yield Desk(platform, quang_ninh, client)


async def _preserved(desk: Desk) -> tuple[Any, Any]:
    row = await desk.issue()
    event = await desk.tell(row)
    owed = await desk.owed(event)
    assert owed is not None
    await desk.effects().run(Claim(desk.tenant.id, owed, 1))
    lasting = await desk.lasting(row)
    assert lasting is not None, "the job made it"
    return row, lasting


def _roots(desk: Desk, lasting: Any) -> list[bytes]:
    own = root.certificate_file(desk.platform.settings).read_bytes()
    return [own, lasting["roots"].encode()]


async def _report(pdf: bytes, roots: list[bytes]) -> SignatureReport:
    return await to_thread.run_sync(verify_pdf, pdf, roots)


async def test_the_event_of_a_result_brings_its_document_to_b_lt(desk: Desk) -> None:
    row, lasting = await _preserved(desk)
    first, longer = desk.file(row["pdf_sha256"]), desk.file(lasting["lasting_sha256"])
    assert longer.startswith(first), "the issued bytes stay, and stay reachable by their hash"
    report = await _report(longer, _roots(desk, lasting))
    assert report.valid
    assert report.stamped_at == lasting["stamped_at"]
    assert (await _report(first, _roots(desk, lasting))).stamped_at is None
    async with desk.platform.db.tenant(desk.tenant) as tx:
        assert await newest(tx, row["pdf_sha256"]) == lasting["lasting_sha256"]


async def test_the_validation_of_etsi_says_passed_without_a_network(desk: Desk) -> None:
    _, lasting = await _preserved(desk)
    roots = [one for pem in _roots(desk, lasting) for one in certificates(pem)]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(roots),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    spec = SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    reader = PdfFileReader(io.BytesIO(desk.file(lasting["lasting_sha256"])))
    spec = replace(spec, local_knowledge=_brought_along(reader))
    (signature,), (stamp,) = (
        reader.embedded_regular_signatures,
        reader.embedded_timestamp_signatures,
    )
    for embedded, validate in (
        (signature, ades_basic_validation),
        (stamp, ades_timestamp_validation),
    ):
        embedded.compute_integrity_info()
        digest = embedded.compute_digest()
        given: dict[str, Any] = {"raw_digest": digest}
        if embedded is stamp:
            given = {"expected_tst_imprint": lambda _, digest=digest: digest}
        result = await validate(embedded.signed_data, spec, **given)
        assert result.ades_subindic == AdESPassed.OK, result.failure_msg


def _brought_along(reader: PdfFileReader) -> LocalKnowledge:
    """Return what the file itself holds: certificates, CRLs and OCSP responses."""
    store = DocumentSecurityStore.read_dss(reader)
    return LocalKnowledge(
        known_certs=list(store.load_certs()),
        known_crls=[CRLContainer(CertificateList.load(r.get_object().data)) for r in store.crls],
        known_ocsps=[
            container
            for r in store.ocsps
            for container in OCSPContainer.load_multi(OCSPResponse.load(r.get_object().data))
        ],
    )


async def test_another_code_base_says_that_the_signature_is_valid(
    desk: Desk, tmp_path: Path
) -> None:
    _, lasting = await _preserved(desk)
    (tmp_path / "result.pdf").write_bytes(desk.file(lasting["lasting_sha256"]))
    said = await run_process(["pdfsig", "-nocert", str(tmp_path / "result.pdf")], check=False)
    told = said.stdout.decode()
    assert "ETSI.CAdES.detached" in told
    assert told.count("Signature is Valid") == 1


async def test_a_lasting_document_is_still_pdfa(desk: Desk) -> None:
    _, lasting = await _preserved(desk)
    with pikepdf.open(io.BytesIO(desk.file(lasting["lasting_sha256"]))) as pdf:
        assert pdf.open_metadata().pdfa_status == "2B"
        assert pdf.pdf_version == "1.7"
        assert str(pdf.Root.get("/Version", "/1.7")) == "/1.7"
        assert "/DSS" in pdf.Root
        for field in pdf.Root.AcroForm.Fields:
            printed, hidden = int(field.F) & 4, int(field.F) & (1 | 2 | 32)
            assert printed, "ISO 19005-2, 6.3.2: the flag Print is set"
            assert not hidden, "and Invisible, Hidden, NoView are not"


async def test_output_intent_fonts_and_streams_are_as_pdfa_wants_them(desk: Desk) -> None:
    row, lasting = await _preserved(desk)
    for sha256 in (row["pdf_sha256"], lasting["lasting_sha256"]):
        with pikepdf.open(io.BytesIO(desk.file(sha256))) as pdf:
            (intent,) = pdf.Root.OutputIntents
            assert intent.S == "/GTS_PDFA1"
            assert "/DestOutputProfile" in intent
            assert "/Encrypt" not in pdf.trailer
            assert "/ID" in pdf.trailer
            found = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary)]
            fonts = [o for o in found if o.get("/Type") == "/FontDescriptor"]
            assert fonts
            assert all({"/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)
            actions = {"/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/XFA", "/NeedAppearances"}
            assert not any(actions & set(o.keys()) for o in found)
            streams = [o for o in pdf.objects if isinstance(o, pikepdf.Stream)]
            assert not any("LZW" in str(o.get("/Filter", "")) for o in streams)
            shown = [f for f in pdf.Root.AcroForm.Fields if list(f.Rect) != [0, 0, 0, 0]]
            assert all("/N" in f.AP for f in shown), "what is seen has an appearance"
            assert len(shown) == 1


async def test_done_twice_it_is_done_once(desk: Desk) -> None:
    row, lasting = await _preserved(desk)
    event = await desk.tell(row)
    owed = await desk.owed(event)
    assert owed is not None
    await desk.effects().run(Claim(desk.tenant.id, owed, 1))
    assert await desk.lasting(row) == lasting
    assert await desk.owed(event) is None


async def test_what_the_stamping_authority_refuses_comes_again_and_is_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.issue()
    event = await desk.tell(row)
    owed = await desk.owed(event)
    assert owed is not None
    with monkeypatch.context() as away:
        _with_stamps(away, desk, _away)
        await desk.effects().run(Claim(desk.tenant.id, owed, 1))
    assert await desk.lasting(row) is None
    async with desk.platform.db.tenant(desk.tenant) as tx:
        kept = await tx.fetchrow("select failures, error from outbox where id = $1", owed)
    assert kept is not None
    assert (kept["failures"], "away" in kept["error"]) == (1, True), "staff see it at /desk/outbox"
    await desk.effects().run(Claim(desk.tenant.id, owed, 2))
    assert await desk.lasting(row) is not None


async def _away(work: Any, request: bytes) -> bytes:
    raise ConnectionError(f"the authority is away, {len(request)} bytes asked")


async def _nonsense(work: Any, request: bytes) -> bytes:
    return b"no time stamp"


async def _of_something_else(work: Any, request: bytes) -> bytes:
    """Stamp another document, otherwise rightly: the imprint in the request is replaced."""
    from asn1crypto import tsp  # type: ignore[import-untyped]

    from motcua_sandbox_authority import services

    asked = tsp.TimeStampReq.load(request)
    asked["message_imprint"]["hashed_message"] = b"x" * 32
    return await services.time_stamp(work, asked.dump(force=True))


async def _without_our_nonce(work: Any, request: bytes) -> bytes:
    from asn1crypto import tsp

    from motcua_sandbox_authority import services

    asked = tsp.TimeStampReq.load(request)
    asked["nonce"] = 4711
    return await services.time_stamp(work, asked.dump(force=True))


def _with_stamps(patch: pytest.MonkeyPatch, desk: Desk, time_stamp: Any, **more: Any) -> None:
    found = desk.platform.plugins.signature_services(desk.tenant)
    assert found is not None
    plugin, real = found
    fake = SignatureServices(
        **{
            **{f: getattr(real, f) for f in real.__dataclass_fields__},
            "time_stamp": time_stamp,
            **more,
        }
    )
    patch.setattr(desk.platform.plugins, "signature_services", lambda tenant: (plugin, fake))


@pytest.mark.parametrize("stamp", [_nonsense, _of_something_else, _without_our_nonce])
async def test_a_stamp_that_is_not_for_this_document_and_request_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stamp: Any
) -> None:
    row = await desk.issue()
    _with_stamps(monkeypatch, desk, stamp)
    with pytest.raises(NotProvenError):
        await desk.preserve(row)
    assert await desk.lasting(row) is None


async def test_without_a_proof_for_each_certificate_nothing_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motcua_sandbox_authority import services

    async def silent(work: Any, certificate: bytes, issuer: bytes) -> list[Any]:
        return []

    row = await desk.issue()
    _with_stamps(monkeypatch, desk, services.time_stamp, proofs=silent)
    with pytest.raises(NotProvenError):
        await desk.preserve(row)


async def test_a_stamp_by_an_authority_that_is_not_trusted_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motcua_sandbox_authority import services

    async def none(work: Any) -> list[bytes]:
        return []

    row = await desk.issue()
    _with_stamps(monkeypatch, desk, services.time_stamp, roots=none)
    with pytest.raises(NotProvenError, match="no trusted root"):
        await desk.preserve(row)


async def test_a_tenant_without_a_stamping_plugin_owes_nothing(desk: Desk) -> None:
    plugins, tenant = desk.platform.plugins, desk.tenant
    bare = Tenant(**{**vars(tenant), "plugins": frozenset({"certification"})})
    assert not preserving.wanted(plugins, bare, "result.issued")
    assert preserving.wanted(plugins, tenant, "result.issued")
    assert not preserving.wanted(plugins, tenant, "dossier.finished")


async def test_what_is_missing_is_owed_when_an_operator_asks(desk: Desk) -> None:
    row = await desk.issue(expires=timedelta(days=1))
    async with desk.platform.works.begin(desk.tenant, SYSTEM) as work:
        assert await preserving.owe(desk.platform, desk.tenant, work, most=100_000) > 0
        told = [e.subject for e in work.events if e.type == "document.owed"]
    assert row["id"] in told


async def test_the_letter_of_an_extension_gets_its_time_stamp_as_well(
    platform: Platform, quang_ninh: Tenant, desk: Desk
) -> None:
    """The event of the extension owes it, and so does an operator for those from before."""
    row = await desk.issue()
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        officer = uuid7()
        await work.tx.execute(_STAFF, officer, f"leader.{officer.hex}")
        known = (row["pdf_sha256"], row["signing_kid"])
        await work.tx.execute(
            _EXTENDED, uuid7(), row["dossier_id"], row["issued_at"], officer, *known
        )
        assert preserving.wanted(platform.plugins, quang_ninh, "clock.extended")
        await preserving.owe(platform, quang_ninh, work, most=100_000)
        owed = {(e.subject, e.payload["kind"]) for e in work.events if e.type == "document.owed"}
    assert {(row["id"], "result"), (row["dossier_id"], "extension")} <= owed
    async with platform.works.begin(quang_ninh, SYSTEM) as work:
        told = Event(
            row["id"], work.trace_id, work.now, "clock.extended", row["dossier_id"], None, "s", {}
        )
        await preserving.preserve(platform, work, told)
        (event,) = work.events
        letter = await extension.letter(work, {"id": row["dossier_id"]})
    assert (event.type, event.payload["kind"]) == ("document.preserved", "extension")
    lasting = await desk.lasting(row)
    assert lasting is not None
    assert letter == lasting["lasting_sha256"]


async def test_a_document_whose_key_was_revoked_is_not_proven_and_the_list_says_why(
    platform: Platform, new_tenant: NewTenant, app: Gate, desk: Desk
) -> None:
    from cryptography import x509

    from motcua.keys import crls, rotation, store

    tenant = await new_tenant()
    async with platform.works.begin(tenant, SYSTEM) as work:
        made = await rotation.make_missing(work.tx, work.vault, platform.settings, work.now)
    key = next(row for row in made if row.purpose == store.DOCUMENT)
    assert key.issuer_kid is not None
    vault, now = platform.vaults.of(tenant.id), datetime.now(UTC)
    async with platform.db.tenant(tenant) as tx:
        before = x509.load_der_x509_crl(await crls.of_authority(tx, vault, key.issuer_kid, now))
    assert len(list(before)) == 0
    await revoking.revoke(platform, tenant, SYSTEM, key.kid, "thử")
    address = f"http://{tenant.slug}.localhost:8000{crls.path_of(key.issuer_kid)}"
    answer = await desk.client.get(address)
    assert answer.headers["content-type"] == "application/pkix-crl"
    after = x509.load_der_x509_crl(answer.content)
    leaf = x509.load_pem_x509_certificate(key.certificate.encode())
    assert after.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
    assert (await desk.client.get(address.replace("/crl/", "/crl/00"))).status_code == 404
    top = await desk.client.get(f"http://{tenant.slug}.localhost:8000/crl/root.crl")
    assert x509.load_der_x509_crl(top.content).is_signature_valid(_root_key(platform))


def _root_key(platform: Platform) -> Any:
    from cryptography import x509

    pem = root.certificate_file(platform.settings).read_bytes()
    return x509.load_pem_x509_certificate(pem).public_key()
