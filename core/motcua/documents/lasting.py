"""From PAdES B-B to B-LT (ETSI EN 319 142-1): a time stamp, then the proofs that nothing was revoked.

Three incremental updates behind the signed bytes, which stay as they are: a document time stamp (RFC 3161)
over the signature, then the chains of signer and stamp with CRLs and OCSP responses in the document security
store. Time stamp and proofs come from whoever calls: nothing is fetched here. Before anything is returned the
whole is validated with revocation required for each certificate, as of the moment of the stamp.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anyio import to_thread
from asn1crypto import tsp, x509  # type: ignore[import-untyped]
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PreparedByteRangeDigest
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError, handle_tsp_response
from pyhanko.sign.validation.dss import async_add_validation_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from motcua.documents import drawing
from motcua.documents.signing import certificates
from motcua.plugins.kinds import RevocationProof

# The container of a stamp with three certificates takes 4 kB; hexadecimal digits are reserved.
_RESERVED = 24_576
_LONGEST_CHAIN = 5


class NotProvenError(Exception):
    """The document cannot be proven for later: a certificate was revoked, a proof is missing or is wrong."""


Stamp = Callable[[bytes], Awaitable[bytes]]
"""Answers a TimeStampReq with a TimeStampResp (RFC 3161), both in DER."""
Prove = Callable[[bytes, bytes], Awaitable[Sequence[RevocationProof]]]
"""Answers what is known about a certificate, given with its issuer's, both in DER."""


@dataclass(frozen=True)
class Lasting:
    """A document on level B-LT, and the moment its time stamp says."""

    pdf: bytes
    stamped_at: datetime


@dataclass(frozen=True)
class _Open:
    output: Any
    digest: PreparedByteRangeDigest


async def extend(
    pdf: bytes, *, stamp: Stamp, prove: Prove, roots: Sequence[bytes], at: datetime
) -> Lasting:
    """Return a signed document on level B-LT; the given bytes are its beginning.

    ``roots`` (PEM) are those that signer and time stamp lead to; ``at`` is now. Raises ``NotProvenError``,
    ``ValueError`` when it is no signed PDF, and what ``stamp`` and ``prove`` raise.
    """
    try:
        opened = await to_thread.run_sync(_prepare, pdf)
        stamped, moment = await _stamped(opened, stamp)
        anchors = [one for root in roots for one in certificates(root)]
        proofs = await _proofs(stamped, anchors, prove)
        made = await to_thread.run_sync(_with_proofs, stamped, anchors, proofs, at)
    except (PdfError, SigningError) as error:
        raise ValueError(f"not a signed PDF: {error}") from error
    return Lasting(made, moment)


def _prepare(pdf: bytes) -> _Open:
    """Add the field of the time stamp, with room for it, and compute what it is about."""
    writer = drawing.Update(io.BytesIO(pdf))
    if not writer.prev.embedded_regular_signatures:
        raise PdfError("it carries no signature")
    field = f"Timestamp{len(writer.prev.embedded_timestamp_signatures) + 1}"
    embedder = PdfCMSEmbedder(new_field_spec=SigFieldSpec(field)).write_cms(field, writer)
    next(embedder)
    room = DocumentTimestamp(bytes_reserved=_RESERVED)  # type: ignore[no-untyped-call]
    embedder.send(SigObjSetup(sig_placeholder=room))
    digest, output = embedder.send(SigIOSetup(md_algorithm="sha256"))
    return _Open(output, digest)


async def _stamped(opened: _Open, stamp: Stamp) -> tuple[bytes, datetime]:
    imprint = opened.digest.document_digest
    asking: Any = TimeStamper()  # type: ignore[no-untyped-call]
    nonce, request = asking.request_cms(imprint, "sha256")
    answer = await stamp(bytes(request.dump()))
    try:
        token = handle_tsp_response(tsp.TimeStampResp.load(answer), nonce)
        said = token["content"]["encap_content_info"]["content"].parsed
        about = said["message_imprint"]
        same = about["hashed_message"].native == imprint
        if not same or about["hash_algorithm"]["algorithm"].native != "sha256":
            raise NotProvenError("the time stamp is about another document")
        moment = said["gen_time"].native
    except (TimestampRequestError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotProvenError(f"the time stamp cannot be used: {error}") from error
    opened.digest.fill_with_cms(opened.output, token)
    return bytes(opened.output.getvalue()), moment


async def _proofs(pdf: bytes, anchors: Sequence[Any], prove: Prove) -> list[RevocationProof]:
    """Collect a proof for each certificate of each chain, roots excepted."""
    found: list[RevocationProof] = []
    for certificate, issuer in _pairs(pdf, anchors):
        found += await prove(certificate.dump(), issuer.dump())
    return list(dict.fromkeys(found))


def _pairs(pdf: bytes, anchors: Sequence[Any]) -> list[tuple[Any, Any]]:
    pairs: dict[bytes, tuple[Any, Any]] = {}
    for embedded in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
        known = [*anchors, *embedded.other_embedded_certs]
        above, left = embedded.signer_cert, _LONGEST_CHAIN
        while above.dump() not in [a.dump() for a in anchors]:
            issuer = next((c for c in known if _issued(c, above)), None)
            if issuer is None or not left:
                raise NotProvenError(f"no trusted root above {above.subject.human_friendly}")
            pairs[above.dump()] = (above, issuer)
            above, left = issuer, left - 1
    return list(pairs.values())


def _issued(issuer: Any, certificate: Any) -> bool:
    if issuer.subject != certificate.issuer or issuer.dump() == certificate.dump():
        return False
    named = certificate.authority_key_identifier
    return named is None or named == issuer.key_identifier


def _with_proofs(
    pdf: bytes, anchors: Sequence[x509.Certificate], proofs: Sequence[RevocationProof], at: datetime
) -> bytes:
    """Validate each signature and stamp with these proofs alone, and write them behind the document."""
    count = len(PdfFileReader(io.BytesIO(pdf)).embedded_signatures)
    for number in range(count):
        context = ValidationContext(
            trust_roots=anchors,
            allow_fetching=False,
            revocation_mode="require",
            moment=at,
            crls=[p.der for p in proofs if p.kind == "crl"],
            ocsps=[p.der for p in proofs if p.kind == "ocsp"],
        )
        embedded = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[number]
        out = io.BytesIO()
        try:
            asyncio.run(async_add_validation_info(embedded, context, output=out))
        except (ValidationError, PathError, SignatureValidationError) as error:
            raise NotProvenError(str(error)) from error
        pdf = out.getvalue()
    return pdf
