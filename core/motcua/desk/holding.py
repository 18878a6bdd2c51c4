"""Which machine an officer works at: of all his signed-in sessions one holds the seat at his counter.

The session that sat down, or took over, carries the counter in its own data; a command from any other one is
refused. Nobody holds a seat when that session has ended: then the next machine simply goes on.
"""

from uuid import UUID

from motcua.errors import Conflict
from motcua.events.work import Work
from motcua.tenancy.db import Tx
from motcua.web.sessions import Session

# The share lock makes a take-over of this very moment come before or after a command, never in between;
# a session without the seat locks nothing here, so that nobody waits in a circle.
_HELD = "select 1 from web_session where token_hash = $1 and data->>'seat' = $2 for share"
_ELSEWHERE = """
select 1 from web_session where kind = 'staff' and subject = $1 and token_hash <> $2
  and data->>'seat' = $3 and expires_at > now() limit 1
"""
_ALONE = "select 1 from staff where id = $1 for no key update"
_STRIP = """
update web_session set data = data - 'seat'
where kind = 'staff' and subject = $1 and token_hash <> $2 and data ? 'seat'
"""
_TAKE = """
update web_session set data = data || jsonb_build_object('seat', $2::text) where token_hash = $1
"""
_LEAVE = "update web_session set data = data - 'seat' where token_hash = $1"

LOST = (
    "Quầy đang được phục vụ ở máy khác. Trang này chỉ để xem.",
    "The counter is served from another machine. This page is only for reading.",
)


async def elsewhere(tx: Tx, officer: Session, counter: UUID) -> bool:
    """Return whether another live session of the officer holds the seat at this counter."""
    found = await tx.fetchval(_ELSEWHERE, officer.subject, officer.token_hash, str(counter))
    return found is not None


async def check(work: Work, officer: Session, counter: UUID) -> None:
    """Let only the holding session go on; ``Conflict`` for any other, nobody's seat is taken."""
    if await work.tx.fetchval(_HELD, officer.token_hash, str(counter)):
        return
    await work.tx.execute(_ALONE, officer.subject)
    if await elsewhere(work.tx, officer, counter):
        raise Conflict(*LOST)
    await work.tx.execute(_TAKE, officer.token_hash, str(counter))


async def take(work: Work, officer: Session, counter: UUID) -> None:
    """Hold the seat from now on, and no other session of the officer."""
    await work.tx.execute(_ALONE, officer.subject)
    await work.tx.execute(_STRIP, officer.subject, officer.token_hash)
    await work.tx.execute(_TAKE, officer.token_hash, str(counter))


async def give_up(work: Work, officer: Session) -> None:
    """Hold no seat any more."""
    await work.tx.execute(_LEAVE, officer.token_hash)
