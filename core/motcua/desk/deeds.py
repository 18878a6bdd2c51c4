"""What an officer asks for at a counter: his command in hand, and what the page says after it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from motcua.desk.view import staff_id
from motcua.errors import Invalid, NotFound
from motcua.events.work import Work
from motcua.platform import Platform
from motcua.tenancy.db import Record
from motcua.web.sessions import Session

LONGEST = 300


@dataclass(frozen=True)
class Deed:
    """One press of a key at a counter: who, where, and what the form holds."""

    platform: Platform
    work: Work
    officer: Session
    counter: Record
    form: Mapping[str, str]

    @property
    def staff(self) -> UUID:
        """The officer."""
        return self.officer.subject

    @property
    def here(self) -> UUID:
        """The counter."""
        return UUID(bytes=self.counter["id"].bytes)

    @property
    def site(self) -> UUID:
        """The counter's site."""
        return UUID(bytes=self.counter["site_id"].bytes)

    def ticket(self) -> UUID:
        """Return the ticket the form is about; ``NotFound`` without one."""
        return self.id("ticket") or _nothing()

    @property
    def version(self) -> int | None:
        """The version of the ticket that the page showed."""
        text = self.form.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def id(self, name: str) -> UUID | None:
        """Return an id that was chosen; None for none."""
        return staff_id(self.form.get(name, ""))

    def must(self, name: str, vi: str, en: str) -> UUID:
        """Return an id that has to be chosen; ``Invalid`` with this sentence without one."""
        found = self.id(name)
        if found is None:
            raise Invalid(vi, en, fields={name: (vi, en)})
        return found

    def said(self, name: str = "why") -> str:
        """Return what was written into a field."""
        return self.form.get(name, "").strip()[:LONGEST]

    def reason(self) -> str:
        """Return the reason; ``Invalid`` without one, since it stands in the log."""
        why = self.said()
        if not why:
            said = ("Hãy ghi lý do.", "Enter the reason.")
            raise Invalid(*said, fields={"why": said})
        return why


@dataclass(frozen=True)
class Done:
    """What the page says next: a code of ``_done.html``, and the ticket whose last step can be undone.

    ``moved``: how many numbers were handed over, and to which counter.
    """

    code: str = ""
    undo: UUID | None = None
    standby: bool = False
    to_start: bool = False
    moved: tuple[int, str] | None = None


def plain(text: str) -> str:
    """Return what was typed without the one sign that no text of the database can hold."""
    return text.replace("\0", "")


Verb = Callable[[Deed], Awaitable[Done]]


def _nothing() -> UUID:
    raise NotFound("Không có số này.", "There is no such ticket.")
