"""A form as data: what is asked when, what was answered, and how the answers are written again.

Conditions are evaluated on the server only. They see the answers that stand before them in the form, so a
chain of conditions cannot loop; what is unknown hides the question, and a hidden question is neither
validated nor kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from motcua.catalogue.fields import Field, Line, Value, fact, parse, sample, written
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.reading import PackageError, Record, convert, plain
from motcua.catalogue.schema import schema_of
from motcua.errors import Invalid
from motcua.rules import RuleError, evaluate
from motcua.text import VIETNAM

#: Names that expressions of a package use for other things than answers.
RESERVED = frozenset({"answers", "person", "dossier", "draft"})
_NO_SOURCES: Mapping[str, str] = {}


class InvalidAnswers(Invalid):
    """Some answers are not right; ``errors`` holds both languages, ``fields`` the one asked for."""

    def __init__(self, errors: Mapping[str, FieldError], lang: str = "vi") -> None:
        super().__init__(
            "Một số thông tin chưa hợp lệ, hãy xem lại các mục được đánh dấu",
            "Some answers are not right; see the marked questions",
            fields={key: error.say(lang) for key, error in errors.items()},
        )
        self.errors = dict(errors)


@dataclass(frozen=True)
class Answers:
    """Clean answers by field, and where each came from: ``applicant`` or a source such as ``person.pid``."""

    values: dict[str, Value]
    provenance: dict[str, str]


class Page(Record, frozen=True):
    """Questions that are asked together."""

    title_vi: Line
    title_en: Line
    fields: tuple[Field, ...]
    help_vi: str = ""
    help_en: str = ""
    show_when: str = ""

    def title(self, lang: str) -> str:
        """Return the heading in one language."""
        return self.title_en if lang == "en" else self.title_vi


@dataclass
class _Reading:
    """One pass over a form: what is known so far."""

    values: dict[str, Value] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)
    errors: dict[str, FieldError] = field(default_factory=dict)

    def keep(self, asked: Field, value: Value, source: str) -> None:
        self.values[asked.key] = value
        self.facts[asked.key] = fact(asked, value)
        self.provenance[asked.key] = source


class Form(Record, frozen=True):
    """The questions of a procedure, in pages."""

    pages: tuple[Page, ...]

    @classmethod
    def from_data(cls, data: object, file: str = "form.toml") -> "Form":
        """Check what stands in a form file; raises ``PackageError``."""
        form = convert(data, cls, file)
        _check(form, file)
        return form

    def to_data(self) -> dict[str, Any]:
        """Return the form as JSON-able data; ``from_data`` reads it back."""
        return plain(self)

    def fields(self) -> list[Field]:
        """Return every field, in order."""
        return [asked for page in self.pages for asked in page.fields]

    def samples(self) -> dict[str, object]:
        """Return an invented value of the right type for every field, to try expressions with."""
        return {asked.key: sample(asked) for asked in self.fields()}

    def facts(self, values: Mapping[str, Value]) -> dict[str, object]:
        """Return answers as expressions see them: dates are dates; unknown keys are left out."""
        known = {asked.key: asked for asked in self.fields()}
        return {key: fact(known[key], value) for key, value in values.items() if key in known}

    def clean(
        self,
        raw: Mapping[str, object],
        prefilled: Mapping[str, str] = _NO_SOURCES,
        *,
        lang: str = "vi",
        today: date | None = None,
    ) -> Answers:
        """Read what was submitted.

        ``raw`` maps field keys to text (a list of texts for ``multichoice``; JSON numbers and truth values
        are read too). ``prefilled`` maps sources (``person.pid``) to what an authoritative source says; a
        locked field keeps that value. Fields of the page frame (tokens, buttons) must be taken out before:
        an unknown name is refused. Raises ``InvalidAnswers`` with every wrong field at once.
        """
        known = {asked.key for asked in self.fields()}
        reading = self._read(raw, prefilled, today or datetime.now(VIETNAM).date())
        for name in raw:
            if name not in known:
                reading.errors[name] = FieldError(
                    "Mục này không có trong biểu mẫu", "The form has no such question"
                )
        if reading.errors:
            raise InvalidAnswers(reading.errors, lang)
        return Answers(reading.values, reading.provenance)

    def read(
        self, raw: Mapping[str, object], prefilled: Mapping[str, str] = _NO_SOURCES
    ) -> dict[str, Value]:
        """Read an unfinished form: what is right so far, without a word about the rest."""
        return self._read(raw, prefilled, datetime.now(VIETNAM).date()).values

    def initial(self, prefilled: Mapping[str, str]) -> dict[str, Value]:
        """Return what a fresh form starts with: usable values of the sources, whatever is shown."""
        today = datetime.now(VIETNAM).date()
        found = {asked.key: _from_source(asked, prefilled, today) for asked in self.fields()}
        return {key: value for key, value in found.items() if value is not None}

    def visible(self, values: Mapping[str, Value]) -> list[Page]:
        """Return the pages with only the fields that are asked, given the answers; empty pages are left out."""
        facts: dict[str, object] = {}
        found = []
        for page in self.pages:
            asked = tuple(self._asked(page, values, facts))
            if asked:
                found.append(replace(page, fields=asked))
        return found

    def describe(self, values: Mapping[str, Value], lang: str = "vi") -> list[tuple[str, str]]:
        """Return each answered question and its answer as people write it."""
        return [
            (asked.label(lang), written(asked, values[asked.key], lang))
            for page in self.visible(values)
            for asked in page.fields
            if asked.key in values
        ]

    def json_schema(self, title: str = "", lang: str = "vi") -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of the answers, for machines that submit."""
        conditional = {f.key for p in self.pages for f in p.fields if p.show_when or f.show_when}
        return schema_of(self.fields(), conditional, title, lang)

    def _asked(
        self, page: Page, values: Mapping[str, Value], facts: dict[str, object]
    ) -> Iterator[Field]:
        if not shown(page.show_when, facts):
            return
        for asked in page.fields:
            if shown(asked.show_when, facts):
                if asked.key in values:
                    facts[asked.key] = fact(asked, values[asked.key])
                yield asked

    def _read(
        self, raw: Mapping[str, object], prefilled: Mapping[str, str], today: date
    ) -> _Reading:
        reading = _Reading()
        for page in self.pages:
            if not shown(page.show_when, reading.facts):
                continue
            for asked in page.fields:
                if shown(asked.show_when, reading.facts):
                    _answer(asked, raw, prefilled, today, reading)
        return reading


