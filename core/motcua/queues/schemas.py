"""What the JSON API of the queue takes and gives; a field that is not known is refused."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

# The sign of number nought stands in no text of the database.
Words = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*\Z", max_length=300)]


class PriorityIn(msgspec.Struct, forbid_unknown_fields=True):
    """A claim of priority: the key of its class and what was seen."""

    key: Words
    why: Words = ""


class NewTicket(msgspec.Struct, forbid_unknown_fields=True):
    """A request for a number: a site's key, a line's letter, and what the person brings.

    ``visit`` is for a further number of somebody who is here already. With a ``window`` of two moments the
    number is reserved; ``contact`` is a telephone number.
    """

    site: Words
    line: Words
    dossier: UUID | None = None
    visit: UUID | None = None
    contact: Words = ""
    language: Literal["vi", "en"] = "vi"
    priority: PriorityIn | None = None
    window: tuple[datetime, datetime] | None = None


class TicketOut(msgspec.Struct):
    """A ticket as it is printed; ``low`` and ``high`` are minutes of waiting, ``late``: not before the day closes."""

    id: UUID
    number: str
    public_code: str
    low: int
    high: int
    visit: UUID
    late: bool = False


class CallOut(msgspec.Struct):
    """Who is called; ``number`` is empty when nobody waits."""

    number: str = ""
    ticket: UUID | None = None
    dossier: UUID | None = None
    calls: int = 0


class AtCounterOut(msgspec.Struct):
    """What stands at a counter: ``mine`` when the asking officer sits there; ``number`` is empty for nobody."""

    mine: bool
    on_break: bool
    number: str = ""
    ticket: UUID | None = None
    state: str = ""
    version: int = 0


class CounterAct(msgspec.Struct, forbid_unknown_fields=True):
    """What a command of a counter may need.

    ``profile``: the work profile to open with. ``ticket`` and ``reason``: whom to call out of order, and why.
    """

    profile: UUID | None = None
    ticket: UUID | None = None
    reason: Words = ""


class TicketAct(msgspec.Struct, forbid_unknown_fields=True):
    """What a command of a ticket may need; ``version`` is what the caller saw.

    ``line`` is a letter of the site, ``counter`` and ``staff`` are where it goes, ``key`` a class of priority.
    """

    version: int | None = None
    why: Words = ""
    outcome: Words = "done"
    line: Words = ""
    counter: UUID | None = None
    staff: UUID | None = None
    procedure: Words | None = None
    dossier: UUID | None = None
    quantity: int = 1
    places: int = 1
    key: Words = ""


class Acted(msgspec.Struct):
    """What came of a command: the ticket's state and version, and what the command itself returned.

    ``result``: of no-show "recycled" or "no_show", of undo the step, of services the id of the service.
    ``issued``: the further number of send-on.
    """

    state: str
    version: int
    result: str = ""
    issued: TicketOut | None = None


class LineOut(msgspec.Struct):
    """One line of a site; ``range`` is minutes for somebody who comes now, empty when he is too ``late`` today."""

    letter: str
    name_vi: str
    name_en: str
    waiting: int
    range: str
    paused: bool = False
    late: bool = False


class SiteOut(msgspec.Struct):
    """A site and how full it is at ``now`` (ISO 8601)."""

    key: str
    name: str
    now: str
    lines: list[LineOut]


class LeftOut(msgspec.Struct):
    """How many numbers of a line a day has left; null: no cap."""

    letter: str
    paused: bool
    given_remote: int
    given_walk_in: int
    left_remote: int | None
    left_walk_in: int | None


class CapacityOut(msgspec.Struct):
    """A day of a site (ISO 8601): the spans in which it is open, and what each line has left."""

    day: str
    open: list[tuple[datetime, datetime]]
    lines: list[LeftOut]


class PlaceOut(msgspec.Struct):
    """Where a number stands, for whoever holds its code; nothing about the person.

    ``place`` is 1 for who is next, null when the number does not wait. ``low`` and ``high`` are minutes;
    ``late``: by then the site has closed.
    """

    number: str
    state: str
    site: str
    site_name: str
    letter: str
    line_vi: str
    line_en: str
    now: str
    place: int | None = None
    low: int | None = None
    high: int | None = None
    window: tuple[datetime, datetime] | None = None
    counter: str | None = None
    late: bool = False
