"""What the JSON API of the queue takes and gives."""

from uuid import UUID

import msgspec


class NewTicket(msgspec.Struct, forbid_unknown_fields=True):
    """A request for a number: a site's key, a line's letter, and the dossier the person brings."""

    site: str
    line: str
    dossier: UUID | None = None


class TicketOut(msgspec.Struct):
    """A ticket as it is printed; ``low`` and ``high`` are minutes of waiting."""

    id: UUID
    number: str
    public_code: str
    low: int
    high: int


class CallOut(msgspec.Struct):
    """Who is called; ``number`` is empty when nobody waits."""

    number: str = ""
    ticket: UUID | None = None
    dossier: UUID | None = None
    calls: int = 0


class LineOut(msgspec.Struct):
    """One line of a site; ``range`` is minutes for somebody who comes now."""

    letter: str
    name_vi: str
    name_en: str
    waiting: int
    range: str


class SiteOut(msgspec.Struct):
    """A site and how full it is at ``now`` (ISO 8601)."""

    key: str
    name: str
    now: str
    lines: list[LineOut]