def shown(condition: str, facts: Mapping[str, object]) -> bool:
    """Decide whether a condition holds; no condition always does, an unknown answer never."""
    if not condition:
        return True
    try:
        return evaluate(condition, facts, unknown="null") is True
    except RuleError as broken:
        raise PackageError("form.toml", "show_when", f"{condition!r}: {broken}") from broken


def _answer(
    asked: Field,
    raw: Mapping[str, object],
    prefilled: Mapping[str, str],
    today: date,
    reading: _Reading,
) -> None:
    known = _from_source(asked, prefilled, today)
    try:
        value = parse(asked, raw.get(asked.key), today)
        if asked.locked and known is not None:
            value = _locked(value, known)
        _demand(asked, value)
    except FieldError as wrong:
        reading.errors[asked.key] = wrong
        return
    if value is not None:
        reading.keep(asked, value, asked.prefill if value == known else "applicant")


def _locked(value: Value | None, known: Value) -> Value:
    """Give the source's value; a form that was sent with another one has been tampered with or is stale."""
    if value not in (None, False, known):
        raise FieldError(
            "Thông tin này lấy từ nguồn có thẩm quyền, không sửa được tại đây",
            "This comes from an authoritative source and cannot be changed here",
        )
    return known


def _demand(asked: Field, value: Value | None) -> None:
    if asked.kind == "declaration" and value is not True:
        raise FieldError("Cần xác nhận mục này để tiếp tục", "Confirm this to continue")
    if asked.required and value in (None, False):
        raise FieldError("Mục này bắt buộc", "This is required")


def _from_source(asked: Field, prefilled: Mapping[str, str], today: date) -> Value | None:
    """Read a source's value; one that does not fit the field is as good as none, the person types it."""
    if not asked.prefill or asked.prefill not in prefilled:
        return None
    try:
        return parse(asked, prefilled[asked.prefill], today)
    except FieldError:
        return None


def _check(form: Form, file: str) -> None:
    if not form.pages:
        raise PackageError(file, "pages", "at least one page")
    before: dict[str, object] = {}
    for p, page in enumerate(form.pages):
        try_expression(page.show_when, before, file, f"pages[{p}].show_when")
        for f, asked in enumerate(page.fields):
            where = f"pages[{p}].fields[{f}]"
            _check_field(asked, before, file, where)
            try_expression(asked.show_when, before, file, f"{where}.show_when")
            before[asked.key] = sample(asked)


def _check_field(asked: Field, before: Mapping[str, object], file: str, where: str) -> None:
    if asked.key in before or asked.key in RESERVED:
        raise PackageError(file, f"{where}.key", f"a key that is not taken, not {asked.key!r}")
    chosen = asked.kind in ("choice", "multichoice")
    if chosen != bool(asked.choices):
        expected = "at least one choice" if chosen else f"nothing: {asked.kind} has no choices"
        raise PackageError(file, f"{where}.choices", expected)
    if len({choice.value for choice in asked.choices}) != len(asked.choices):
        raise PackageError(file, f"{where}.choices", "values that differ")
    if asked.locked and not asked.prefill:
        raise PackageError(file, f"{where}.locked", "a prefill source for a locked field")


def try_expression(text: str, samples: Mapping[str, object], file: str, key: str) -> object:
    """Try an expression with invented answers; raises ``PackageError`` for wrong FEEL or unknown names."""
    if not text:
        return None
    try:
        return evaluate(text, samples)
    except RuleError as broken:
        raise PackageError(file, key, f"FEEL over known names: {broken}") from broken
