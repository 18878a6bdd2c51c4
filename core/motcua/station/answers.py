"""A procedure's form on the station's screen: one page at a time, what is locked stays as the card says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from motcua.catalogue.fields import Field, Value, written
from motcua.catalogue.forms import Form, InvalidAnswers, Page
from motcua.text import mask, vn_date

Raw = dict[str, Any]
_CONTROLS = {"name": "text", "address": "text", "declaration": "checkbox"}


@dataclass(frozen=True)
class Question:
    """A field as the macro ``ui.field`` takes it, with the value it stands at."""

    key: str
    kind: str
    label: str
    help: str
    required: bool
    choices: Sequence[tuple[str, str]]
    locked: bool
    source: str
    max_length: int
    value: Any


@dataclass(frozen=True)
class Line:
    """One answer on the check page; ``page`` counts the form's pages from 1."""

    page: int
    label: str
    value: str


def asked(form: Form, raw: Raw, prefilled: Mapping[str, str]) -> dict[int, Page]:
    """Return the pages that are asked, by their place in the form (from 0), with their visible fields."""
    place = {field.key: n for n, page in enumerate(form.pages) for field in page.fields}
    return {place[p.fields[0].key]: p for p in form.visible(form.read(raw, prefilled))}


def merge(
    form: Form, index: int, raw: Raw, posted: Mapping[str, list[str]], prefilled: Mapping[str, str]
) -> Raw:
    """Return the answers with those of one page replaced by what was posted.

    What an authoritative source locks is not taken from the browser, whatever it sends.
    """
    fresh, known = dict(raw), form.initial(prefilled)
    for field in form.pages[index].fields:
        fresh.pop(field.key, None)
        if field.locked and field.key in known:
            continue
        if values := posted.get(field.key):
            fresh[field.key] = values if field.kind == "multichoice" else values[0]
    return fresh


def errors_of(
    form: Form, raw: Raw, prefilled: Mapping[str, str], lang: str
) -> dict[int, dict[str, str]]:
    """Return what is wrong, by page (from 0) and field; empty when all is right."""
    try:
        form.clean(raw, prefilled, lang=lang)
    except InvalidAnswers as wrong:
        place = {field.key: n for n, page in enumerate(form.pages) for field in page.fields}
        found: dict[int, dict[str, str]] = {}
        for key, sentence in wrong.fields.items():
            found.setdefault(place.get(key, 0), {})[key] = sentence
        return dict(sorted(found.items()))
    return {}


def questions(
    form: Form, page: Page, raw: Raw, prefilled: Mapping[str, str], lang: str, source: str
) -> list[Question]:
    """Return the fields of a visible page; ``source`` says where a value of the card comes from."""
    known = form.initial(prefilled)
    return [_question(field, raw, known.get(field.key), lang, source) for field in page.fields]


def lines(form: Form, values: Mapping[str, Value], lang: str) -> list[Line]:
    """Return every answer for the check page; personal numbers are masked, others can see the screen."""
    place = {field.key: n for n, page in enumerate(form.pages) for field in page.fields}
    return [
        Line(place[field.key] + 1, field.label(lang), _shown(field, values[field.key], lang))
        for page in form.visible(values)
        for field in page.fields
        if field.key in values
    ]


def _question(field: Field, raw: Raw, known: Value | None, lang: str, source: str) -> Question:
    locked = field.locked and known is not None
    value = known if locked else raw.get(field.key)
    typed = _typed(field, value, locked=locked)
    from_card = known is not None and typed == _typed(field, known, locked=locked)
    return Question(
        key=field.key,
        kind=_CONTROLS.get(field.kind, field.kind),
        label=field.label(lang),
        help=field.help(lang),
        required=field.required,
        choices=[(c.value, c.en if lang == "en" else c.vi) for c in field.choices],
        locked=locked,
        source=source if from_card else "",
        max_length=field.max or 0 if field.kind in {"text", "long_text"} else 0,
        value=typed,
    )


def _typed(field: Field, value: Any, *, locked: bool) -> Any:
    """Return a value as it stands in its control."""
    if value is None or value is False:
        return [] if field.kind == "multichoice" else ""
    if value is True:
        return "1"
    if field.kind == "pid" and locked:
        return mask(str(value))
    if field.kind == "date" and isinstance(value, str):
        try:
            return vn_date(date.fromisoformat(value))
        except ValueError:
            return value  # as the person typed it
    return value


def _shown(field: Field, value: Value, lang: str) -> str:
    return mask(str(value)) if field.kind == "pid" else written(field, value, lang)
