"""What every kind of signer is able to do."""

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from motcua.errors import Unavailable
from motcua.wallet import jose

_RAW = 64


@dataclass(frozen=True)
class Made:
    """A new key pair: where its private part is found again, and its public part."""

    reference: str
    public: jose.Key


class SignerStore(Protocol):
    """A place outside of the database that makes keys, never gives them out, and signs with them."""

    def make(self, label: str) -> Made:
        """Make a P-256 key pair; ``Unavailable`` when the place does not answer or refuses."""

    def sign(self, reference: str, data: bytes) -> bytes:
        """Return the raw ES256 signature; ``Unavailable`` when the place does not answer or refuses."""


@dataclass(frozen=True)
class StoredKey:
    """A key that lies in such a place, as ``jose.sign`` takes it."""

    store: SignerStore
    reference: str
    public: jose.Key

    def sign(self, data: bytes) -> bytes:
        """Sign, and believe the place only when the signature holds: it is no part of this program."""
        signature = self.store.sign(self.reference, data)
        if not holds(self.public.public_key, data, signature):
            raise Unavailable(
                "Thiết bị ký số trả về chữ ký không đúng.",
                f"The signer returned a signature that is not of key {self.reference}.",
            )
        return signature


def holds(public: EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    """Tell whether 64 raw bytes are the ES256 signature of ``data``."""
    if len(signature) != _RAW:
        return False
    r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
    try:
        public.verify(encode_dss_signature(r, s), data, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def unavailable(what: str, error: object) -> Unavailable:
    """Return the refusal of a place that does not sign; what it said stands for the operator only."""
    return Unavailable(
        "Thiết bị hoặc dịch vụ ký số chưa sẵn sàng. Vui lòng thử lại sau.",
        f"The signer does not sign: {what}: {error}",
    )
