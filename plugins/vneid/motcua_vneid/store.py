"""Rows of the channel and of its sandbox; everything about a person is sealed."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from motcua.api import DemoPerson, Work, digest, uuid7
from motcua_vneid import crypto

CODE_LIFE = timedelta(seconds=10)
ACCESS_LIFE = timedelta(minutes=5)
SHARING_LIFE = timedelta(minutes=10)
SHOWN = 12

_KEY = "select private_sealed from vneid_key where purpose = 'client'"
_MAKE_KEY = """
insert into vneid_key (purpose, private_sealed) values ('client', $1) on conflict do nothing
"""
_REMEMBER = """
insert into vneid_account (id, username, pid_index, claims_sealed) values ($1, $2, $3, $4)
on conflict (tenant_id, username) do update set pid_index = excluded.pid_index,
  claims_sealed = excluded.claims_sealed
"""
_ACCOUNTS = """
select id, username, claims_sealed from vneid_account
where $1 = '' or position($1 in username) > 0 order by username limit $2
"""
_ACCOUNT = "select id, username, pid_index, claims_sealed from vneid_account where username = $1"
_PUT = """
insert into vneid_paper (id, idem, origin, result_id, pid_index, paper_sealed, at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, origin, idem) do update set idem = excluded.idem returning id
"""
_TAKE_BACK = """
update vneid_paper set paper_sealed = null, withdrawn_at = coalesce(withdrawn_at, $3)
where origin = $1 and idem = $2
"""
_OF_PERSON = """
select id, origin, result_id, paper_sealed, at, read_at, withdrawn_at from vneid_paper
where pid_index = $1 order by at desc, id
"""
_READ = """
update vneid_paper set read_at = $2 where id = $1 and pid_index = $3 and read_at is null
returning origin, result_id
"""
_SWEEP = "delete from vneid_code where expires_at < $1::timestamptz - interval '1 hour'"
_CODE = """
insert into vneid_code (id, digest, account_id, redirect_uri, expires_at) values ($1, $2, $3, $4, $5)
"""
_USE = """
update vneid_code set used_at = $2 where digest = $1 and used_at is null
returning id, redirect_uri, expires_at
"""
_GRANT = "update vneid_code set access_digest = $2 where id = $1"
_HOLDER = """
select a.claims_sealed from vneid_code c
join vneid_account a on a.tenant_id = c.tenant_id and a.id = c.account_id
where c.access_digest = $1 and c.used_at > $2
"""
_SHARE = """
insert into vneid_sharing (id, transaction_digest, wanted, return_url, expires_at)
values ($1, $2, $3, $4, $5)
"""
_SHARING = """
select id, wanted, return_url from vneid_sharing
where transaction_digest = $1 and expires_at > $2 and consent_digest is null
"""
_CONSENT = """
update vneid_sharing set account_id = $2, consent_digest = $3
where transaction_digest = $1 and consent_digest is null and expires_at > $4 returning return_url
"""
_SHARED = """
update vneid_sharing s set read_at = $3 from vneid_account a
where s.transaction_digest = $1 and s.consent_digest = $2 and s.read_at is null
  and s.expires_at > $3 and a.tenant_id = s.tenant_id and a.id = s.account_id
returning s.wanted, a.claims_sealed
"""


async def client_key(work: Work) -> rsa.RSAPrivateKey | None:
    """Return the tenant's key pair; None before it was registered."""
    sealed = await work.tx.fetchval(_KEY)
    return crypto.from_pem(work.vault.open(sealed)) if sealed else None


async def made_key(work: Work) -> rsa.RSAPrivateKey:
    """Return the tenant's key pair, made now when there is none; two who make it at once get the same."""
    if (found := await client_key(work)) is not None:
        return found
    await work.tx.execute(_MAKE_KEY, work.vault.seal(crypto.to_pem(crypto.generate())))
    return crypto.from_pem(work.vault.open(await work.tx.fetchval(_KEY)))


async def remember(work: Work, people: Iterable[DemoPerson]) -> None:
    """Make synthetic citizens known to the sandbox, in the claims of VNeID."""
    for person in people:
        if person.kind != "citizen":
            continue
        claims = {
            "citizenPid": person.personal_id,
            "fullName": person.full_name,
            "birthDate": person.claims.get("birthdate", ""),
            "accountType": "CITIZEN",
            "accountLevel": "2",
        }
        index, sealed = work.vault.index(person.personal_id), _sealed(work, claims)
        await work.tx.execute(_REMEMBER, uuid7(), person.username, index, sealed)


