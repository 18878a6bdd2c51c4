import asyncio
import io
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from motcua.documents.checking import verify_pdf, verify_signatures
from motcua.documents.render import Place, Renderer
from motcua.documents.signing import Drawn, Sign, pem_signer, sign_pdf
from motcua.errors import Invalid
from motcua.files.qr import read_codes

from .authority import Holder, certify
from .samples import AT, RESULT, STAMP, URL

SIGNER = "Nguyễn Huỳnh Trần Đặng Phương Uyên"


class House:
    def __init__(self) -> None:
        self.root = certify("Synthetic root", ca=True)
        self.tenant = certify("Synthetic tenant", self.root, ca=True)
        self.person = certify(SIGNER, self.tenant)

    def sign(
        self, pdf: bytes, by: Holder | None = None, with_: Sign | None = None, **more: Any
    ) -> bytes:
        holder = by or self.person
        return asyncio.run(
            sign_pdf(
                pdf,
                sign=with_ or pem_signer(holder.key_pem),
                chain_pem=holder.cert_pem + self.tenant.cert_pem,
                at=datetime.now(UTC),
                reason="Phê duyệt kết quả",
                name=SIGNER,
                location="Phan Rang - Tháp Chàm",
                **more,
            )
        )


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture(scope="module")
def document(renderer: Renderer) -> tuple[bytes, Place]:
    made = renderer.document("result", RESULT, at=AT, qr=URL)
    return made.pdf, made.places["signature"]


@pytest.fixture(scope="module")
def signed(house: House, document: tuple[bytes, Place], renderer: Renderer) -> bytes:
    stamp = renderer.document("stamp", STAMP, at=AT).pdf
    return house.sign(document[0], stamp=Drawn(document[1], stamp))


def test_a_signed_document_is_valid_and_says_who_and_when(house: House, signed: bytes) -> None:
    report = verify_pdf(signed, [house.root.cert_pem])
    assert report.valid
    assert (report.intact, report.trusted, report.covers_whole) == (True, True, True)
    assert report.stamped_at is None
    assert report.signer == SIGNER
    assert report.signed_at is not None
    assert abs(report.signed_at - datetime.now(UTC)) < timedelta(minutes=10)


def test_signing_adds_and_changes_nothing_before(
    signed: bytes, document: tuple[bytes, Place]
) -> None:
    assert signed.startswith(document[0])
    assert len(signed) - len(document[0]) < 60_000


def test_the_signature_is_pades_with_reason_and_place(
    signed: bytes, document: tuple[bytes, Place]
) -> None:
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        assert field.V.SubFilter == "/ETSI.CAdES.detached"
        assert str(field.V.Reason) == "Phê duyệt kết quả"
        place = document[1]
        assert [round(float(v)) for v in field.Rect] == [
            round(v) for v in (place.x1, place.y1, place.x2, place.y2)
        ]


def test_a_signed_document_is_still_pdfa(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        assert pdf.open_metadata().pdfa_status == "2B"
        assert pdf.pdf_version == "1.7"
        assert str(pdf.Root.get("/Version", "/1.7")) == "/1.7"
        form = pdf.Root.AcroForm.Fields[0].AP.N
        fonts = [
            f
            for f in pdf.objects
            if isinstance(f, pikepdf.Dictionary) and f.get("/Type") == "/FontDescriptor"
        ]
        assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)
        assert form.Subtype == "/Form"


def test_an_invisible_signature_is_valid_too(house: House, document: tuple[bytes, Place]) -> None:
    assert verify_pdf(house.sign(document[0]), [house.root.cert_pem]).valid


def test_an_untrusted_root_is_refused(signed: bytes) -> None:
    report = verify_pdf(signed, [certify("Another root", ca=True).cert_pem])
    assert not report.valid
    assert not report.trusted
    assert report.intact


def test_without_any_root_nothing_is_trusted(signed: bytes) -> None:
    assert not verify_pdf(signed, []).valid


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.95])
def test_a_changed_byte_of_the_document_is_noticed(
    house: House, signed: bytes, document: tuple[bytes, Place], share: float
) -> None:
    raw = bytearray(signed)
    at = int(len(document[0]) * share)
    raw[at] ^= 1
    try:
        report = verify_pdf(bytes(raw), [house.root.cert_pem])
    except Invalid:
        return
    assert not report.valid
    assert not report.intact


