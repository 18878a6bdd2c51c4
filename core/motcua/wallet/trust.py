"""Whom a verifier believes, as a value: issuers with their anchors, types and validity; and as a signed document.

The trust list is a JWS of the tenant that serves it, signed with its credential key; its certificate leads to
the platform's root, which stays off line and is what a reader pins. The list names every tenant of the
platform and the issuers outside of it that the tenant's administrator added.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from motcua.wallet import certificates, jose
from motcua.wallet.moments import SKEW, moment_of, seconds
from motcua.wallet.refusal import CredentialError

TYPE = "motcua-trust-list+jwt"
MEDIA_TYPE = "application/motcua-trust-list+jwt"
NAME = "motcua-trust-list"
LIFETIME = timedelta(hours=24)
TTL = timedelta(minutes=5)
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_NEVER_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TrustedIssuer:
    """An issuer that is believed.

    ``anchors`` are the certificates its own must lead to. ``types`` maps the names by which we know its
    papers to its ``vct``; None: every type at its own address. ``outside`` tells that it is no tenant.
    """

    url: str
    name: str
    anchors: tuple[x509.Certificate, ...]
    types: Mapping[str, str] | None = None
    valid_from: datetime = _NEVER_BEFORE
    valid_until: datetime = _EVER
    outside: bool = False

    def vct_of(self, kind: str) -> str | None:
        """Return the ``vct`` of its papers of one kind; None when it is not believed for them."""
        return f"{self.url}/vct/{kind}/1" if self.types is None else self.types.get(kind)

    def issues(self, vct: str) -> bool:
        """Tell whether it is believed for papers of this ``vct``."""
        if self.types is None:
            return vct.startswith(f"{self.url}/vct/")
        return vct in self.types.values()

    def keeps(self, uri: str) -> bool:
        """Tell whether a status list may lie at this address: only at the issuer's own."""
        return uri.startswith(f"{self.url}/" if self.outside else f"{self.url}/status/")


@dataclass(frozen=True)
class Trust:
    """All issuers that are believed, by their address, and the keys that nobody believes any more.

    ``revoked`` holds their thumbprints (RFC 7638): signers, and authorities with all they certified.
    """

    issuers: Mapping[str, TrustedIssuer]
    revoked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, issuers: Sequence[TrustedIssuer], revoked: Collection[str] = ()) -> "Trust":
        """Return the trust in these issuers, without these keys."""
        found = MappingProxyType({issuer.url: issuer for issuer in issuers})
        return cls(found, frozenset(revoked))

    def issuer(self, url: str, now: datetime) -> TrustedIssuer:
        """Return an issuer that is believed now; ``CredentialError`` (``untrusted_issuer``) otherwise."""
        found = self.issuers.get(url)
        if found is None or not found.valid_from <= now < found.valid_until:
            raise CredentialError("untrusted_issuer", "no trusted key of this issuer")
        return found

    def vcts(self, kind: str, now: datetime) -> list[str]:
        """Return the ``vct`` of every issuer that is believed now for one kind of paper."""
        believed = [i for i in self.issuers.values() if i.valid_from <= now < i.valid_until]
        return [vct for i in believed if (vct := i.vct_of(kind)) is not None]

    def key(self, url: str, header: Mapping[str, Any], now: datetime) -> jose.Key:
        """Return the key in the ``x5c`` of a protected header, when it is this issuer's.

        Raises ``CredentialError``: ``untrusted_issuer``, ``malformed``, or ``untrusted_certificate`` when it
        does not lead to an anchor of the issuer, bears another host (SD-JWT VC section 3.5) or was revoked.
        """
        issuer = self.issuer(url, now)
        chain = certificates.read_x5c(header.get("x5c"))
        leaf = certificates.check_chain(chain, roots=issuer.anchors, now=now)
        if self.revoked and not self.revoked.isdisjoint(certificates.kids_of(chain)):
            raise CredentialError("untrusted_certificate", "the key of the certificate was revoked")
        if urlsplit(url).hostname not in certificates.hosts_of(leaf):
            raise CredentialError("untrusted_certificate", "the certificate is another host's")
        return certificates.key_of(leaf)


