"""Transaction data: what a person authorises with a presentation (OpenID4VP 1.0 sections 5.1, 8.4 and B.3.3).

A verifier sends objects as base64url JSON texts; the wallet puts the hash of each text, exactly as it came, into
the key binding. So the holder's signature covers what he was shown, and nothing else.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.wallet import jose
from motcua.wallet.refusal import CredentialError

ALGORITHM = "sha-256"
DOSSIER = "vn.motcua.dossier/1"
"""Signing an application: ``procedure`` (its code), ``form_sha256`` (64 hex digits) and ``fee`` (đồng)."""
REFUSED = "invalid_transaction_data"
"""The error by which a wallet refuses, and the reason for which a verifier does not believe."""
_MEMBERS: Mapping[str, Mapping[str, type]] = {
    DOSSIER: {"procedure": str, "form_sha256": str, "fee": int}
}
_COMMON = frozenset({"type", "credential_ids", "transaction_data_hashes_alg"})
_MOST = 10
_LONGEST = 8192


@dataclass(frozen=True)
class Transaction:
    """One transaction: ``about`` holds the members of its type, ``text`` is what is hashed."""

    type: str
    credential_ids: tuple[str, ...]
    about: Mapping[str, Any]
    text: str

    @property
    def hash(self) -> str:
        """The base64url SHA-256 of the text as it was sent (section B.3.3.1)."""
        return hash_of(self.text)


def encode(kind: str, credential_ids: Sequence[str], about: Mapping[str, Any]) -> str:
    """Return one entry of ``transaction_data``."""
    entry = {
        "type": kind,
        "credential_ids": list(credential_ids),
        "transaction_data_hashes_alg": [ALGORITHM],
        **about,
    }
    return jose.b64u(json.dumps(entry, ensure_ascii=False).encode())


def hash_of(text: str) -> str:
    """Return the hash of one entry as key bindings hold it."""
    return jose.b64u(hashlib.sha256(text.encode()).digest())


def read(value: object, asked: Collection[str]) -> tuple[Transaction, ...]:
    """Read ``transaction_data`` of a request as a wallet must (section 5.1); nothing when it is absent.

    ``asked`` are the ids of the credential queries. Raises ``CredentialError`` (``invalid_transaction_data``)
    for a type that is not known here, a member that is missing, unknown or of another kind, a hash algorithm
    other than SHA-256, or a credential that is not asked for.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or not 0 < len(value) <= _MOST:
        raise _wrong("transaction_data is not an array with entries")
    found = tuple(_entry(text) for text in value)
    for one in found:
        _check_known(one, asked)
    if len({one.text for one in found}) != len(found):
        raise _wrong("an entry of transaction_data comes twice")
    return found


def binding(transactions: Sequence[Transaction]) -> dict[str, Any]:
    """Return what a key binding adds for these transactions; nothing when there are none."""
    if not transactions:
        return {}
    hashes = [one.hash for one in transactions]
    return {"transaction_data_hashes": hashes, "transaction_data_hashes_alg": ALGORITHM}


def check(wanted: Sequence[str], bound: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that the key bindings authorise exactly the transactions ``wanted``, each of them once.

    ``bound`` are the verified key bindings by credential query. Raises ``CredentialError``
    (``invalid_transaction_data``): one is missing, altered, too many, or bound to the wrong credential.
    """
    open_ = [_entry(text) for text in wanted]
    for name, payload in bound.items():
        for given in _hashes(payload):
            met = next(
                (
                    one
                    for one in open_
                    if name in one.credential_ids
                    and hmac.compare_digest(one.hash.encode(), given.encode())
                ),
                None,
            )
            if met is None:
                raise _wrong("a hash belongs to no transaction of this request")
            open_.remove(met)
    if open_:
        raise _wrong("a transaction was not authorised")


def check_one(wanted: Sequence[str], payload: Mapping[str, Any]) -> None:
    """Check the key binding of a single presentation; see ``check``. Which credential it is was asked before."""
    hashes = {hash_of(text) for text in wanted}
    given = _hashes(payload)
    if len(given) != len(wanted) or set(given) != hashes:
        raise _wrong("other transactions were authorised than were asked for")


def _hashes(payload: Mapping[str, Any]) -> list[str]:
    given = payload.get("transaction_data_hashes", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _wrong("transaction_data_hashes is not an array of texts")
    if "transaction_data_hashes_alg" in payload and not given:
        raise _wrong("transaction_data_hashes is missing")
    if given and payload.get("transaction_data_hashes_alg") != ALGORITHM:
        raise _wrong("transaction_data_hashes_alg is not sha-256")
    return given


def _entry(text: object) -> Transaction:
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise _wrong("an entry of transaction_data is not a text, or too long")
    try:
        entry = jose.json_object(jose.b64u_decode(text))
    except CredentialError as error:
        raise _wrong("an entry of transaction_data is not base64url JSON") from error
    kind, ids = entry.get("type"), entry.get("credential_ids")
    if not isinstance(kind, str):
        raise _wrong("a transaction has no type")
    if not isinstance(ids, list) or not ids or not all(isinstance(i, str) for i in ids):
        raise _wrong("credential_ids is not an array of texts")
    algorithms = entry.get("transaction_data_hashes_alg", [ALGORITHM])
    if not isinstance(algorithms, list) or ALGORITHM not in algorithms:
        raise _wrong("transaction_data_hashes_alg has no algorithm we know")
    about = {name: value for name, value in entry.items() if name not in _COMMON}
    return Transaction(kind, tuple(ids), about, text)


def _check_known(one: Transaction, asked: Collection[str]) -> None:
    """Refuse what a wallet could not show to its holder in plain words."""
    if one.type not in _MEMBERS:
        raise _wrong("the type of a transaction is not known here")
    if not set(one.credential_ids) <= set(asked):
        raise _wrong("a transaction names a credential that is not asked for")
    expected, about = _MEMBERS[one.type], one.about
    if set(about) != set(expected):
        raise _wrong("a transaction lacks a member, or has one that is not known")
    for name, kind in expected.items():
        if not isinstance(about[name], kind) or isinstance(about[name], bool):
            raise _wrong(f"{name} of a transaction is of another kind")
    digest = str(about["form_sha256"])
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef") or about["fee"] < 0:
        raise _wrong("form_sha256 or fee of a transaction is not one")


def _wrong(description: str) -> CredentialError:
    return CredentialError(REFUSED, description)
