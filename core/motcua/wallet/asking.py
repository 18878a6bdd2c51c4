"""Presentation requests of programs and third parties: ask for claims, read what was proven.

Nobody is signed in here who could collect the answer. Whoever asked gets a secret instead: in ``result_url``
for a program, or in a link that opens the hosted page once and binds it to that browser.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.ids import token, uuid7
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.wallet import dcql, issuer, jose, requests, trust_store
from motcua.wallet.trust import Trust
from motcua.wallet.verifying import Proven

LIFETIME = timedelta(minutes=10)
READABLE = timedelta(minutes=10)
"""How long a program may read what was proven, from the answer on: a lost reply loses nothing."""
PROGRAM, HOSTED = "program", "hosted"
PAGE = "/verify/with-wallet"
_MOST = 10

_START = """
insert into presentation (id, trace_id, purpose, vct_type, nonce, state, query, return_path, created_at,
  expires_at, response_mode, response_key_sealed, client_id, flow, reader_hash, asked_by, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'cross_device', $14, $15, $16)
"""
_RESULT = "select * from presentation where id = $1 and purpose = 'program' and reader_hash = $2"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be shown, and why.

    ``options`` are alternatives: each lists claims that one paper must hold, ``name`` or ``name=value``.
    ``types`` limits the papers; without it any that has the claims will do. ``asked_by`` and ``reason`` are
    told to the person. ``haip``: the answer is encrypted (HAIP 1.0).
    """

    options: Sequence[Sequence[str]]
    types: Sequence[str] = ()
    asked_by: str = ""
    reason: str = ""
    haip: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that waits: the wallet's link, and where the answer can be read or is shown."""

    id: UUID
    request: str
    result_url: str
    page: str
    expires_at: datetime


