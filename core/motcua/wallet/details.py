"""What a wallet asks to be authorised for: ``authorization_details`` or ``scope`` (OpenID4VCI section 5.1)."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from motcua.wallet.answers import ProtocolError

TYPE = "openid_credential"


def asked(text: str) -> str:
    """Return the configuration that ``authorization_details`` name.

    One credential at a time: a person consents to one paper on one page. Raises ``ProtocolError``
    (``invalid_authorization_details``, RFC 9396 section 5).
    """
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("authorization_details is not a JSON document") from error
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise _wrong("authorization_details must hold one object")
    entry: Mapping[str, Any] = listed[0]
    if entry.get("type") != TYPE:
        raise _wrong(f"the type of authorization_details must be {TYPE}")
    kind = entry.get("credential_configuration_id")
    if not isinstance(kind, str):
        raise _wrong("credential_configuration_id is missing in authorization_details")
    return kind


def configuration(form: Mapping[str, str], known: Collection[str]) -> tuple[str | None, bool]:
    """Return the configuration an authorization request names, and whether it did so in details.

    None when only an offer says it. Raises ``ProtocolError``: ``invalid_authorization_details``,
    ``invalid_scope``, ``invalid_request``.
    """
    if "authorization_details" in form:
        if "scope" in form:
            raise ProtocolError("invalid_request", "give scope or authorization_details, not both")
        kind = asked(form["authorization_details"])
        if kind not in known:
            raise _wrong("there is no such credential configuration")
        return kind, True
    names = form.get("scope", "").split()
    if not names:
        return None, False
    if len(names) != 1 or names[0] not in known:
        raise ProtocolError(
            "invalid_scope", "scope must name one kind of credential of this issuer"
        )
    return names[0], False


def _wrong(sentence: str) -> ProtocolError:
    return ProtocolError("invalid_authorization_details", sentence)
