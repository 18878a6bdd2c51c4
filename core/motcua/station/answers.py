"""A procedure's form on the station's screen: one page at a time, what is locked stays as the card says."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from motcua.catalogue.fields import Units, Value
from motcua.catalogue.form_posted import (
    Taking,
    add_row,
    drop_row,
    holder,
    name_communes,
    place_of,
)
from motcua.catalogue.form_view import Block, Drawing, summary
from motcua.catalogue.form_walk import AskedPage, Item
from motcua.catalogue.forms import Form

Raw = dict[str, Any]


class Scanned(Protocol):
    """A scanned paper of the visit."""

    @property
    def id(self) -> UUID:
        """The id of the file."""


@dataclass(frozen=True)
class Line:
    """One answer on the check page; ``page`` counts the form's pages from 1."""

    page: int
    label: str
    value: str


@dataclass(frozen=True)
class Filling:
    """A form that is filled in at a station.

    ``prefilled`` is what the card says, ``units`` the communes an address can be in, ``papers`` the scans by
    paper: what a question of the form asks for is scanned on the page of the papers, like all others.
    """

    form: Form
    prefilled: Mapping[str, str]
    lang: str
    units: Units | None = None
    papers: Mapping[str, Sequence[Scanned]] | None = None

    def asked(self, raw: Raw) -> dict[int, AskedPage]:
        """Return the pages that are asked, by their place in the form (from 0)."""
        found = {}
        for page in self.form.walk(raw, self.prefilled, units=self.units).pages:
            if items := _without_files(page.items):
                found[page.number - 1] = AskedPage(page.number, page.page, items)
        return found

    def merge(self, index: int, raw: Raw, posted: Mapping[str, list[str]]) -> Raw:
        """Return the answers with those of one page replaced by what was posted.

        What an authoritative source locks is not taken from the browser, whatever it sends.
        """
        fresh = {**raw}
        Taking(posted, whole=True).into(self.form.pages[index].fields, fresh)
        known = self.form.initial(self.prefilled)
        for field in self.form.fields():
            if field.locked and field.key in known:
                fresh.pop(field.key, None)
        if self.units is not None:
            name_communes(self.form.walk(fresh, self.prefilled, units=self.units), fresh)
        return fresh

    def rearrange(self, raw: Raw, posted: Mapping[str, list[str]]) -> str | None:
        """Do what a button of a repeated group asks for; returns the path to come back to."""
        rows = {field.key: field for field in self.form.fields()}
        pressed = {name: (posted.get(name) or [""])[0] for name in ("_add", "_drop", "_go")}
        if field := rows.get(pressed["_add"]):
            return f"{field.key}.{add_row(field, raw)}"
        key, number = place_of(pressed["_drop"])
        if field := rows.get(key):
            drop_row(field, raw, number)
            return f"{key}.{max(0, number - 1)}"
        key, number = place_of(pressed["_go"])
        return f"{key}.{number}" if key in rows else None

    def whole(self, raw: Raw) -> Raw:
        """Return the answers with the scans in the questions that ask for them."""
        full = dict(raw)
        for item in self.form.walk(raw, self.prefilled, units=self.units).items():
            if item.field.kind != "attachment":
                continue
            scans = (self.papers or {}).get(item.field.slot, ())
            if place := holder(full, item.path):
                place[0][place[1]] = [str(scan.id) for scan in scans]
        return full

    def errors_of(self, raw: Raw) -> dict[int, dict[str, str]]:
        """Return what is wrong, by page (from 0) and path; empty when all is right.

        Papers are not scanned yet while the form is filled in: that they are missing is said later.
        """
        found: dict[int, dict[str, str]] = {}
        for page in self.form.walk(raw, self.prefilled, units=self.units).pages:
            for item in page.every():
                if item.error and item.field.kind != "attachment":
                    said = item.error.say(self.lang)
                    found.setdefault(page.number - 1, {})[item.path] = said
        return found

    def questions(
        self, page: AskedPage, source: str, told: Collection[str], at: Sequence[str] = ()
    ) -> list[Block]:
        """Return the questions of a page; ``source`` says where a value of the card comes from.

        ``told`` are the paths whose errors are shown, ``at`` those whose rows have to stand on the page.
        """
        for item in page.every():
            if item.path not in told:
                item.error = None
        sources = (source, source)
        drawing = Drawing(self.lang, sources, self.units, fills=False, masked=True, at=at)
        return drawing.blocks(page.items)


def lines(form: Form, values: Mapping[str, Value], lang: str) -> list[Line]:
    """Return every answer for the check page; personal numbers are masked, others can see the screen."""
    return [
        Line(page.number, label, said)
        for page in form.outline(values)
        for _, label, said in summary(page.items, lang, masked=True)
        if said
    ]


def _without_files(items: Iterable[Item]) -> list[Item]:
    kept = []
    for item in items:
        if item.field.kind == "attachment":
            continue
        item.items = _without_files(item.items)
        item.rows = [_without_files(row) for row in item.rows]
        if item.items or item.field.kind != "group":
            kept.append(item)
    return kept
