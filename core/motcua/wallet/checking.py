"""One presentation, judged without a database or a network: every check, always in the same order.

Issuer's certificate, signature, disclosures, validity, key binding, type, then (by whoever asked) the query,
then the status. Each refusal is a ``CredentialError`` with a reason that is named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from motcua.wallet import sdjwt, statuslist, transactions
from motcua.wallet.refusal import CredentialError
from motcua.wallet.trust import Trust

MAX_AGE = timedelta(minutes=5)
_WITHDRAWN = {statuslist.REVOKED: "revoked", statuslist.SUSPENDED: "suspended"}

StatusList = Callable[[str], str]
"""From the address of a status list to its signed text; whoever calls fetches it."""


@dataclass(frozen=True)
class Verified:
    """What holds: who says it, of which type, and the claims that were disclosed.

    ``bound``: the holder proved his key for this very request. ``status`` is ``valid`` only when the
    issuer's list was read, else ``not_checked``. ``digest`` is the SHA-256 of what was presented.
    """

    claims: dict[str, Any]
    issuer: str
    issuer_name: str
    type: str
    bound: bool
    status: Literal["valid", "not_checked"]
    issued_at: datetime | None
    expires_at: datetime | None
    digest: str


def verify(
    presentation: str,
    *,
    nonce: str | None,
    audience: str | None,
    trust: Trust,
    status_list: StatusList | None = None,
    now: datetime | None = None,
    transaction_data: Sequence[str] = (),
) -> Verified:
    """Verify a presentation that was made for ``nonce`` and ``audience`` (your full ``client_id``).

    With both None, ``presentation`` is an SD-JWT as its holder keeps it, without key binding: it proves what
    the issuer said, not who shows it. ``status_list`` is asked for the signed list at an address of the
    issuer; without it a withdrawn paper is not noticed. ``transaction_data`` are the texts of your request that the
    holder must have authorised with this paper. Nothing is fetched here. Raises ``CredentialError``
    whose ``reason_code`` names the check that failed, and ``ValueError`` when only one of ``nonce`` and
    ``audience`` is given.
    """
    at = now or datetime.now(UTC)
    seen = check(presentation, nonce=nonce, audience=audience, trust=trust, now=at)
    if nonce is not None:
        transactions.check_one(transaction_data, seen.key_binding)
    if status_list is not None and seen.status is not None:
        check_status(seen, trust, status_list(status_entry(seen, trust, at).uri), at)
    checked = status_list is not None and seen.status is not None
    return Verified(
        claims=seen.claims,
        issuer=seen.issuer,
        issuer_name=trust.issuer(seen.issuer, at).name,
        type=seen.vct,
        bound=nonce is not None,
        status="valid" if checked else "not_checked",
        issued_at=seen.issued_at,
        expires_at=seen.expires_at,
        digest=seen.digest,
    )


def check(
    presentation: str, *, nonce: str | None, audience: str | None, trust: Trust, now: datetime
) -> sdjwt.Verified:
    """Check everything but query and status; see ``verify``."""
    if (nonce is None) != (audience is None):
        raise ValueError("nonce and audience belong together: give both, or none")
    if nonce is None or audience is None:
        seen = sdjwt.verify_credential(
            presentation, issuer_key_lookup=lambda url, head: trust.key(url, head, now), now=now
        )
    else:
        seen = sdjwt.verify_presentation(
            presentation,
            issuer_key_lookup=lambda url, head: trust.key(url, head, now),
            nonce=nonce,
            aud=audience,
            now=now,
            max_age=MAX_AGE,
        )
    if not trust.issuer(seen.issuer, now).issues(seen.vct):
        raise CredentialError("wrong_type", "vct is not a type this issuer is believed for")
    return seen


def status_entry(seen: sdjwt.Verified, trust: Trust, now: datetime) -> sdjwt.Status:
    """Return where the status stands: only at the issuer's own address, so that nobody is sent elsewhere.

    Raises ``CredentialError`` (``malformed``) when there is none or it lies at another host.
    """
    entry = seen.status
    if entry is None or not trust.issuer(seen.issuer, now).keeps(entry.uri):
        raise CredentialError("malformed", "the credential has no status list of its issuer")
    return entry


def check_status(seen: sdjwt.Verified, trust: Trust, token: str, now: datetime) -> None:
    """Read a status list and refuse a withdrawn credential: ``revoked`` or ``suspended``.

    The list must be its issuer's own, signed, in force and not larger than it may be when it is inflated.
    """
    entry = status_entry(seen, trust, now)
    found = statuslist.verify_token(
        token,
        uri=entry.uri,
        key_lookup=lambda header: trust.key(seen.issuer, header, now),
        now=now,
    )
    refuse_withdrawn(statuslist.read_status(found, entry.index))


def refuse_withdrawn(status: int) -> None:
    """Raise ``CredentialError`` unless a status is valid; an unknown one counts as revoked."""
    if status != statuslist.VALID:
        raise CredentialError(_WITHDRAWN.get(status, "revoked"), "the credential was withdrawn")
