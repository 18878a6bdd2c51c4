"""Moments in tokens: whole seconds since 1970 there, aware datetimes here."""

from datetime import UTC, datetime, timedelta
from typing import Any

from motcua.wallet.refusal import CredentialError

SKEW = timedelta(seconds=60)
"""How far another clock may be ahead of ours."""


def seconds(moment: datetime) -> int:
    """Return a NumericDate (RFC 7519 section 2); raises ``ValueError`` for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return int(moment.timestamp())


def hour(moment: datetime) -> int:
    """Return the NumericDate of the full hour before, so that copies of a batch look alike."""
    return seconds(moment) // 3600 * 3600


def moment_of(value: Any, name: str) -> datetime:
    """Read a NumericDate; raises ``CredentialError`` (``malformed``) when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CredentialError("malformed", f"{name} is not a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CredentialError("malformed", f"{name} is out of range") from error


def check_fresh(value: Any, now: datetime, max_age: timedelta) -> datetime:
    """Check that ``iat`` lies between ``now - max_age`` and ``now`` plus the skew.

    Raises ``CredentialError``: ``stale`` or ``from_the_future``.
    """
    issued = moment_of(value, "iat")
    if issued > now + SKEW:
        raise CredentialError("from_the_future", "iat lies in the future")
    if issued < now - max_age:
        raise CredentialError("stale", "iat is too old")
    return issued
