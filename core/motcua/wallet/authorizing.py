"""The authorization endpoint: a pushed request before its holder, who says yes or no (OpenID4VCI 1.0 section 5).

Its address is used once and gives the browser a ticket; that, and which paper is meant, is ours. The answer is
Authlib's: its code grant checks the request again, makes the code, or the refusal, and adds ``state`` and ``iss``.
"""

from motcua.errors import Gone, NotFound
from motcua.events.work import Work
from motcua.ids import token
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import bridge, issuer
from motcua.wallet.codes import TICKET_LIFETIME, Consenting
from motcua.wallet.grants import WALLET, Subject
from motcua.wallet.oauth import Answer
from motcua.wallet.pushing import PREFIX
from motcua.wallet.server import SERVER

_OPEN = """
update authorization_request set ticket_hash = $2, expires_at = $3
where uri_hash = $1 and client_id = $4 and ticket_hash is null and expires_at > $5 returning id
"""
_TICKET = """
select a.id, a.client_id, a.redirect_uri, a.state, a.challenge, a.type, a.identified, a.offer_id,
  o.result_id as offered_result, o.dossier_id as offered_dossier
from authorization_request a
left join credential_offer o on o.tenant_id = a.tenant_id and o.id = a.offer_id
where a.ticket_hash = $1 and a.answered_at is null and a.expires_at > $2 for update of a
"""


async def open_request(platform: Platform, tenant: Tenant, client_id: str, request_uri: str) -> str:
    """Use a request's address up and return the ticket for this browser; ``Gone`` when it is none."""
    ticket = token()
    async with platform.works.begin(tenant, WALLET) as work:
        opened = await work.tx.fetchval(
            _OPEN,
            digest(request_uri.removeprefix(PREFIX)),
            digest(ticket),
            work.now + TICKET_LIFETIME,
            client_id,
            work.now,
        )
    if opened is None:
        raise _gone()
    return ticket


async def waiting(work: Work, ticket: str) -> Record:
    """Return the request that waits for an answer in this browser; ``NotFound`` when there is none."""
    row = await work.tx.fetchrow(_TICKET, digest(ticket), work.now) if ticket else None
    if row is None:
        raise NotFound(
            "Không có yêu cầu nào của ví đang chờ ở trình duyệt này. Hãy mở lại từ ví.",
            "No wallet's request waits in this browser. Start again from the wallet.",
        )
    return row


async def answer(platform: Platform, work: Work, row: Record, subject: Subject | None) -> str:
    """Write down which paper the holder lets the wallet have, or None; returns where the browser goes.

    ``Gone`` when the offer behind it is used or over, or the request is none that would be taken in today.
    """
    asked = Consenting(work, row, issuer=issuer.url_of(platform, work.tenant))
    grant = SERVER.get_authorization_grant(asked)
    said: Answer = await bridge.run(SERVER.create_authorization_response, asked, subject, grant)
    if not said.location:
        raise _gone()
    return said.location


def _gone() -> Gone:
    return Gone(
        "Yêu cầu của ví đã được dùng hoặc đã hết hạn. Hãy mở lại từ ví.",
        "The wallet's request was used or has expired. Start again from the wallet.",
    )
