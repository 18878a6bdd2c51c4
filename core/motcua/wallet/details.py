"""What a wallet asks to be authorised for: ``authorization_details`` or ``scope`` (OpenID4VCI section 5.1)."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    InvalidRequestError,
    InvalidScopeError,
)

from motcua.wallet.oauth import InvalidDetailsError

TYPE = "openid_credential"


def asked(text: str) -> str:
    """Return the configuration that ``authorization_details`` name.

    One credential at a time: a person consents to one paper on one page. Raises ``InvalidDetailsError``.
    """
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDetailsError("authorization_details is not a JSON document") from error
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise InvalidDetailsError("authorization_details must hold one object")
    entry: Mapping[str, Any] = listed[0]
    if entry.get("type") != TYPE:
        raise InvalidDetailsError(f"the type of authorization_details must be {TYPE}")
    kind = entry.get("credential_configuration_id")
    if not isinstance(kind, str):
        raise InvalidDetailsError("credential_configuration_id is missing in authorization_details")
    return kind


def configuration(form: Mapping[str, str], known: Collection[str]) -> tuple[str | None, bool]:
    """Return the configuration an authorization request names, and whether it did so in details.

    None when only an offer says it. Raises ``InvalidDetailsError``, ``InvalidScopeError``,
    ``InvalidRequestError``.
    """
    if "authorization_details" in form:
        if "scope" in form:
            raise InvalidRequestError("give scope or authorization_details, not both")
        kind = asked(form["authorization_details"])
        if kind not in known:
            raise InvalidDetailsError("there is no such credential configuration")
        return kind, True
    names = form.get("scope", "").split()
    if not names:
        return None, False
    if len(names) != 1 or names[0] not in known:
        raise InvalidScopeError("scope must name one kind of credential of this issuer")
    return names[0], False


def granted(kind: str, identifier: str) -> dict[str, Any]:
    """Return the entry of a token response that gives a grant its ``credential_identifier`` (section 6.2)."""
    return {
        "type": TYPE,
        "credential_configuration_id": kind,
        "credential_identifiers": [identifier],
    }
