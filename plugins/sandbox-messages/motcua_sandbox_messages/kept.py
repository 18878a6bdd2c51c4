"""Keeping messages, each once, sealed like the core keeps them; the last ones can be read again."""

from dataclasses import dataclass
from datetime import datetime

from motcua.api import Message, Work

SHOWN = 50
_KEEP = """
insert into sandbox_messages_message (id, contact_index, contact_sealed, text_sealed, kind, language, at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""
# Nobody needs the messages of last week's demo.
_SWEEP = "delete from sandbox_messages_message where at < $1::timestamptz - interval '7 days'"
_LAST = """
select contact_sealed, text_sealed, kind, language, at from sandbox_messages_message
where $1::bytea is null or contact_index = $1 order by at desc, id desc limit $2
"""


@dataclass(frozen=True)
class Kept:
    """A message as the telephone shows it."""

    contact: str
    text: str
    kind: str
    language: str
    at: datetime


async def keep(work: Work, message: Message) -> str:
    """Take a message; the same one a second time is not kept twice. Returns its own id as reference."""
    vault = work.vault
    await work.tx.execute(_SWEEP, work.now)
    await work.tx.execute(
        _KEEP,
        message.id,
        vault.index(message.contact),
        vault.seal(message.contact),
        vault.seal(message.text),
        message.kind,
        message.language,
        work.now,
    )
    return f"sandbox-{message.id}"


async def last(work: Work, contact: str = "") -> list[Kept]:
    """Return the last messages, newest first; of one telephone, or of all."""
    wanted = work.vault.index(contact) if contact else None
    open_ = work.vault.open
    return [
        Kept(
            open_(row["contact_sealed"]),
            open_(row["text_sealed"]),
            row["kind"],
            row["language"],
            row["at"],
        )
        for row in await work.tx.fetch(_LAST, wanted, SHOWN)
    ]
