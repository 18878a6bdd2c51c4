"""The synthetic people who can sign in, each with the claims that are told about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from motcua.api import DemoPerson, Work, fold, uuid7

SHOWN = 12
_REMEMBER = """
insert into sandbox_identity_account (id, kind, username, full_name, folded, claims_sealed)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, username) do update set kind = excluded.kind,
  full_name = excluded.full_name, folded = excluded.folded, claims_sealed = excluded.claims_sealed
"""
_SEARCH = """
select id, kind, username, full_name, claims_sealed from sandbox_identity_account
where kind = $1 and ($2 = '' or position($2 in folded) > 0 or position(replace($2, ' ', '-') in username) > 0)
order by case when $2 = '' then id end, username limit $3
"""
_NAMED = """
select id, kind, username, full_name, claims_sealed from sandbox_identity_account
where kind = $1 and username = $2
"""


@dataclass(frozen=True)
class Account:
    """A synthetic person; ``claims`` are told at the userinfo endpoint."""

    id: UUID
    kind: str
    username: str
    full_name: str
    claims: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """All claims, with the subject by which this provider always calls the account."""
        return {**self.claims, "sub": str(self.id), "name": self.full_name}


async def remember(work: Work, people: Iterable[DemoPerson]) -> None:
    """Make people known, or bring what is known of them up to date."""
    rows: list[tuple[object, ...]] = [
        (
            uuid7(),
            person.kind,
            person.username,
            person.full_name,
            fold(person.full_name),
            work.vault.seal(msgspec.json.encode(person.claims).decode()),
        )
        for person in people
    ]
    await work.tx.executemany(_REMEMBER, rows)


async def search(work: Work, kind: str, text: str) -> list[Account]:
    """Return the first ``SHOWN`` people of a kind whose name or user name contains the text.

    Without a text in the order in which they were made known: whoever matters most is made first.
    """
    rows = await work.tx.fetch(_SEARCH, kind, fold(text), SHOWN)
    return [read(work, row) for row in rows]


async def named(work: Work, kind: str, username: str) -> Account | None:
    """Return the account of a user name."""
    row = await work.tx.fetchrow(_NAMED, kind, username)
    return read(work, row) if row else None


def read(work: Work, row: Any) -> Account:
    """Return the account of a row that holds its columns."""
    claims = msgspec.json.decode(work.vault.open(row["claims_sealed"]), type=dict[str, Any])
    return Account(
        UUID(bytes=row["id"].bytes), row["kind"], row["username"], row["full_name"], claims
    )
