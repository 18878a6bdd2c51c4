"""A draft's form as pages: what is asked on each, with what was typed, its source and its errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar.datastructures import FormMultiDict
from msgspec.structs import replace

from motcua.catalogue.fields import Field, Value
from motcua.catalogue.forms import Answers, Form, InvalidAnswers, Page
from motcua.dossiers.drafts import Content
from motcua.text import vn_date

Typed = str | list[str]
_LONGEST = 8000
_KINDS = {"name": "text", "address": "text", "declaration": "checkbox"}
_FILLS = {"name": "name", "address": "street-address"}
_SOURCE = {
    "vi": ("Lấy từ định danh điện tử của bạn", "Lấy từ định danh điện tử của bạn, không sửa được"),
    "en": ("From your electronic identity", "From your electronic identity; cannot be changed"),
}
_FRAME = frozenset({"_csrf_token", "_return"})


@dataclass(frozen=True)
class Asked:
    """A question as the macro ``ui.field`` draws it."""

    key: str
    kind: str
    label: str
    help: str
    required: bool
    choices: Sequence[tuple[str, str]]
    locked: bool
    source: str
    autocomplete: str
    max_length: int


@dataclass(frozen=True)
class Sheet:
    """A procedure's form together with what a draft knows."""

    form: Form
    content: Content
    lang: str

    @property
    def answers(self) -> dict[str, Typed]:
        """What was typed, as far as this version of the form still asks it."""
        known = {asked.key for asked in self.form.fields()}
        return {k: v for k, v in self.content.answers.items() if k in known}

    @property
    def values(self) -> dict[str, Value]:
        """What is right so far."""
        return self.form.read(self.answers, self.content.prefill)

    def pages(self) -> list[tuple[int, Page]]:
        """Return the pages that are asked now with their numbers from 1.

        What is declared comes at the very end, beside the button that submits.
        """
        numbers = {f.key: n for n, page in enumerate(self.form.pages, 1) for f in page.fields}
        found = []
        for page in self.form.visible(self.values):
            asked = tuple(f for f in page.fields if f.kind != "declaration")
            if asked:
                found.append((numbers[asked[0].key], replace(page, fields=asked)))
        return found

    def page(self, number: int) -> Page | None:
        """Return a page as far as it is asked now."""
        return next((page for n, page in self.pages() if n == number), None)

    def after(self, number: int) -> int | None:
        """Return the number of the next page that is asked; None after the last."""
        return next((n for n, _ in self.pages() if n > number), None)

    def before(self, number: int) -> int | None:
        """Return the number of the page before."""
        return next((n for n, _ in reversed(self.pages()) if n < number), None)

    def declarations(self) -> list[Field]:
        """Return what has to be declared with these answers."""
        pages = self.form.visible(self.values)
        return [f for page in pages for f in page.fields if f.kind == "declaration"]

    def fixed(self, asked: Field) -> bool:
        """Tell whether the identity says this, so that it is not asked but shown."""
        return asked.locked and asked.key in self.form.initial(self.content.prefill)

    def drawn(self, asked: Field) -> Asked:
        """Return a question as it is drawn."""
        locked = self.fixed(asked)
        source = _SOURCE[self.lang][locked] if self._from_source(asked) else ""
        return Asked(
            key=asked.key,
            kind=_KINDS.get(asked.kind, asked.kind),
            label=asked.label(self.lang),
            help=asked.help(self.lang),
            required=asked.required or asked.kind == "declaration",
            choices=[(c.value, c.en if self.lang == "en" else c.vi) for c in asked.choices],
            locked=locked,
            source=source,
            autocomplete=_FILLS.get(asked.kind, ""),
            max_length=asked.max or 0 if asked.kind in {"text", "long_text", "name"} else 0,
        )

    def shown(self, asked: Field) -> Typed:
        """Return what stands in a field."""
        if self.fixed(asked):
            return as_typed(asked, self.form.initial(self.content.prefill)[asked.key])
        return self.content.answers.get(asked.key, "")

    def _from_source(self, asked: Field) -> bool:
        known = self.form.initial(self.content.prefill).get(asked.key)
        return known is not None and self.shown(asked) == as_typed(asked, known)

    def take(self, number: int, posted: FormMultiDict) -> dict[str, str]:
        """Put what was posted for a page into the draft; returns its errors by field.

        What is wrong is kept too, so that nothing has to be typed twice. A name that the page does not
        have, and another value than the identity's, are errors and not kept.
        """
        fields = {f.key: f for f in self.form.pages[number - 1].fields if f.kind != "declaration"}
        raw = _posted(fields.values(), posted)
        strange = {k: "" for k in posted if k not in fields and k not in _FRAME}
        offered = {key: value for key, value in raw.items() if self.fixed(fields[key])}
        self.content.answers |= {k: v for k, v in raw.items() if k not in offered}
        wrong = self.errors({**offered, **strange})
        return {k: said for k, said in wrong.items() if k in fields or k in strange}

    def errors(self, more: Mapping[str, object]) -> dict[str, str]:
        """Return what is wrong with the answers and these additions, by field."""
        try:
            self.clean(more, self.content.prefill)
        except InvalidAnswers as error:
            return error.fields
        return {}

    def clean(self, more: Mapping[str, object], source: Mapping[str, str]) -> Answers:
        """Read the whole form; raises ``InvalidAnswers``."""
        return self.form.clean({**self.answers, **more}, source, lang=self.lang)


def begin(form: Form, prefill: Mapping[str, str]) -> Content:
    """Return a fresh draft with what the identity knows; locked answers are taken from there at the end."""
    initial = form.initial(prefill)
    answers = {
        f.key: as_typed(f, initial[f.key])
        for f in form.fields()
        if f.key in initial and not f.locked
    }
    return Content(answers=answers, prefill=dict(prefill))


def as_typed(asked: Field, value: Value) -> Typed:
    """Write a value as a person would type it."""
    if isinstance(value, list):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    if asked.kind == "date":
        return vn_date(date.fromisoformat(str(value)))
    return str(value)


def _posted(fields: Iterable[Field], posted: FormMultiDict) -> dict[str, Typed]:
    """Return what came for these fields; a box that is not ticked sends nothing."""
    found: dict[str, Typed] = {}
    for asked in fields:
        texts = [v[:_LONGEST] for v in posted.getall(asked.key, []) if isinstance(v, str)]
        if asked.kind == "multichoice":
            found[asked.key] = texts
        elif texts or asked.kind == "checkbox":
            found[asked.key] = texts[0] if texts else ""
    return found


def steps(sheet: Sheet, current: int) -> dict[str, Any]:
    """Return the labels of the whole way and which of them is now; ``current`` counts from 1."""
    ends = {
        "vi": ("Giấy tờ", "Nơi giải quyết", "Kiểm tra và nộp"),
        "en": ("Papers", "Office", "Check and submit"),
    }
    labels = [page.title(sheet.lang) for _, page in sheet.pages()]
    return {"labels": [*labels, *ends[sheet.lang]], "current": current}
