"""SD-JWT VC (``dc+sd-jwt``): issue, present and verify.

Rules: RFC 9901 (SD-JWT) sections 4 and 7, draft-ietf-oauth-sd-jwt-vc sections 2 and 3.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from motcua.wallet import jose
from motcua.wallet.disclosures import Disclosure, assemble, digest_of, read_disclosure
from motcua.wallet.moments import SKEW, check_fresh, hour, moment_of, seconds
from motcua.wallet.refusal import CredentialError

FORMAT = "dc+sd-jwt"
KEY_BINDING = "kb+jwt"
MAX_LENGTH = 2 * 1024 * 1024
_REGISTERED = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd_alg"})
_NEVER_HIDDEN = frozenset({"iss", "vct", "vct#integrity", "nbf", "exp", "cnf", "status"})

KeyLookup = Callable[[str, Mapping[str, Any]], jose.Key | None]
"""From issuer and protected header (``kid``, ``x5c``) to the trusted key, or None."""


@dataclass(frozen=True)
class Status:
    """Where the status of a credential stands: an index into the list at ``uri``."""

    uri: str
    index: int


@dataclass(frozen=True)
class Verified:
    """A credential whose signature, disclosures, validity and (if presented) key binding were checked.

    ``claims`` holds only what was disclosed, without the technical claims. ``digest`` is the SHA-256
    (hex) of what was presented, kept as evidence. The status is not checked here: it needs the list.
    """

    claims: dict[str, Any]
    issuer: str
    vct: str
    kid: str | None
    status: Status | None
    holder_jwk: dict[str, Any] | None
    digest: str
    issued_at: datetime | None
    expires_at: datetime | None
    key_binding: Mapping[str, Any] = field(default_factory=dict)
    """What the holder signed with the presentation; empty when none was checked."""


@dataclass(frozen=True)
class Parts:
    """An SD-JWT taken apart; nothing in it is verified."""

    jwt: str
    disclosures: tuple[str, ...]
    key_binding: str
    header: dict[str, Any]
    payload: dict[str, Any]

    @property
    def bound(self) -> str:
        """The text that ``sd_hash`` covers: everything before the key binding."""
        return "~".join((self.jwt, *self.disclosures, ""))


def issue(
    claims: Mapping[str, Any],
    hidden: Collection[str],
    *,
    issuer: str,
    vct: str,
    key: jose.SigningKey,
    kid: str,
    x5c: Sequence[str] | None,
    holder_jwk: Mapping[str, Any] | None,
    status: Status | None,
    iat: datetime,
    exp: datetime | None,
) -> str:
    """Return a signed credential; each claim named in ``hidden`` becomes selectively disclosable.

    ``iat`` and ``exp`` are rounded down to the hour: copies of a batch must not be linkable by them.
    Raises ``ValueError`` when a claim may not be given or hidden, or the validity is shorter than an hour.
    """
    reserved = (_REGISTERED | {"_sd", "..."}) & claims.keys()
    if reserved or not set(hidden) <= claims.keys():
        raise ValueError(
            f"claims that cannot be issued: {sorted(reserved | set(hidden) - claims.keys())}"
        )
    if exp is not None and hour(exp) <= hour(iat):
        raise ValueError("the credential would expire in the hour of its issuance")
    disclosures = [_disclose(name, claims[name]) for name in sorted(hidden)]
    payload: dict[str, Any] = {n: v for n, v in claims.items() if n not in hidden}
    payload |= {"iss": issuer, "vct": vct, "iat": hour(iat)}
    if exp is not None:
        payload["exp"] = hour(exp)
    if holder_jwk is not None:
        payload["cnf"] = {"jwk": dict(holder_jwk)}
    if status is not None:
        payload["status"] = {"status_list": {"uri": status.uri, "idx": status.index}}
    if disclosures:
        # Sorted by digest: the order of the claims must not show through.
        payload |= {"_sd": sorted(map(digest_of, disclosures)), "_sd_alg": "sha-256"}
    token = jose.sign(payload, key, typ=FORMAT, kid=kid, x5c=list(x5c) if x5c else None)
    return "~".join((token, *disclosures, ""))


def take_apart(sdjwt: str) -> Parts:
    """Split an SD-JWT and read its header and payload, to look up who should have signed it.

    Raises ``CredentialError``: ``malformed`` or ``unsupported_algorithm``.
    """
    if len(sdjwt) > MAX_LENGTH or "~" not in sdjwt:
        raise CredentialError("malformed", "not an SD-JWT")
    jwt, *disclosures, key_binding = sdjwt.split("~")
    token = jose.read(jwt)
    return Parts(jwt, tuple(disclosures), key_binding, token.header, token.payload)


def present(
    sdjwt: str,
    reveal: Collection[str],
    *,
    holder_key: jose.Key,
    nonce: str,
    aud: str,
    iat: datetime,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Return a presentation that discloses the top-level claims in ``reveal`` and proves possession.

    Everything below a revealed claim is disclosed with it. Claims which the issuer left open are always
    visible. ``aud`` is the verifier's full ``client_id``; ``more`` goes into the key binding too.
    """
    parts = take_apart(sdjwt)
    book = _book(parts)
    kept: set[str] = set()
    for digest, item in book.items():
        if item.name in reveal and digest in (parts.payload.get("_sd") or ()):
            kept |= _with_children(digest, book)
    for name, value in parts.payload.items():
        if name in reveal:
            kept |= _below(value, book)
    chosen = tuple(item.text for digest, item in book.items() if digest in kept)
    bound = "~".join((parts.jwt, *chosen, ""))
    proof = {"iat": seconds(iat), "aud": aud, "nonce": nonce, "sd_hash": digest_of(bound)}
    proof |= more or {}
    return bound + jose.sign(proof, holder_key, typ=KEY_BINDING)


