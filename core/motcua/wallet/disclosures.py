"""Disclosures of an SD-JWT: reading them and putting them back into the payload (RFC 9901 section 7.1)."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError


@dataclass(frozen=True)
class Disclosure:
    """One disclosure; ``name`` is None for an element of an array."""

    text: str
    name: str | None
    value: Any


def digest_of(text: str) -> str:
    """Return the base64url SHA-256 over the ASCII text, as ``_sd`` and ``sd_hash`` hold it."""
    return jose.b64u(hashlib.sha256(text.encode("ascii", "replace")).digest())


def read_disclosure(text: str) -> Disclosure:
    """Decode ``[salt, name, value]`` or ``[salt, value]``; raises ``CredentialError`` ``bad_disclosure``."""
    try:
        parts = json.loads(jose.b64u_decode(text))
    except (ValueError, RecursionError, CredentialError) as error:
        raise CredentialError("bad_disclosure", "a disclosure cannot be read") from error
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
        raise CredentialError("bad_disclosure", "a disclosure is not an array of two or three")
    if len(parts) == 2:
        return Disclosure(text, None, parts[1])
    if not isinstance(parts[1], str) or parts[1] in ("_sd", "..."):
        raise CredentialError("bad_disclosure", "a disclosure has a name that is not allowed")
    return Disclosure(text, parts[1], parts[2])


def assemble(
    payload: Mapping[str, Any],
    book: Mapping[str, Disclosure],
    *,
    never_hidden: Collection[str] = (),
) -> dict[str, Any]:
    """Return the payload with all disclosures of ``book`` (by digest) in their places.

    Raises ``CredentialError``: ``duplicate_digest`` when a digest stands in two places,
    ``bad_disclosure`` when a disclosure belongs nowhere (a tampered one has another digest), would
    replace a claim, or hides a claim named in ``never_hidden`` at the top.
    """
    reader = _Assembly(book)
    try:
        opened = reader.an_object(dict(payload), set(never_hidden))
    except RecursionError as error:
        raise CredentialError("malformed", "the credential is nested too deeply") from error
    if len(reader.used) != len(book):
        raise CredentialError("bad_disclosure", "a disclosure does not belong to this credential")
    return opened


class _Assembly:
    """One walk over a payload; remembers which digests it met and which it used."""

    def __init__(self, book: Mapping[str, Disclosure]) -> None:
        self.book = book
        self.met: set[str] = set()
        self.used: set[str] = set()

    def a_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.an_object(value, set())
        if isinstance(value, list):
            return self.an_array(value)
        return value

    def an_object(self, value: dict[str, Any], refused: set[str]) -> dict[str, Any]:
        if "..." in value:
            raise CredentialError("malformed", "'...' stands outside of an array")
        opened = {n: self.a_value(v) for n, v in value.items() if n not in ("_sd", "_sd_alg")}
        digests = value.get("_sd", [])
        if not isinstance(digests, list):
            raise CredentialError("malformed", "_sd is not an array")
        for digest in digests:
            item = self._find(digest)
            if item is None:
                continue
            if item.name is None or item.name in opened or item.name in refused:
                raise CredentialError("bad_disclosure", "a disclosure stands in the wrong place")
            opened[item.name] = self.a_value(item.value)
        return opened

    def an_array(self, values: list[Any]) -> list[Any]:
        opened = []
        for value in values:
            if not (isinstance(value, dict) and set(value) == {"..."}):
                opened.append(self.a_value(value))
                continue
            item = self._find(value["..."])
            if item is None:
                continue
            if item.name is not None:
                raise CredentialError("bad_disclosure", "a disclosure stands in the wrong place")
            opened.append(self.a_value(item.value))
        return opened

    def _find(self, digest: Any) -> Disclosure | None:
        if not isinstance(digest, str):
            raise CredentialError("malformed", "a digest is not a text")
        if digest in self.met:
            raise CredentialError("duplicate_digest", "a digest stands in two places")
        self.met.add(digest)
        item = self.book.get(digest)
        if item is not None:
            self.used.add(digest)
        return item
