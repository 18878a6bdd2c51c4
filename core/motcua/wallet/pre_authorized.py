"""The pre-authorised code (OpenID4VCI 1.0 sections 3.5 and 6) as a grant of ours among those of Authlib.

A wrong transaction code is counted although the request is refused: Authlib turns the refusal into an answer inside
the transaction, and the count is committed with it.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]
    InvalidGrantError,
    InvalidRequestError,
)
from authlib.oauth2.rfc6749.grants import (  # type: ignore[import-untyped]
    BaseGrant,
    TokenEndpointMixin,
)

from motcua.events.work import Work
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet import bridge, details, grants, metadata, oauth, offering
from motcua.wallet.grants import Granted, Subject
from motcua.wallet.oauth import Caller

_OFFER = """
select id, result_id, dossier_id, type, flow, trace_id, tx_code_hash, tries, expires_at, used_at
from credential_offer where code_hash = $1 for update
"""
_TRIED = "update credential_offer set tries = tries + 1 where id = $1"
_USED = "update credential_offer set used_at = $2 where id = $1"


class PreAuthorizedCodeGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """Redeems the code of an offer, once, with the transaction code that travelled another way."""

    GRANT_TYPE = metadata.PRE_AUTHORIZED
    TOKEN_ENDPOINT_AUTH_METHODS = (oauth.PUBLIC,)

    def validate_token_request(self) -> None:
        form, self.wanted = self.request.form, ""
        oauth.required(form, "pre-authorized_code")
        self.request.client = self.authenticate_token_endpoint_client()
        if "authorization_details" in form:
            self.wanted = details.asked(form["authorization_details"])
        self.request.credential = bridge.wait(_offer(self.request.work, form, self.wanted))

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        asked = self.request
        asked.user = bridge.wait(
            _use(asked.work, asked.credential, asked.client, identified=bool(self.wanted))
        )
        made = self.generate_token(user=asked.user, scope=asked.user.type)
        self.save_token(made)
        return 200, made, self.TOKEN_RESPONSE_HEADER


async def _offer(work: Work, form: Mapping[str, str], wanted: str) -> Record:
    """Return the offer of a code, locked, once all is right that was sent with it; an ``OAuth2Error``."""
    offer = await work.tx.fetchrow(_OFFER, digest(form["pre-authorized_code"]))
    if offer is None or offer["flow"] != offering.CODE_SENT or offering.ended(offer, work.now):
        raise InvalidGrantError("the code is unknown, used or expired, or was locked")
    if wanted not in ("", offer["type"]):
        raise oauth.InvalidDetailsError("this offer is for another credential configuration")
    work.trace_id = offer["trace_id"]
    await _check_tx_code(work, offer, form.get("tx_code", ""))
    return offer


async def _check_tx_code(work: Work, offer: Record, given: str) -> None:
    """Compare the transaction code; a wrong one is counted, and the last of them locks the offer."""
    expected = offer["tx_code_hash"]
    if expected is None and given:
        raise InvalidRequestError("this offer has no tx_code")
    if expected is None:
        return
    if not given:
        raise InvalidRequestError("this offer needs a tx_code")
    if hmac.compare_digest(offering.tx_hash(work.vault, offer["id"], given), expected):
        return
    await work.tx.execute(_TRIED, offer["id"])
    if offer["tries"] + 1 >= offering.TRIES:
        work.emit("offer.locked", offer["result_id"] or offer["dossier_id"])
    raise InvalidGrantError("the tx_code is wrong")


async def _use(work: Work, offer: Record, caller: Caller, *, identified: bool) -> Granted:
    """Use the offer up and return what it grants."""
    await work.tx.execute(_USED, offer["id"], work.now)
    subject = Subject(offer["trace_id"], offer["dossier_id"], offer["result_id"], offer["type"])
    work.emit("offer.used", subject.result_id or subject.dossier_id)
    return await grants.create(work, subject, caller, identified=identified)