def test_what_is_added_after_the_signature_is_noticed(house: House, signed: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.prev.root["/Pages"]["/Kids"][0]
    page["/UserUnit"] = page["/MediaBox"][2]
    writer.mark_update(page.container_ref)
    writer.write(out := io.BytesIO())  # type: ignore[no-untyped-call]
    report = verify_pdf(out.getvalue(), [house.root.cert_pem])
    assert not report.valid
    assert not report.covers_whole


@pytest.mark.parametrize("tail", [b"%", b" ", b"\x00" * 9, b"\n<script>"])
def test_loose_bytes_behind_the_last_signature_are_noticed(
    house: House, signed: bytes, tail: bytes
) -> None:
    report = verify_pdf(signed + tail, [house.root.cert_pem])
    assert (report.valid, report.covers_whole) == (False, False)
    assert verify_pdf(signed + b"\n", [house.root.cert_pem]).valid, "but an end of line is none"


def test_two_people_can_sign_one_after_the_other(house: House, signed: bytes) -> None:
    second = certify("Con dấu cơ quan mẫu", house.tenant)
    twice = house.sign(signed, by=second)
    assert [r.signer for r in verify_signatures(twice, [house.root.cert_pem])] == [
        SIGNER,
        "Con dấu cơ quan mẫu",
    ]
    assert verify_pdf(twice, [house.root.cert_pem]).valid


def test_an_expired_certificate_is_refused_but_was_valid_in_its_time(
    house: House, document: tuple[bytes, Place]
) -> None:
    old = certify("Cũ", house.tenant, days=(-20, -10))
    pdf = house.sign(document[0], by=old)
    assert not verify_pdf(pdf, [house.root.cert_pem]).valid
    then = datetime.now(UTC) - timedelta(days=15)
    assert verify_pdf(pdf, [house.root.cert_pem], at=then).trusted


def test_a_pdf_without_a_signature_and_a_broken_one_are_named(
    document: tuple[bytes, Place],
) -> None:
    with pytest.raises(Invalid, match="does not carry"):
        verify_pdf(document[0], [])
    with pytest.raises(Invalid, match="cannot be read"):
        verify_pdf(b"nothing", [])


def test_a_key_in_the_old_form_works_and_one_of_another_kind_is_refused(
    house: House, document: tuple[bytes, Place]
) -> None:
    sec1 = house.person.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert house.sign(document[0], with_=pem_signer(sec1)).startswith(document[0])
    larger = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ValueError, match="P-256"):
        pem_signer(larger)


def test_a_signature_by_another_key_than_the_certificates_is_refused(
    house: House, document: tuple[bytes, Place]
) -> None:
    with pytest.raises(ValueError, match="belong"):
        house.sign(document[0], with_=pem_signer(certify("x").key_pem))


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_a_signer_that_does_not_answer_64_bytes_is_refused(
    house: House, document: tuple[bytes, Place], length: int
) -> None:
    async def strange(data: bytes) -> bytes:
        return data[:length]

    with pytest.raises(ValueError, match="64 bytes"):
        house.sign(document[0], with_=strange)


def test_what_a_signer_far_away_raises_comes_through(
    house: House, document: tuple[bytes, Place]
) -> None:
    async def away(data: bytes) -> bytes:
        raise ConnectionError(f"{len(data)} bytes not signed")

    with pytest.raises(ConnectionError, match="not signed"):
        house.sign(document[0], with_=away)


def test_the_code_of_the_paper_copy_is_drawn_before_the_signature_and_covered_by_it(
    house: House, document: tuple[bytes, Place], tmp_path: Path
) -> None:
    text = "HTTPS://TINH-MAU.EXAMPLE.VN/V/K7Q2M4XN8RTW#" + "MFRGGZDF" * 50
    place = Place(0, 60, 60, 156, 156)
    pdf = house.sign(document[0], code=Drawn(place, text))
    assert pdf.startswith(document[0])
    assert verify_pdf(pdf, [house.root.cert_pem]).valid
    (tmp_path / "signed.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "200", "-png", tmp_path / "signed.pdf", tmp_path / "page"], check=True
    )
    assert text in read_codes(next(tmp_path.glob("page*.png")).read_bytes())


def test_a_broken_pdf_is_refused(house: House) -> None:
    with pytest.raises(ValueError, match="not a PDF"):
        house.sign(b"nothing")