def make_list(
    trust: Trust,
    *,
    source: str,
    key: jose.SigningKey,
    chain: Sequence[x509.Certificate],
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> str:
    """Return the signed trust list of the tenant at ``source``; ``chain`` certifies ``key``, leaf first."""
    payload = {
        "iss": source,
        "iat": seconds(now),
        "exp": seconds(now + lifetime),
        "ttl": int(TTL.total_seconds()),
        "issuers": [_entry(issuer) for issuer in trust.issuers.values()],
        "revoked_keys": sorted(trust.revoked),
    }
    return jose.sign(payload, key, typ=TYPE, x5c=certificates.x5c(chain))


def read_trust_list(token: str, *, root: bytes, source: str, now: datetime | None = None) -> Trust:
    """Verify a trust list and return the trust it says.

    ``root`` is the platform's root certificate in PEM, pinned by the reader; ``source`` the address of the
    tenant from whose ``/.well-known/motcua-trust-list`` the list came. Raises ``CredentialError``:
    ``malformed``, ``wrong_type``, ``untrusted_certificate``, ``bad_signature``, ``untrusted_issuer``,
    ``not_yet_valid`` or ``expired``; ``ValueError`` when ``root`` is no certificate.
    """
    at = now or datetime.now(UTC)
    roots = certificates.from_pem(root)
    chain = certificates.read_x5c(jose.read(token.strip()).header.get("x5c"))
    leaf = certificates.check_chain(chain, roots=roots, now=at)
    payload = jose.verify(token.strip(), certificates.key_of(leaf), typ=TYPE).payload
    signer = urlsplit(source).hostname
    if payload.get("iss") != source or signer not in certificates.hosts_of(leaf):
        raise CredentialError("untrusted_issuer", "the trust list is another tenant's")
    if moment_of(payload.get("iat"), "iat") > at + SKEW:
        raise CredentialError("not_yet_valid", "the trust list lies in the future")
    if moment_of(payload.get("exp"), "exp") <= at:
        raise CredentialError("expired", "the trust list has expired")
    entries = payload.get("issuers")
    if not isinstance(entries, list):
        raise CredentialError("malformed", "the trust list names no issuers")
    revoked = payload.get("revoked_keys", [])
    if not isinstance(revoked, list) or not all(isinstance(kid, str) for kid in revoked):
        raise CredentialError("malformed", "revoked_keys of the trust list is no list of keys")
    return Trust.of([_issuer(entry) for entry in entries], revoked)


def _entry(issuer: TrustedIssuer) -> dict[str, Any]:
    more = {} if issuer.types is None else {"types": dict(issuer.types)}
    limits = {"valid_from": issuer.valid_from, "valid_until": issuer.valid_until}
    bounded = {n: seconds(m) for n, m in limits.items() if m not in (_EVER, _NEVER_BEFORE)}
    return {
        "issuer": issuer.url,
        "name": issuer.name,
        "kind": "outside" if issuer.outside else "tenant",
        "x5c": [base64.b64encode(certificates.der(c)).decode() for c in issuer.anchors],
        **more,
        **bounded,
    }


def _issuer(entry: Any) -> TrustedIssuer:
    if not isinstance(entry, dict) or not isinstance(entry.get("issuer"), str):
        raise CredentialError("malformed", "an entry of the trust list names no issuer")
    types = entry.get("types")
    if types is not None and not _is_texts(types):
        raise CredentialError("malformed", "types of the trust list are not texts")
    start, end = entry.get("valid_from"), entry.get("valid_until")
    return TrustedIssuer(
        url=entry["issuer"],
        name=str(entry.get("name", "")),
        anchors=tuple(certificates.read_x5c(entry.get("x5c"))),
        types=types,
        valid_from=_NEVER_BEFORE if start is None else moment_of(start, "valid_from"),
        valid_until=_EVER if end is None else moment_of(end, "valid_until"),
        outside=entry.get("kind") == "outside",
    )


def _is_texts(types: Any) -> bool:
    return isinstance(types, dict) and all(isinstance(v, str) for v in types.values())
