"""Identifiers: ordered ones for rows, random ones for people's hands."""

import os
import secrets
import time
from uuid import UUID

# Crockford's alphabet without letters that are misread: codes are spoken, typed and printed.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def uuid7() -> UUID:
    """Return a time-ordered identifier (RFC 9562 section 5.7), unguessable in its 74 random bits."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))


def random_code(length: int = 10) -> str:
    """Return a random code for a person's hands; 10 characters hold 49 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def token() -> str:
    """Return a secret of 256 bits for a URL or a cookie."""
    return secrets.token_urlsafe(32)
