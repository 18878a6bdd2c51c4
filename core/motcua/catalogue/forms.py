"""A form as data: what is asked when, what was answered, and how the answers are written again.

One definition (``form.toml``) gives the page, the parser with its sentences, the JSON Schema for machines,
the summary, the print view, and what may go to statistics. See ``form_walk`` for how it is read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from motcua.catalogue.fields import Field, Units, Value, counted, fact, leaves, sample, written
from motcua.catalogue.form_check import RESERVED, check_form
from motcua.catalogue.form_fields import every
from motcua.catalogue.form_rules import shown, try_expression
from motcua.catalogue.form_walk import AskedPage, Item, Page, Walk, from_source, unknown
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.reading import Record, convert, plain
from motcua.catalogue.schema import schema_of
from motcua.errors import Invalid
from motcua.text import VIETNAM

__all__ = [
    "RESERVED",
    "Answers",
    "Form",
    "InvalidAnswers",
    "Page",
    "shown",
    "try_expression",
]
_NO_SOURCES: Mapping[str, str] = {}


class InvalidAnswers(Invalid):
    """Some answers are not right; ``errors`` holds both languages, ``fields`` the one asked for, by path."""

    def __init__(self, errors: Mapping[str, FieldError], lang: str = "vi") -> None:
        super().__init__(
            "Một số thông tin chưa hợp lệ, hãy xem lại các mục được đánh dấu",
            "Some answers are not right; see the marked questions",
            fields={key: error.say(lang) for key, error in errors.items()},
        )
        self.errors = dict(errors)


@dataclass(frozen=True)
class Answers:
    """Clean answers by field, and where each came from: ``applicant``, ``computed`` or a source such as
    ``person.pid``."""

    values: dict[str, Value]
    provenance: dict[str, str]


class Form(Record, frozen=True, dict=True):
    """The questions of a procedure, in pages."""

    pages: tuple[Page, ...]

    @classmethod
    def from_data(cls, data: object, file: str = "form.toml") -> "Form":
        """Check what stands in a form file; raises ``PackageError``."""
        form = convert(data, cls, file)
        check_form(form.pages, file)
        return form

    def to_data(self) -> dict[str, Any]:
        """Return the form as JSON-able data; ``from_data`` reads it back."""
        return plain(self)

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        return tuple(leaves(asked for page in self.pages for asked in page.fields))

    @cached_property
    def _known(self) -> Mapping[str, Field]:
        return {asked.key: asked for asked in self._fields}

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of question that occur anywhere, rows included."""
        return frozenset(asked.kind for page in self.pages for asked in every(page.fields))

    def fields(self) -> list[Field]:
        """Return every field with an answer of its own, in order; groups are opened, rows are one field."""
        return list(self._fields)

    def samples(self) -> dict[str, object]:
        """Return an invented value of the right type for every field, to try expressions with."""
        return {asked.key: sample(asked) for asked in self._fields}

    def facts(self, values: Mapping[str, Value]) -> dict[str, object]:
        """Return answers as expressions see them: dates are dates; unknown keys are left out."""
        known = self._known
        return {key: fact(known[key], value) for key, value in values.items() if key in known}

    def walk(
        self,
        raw: Mapping[str, object],
        prefilled: Mapping[str, str] = _NO_SOURCES,
        *,
        today: date | None = None,
        units: Units | None = None,
    ) -> Walk:
        """Read what was typed so far, right or wrong, page by page; raises nothing about the answers."""
        return Walk(self.pages, raw, prefilled, today or _today(), units)

    def clean(
        self,
        raw: Mapping[str, object],
        prefilled: Mapping[str, str] = _NO_SOURCES,
        *,
        lang: str = "vi",
        today: date | None = None,
        units: Units | None = None,
    ) -> Answers:
        """Read what was submitted.

        ``raw`` maps field keys to text (a list of texts for ``multichoice`` and ``attachment``, a list of
        mappings for rows, a mapping for ``address2`` and ``representative``; JSON numbers and truth values
        are read too). ``prefilled`` maps sources (``person.pid``) to what an authoritative source says; a
        locked field keeps that value. What is computed is never taken from ``raw``, and empty rows count
        for nothing. ``units`` are the communes an ``address2`` may name by code. Fields of the page frame
        (tokens, buttons) must be taken out before: an unknown name is refused. Raises ``InvalidAnswers``
        with every wrong field at once.
        """
        found = self.walk(raw, prefilled, today=today, units=units)
        errors = found.errors | {name: unknown() for name in raw if name not in self._known}
        if errors:
            raise InvalidAnswers(errors, lang)
        return Answers(found.values, found.provenance)

    def read(
        self,
        raw: Mapping[str, object],
        prefilled: Mapping[str, str] = _NO_SOURCES,
        *,
        units: Units | None = None,
    ) -> dict[str, Value]:
        """Read an unfinished form: what is right so far, without a word about the rest."""
        return self.walk(raw, prefilled, units=units).values

    def initial(self, prefilled: Mapping[str, str]) -> dict[str, Value]:
        """Return what a fresh form starts with: usable values of the sources, whatever is shown."""
        today = _today()
        found = {f.key: from_source(f, prefilled, today) for f in self._fields if f.prefill}
        return {key: value for key, value in found.items() if value is not None}

    def outline(self, values: Mapping[str, Value]) -> list[AskedPage]:
        """Lay out clean answers as the pages that asked for them; nothing is validated again."""
        return Walk(self.pages, values, _NO_SOURCES, date.min, trusted=True).pages

    def visible(self, values: Mapping[str, Value]) -> list[Page]:
        """Return the pages with only the fields that are asked, given the answers; empty pages are left out.

        Groups are opened; rows, and whoever is represented, are one field. ``outline`` keeps both.
        """
        return [
            replace(asked.page, fields=tuple(_opened(asked.items)))
            for asked in self.outline(values)
        ]

    def describe(self, values: Mapping[str, Value], lang: str = "vi") -> list[tuple[str, str]]:
        """Return each answered question and its answer as people write it, rows one after another."""
        return [(label, said) for _, label, said in self.described(values, lang)]

    def described(
        self, values: Mapping[str, Value], lang: str = "vi"
    ) -> list[tuple[str, str, str]]:
        """Return the lines of ``describe``, each after the path of the question it stands under."""
        return [
            (item.path, *line)
            for asked in self.outline(values)
            for item in _opened_items(asked.items)
            for line in _said(item, lang)
        ]

    def statistics(self, values: Mapping[str, Value]) -> dict[str, object]:
        """Return only the answers that may go to statistics, as far as they were asked."""
        return counted(self._fields, values)

    def attached(self, values: Mapping[str, Value]) -> list[tuple[str, str]]:
        """Return (key of the paper, id of the file) for all that was attached in the form, in order."""
        if "attachment" not in self.kinds:
            return []
        return [
            (item.field.slot, file_id)
            for asked in self.outline(values)
            for item in asked.every()
            if item.field.kind == "attachment" and isinstance(item.value, list)
            for file_id in map(str, item.value)
        ]

    def slots(self, values: Mapping[str, Value]) -> set[str]:
        """Return the papers that the form itself asks for, given the answers."""
        if "attachment" not in self.kinds:
            return set()
        items = (item for asked in self.outline(values) for item in asked.every())
        return {item.field.slot for item in items if item.field.kind == "attachment"}

    def json_schema(self, title: str = "", lang: str = "vi") -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of the answers, for machines that submit."""
        return schema_of(self.pages, title, lang)


def _today() -> date:
    return datetime.now(VIETNAM).date()


def _opened(items: Iterable[Item]) -> Iterator[Field]:
    for item in items:
        if item.field.kind == "group":
            yield from _opened(item.items)
        else:
            yield item.field


def _opened_items(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the questions with groups opened: a group leaves no trace in the answers."""
    for item in items:
        if item.field.kind == "group":
            yield from _opened_items(item.items)
        else:
            yield item


def _said(item: Item, lang: str, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the lines of a question; a row is named before what it holds."""
    asked = item.field
    for number, row in enumerate(item.rows, 1):
        yield from _inside(row, lang, f"{before}{asked.row(lang)} {number}: ")
    if item.items:
        yield from _inside(item.items, lang, before)
    elif item.value is not None and not item.rows and item.value != []:
        yield before + asked.label(lang), written(asked, item.value, lang)


def _inside(items: Sequence[Item], lang: str, before: str) -> Iterator[tuple[str, str]]:
    for item in items:
        yield from _said(item, lang, before)