async def accounts(work: Work, query: str) -> list[tuple[str, str]]:
    """Return user name and name of the first synthetic people whose user name contains a text."""
    rows = await work.tx.fetch(_ACCOUNTS, query, SHOWN)
    return [(r["username"], _opened(work, r["claims_sealed"])["fullName"]) for r in rows]


async def account(work: Work, username: str) -> Any:
    """Return a synthetic person's row; None for nobody."""
    return await work.tx.fetchrow(_ACCOUNT, username)


async def put(work: Work, origin: str, idem: str, pid: str, paper: dict[str, Any]) -> UUID:
    """Keep a paper for a person; the same one again stays one, and has the same id."""
    return UUID(
        bytes=(
            await work.tx.fetchval(
                _PUT,
                uuid7(),
                idem,
                origin,
                UUID(paper["result"]),
                work.vault.index(pid),
                _sealed(work, paper),
                work.now,
            )
        ).bytes
    )


async def take_back(work: Work, origin: str, idem: str) -> None:
    """Forget a paper; again, or of what never was, it does nothing."""
    await work.tx.execute(_TAKE_BACK, origin, idem, work.now)


async def papers(work: Work, pid_index: bytes) -> list[dict[str, Any]]:
    """Return what the application of a person shows, newest first; withdrawn ones without content."""
    return [
        {
            **(_opened(work, r["paper_sealed"]) if r["paper_sealed"] else {}),
            "id": r["id"],
            "origin": r["origin"],
            "withdrawn": r["withdrawn_at"] is not None,
            "at": r["at"],
        }
        for r in await work.tx.fetch(_OF_PERSON, pid_index)
    ]


async def first_read(work: Work, paper_id: UUID, pid_index: bytes) -> Any:
    """Note that a person opened a paper; returns its origin and result the first time, None after."""
    return await work.tx.fetchrow(_READ, paper_id, work.now, pid_index)


async def issue_code(work: Work, text: str, account_id: UUID, redirect_uri: str) -> None:
    """Store a code that lives for seconds."""
    await work.tx.execute(_SWEEP, work.now)
    expires = work.now + CODE_LIFE
    await work.tx.execute(_CODE, uuid7(), digest(text), account_id, redirect_uri, expires)


async def use_code(work: Work, text: str, redirect_uri: str, access: str) -> bool:
    """Use a code up for an access token; false when it is unknown, used, too old, or for another address."""
    row = await work.tx.fetchrow(_USE, digest(text), work.now)
    if row is None or row["expires_at"] <= work.now or row["redirect_uri"] != redirect_uri:
        return False
    await work.tx.execute(_GRANT, row["id"], digest(access))
    return True


async def holder(work: Work, access: str) -> dict[str, Any] | None:
    """Return the claims behind a living access token."""
    sealed = await work.tx.fetchval(_HOLDER, digest(access), work.now - ACCESS_LIFE)
    return _opened(work, sealed) if sealed else None


async def begin_sharing(work: Work, text: str, wanted: list[str], return_url: str) -> None:
    """Begin a sharing under a transaction id."""
    expires = work.now + SHARING_LIFE
    await work.tx.execute(_SHARE, uuid7(), digest(text), wanted, return_url, expires)


async def sharing(work: Work, text: str) -> Any:
    """Return what an open transaction asks for; None when there is none."""
    return await work.tx.fetchrow(_SHARING, digest(text), work.now)


async def consent(work: Work, text: str, account_id: UUID, consent_id: str) -> str | None:
    """Note a consent, once; returns where the person goes on."""
    found: str | None = await work.tx.fetchval(
        _CONSENT, digest(text), account_id, digest(consent_id), work.now
    )
    return found


async def shared(work: Work, text: str, consent_id: str) -> dict[str, Any] | None:
    """Return the consented claims, once."""
    row = await work.tx.fetchrow(_SHARED, digest(text), digest(consent_id), work.now)
    if row is None:
        return None
    claims = _opened(work, row["claims_sealed"])
    return {name: claims[name] for name in row["wanted"] if name in claims}


def _sealed(work: Work, content: dict[str, Any]) -> bytes:
    return work.vault.seal(msgspec.json.encode(content).decode())


def _opened(work: Work, sealed: bytes) -> dict[str, Any]:
    return msgspec.json.decode(work.vault.open(sealed), type=dict[str, Any])
