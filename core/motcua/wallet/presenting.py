"""Presentations as a province's own pages see them: ask for a paper, collect what was proven, use it once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import Conflict, NotFound
from motcua.events.work import Work
from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.tenancy.vault import digest
from motcua.wallet import dcql, issuer, requests, trust_store
from motcua.wallet.trust import Trust
from motcua.wallet.verifying import QUERY_ID

LIFETIME = timedelta(minutes=10)
USABLE = timedelta(hours=24)
"""How long what was proven counts: a credential can be withdrawn at any time after."""

_START = """
insert into presentation (id, trace_id, purpose, subject_id, draft_id, paper_key, vct_type, nonce, state,
  query, return_path, created_at, expires_at, client_id)
values ($1, $2, 'paper', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
# The code is worth one look: taking it and reading it are one statement.
_COLLECT = """
update presentation set response_code_hash = null
where id = $1 and subject_id = $2 and response_code_hash = $3 and finished_at > $4
returning id, status, vct_type, claims_sealed, issuer, digest
"""
_USE = """
update presentation p set status = 'used', dossier_id = $2, claims_sealed = null
where id = $1 and status = 'verified' and response_code_hash is null and finished_at > $3
  and exists (select 1 from dossier d where d.id = $2
              and p.subject_id in (d.subject_id, d.submitter_id))
returning trace_id
"""
_OLD = "select 1 from presentation where id = $1 and status = 'verified' and finished_at <= $2"


@dataclass(frozen=True)
class Presented:
    """A paper that was presented and verified; ``digest`` joins it with its issuer's own record."""

    id: UUID
    vct_type: str
    claims: dict[str, Any]
    issuer: str
    issuer_name: str
    digest: str


async def start(
    platform: Platform,
    work: Work,
    *,
    subject_id: UUID,
    paper_key: str,
    vct_type: str,
    claims: Mapping[str, Any],
    return_path: str,
    draft_id: UUID | None = None,
) -> str:
    """Ask a person for a paper of any province; returns the link that opens his wallet.

    ``claims`` maps the claims needed to the value they must have, None for any value; ``full_name`` is
    always asked for. ``return_path`` is a path of this host, to which the wallet sends the person back with
    ``presentation`` and ``response_code``. Raises ``ValueError`` for a path that is none.
    """
    if not return_path.startswith("/") or return_path[1:2] in {"/", "\\"}:
        raise ValueError("return_path must be a path of this host")
    presentation_id = uuid7()
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    client_id = requests.client_id_of(signer.chain[0])
    trust = await trust_store.trust_of(platform, work.tx)
    await work.tx.execute(
        _START,
        presentation_id,
        work.trace_id,
        subject_id,
        draft_id,
        paper_key,
        vct_type,
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        _query(trust, vct_type, claims, work.now),
        return_path,
        work.now,
        work.now + LIFETIME,
        client_id,
    )
    work.emit("presentation.started", presentation_id, {"paper": paper_key, "type": vct_type})
    url = issuer.url_of(platform, work.tenant)
    return requests.request_link(
        issuer.wallet_url(platform),
        client_id=client_id,
        request_uri=f"{url}/vp/{presentation_id}/request",
    )


async def collect(
    platform: Platform,
    work: Work,
    *,
    presentation_id: UUID,
    response_code: str,
    subject_id: UUID,
) -> Presented:
    """Return what the person who began has proven; once.

    ``NotFound`` for another person, a wrong code, a second time and after ten minutes; ``Conflict`` when
    the person chose not to share.
    """
    row = await work.tx.fetchrow(
        _COLLECT, presentation_id, subject_id, digest(response_code), work.now - LIFETIME
    )
    if row is None:
        raise NotFound(
            "Không tìm thấy lần xuất trình này. Hãy bắt đầu lại.",
            "There is no such presentation. Please begin again.",
        )
    if row["status"] != "verified":
        raise Conflict("Bạn đã chọn không chia sẻ giấy tờ.", "You chose not to share the paper.")
    found = (await trust_store.trust_of(platform, work.tx)).issuers.get(row["issuer"])
    return Presented(
        id=row["id"],
        vct_type=row["vct_type"],
        claims=msgspec.json.decode(work.vault.open(row["claims_sealed"])),
        issuer=row["issuer"],
        issuer_name=found.name if found else row["issuer"],
        digest=row["digest"],
    )


async def use(work: Work, presentation_id: UUID, dossier_id: UUID) -> None:
    """Note that a collected presentation stands for a paper of a dossier of the same person.

    The claims are forgotten with it. ``Conflict`` when it was used already, was not collected, is older than
    a day, or belongs to another person's dossier.
    """
    oldest = work.now - USABLE
    trace_id = await work.tx.fetchval(_USE, presentation_id, dossier_id, oldest)
    if trace_id is None and await work.tx.fetchval(_OLD, presentation_id, oldest):
        raise Conflict(
            "Giấy tờ trong ví đã được xuất trình quá 24 giờ trước. Hãy xuất trình lại giấy tờ trong ví.",
            "The paper was presented more than 24 hours ago. Present it from your wallet again.",
        )
    if trace_id is None:
        raise Conflict(
            "Lần xuất trình này đã được dùng hoặc không thuộc hồ sơ này.",
            "This presentation was used already, or is not for this dossier.",
        )
    work.emit("presentation.used", presentation_id, {"dossier": str(dossier_id)})


def _query(trust: Trust, vct_type: str, claims: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    wanted = {"full_name": None, **claims}
    return dcql.build_query(
        [
            dcql.Need(
                QUERY_ID,
                tuple(trust.vcts(vct_type, now)),
                tuple(
                    dcql.Wanted((name,), () if value is None else (value,))
                    for name, value in wanted.items()
                ),
            )
        ]
    )
