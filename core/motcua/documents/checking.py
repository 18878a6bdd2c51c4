"""Judging a signed PDF: who signed, whether a byte was changed, what was added later, since when it existed.

Nothing is fetched from a network. What the file brings along (certificates, revocation data, time stamps) is
read from it, and trusted as far as the roots that the caller names.
"""

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from motcua.documents.signing import certificates
from motcua.errors import Invalid

# It writes a traceback for each certificate that is not trusted: an answer here, and anybody may ask.
logging.getLogger("pyhanko.sign.validation").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class SignatureReport:
    """What checking one signature showed.

    ``valid`` is the answer: intact, by a certificate that leads to a trusted root and may sign, and nothing
    was added afterwards that a signature does not cover, but what proves it for longer. ``intact`` is about
    the bytes alone, ``trusted`` about the certificate alone. ``signed_at`` is the signer's own clock;
    ``stamped_at`` that of a trusted time stamp over it, which B-B has not.
    """

    valid: bool
    signer: str
    signed_at: datetime | None
    intact: bool
    trusted: bool
    covers_whole: bool
    stamped_at: datetime | None = None
    certificate: bytes = b""


def verify_pdf(
    pdf: bytes, trust_roots: Sequence[bytes], *, at: datetime | None = None
) -> SignatureReport:
    """Check a signed PDF and report on its last signature, ``valid`` only when all of them are.

    ``trust_roots`` are PEM certificates; nothing else is trusted and nothing is fetched from a network, so
    whether a certificate was revoked is the caller's business. ``at`` is the moment of validity (default:
    the earliest trusted time stamp, else the signer's own clock). Raises ``Invalid`` when there is no signature or no readable PDF.
    """
    reports = verify_signatures(pdf, trust_roots, at=at)
    last = reports[-1]
    return replace(last, valid=last.covers_whole and all(report.valid for report in reports))


def verify_signatures(
    pdf: bytes, trust_roots: Sequence[bytes], *, at: datetime | None = None
) -> list[SignatureReport]:
    """Check every signature by itself, in the order they were made. Parameters as ``verify_pdf``."""
    roots = [one for root in trust_roots for one in certificates(root)]
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        embedded = list(reader.embedded_regular_signatures)
        stamps = [_stamp(one, roots) for one in reader.embedded_timestamp_signatures]
        reports = [_report(one, roots, at, [s for s in stamps if s]) for one in embedded]
        reports = reports if _ends_well(pdf) else [_with_a_tail(one) for one in reports]
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


def _report(
    embedded: Any,
    roots: list[Any],
    at: datetime | None,
    stamps: Sequence[tuple[int, datetime]],
) -> SignatureReport:
    signer = str(embedded.signer_cert.subject.native.get("common_name", ""))
    usage = KeyUsageConstraints(
        key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
    )
    later = [moment for revision, moment in stamps if revision > embedded.signed_revision]
    stamped, claimed = min(later, default=None), embedded.self_reported_timestamp
    context = _context(roots, at or stamped or claimed)
    try:
        status = validate_pdf_signature(embedded, context, key_usage_settings=usage)
    except SignatureValidationError:
        trusted = _leads_to_root(embedded, context)
        return SignatureReport(False, signer, claimed, False, trusted, False)
    sound = bool(status.intact and status.valid)
    return SignatureReport(
        valid=bool(status.bottom_line),
        signer=signer,
        signed_at=status.signer_reported_dt,
        intact=sound,
        # Of a signature that does not hold, whose certificate it bears is not looked at.
        trusted=bool(status.trusted) or (not sound and _leads_to_root(embedded, context)),
        covers_whole=_untouched(status),
        stamped_at=stamped,
        certificate=bytes(embedded.signer_cert.dump()),
    )


def _leads_to_root(embedded: Any, context: ValidationContext) -> bool:
    """Tell whether the certificate is trusted, though the signature beside it does not hold."""
    found = CertificateValidator(
        embedded.signer_cert, embedded.other_embedded_certs, validation_context=context
    )
    try:
        asyncio.run(found.async_validate_path())
    except (PathError, ValidationError):
        return False
    return True


def _untouched(status: Any) -> bool:
    """Tell whether nothing follows but time stamps and validation data (ETSI EN 319 142-1 section 5.4)."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    level = status.modification_level
    return level is not None and level <= ModificationLevel.LTA_UPDATES


def _ends_well(pdf: bytes) -> bool:
    """Tell whether nothing stands behind the last revision: no signature would speak of it."""
    return not pdf[pdf.rfind(b"%%EOF") + len(b"%%EOF") :].strip(b"\r\n")


def _with_a_tail(report: SignatureReport) -> SignatureReport:
    return replace(report, valid=False, covers_whole=False)


def _stamp(embedded: Any, roots: list[Any]) -> tuple[int, datetime] | None:
    """Return the revision a time stamp covers and its moment; None unless it is intact and trusted."""
    try:
        status = validate_pdf_timestamp(embedded, _context(roots, None))
    except SignatureValidationError:
        return None
    if not (status.intact and status.valid and status.trusted):
        return None
    return embedded.signed_revision, status.timestamp


def _context(roots: list[Any], at: datetime | None) -> ValidationContext:
    return ValidationContext(
        trust_roots=roots, allow_fetching=False, moment=at, revocation_mode="soft-fail"
    )