async def kinds_with(platform: Platform, options: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return for each option the kinds of paper, of any province, which hold all its claims."""
    known: dict[str, set[str]] = {}
    for kind, about in await issuer.all_papers(platform):
        known.setdefault(kind, set()).update(claim.name for claim in about.claims)
    wanted = [{claim.partition("=")[0] for claim in option} for option in options]
    return [sorted(k for k, has in known.items() if names <= has) for names in wanted]


async def ask(
    platform: Platform, work: Work, wish: Wish, kinds: Sequence[Sequence[str]], *, hosted: bool
) -> Asked:
    """Ask for what is wished; ``kinds`` come from ``kinds_with``.

    With ``hosted`` the answer is shown once on a page of this tenant, else it is read at ``result_url``.
    ``Invalid`` when no paper holds such claims, or a hosted request does not say who asks and why.
    """
    allowed = [[k for k in one if not wish.types or k in wish.types] for one in kinds]
    _check(wish, allowed, hosted=hosted)
    trust = await trust_store.trust_of(platform, work.tx)
    signer = await issuer.signer_of(work.tx, work.vault, work.now)
    asked_id, secret, key = uuid7(), token(), jose.generate_key() if wish.haip else None
    client_id = requests.client_id_of(signer.chain[0])
    await work.tx.execute(
        _START,
        asked_id,
        work.trace_id,
        HOSTED if hosted else PROGRAM,
        ",".join(dict.fromkeys(kind for found in allowed for kind in found)),
        secrets.token_urlsafe(24),
        secrets.token_urlsafe(24),
        _query(wish, allowed, trust, work.now),
        f"{PAGE}/{asked_id}",
        work.now,
        work.now + LIFETIME,
        requests.ENCRYPTED if wish.haip else requests.PLAIN,
        work.vault.seal(jose.key_to_pem(key).decode()) if key else None,
        client_id,
        digest(secret),
        wish.asked_by.strip() or None,
        wish.reason.strip() or None,
    )
    told = {"claims": _names(wish), "by": str(work.actor), "haip": wish.haip, "hosted": hosted}
    work.emit("presentation.started", asked_id, told)
    url = issuer.url_of(platform, work.tenant)
    return Asked(
        asked_id,
        link(platform, work.tenant, asked_id, client_id, "haip-vp://" if wish.haip else ""),
        "" if hosted else f"{url}/vp/{asked_id}/result?key={secret}",
        f"{url}{PAGE}/{asked_id}?key={secret}" if hosted else "",
        work.now + LIFETIME,
    )


def link(
    platform: Platform, tenant: Tenant, asked_id: UUID, client_id: str, wallet: str = ""
) -> str:
    """Return the link to a request: for any wallet, or for the one at ``wallet``."""
    return requests.request_link(
        wallet or "openid4vp://",
        client_id=client_id,
        request_uri=f"{issuer.url_of(platform, tenant)}/vp/{asked_id}/request",
        method="post" if wallet == "haip-vp://" else "",
    )


async def result(
    platform: Platform, tenant: Tenant, asked_id: UUID, key: str, now: datetime
) -> dict[str, Any]:
    """Return what became of a program's request; ``NotFound`` without the right ``key``."""
    async with platform.db.tenant(tenant) as tx:
        row = await tx.fetchrow(_RESULT, asked_id, digest(key))
    if row is None:
        raise NotFound("Không có yêu cầu này.", "there is no such request")
    found: dict[str, Any] = {"id": str(asked_id), "status": standing(row, now)}
    if row["error"]:
        found["reason"] = row["error"]
    if row["status"] == "verified" and row["finished_at"] > now - READABLE:
        found["credentials"] = described(proven_of(platform, tenant, row["claims_sealed"]))
    return found


def standing(row: Record, now: datetime) -> str:
    """Return ``waiting``, ``expired``, ``verified``, ``refused``, ``failed`` or ``used``."""
    over = row["status"] == "waiting" and row["expires_at"] <= now
    status: str = "expired" if over else row["status"]
    return status


def proven_of(platform: Platform, tenant: Tenant, sealed: bytes | None) -> dict[str, Proven]:
    """Open what was kept of an answer; nothing when it was forgotten already."""
    if sealed is None:
        return {}
    text = platform.vaults.of(tenant.id).open(sealed)
    return msgspec.json.decode(text, type=dict[str, Proven])


def described(proven: Mapping[str, Proven]) -> list[dict[str, Any]]:
    """Return what was proven as a program reads it."""
    return [
        {
            "id": name,
            "type": one.vct,
            "issuer": one.issuer,
            "issuer_name": one.issuer_name,
            "claims": one.claims,
        }
        for name, one in proven.items()
    ]


def _check(wish: Wish, allowed: Sequence[Sequence[str]], *, hosted: bool) -> None:
    wrong: dict[str, tuple[str, str]] = {}
    fits = 0 < len(wish.options) <= _MOST and all(wish.options)
    if not fits or not all(claim.partition("=")[0] for option in wish.options for claim in option):
        wrong["claims"] = ("Hãy nêu thông tin cần xem.", "Name the claims that are wanted.")
    elif not all(allowed):
        wrong["claims"] = (
            "Không có loại giấy tờ nào chứa đủ các thông tin này.",
            "No kind of paper holds all these claims.",
        )
    if hosted and not wish.asked_by.strip():
        wrong["asked_by"] = ("Hãy ghi bên yêu cầu.", "Say who asks.")
    if hosted and not wish.reason.strip():
        wrong["reason"] = ("Hãy ghi lý do.", "Say why.")
    if wrong:
        raise Invalid(fields=wrong)


def _query(
    wish: Wish, allowed: Sequence[Sequence[str]], trust: Trust, now: datetime
) -> dict[str, Any]:
    """Return the wish in DCQL: one paper, or one for each alternative, of which any will do."""
    needs = [
        dcql.Need(
            f"option{number}" if len(allowed) > 1 else "paper",
            tuple(vct for kind in kinds for vct in trust.vcts(kind, now)),
            tuple(_wanted(claim) for claim in option),
        )
        for number, (option, kinds) in enumerate(zip(wish.options, allowed, strict=True), 1)
    ]
    return dcql.build_query(needs, [[[need.id] for need in needs]] if len(needs) > 1 else [])


def _wanted(claim: str) -> dcql.Wanted:
    name, given, value = claim.partition("=")
    return dcql.Wanted((name,), (value,) if given else ())


def _names(wish: Wish) -> list[list[str]]:
    """Return the claims without the values asked for: the log names no fact about a person."""
    return [[claim.partition("=")[0] for claim in option] for option in wish.options]
