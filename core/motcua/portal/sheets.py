"""A draft's form as pages: what is asked on each, with what was typed, its source and its errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.datastructures import FormMultiDict

from motcua.catalogue.fields import Field, Units, Value, leaves
from motcua.catalogue.form_posted import Raw, Taking, known_only, name_communes
from motcua.catalogue.form_view import Block, Control, Drawing, as_typed
from motcua.catalogue.form_walk import AskedPage, Item, Walk, every
from motcua.catalogue.forms import Answers, Form, InvalidAnswers
from motcua.catalogue.parsers import FieldError
from motcua.dossiers.drafts import Content
from motcua.text import vn_moment

__all__ = ["Sheet", "Typed", "as_typed", "begin", "posted_texts", "steps"]
Typed = Any
"""An answer as typed: text, a list of texts, rows (a list of mappings), or the parts of an address."""
_SOURCE = {
    "vi": ("Lấy từ định danh điện tử của bạn", "Lấy từ định danh điện tử của bạn, không sửa được"),
    "en": ("From your electronic identity", "From your electronic identity; cannot be changed"),
}
_BUTTONS = ("remove.", "reuse.")


@dataclass(frozen=True)
class Taken:
    """What a page gave: the keys of its questions, and what was sent but must not be kept."""

    keys: frozenset[str]
    refused: Mapping[str, object]


@dataclass
class Sheet:
    """A procedure's form together with what a draft knows.

    ``units`` are the communes that an address can be in. What is computed from the draft is kept until the
    draft is changed by ``take`` or ``changed``.
    """

    form: Form
    content: Content
    lang: str
    units: Units | None = None
    _walk: Walk | None = None

    @property
    def answers(self) -> Raw:
        """What was typed, as far as this version of the form still asks it."""
        return known_only(self.form.fields(), self.content.answers, self.content.attached)

    @property
    def walk(self) -> Walk:
        """What the form says to what was typed."""
        if self._walk is None:
            self._walk = self.form.walk(self.answers, self.content.prefill, units=self.units)
        return self._walk

    @property
    def values(self) -> dict[str, Value]:
        """What is right so far."""
        return self.walk.values

    def changed(self) -> None:
        """Look again: the draft is another one now."""
        self._walk = None

    def pages(self) -> list[tuple[int, AskedPage]]:
        """Return the pages that are asked now with their numbers from 1.

        What is declared comes at the very end, beside the button that submits.
        """
        found = []
        for asked in self.walk.pages:
            items = [i for i in asked.items if i.field.kind != "declaration"]
            if items:
                found.append((asked.number, AskedPage(asked.number, asked.page, items)))
        return found

    def page(self, number: int) -> AskedPage | None:
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
        return [i.field for i in self.walk.items() if i.field.kind == "declaration"]

    def drawing(self, **more: Any) -> Drawing:
        """Return how this draft's questions are drawn."""
        free, locked = _SOURCE[self.lang]
        stated = self.stated()
        return Drawing(self.lang, (free, locked), self.units, stated=stated, **more)

    def stated(self) -> dict[str, tuple[str, str]]:
        """Return for each answer from a paper of the wallet what it says, and the sentence of its source."""
        found: dict[str, tuple[str, str]] = {}
        for key, one in self.content.sourced.items():
            at = vn_moment(one.at)
            said = (
                f"From your wallet: {one.kind_en}, signed by {one.issuer_name}, checked {at}"
                if self.lang == "en"
                else f"Lấy từ ví: {one.kind_vi}, do {one.issuer_name} ký, kiểm tra lúc {at}"
            )
            found[key] = (one.typed, said)
        return found

    def blocks(self, items: Iterable[Item], told: Mapping[str, str], **more: Any) -> list[Block]:
        """Return questions as a page draws them; ``told`` are the errors by path, and no other is shown."""
        shown = list(items)
        for item in every(shown):
            said = told.get(item.path, "")
            item.error = FieldError(said, said) if said else None
        return self.drawing(**more).blocks(shown)

    def drawn(self, asked: Field) -> Control:
        """Return a question without questions inside as the macro ``ui.field`` draws it, unanswered."""
        item = Item(asked.key, asked, self.answers.get(asked.key), known=self._known(asked))
        control = self.drawing().blocks([item])[0].control
        return control or Control(asked.key, asked.kind, asked.label(self.lang))

    def shown(self, asked: Field) -> Typed:
        """Return what stands in a field."""
        return self.drawn(asked).value

    def _known(self, asked: Field) -> Value | None:
        return self.form.initial(self.content.prefill).get(asked.key) if asked.prefill else None

    def take(self, number: int, posted: Mapping[str, Sequence[str]]) -> "Taken":
        """Put what was posted for a page into the draft; ``wrong`` says what is not right about it.

        What is wrong is kept too, so that nothing has to be typed twice. A name that the page does not
        have, and another value than the identity's, are errors and not kept.
        """
        fields = self.form.pages[number - 1].fields
        fresh = self.answers
        taking = Taking(posted, declarations=False)
        taking.into(fields, fresh)
        asked = {f.key for f in leaves(fields) if f.kind != "declaration"}
        keys = {name.split(".")[0] for name in taking.names} | asked
        initial = self.form.initial(self.content.prefill)
        fixed = {f.key for f in leaves(fields) if f.locked and f.key in initial}
        offered = {k: fresh.pop(k) for k in fixed if k in fresh and k in posted}
        strange = {n: "" for n in taking.strange() if not n.startswith(_BUTTONS)}
        self.content.answers = fresh
        self.changed()
        if self.units is not None:
            name_communes(self.walk, fresh)
        return Taken(frozenset(keys), {**offered, **strange})

    def wrong(self, taken: "Taken") -> dict[str, str]:
        """Return what is wrong with what a page gave, by path."""
        if taken.refused:
            found = self.errors(taken.refused)
        else:
            found = {path: error.say(self.lang) for path, error in self.walk.errors.items()}
        return {
            k: v for k, v in found.items() if k.split(".")[0] in taken.keys or k in taken.refused
        }

    def errors(self, more: Mapping[str, object]) -> dict[str, str]:
        """Return what is wrong with the answers and these additions, by path."""
        try:
            self.clean(more, self.content.prefill)
        except InvalidAnswers as error:
            return error.fields
        return {}

    def clean(self, more: Mapping[str, object], source: Mapping[str, str]) -> Answers:
        """Read the whole form; raises ``InvalidAnswers``."""
        raw = {**self.answers, **more}
        return self.form.clean(raw, source, lang=self.lang, units=self.units)


def begin(form: Form, prefill: Mapping[str, str]) -> Content:
    """Return a fresh draft with what the identity knows; locked answers are taken from there at the end."""
    initial = form.initial(prefill)
    answers: Raw = {}
    for asked in form.fields():
        if asked.key in initial and not asked.locked:
            answers[asked.key] = as_typed(asked, initial[asked.key])
        elif asked.kind == "address2" and asked.prefill in prefill:
            answers[asked.key] = {"text": prefill[asked.prefill]}
    return Content(answers=answers, prefill=dict(prefill))


def posted_texts(posted: FormMultiDict) -> dict[str, list[str]]:
    """Return the texts that were posted, by name; files are left out."""
    found: dict[str, list[str]] = {}
    for name, value in posted.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def steps(sheet: Sheet, current: int) -> dict[str, Any]:
    """Return the labels of the whole way and which of them is now; ``current`` counts from 1."""
    ends = {
        "vi": ("Giấy tờ", "Nơi giải quyết", "Kiểm tra và nộp"),
        "en": ("Papers", "Office", "Check and submit"),
    }
    labels = [page.title(sheet.lang) for _, page in sheet.pages()]
    return {"labels": [*labels, *ends[sheet.lang]], "current": current}
