"""What the core asks for: roots, time stamps, and proofs about the certificate that stamps."""

from collections.abc import Sequence

from motcua.api import RevocationProof, Work, now
from motcua_sandbox_authority import authority, stamping, standing


async def roots(work: Work) -> Sequence[bytes]:
    """Return the invented root."""
    return [authority.of(work).root.pem]


async def time_stamp(work: Work, request: bytes) -> bytes:
    """Stamp what is asked for with the time of now."""
    return stamping.answer(authority.of(work), request, now())


async def proofs(work: Work, certificate: bytes, issuer: bytes) -> Sequence[RevocationProof]:
    """Return OCSP response and CRL about the certificate that stamps; about others nothing is known."""
    known = authority.of(work)
    if (certificate, issuer) != (known.stamper.der, known.root.der):
        return []
    at = now()
    return [
        RevocationProof("ocsp", standing.good(known, at)),
        RevocationProof("crl", standing.crl(known, at)),
    ]