def verify_credential(sdjwt: str, *, issuer_key_lookup: KeyLookup, now: datetime) -> Verified:
    """Verify a credential as its holder receives it: all disclosures, no key binding.

    Raises ``CredentialError`` like ``verify_presentation``.
    """
    parts = take_apart(sdjwt)
    if parts.key_binding:
        raise CredentialError("malformed", "a stored credential carries no key binding")
    return _verify_issued(parts, sdjwt, issuer_key_lookup, now)


def verify_presentation(
    presentation: str,
    *,
    issuer_key_lookup: KeyLookup,
    nonce: str,
    aud: str,
    now: datetime,
    max_age: timedelta,
) -> Verified:
    """Verify a presentation and return what it proves.

    Order of checks: issuer's key, type and signature, disclosures, validity, key binding (type, holder's
    signature, audience, nonce, age, ``sd_hash``). Raises ``CredentialError`` with ``malformed``,
    ``unsupported_algorithm``, ``untrusted_issuer``, ``wrong_type``, ``bad_signature``,
    ``bad_disclosure``, ``duplicate_digest``, ``not_yet_valid``, ``expired``, ``missing_key_binding``,
    ``wrong_holder``, ``wrong_audience``, ``wrong_nonce``, ``stale`` or ``from_the_future``.
    """
    parts = take_apart(presentation)
    verified = _verify_issued(parts, presentation, issuer_key_lookup, now)
    if not parts.key_binding or verified.holder_jwk is None:
        raise CredentialError(
            "missing_key_binding", "the presentation is not bound to a holder key"
        )
    proof = _check_key_binding(parts, verified.holder_jwk, nonce, aud, now, max_age)
    return replace(verified, key_binding=proof)


def _verify_issued(parts: Parts, text: str, lookup: KeyLookup, now: datetime) -> Verified:
    issuer = parts.payload.get("iss")
    key = lookup(issuer, parts.header) if isinstance(issuer, str) else None
    if key is None or not isinstance(issuer, str):
        raise CredentialError("untrusted_issuer", "no trusted key of this issuer")
    payload = jose.verify(parts.jwt, key, typ=FORMAT).payload
    if payload.get("_sd_alg", "sha-256") != "sha-256":
        raise CredentialError("unsupported_algorithm", "_sd_alg must be sha-256")
    opened = assemble(payload, _book(parts), never_hidden=_NEVER_HIDDEN)
    issued_at, expires_at = _check_validity(payload, now)
    kid = parts.header.get("kid")
    return Verified(
        claims={n: v for n, v in opened.items() if n not in _REGISTERED},
        issuer=issuer,
        vct=_text(payload, "vct"),
        kid=kid if isinstance(kid, str) else None,
        status=_status(payload.get("status")),
        holder_jwk=_holder(payload.get("cnf")),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        issued_at=issued_at,
        expires_at=expires_at,
    )


