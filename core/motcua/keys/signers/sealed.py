"""A private key that lies sealed in the tenant's vault and is opened in this process."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from motcua.wallet import jose

_ES256 = ECDSA(hashes.SHA256())


class LocalKey:
    """A private key in memory: signs at once."""

    def __init__(self, private: EllipticCurvePrivateKey) -> None:
        self._private = private

    @classmethod
    def from_pem(cls, pem: str) -> "LocalKey":
        """Read a PKCS 8 key; ``ValueError`` when it is not a private key on P-256."""
        private = jose.key_from_pem(pem.encode()).private_key
        if private is None:
            raise ValueError("the key is not private")
        return cls(private)

    def sign(self, data: bytes) -> bytes:
        """Return the raw ES256 signature."""
        r, s = decode_dss_signature(self._private.sign(data, _ES256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
