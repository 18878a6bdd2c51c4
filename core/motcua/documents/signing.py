"""Digital signatures on PDFs: PAdES baseline B-B (ETSI EN 319 142-1), added without touching a byte before.

The order is: render, sign, store. A signature can be invisible or lie over a place that the template kept
free (``Rendered.places``), with a picture rendered from ``stamp.typ``: fonts embedded, PDF/A stays PDF/A.

Everything blocks and runs an event loop of its own inside: call it in a worker thread, never on the loop.
"""

import binascii
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from asn1crypto import keys, pem, x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import (
    IncrementalPdfFileWriter,
)
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from motcua.documents.render import Place
from motcua.errors import Invalid


@dataclass(frozen=True)
class SignatureReport:
    """What checking one signature showed.

    ``valid`` is the answer: intact, by a certificate that leads to a trusted root and may sign, and nothing
    was added afterwards that a signature does not cover. ``intact`` is about the bytes alone, ``trusted``
    about the certificate alone. ``signed_at`` is the signer's own clock: B-B has no time stamp.
    """

    valid: bool
    signer: str
    signed_at: datetime | None
    intact: bool
    trusted: bool
    covers_whole: bool


def sign_pdf(
    pdf: bytes,
    *,
    key_pem: bytes,
    cert_pem: bytes,
    chain_pem: Sequence[bytes],
    reason: str,
    name: str,
    location: str,
    field_box: Place | None = None,
    stamp: bytes | None = None,
) -> bytes:
    """Return the PDF with one more signature (SHA-256; ``key_pem`` is not encrypted).

    ``chain_pem`` are the intermediate certificates, without the root. ``stamp`` is a one-page PDF shown in
    ``field_box``; give both or neither. Raises ``ValueError`` when key and certificate do not match or the
    PDF cannot be read.
    """
    if (field_box is None) != (stamp is None):
        raise ValueError("a visible signature needs a place and a picture")
    signer = signers.SimpleSigner(
        signing_cert=_certificate(cert_pem),
        signing_key=_key(key_pem, cert_pem),
        cert_registry=_registry(chain_pem),
        embed_roots=False,
    )
    try:
        writer = _Update(io.BytesIO(pdf))
        field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
        metadata = signers.PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            name=name,
            location=location,
        )
        made = signers.PdfSigner(
            metadata,
            signer,
            stamp_style=None if stamp is None else _stamp_style(stamp),
            new_field_spec=SigFieldSpec(field, **_where(field_box)),
        ).sign_pdf(writer)
    except PdfError as error:
        raise ValueError(f"not a PDF that can be signed: {error}") from error
    return bytes(made.getvalue())


def verify_pdf(
    pdf: bytes, trust_roots: Sequence[bytes], *, at: datetime | None = None
) -> SignatureReport:
    """Check a signed PDF and report on its last signature, ``valid`` only when all of them are.

    ``trust_roots`` are PEM certificates; nothing else is trusted and nothing is fetched from a network, so
    whether a certificate was revoked is the caller's business. ``at`` is the moment of validity (default:
    now). Raises ``Invalid`` when there is no signature or no readable PDF.
    """
    reports = verify_signatures(pdf, trust_roots, at=at)
    last = reports[-1]
    return replace(last, valid=last.covers_whole and all(report.valid for report in reports))


def verify_signatures(
    pdf: bytes, trust_roots: Sequence[bytes], *, at: datetime | None = None
) -> list[SignatureReport]:
    """Check every signature by itself, in the order they were made. Parameters as ``verify_pdf``."""
    roots = [_certificate(root) for root in trust_roots]
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        embedded = list(reader.embedded_signatures)
        reports = [_report(one, roots, at) for one in embedded]
    except (PdfError, ValueError, TypeError, KeyError, OSError) as error:
        raise Invalid(
            "Không đọc được tệp PDF; tệp bị hỏng hoặc đã bị sửa.",
            "The PDF cannot be read; it is damaged or was changed.",
        ) from error
    if not reports:
        raise Invalid(
            "Tệp PDF này không có chữ ký số.", "This PDF does not carry a digital signature."
        )
    return reports


def _report(embedded: Any, roots: list[Any], at: datetime | None) -> SignatureReport:
    signer = str(embedded.signer_cert.subject.native.get("common_name", ""))
    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, moment=at, revocation_mode="soft-fail"
    )
    usage = KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
    )
    try:
        status = validate_pdf_signature(embedded, context, key_usage_settings=usage)
    except SignatureValidationError:
        return SignatureReport(False, signer, embedded.self_reported_timestamp, False, False, False)
    return SignatureReport(
        valid=bool(status.bottom_line),
        signer=signer,
        signed_at=status.signer_reported_dt,
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
        covers_whole=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
    )


class _Update(IncrementalPdfFileWriter):
    """An update that leaves the version alone: PDF/A-2 is PDF 1.7.

    For ECDSA pyHanko declares the extension of ISO/TS 32002, which is enough, and also claims PDF 2.0.
    """

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        if version < (2, 0):
            super().ensure_output_version(version)  # type: ignore[no-untyped-call]


class _Picture(PdfContent):
    """The first page of a PDF in memory as the picture of a signature; pyHanko only imports from a path."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._pdf)))
        name = b"/Stamp" + binascii.hexlify(os.urandom(8))
        self.resources.xobject[name.decode("ascii")] = page
        left, low, right, high = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(high - low))
        return name + b" Do"


def _stamp_style(stamp: bytes) -> Any:
    whole = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(0, 0, 0, 0),
    )
    return StaticStampStyle(background=_Picture(stamp), border_width=0, background_layout=whole)


def _where(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    box = tuple(round(value) for value in (place.x1, place.y1, place.x2, place.y2))
    return {"on_page": place.page, "box": box}


def _der(content: bytes) -> bytes:
    return bytes(pem.unarmor(content)[2]) if pem.detect(content) else content


def _registry(chain: Sequence[bytes]) -> Any:
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([_certificate(one) for one in chain])
    return registry


def _certificate(content: bytes) -> Any:
    return x509.Certificate.load(pem.unarmor(content)[2])


def _key(key_pem: bytes, cert_pem: bytes) -> Any:
    key = serialization.load_pem_private_key(key_pem, password=None)
    if key.public_key() != load_pem_x509_certificate(cert_pem).public_key():
        raise ValueError("the key does not belong to the certificate")
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return keys.PrivateKeyInfo.load(der)
