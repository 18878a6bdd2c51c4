"""Identifiers: ordered ones for rows, random ones for people's hands."""

import os
import secrets
import threading
import time
from uuid import UUID

# Crockford's alphabet without letters that are misread: codes are spoken, typed and printed.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class _Clock:
    """Milliseconds and their 4096ths since 1970, never the same twice and never backwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        now = (time.time_ns() << 12) // 1_000_000
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last


_clock = _Clock()


def uuid7() -> UUID:
    """Return a time-ordered identifier (RFC 9562 section 5.7 with method 3 of section 6.2).

    Identifiers of one process are strictly ascending, so rows written in one go keep their order; 62 bits
    are random, so none can be guessed.
    """
    millis, fraction = divmod(_clock.tick(), 4096)
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(millis << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | random)


def random_code(length: int = 10) -> str:
    """Return a random code for a person's hands; 10 characters hold 49 bits."""
    number, found = secrets.randbelow(len(_ALPHABET) ** length), []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        found.append(_ALPHABET[place])
    return "".join(found)


def token() -> str:
    """Return a secret of 256 bits for a URL or a cookie."""
    return secrets.token_urlsafe(32)
