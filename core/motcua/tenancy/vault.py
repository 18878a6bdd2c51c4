"""Sealing what must not be read in the database: personal identifiers, answers, private keys."""

import hashlib
import hmac
import os
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: bytes, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose (HKDF-SHA-256, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)


class TenantVault:
    """Seals and opens texts of one tenant; another tenant's sealed text does not open."""

    def __init__(self, secret: bytes, tenant_id: UUID) -> None:
        self._tenant = tenant_id.bytes
        self._cipher = AESGCM(derive(secret, f"seal:{tenant_id}"))
        self._index_key = derive(secret, f"index:{tenant_id}")

    def seal(self, text: str) -> bytes:
        """Return nonce and AES-GCM ciphertext."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, text.encode(), self._tenant)

    def open(self, sealed: bytes) -> str:
        """Return the text; ``cryptography.exceptions.InvalidTag`` when it is not this tenant's."""
        return self._cipher.decrypt(sealed[:12], sealed[12:], self._tenant).decode()

    def index(self, text: str) -> bytes:
        """Return the blind index by which a sealed text is found again."""
        return hmac.digest(self._index_key, text.encode(), "sha256")


class Vaults:
    """The vaults of all tenants of this process."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.of = lru_cache(maxsize=4096)(self._make)

    def _make(self, tenant_id: UUID) -> TenantVault:
        return TenantVault(self._secret, tenant_id)

    def key(self, purpose: str) -> bytes:
        """Return a platform-wide key for one purpose, such as sealing a cookie."""
        return derive(self._secret, f"platform:{purpose}")


def digest(secret_text: str) -> bytes:
    """Return what is stored in place of a token: its SHA-256 (the tokens are random, 256 bits)."""
    return hashlib.sha256(secret_text.encode()).digest()
