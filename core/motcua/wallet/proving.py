"""Presentations of a person who is signed in here and answers with the wallet of the same device.

For more than one paper in place of another (``presenting``): facts for a form, and a signature. Whoever began
collects, with the code that his wallet brings back, once.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.vault import digest
from motcua.wallet import issuer, requests, transactions

LIFETIME = timedelta(minutes=10)
_START = """
insert into presentation (id, trace_id, purpose, subject_id, draft_id, vct_type, nonce, state, query,
  return_path, created_at, expires_at, client_id, transaction_data, asked_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
# The code is worth one look: taking and reading are one statement, and what was kept is kept no more.
_COLLECT = """
with mine as (
  select tenant_id, id, claims_sealed, status as was from presentation
  where id = $1 and subject_id = $2 and draft_id = $3 and purpose = $4 and response_code_hash = $5
    and finished_at > $6 for update)
update presentation p set response_code_hash = null, claims_sealed = null,
  status = case when p.status = 'verified' then 'used' else p.status end
from mine where p.tenant_id = mine.tenant_id and p.id = mine.id
returning p.*, mine.claims_sealed as kept, mine.was
"""


@dataclass(frozen=True)
class Wish:
    """What a signed-in person is asked for, for which draft, and where he comes back to.

    ``transaction_data`` are entries of ``transactions.encode``. ``return_path`` is a path of this host.
    ``about`` is what the wallet shows as said by who asks: what for, in the person's words.
    """

    purpose: str
    subject_id: UUID
    draft_id: UUID
    query: Mapping[str, Any]
    return_path: str
    transaction_data: Sequence[str] = ()
    about: str = ""


async def start(platform: Platform, work: Work, wish: Wish) -> str:
    """Ask, and return the link that opens the person's wallet."""
    asked_id = uuid7()
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    client_id = requests.client_id_of(signer.chain[0])
    kinds = [entry["id"] for entry in wish.query["credentials"]]
    await work.tx.execute(
        _START,
        asked_id,
        work.trace_id,
        wish.purpose,
        wish.subject_id,
        wish.draft_id,
        ",".join(kinds),
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        dict(wish.query),
        wish.return_path,
        work.now,
        work.now + LIFETIME,
        client_id,
        list(wish.transaction_data) or None,
        wish.about or None,
    )
    work.emit("presentation.started", asked_id, {"purpose": wish.purpose, "types": kinds})
    url = issuer.url_of(platform, work.tenant)
    return requests.request_link(
        issuer.wallet_url(platform), client_id=client_id, request_uri=f"{url}/vp/{asked_id}/request"
    )


async def collect(
    work: Work, asked_id: UUID, purpose: str, subject_id: UUID, draft_id: UUID, code: str
) -> tuple[Record, str]:
    """Return the presentation and what was kept of it, opened; both sides have forgotten it then.

    ``NotFound`` for anybody else, another draft or purpose, a wrong code, a second time and after ten minutes;
    ``Conflict`` when the person did not share, or his wallet cannot sign.
    """
    oldest: datetime = work.now - LIFETIME
    row = await work.tx.fetchrow(
        _COLLECT, asked_id, subject_id, draft_id, purpose, digest(code), oldest
    )
    if row is None:
        raise NotFound(
            "Không tìm thấy lần xuất trình này. Hãy bắt đầu lại.",
            "There is no such presentation. Please begin again.",
        )
    if row["was"] != "verified":
        raise _not_shared(str(row["error"]))
    work.emit("presentation.used", asked_id, {"purpose": purpose})
    return row, work.vault.open(row["kept"])


def _not_shared(reason: str) -> Conflict:
    if reason == transactions.REFUSED:
        return Conflict(
            "Ví này chưa biết ký hồ sơ. Hãy dùng ví khác, hoặc nộp không ký bằng ví.",
            "This wallet cannot sign applications. Use another one, or submit without a wallet's signature.",
        )
    return Conflict("Bạn đã chọn không chia sẻ giấy tờ.", "You chose not to share the paper.")
