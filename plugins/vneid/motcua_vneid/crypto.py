"""How VNeID wraps what it says: an AES key under RSA (PKCS#1 v1.5), the rest under AES in ECB. Pure.

Both are what working code of others shows, and neither is what one would choose: ECB hides no patterns, and
nothing proves who wrote it. So an answer is believed only where it came over TLS from the configured endpoint,
and a wrapped ``code`` is worth nothing without the client's secret.
"""

import base64
import binascii
import json
import os
from typing import Any

from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 128
_KEY_SIZES = (16, 24, 32)


class UnreadableError(Exception):
    """What came cannot be opened with our key; says nothing of what was in it."""


def generate() -> rsa.RSAPrivateKey:
    """Return a new pair of 2048 bits."""
    return rsa.generate_private_key(65537, 2048)


def to_pem(private: rsa.RSAPrivateKey) -> str:
    """Return a private key as text, to be sealed by whoever keeps it."""
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def from_pem(text: str) -> rsa.RSAPrivateKey:
    """Read ``to_pem``; ``TypeError`` for a key of another kind."""
    found = serialization.load_pem_private_key(text.encode(), None)
    if not isinstance(found, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return found


def public_pem(public: rsa.RSAPublicKey) -> str:
    """Return a public key as text, to be registered."""
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def wrap(public: rsa.RSAPublicKey, content: bytes) -> tuple[str, str]:
    """Return (``data``, ``key``): content under a fresh AES-256 key, and that key under RSA, as base64."""
    key = os.urandom(32)
    return _b64(_aes(key, content)), _b64(public.encrypt(key, PKCS1v15()))


def unwrap(private: rsa.RSAPrivateKey, data: str, key: str) -> bytes:
    """Return what ``wrap`` was given; ``UnreadableError`` for anything else."""
    try:
        aes = private.decrypt(_bytes(key), PKCS1v15())
        if len(aes) not in _KEY_SIZES:
            raise ValueError("no AES key")
        # The mode is theirs.
        cipher = Cipher(algorithms.AES(aes), modes.ECB()).decryptor()  # noqa: S305
        unpadder = padding.PKCS7(_BLOCK).unpadder()
        padded = cipher.update(_bytes(data)) + cipher.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, binascii.Error) as error:
        raise UnreadableError(type(error).__name__) from None


def body(public: rsa.RSAPublicKey, content: dict[str, Any]) -> dict[str, str]:
    """Return the body of an answer: ``{"data", "key"}``."""
    data, key = wrap(public, json.dumps(content, ensure_ascii=False).encode())
    return {"data": data, "key": key}


def opened(private: rsa.RSAPrivateKey, content: object) -> dict[str, Any]:
    """Read the body of an answer; ``UnreadableError`` when it is none, or not for us."""
    if not isinstance(content, dict) or not {"data", "key"} <= content.keys():
        raise UnreadableError("no data and key")
    try:
        found = json.loads(unwrap(private, str(content["data"]), str(content["key"])))
    except ValueError as error:
        raise UnreadableError(type(error).__name__) from None
    if not isinstance(found, dict):
        raise UnreadableError("not an object")
    return found


def _aes(key: bytes, content: bytes) -> bytes:
    padder = padding.PKCS7(_BLOCK).padder()
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 -- see above
    return cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    # A plus that stood in an address unescaped arrives as a blank.
    return base64.b64decode(text.replace(" ", "+"), validate=True)