def _check_validity(
    payload: Mapping[str, Any], now: datetime
) -> tuple[datetime | None, datetime | None]:
    issued = moment_of(payload["iat"], "iat") if "iat" in payload else None
    starts = moment_of(payload["nbf"], "nbf") if "nbf" in payload else issued
    expires = moment_of(payload["exp"], "exp") if "exp" in payload else None
    if any(m is not None and m > now + SKEW for m in (issued, starts)):
        raise CredentialError("not_yet_valid", "the credential is not valid yet")
    if expires is not None and expires <= now:
        raise CredentialError("expired", "the credential has expired")
    return issued, expires


def _check_key_binding(
    parts: Parts,
    holder_jwk: Mapping[str, Any],
    nonce: str,
    aud: str,
    now: datetime,
    max_age: timedelta,
) -> dict[str, Any]:
    try:
        token = jose.verify(parts.key_binding, jose.key_from_jwk(holder_jwk), typ=KEY_BINDING)
    except CredentialError as error:
        if error.reason_code != "bad_signature":
            raise
        raise CredentialError("wrong_holder", "not signed with the key of the holder") from error
    if token.payload.get("aud") != aud:
        raise CredentialError("wrong_audience", "aud is not this verifier")
    if token.payload.get("nonce") != nonce:
        raise CredentialError("wrong_nonce", "nonce does not belong to this request")
    check_fresh(token.payload.get("iat"), now, max_age)
    if token.payload.get("sd_hash") != digest_of(parts.bound):
        raise CredentialError("bad_disclosure", "sd_hash does not cover what was presented")
    return token.payload


def _disclose(name: str, value: Any) -> str:
    salt = jose.b64u(secrets.token_bytes(16))
    return jose.b64u(json.dumps([salt, name, value], ensure_ascii=False).encode())


def _book(parts: Parts) -> dict[str, Disclosure]:
    book: dict[str, Disclosure] = {}
    for text in parts.disclosures:
        item = read_disclosure(text)
        digest = digest_of(text)
        if digest in book:
            raise CredentialError("duplicate_digest", "a disclosure is sent twice")
        book[digest] = item
    return book


def _with_children(digest: str, book: Mapping[str, Disclosure]) -> set[str]:
    return {digest} | _below(book[digest].value, book)


def _below(value: Any, book: Mapping[str, Disclosure]) -> set[str]:
    """Return the digests of every disclosure referred to at or below a value."""
    found: set[str] = set()
    if isinstance(value, dict):
        for digest in [*(value.get("_sd") or ()), value.get("...")]:
            if isinstance(digest, str) and digest in book:
                found |= _with_children(digest, book)
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for child in children:
            found |= _below(child, book)
    return found


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise CredentialError("malformed", f"{name} is missing")
    return value


def _status(value: Any) -> Status | None:
    """Read the ``status`` claim (Token Status List section 6.1)."""
    if value is None:
        return None
    entry = value.get("status_list") if isinstance(value, dict) else None
    uri, index = (entry.get("uri"), entry.get("idx")) if isinstance(entry, dict) else (None, None)
    if (
        not isinstance(uri, str)
        or isinstance(index, bool)
        or not isinstance(index, int)
        or index < 0
    ):
        raise CredentialError("malformed", "status is not a status list entry")
    return Status(uri, index)


def _holder(cnf: Any) -> dict[str, Any] | None:
    if cnf is None:
        return None
    jwk = cnf.get("jwk") if isinstance(cnf, dict) else None
    if not isinstance(jwk, dict):
        raise CredentialError("malformed", "cnf holds no jwk")
    return jwk
