"""Token Status List (draft-ietf-oauth-status-list): the list, its token and unpredictable indices."""

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from motcua.wallet import jose
from motcua.wallet.moments import SKEW, moment_of, seconds
from motcua.wallet.refusal import CredentialError

TYPE = "statuslist+jwt"
MEDIA_TYPE = "application/statuslist+jwt"
VALID, REVOKED, SUSPENDED = 0, 1, 2
MAX_BYTES = 16 * 1024 * 1024
"""How large a list may become when it is inflated: 2**26 entries of 2 bits."""

_ROUNDS = 8


def build(changed: Mapping[int, int], *, size: int, bits: int) -> str:
    """Return ``lst`` for a list of ``size`` entries that are VALID but for those in ``changed``.

    ``bits`` is 1 (valid, revoked) or 2 (also suspended). Bytes are filled from the least significant bit
    (section 4.1), compressed with zlib at its best level and encoded as base64url. Raises ``ValueError``
    for an index or a value that does not fit.
    """
    _check_bits(bits)
    raw = bytearray((size * bits + 7) // 8)
    for index, value in changed.items():
        if not 0 <= index < size or not 0 <= value < 1 << bits:
            raise ValueError(f"status {value} at index {index} does not fit the list")
        position, shift = divmod(index * bits, 8)
        raw[position] |= value << shift
    return jose.b64u(zlib.compress(bytes(raw), 9))


def make_token(
    lst: str,
    *,
    bits: int,
    uri: str,
    key: jose.SigningKey,
    kid: str,
    x5c: Sequence[str] | None,
    iat: datetime,
    lifetime: timedelta,
    ttl: timedelta | None,
) -> str:
    """Return the signed list (section 5.1). ``uri`` must be the very text that credentials hold.

    ``ttl`` says how long a verifier may keep its copy (None: of a list of the past, as long as he likes),
    ``lifetime`` when the token itself expires.
    """
    _check_bits(bits)
    payload = {
        "sub": uri,
        "iat": seconds(iat),
        "exp": seconds(iat + lifetime),
        **({"ttl": int(ttl.total_seconds())} if ttl else {}),
        "status_list": {"bits": bits, "lst": lst},
    }
    return jose.sign(payload, key, typ=TYPE, kid=kid, x5c=list(x5c) if x5c else None)


def verify_token(
    token: str,
    *,
    uri: str,
    key_lookup: Callable[[Mapping[str, Any]], jose.Key | None],
    now: datetime,
) -> dict[str, Any]:
    """Verify a status list token fetched from ``uri`` and return its ``status_list`` for ``read_status``.

    ``key_lookup`` maps the protected header to a trusted key. Raises ``CredentialError``:
    ``untrusted_issuer``, ``wrong_type``, ``bad_signature``, ``malformed`` (also when ``sub`` is not the
    address asked), ``not_yet_valid`` or ``expired``.
    """
    key = key_lookup(jose.read(token).header)
    if key is None:
        raise CredentialError("untrusted_issuer", "no trusted key for the status list")
    payload = jose.verify(token, key, typ=TYPE).payload
    if payload.get("sub") != uri:
        raise CredentialError("malformed", "sub of the status list is not its address")
    if moment_of(payload.get("iat"), "iat") > now + SKEW:
        raise CredentialError("not_yet_valid", "the status list is not valid yet")
    if "exp" in payload and moment_of(payload["exp"], "exp") <= now:
        raise CredentialError("expired", "the status list has expired")
    entry = payload.get("status_list")
    if not isinstance(entry, dict):
        raise CredentialError("malformed", "the token holds no status_list")
    return entry


def read_status(status_list: Mapping[str, Any], index: int, *, max_bytes: int = MAX_BYTES) -> int:
    """Return the status at ``index`` of a ``{"bits", "lst"}`` object; 1, 2, 4 and 8 bits are read.

    Raises ``CredentialError`` (``malformed``) when the index is outside of the list, or the list does not
    inflate to at most ``max_bytes``: a few kilobytes can pretend to be gigabytes.
    """
    bits, lst = status_list.get("bits"), status_list.get("lst")
    if bits not in (1, 2, 4, 8) or isinstance(bits, bool) or not isinstance(lst, str):
        raise CredentialError("malformed", "not a status list")
    raw = _inflate(jose.b64u_decode(lst), max_bytes)
    position, shift = divmod(index * int(bits), 8)
    if index < 0 or position >= len(raw):
        raise CredentialError("malformed", "the index is outside of the status list")
    return (raw[position] >> shift) & ((1 << int(bits)) - 1)


def index_of(sequence: int, key: bytes, size: int) -> int:
    """Return the place in a list of ``size`` entries for the ``sequence``-th credential.

    A permutation of ``range(size)`` under ``key`` (at least 16 bytes): a Feistel network of eight rounds
    on the next even number of bits, walked until the value falls into the range. So no two credentials
    meet, nothing has to be remembered, and without the key nobody can tell which were issued together.
    Raises ``ValueError`` when the list is full or the key is short.
    """
    if not 0 <= sequence < size or len(key) < 16:
        raise ValueError("sequence outside of the list, or a key below 16 bytes")
    half = ((size - 1).bit_length() + 1) // 2
    value = _feistel(sequence, key, half)
    while value >= size:
        value = _feistel(value, key, half)
    return value


def _feistel(value: int, key: bytes, half: int) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for turn in range(_ROUNDS):
        block = bytes([turn, half]) + right.to_bytes(8, "big")
        mixed = hashlib.blake2b(block, digest_size=8, key=key[:64]).digest()
        left, right = right, left ^ (int.from_bytes(mixed, "big") & mask)
    return left << half | right


def _inflate(data: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(data, max_bytes)
    except zlib.error as error:
        raise CredentialError("malformed", "the status list is not zlib data") from error
    if not inflater.eof:
        raise CredentialError("malformed", "the status list is cut short or too large")
    return raw


def _check_bits(bits: int) -> None:
    if bits not in (1, 2):
        raise ValueError("a status list has 1 or 2 bits per entry")
