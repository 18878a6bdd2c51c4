"""Digital signatures on PDFs: PAdES baseline B-B (ETSI EN 319 142-1), added without touching a byte before.

The order is: render, sign, store. Signing has two halves, with the signature itself between them: the
document is prepared in a worker thread, what is to be signed goes to a callable that may ask a card or a
service far away, and the answer is put in. So no private key comes here, unless by ``pem_signer``.

A signature can be invisible or lie over a place that the template kept free (``Rendered.places``), with a
picture rendered from ``stamp.typ``: fonts embedded, PDF/A stays PDF/A.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anyio import to_thread
from asn1crypto import algos, cms, pem, x509  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko_certvalidator.registry import SimpleCertificateStore

from motcua.documents import drawing
from motcua.documents.render import Place

Sign = Callable[[bytes], Awaitable[bytes]]
"""Signs bytes with ES256 (RFC 7518 section 3.4): answers the 64 bytes of R and S."""

_P256 = 32
# The container of a chain of three certificates takes 3 kB; hexadecimal digits are reserved.
_RESERVED = 16_384


@dataclass(frozen=True)
class Drawn:
    """Something drawn into a place that the template kept free: a one-page PDF, or the text of a QR code."""

    place: Place
    content: bytes | str


@dataclass(frozen=True)
class _Prepared:
    output: Any
    digest: PreparedByteRangeDigest
    signer: Any
    attributes: Any


async def sign_pdf(
    pdf: bytes,
    *,
    sign: Sign,
    chain_pem: bytes,
    at: datetime,
    reason: str,
    name: str,
    location: str,
    stamp: Drawn | None = None,
    code: Drawn | None = None,
) -> bytes:
    """Return the PDF with one more signature (ECDSA on P-256, SHA-256).

    ``chain_pem`` is the signer's certificate and those above it, without the root. ``at`` is the moment the
    signature says of itself. ``stamp`` is the signature's picture, ``code`` a QR code that it covers. Raises
    ``ValueError`` when the signature is not the certificate's or the PDF cannot be read, and what ``sign``
    raises.
    """
    chain = certificates(chain_pem)

    def prepare() -> _Prepared:
        about = {"reason": reason, "name": name, "location": location}
        try:
            return asyncio.run(_prepare(pdf, chain, at, about, stamp, code))
        except PdfError as error:
            raise ValueError(f"not a PDF that can be signed: {error}") from error

    prepared = await to_thread.run_sync(prepare)
    raw = await sign(bytes(prepared.attributes.dump()))
    return await to_thread.run_sync(_complete, prepared, raw, chain[0])


def pem_signer(key_pem: bytes) -> Sign:
    """Return a signer with a P-256 key in PEM that is not encrypted; ``ValueError`` for another key."""
    key = serialization.load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("the key is not on the curve P-256")

    async def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(_P256, "big") + s.to_bytes(_P256, "big")

    return sign


def certificates(chain_pem: bytes) -> list[Any]:
    """Read one or more certificates in PEM; ``ValueError`` when there is none."""
    found = [x509.Certificate.load(der) for _, _, der in pem.unarmor(chain_pem, multiple=True)]
    if not found:
        raise ValueError("no certificate")
    return found


async def _prepare(
    pdf: bytes,
    chain: Sequence[Any],
    at: datetime,
    about: Any,
    stamp: Drawn | None,
    code: Drawn | None,
) -> _Prepared:
    writer = drawing.Update(io.BytesIO(pdf))
    if code is not None:
        drawing.draw_code(writer, code.place, str(code.content))
    signer = _signer(chain)
    field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        cades_signed_attr_spec=CAdESSignedAttrSpec(),
        **about,
    )
    session = signers.PdfSigner(
        metadata,
        signer,
        stamp_style=None if stamp is None else drawing.stamp_style(_picture(stamp)),
        new_field_spec=SigFieldSpec(field, **_where(stamp)),
    ).init_signing_session(writer)
    session.system_time = at
    checked = await session.perform_presign_validation(writer)
    document = session.prepare_tbs_document(validation_info=checked, bytes_reserved=_RESERVED)
    digest, output = document.digest_tbs_document()
    attributes = await signer.signed_attrs(digest.document_digest, "sha256", use_pades=True)
    return _Prepared(output, digest, signer, attributes)


def _complete(prepared: _Prepared, raw: bytes, leaf: Any) -> bytes:
    signature = _encoded(raw, prepared.attributes.dump(), leaf)
    prepared.signer._signature_value = signature
    container: cms.ContentInfo = asyncio.run(
        prepared.signer.async_sign_prescribed_attributes("sha256", prepared.attributes)
    )
    prepared.digest.fill_with_cms(prepared.output, container)
    return bytes(prepared.output.getvalue())


def _encoded(raw: bytes, data: bytes, leaf: Any) -> bytes:
    """Return R and S as DER (RFC 3279 section 2.2.3), once they are known to be the certificate's."""
    if len(raw) != 2 * _P256:
        raise ValueError("an ES256 signature is 64 bytes long")
    r, s = int.from_bytes(raw[:_P256], "big"), int.from_bytes(raw[_P256:], "big")
    encoded = encode_dss_signature(r, s)
    public = load_der_x509_certificate(leaf.dump()).public_key()
    try:
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise InvalidSignature
        public.verify(encoded, data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise ValueError("the key does not belong to the certificate") from None
    return encoded


def _signer(chain: Sequence[Any]) -> Any:
    registry = SimpleCertificateStore.from_certs(chain)  # type: ignore[no-untyped-call]
    return signers.ExternalSigner(
        signing_cert=chain[0],
        cert_registry=registry,
        signature_value=72,
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        embed_roots=False,
    )


def _picture(stamp: Drawn) -> bytes:
    if not isinstance(stamp.content, bytes):
        raise TypeError("the picture of a signature is a PDF")
    return stamp.content


def _where(stamp: Drawn | None) -> dict[str, Any]:
    if stamp is None:
        return {}
    place = stamp.place
    box = tuple(round(value) for value in (place.x1, place.y1, place.x2, place.y2))
    return {"on_page": place.page, "box": box}
