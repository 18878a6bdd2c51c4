"""One walk over a form: which questions are asked, what was answered, what is wrong.

Conditions see the answers that stand before them, so a chain of conditions cannot loop. In a row they see
the row's own answers first, then those of the form. What is unknown hides the question, and a hidden
question is neither validated nor kept. Page, parser, summary and print view are all made of this walk.

A path names a place in the answers: ``full_name``, ``children.0.born``, ``home.text``. Inputs of a page
have their path as name; machines send nested lists and objects instead.
"""

import dataclasses
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, cast

from msgspec import Meta

from motcua.catalogue.fields import Units, blank, fact, parse
from motcua.catalogue.form_fields import (
    REPEATED,
    Choice,
    Field,
    Help,
    Line,
    Row,
    Rule,
    Value,
    leaves,
)
from motcua.catalogue.form_rules import shown, worked_out
from motcua.catalogue.parsers import FieldError
from motcua.catalogue.reading import Record
from motcua.text import vn_moment

COMPUTED = "computed"
APPLICANT = "applicant"
CONFIRMED = "confirmed"
"""When a co-signer confirmed, in his row; put there by the server and taken from nobody."""


class Page(Record, frozen=True):
    """Questions that are asked together."""

    title_vi: Line
    title_en: Line
    fields: Annotated[tuple[Field, ...], Meta(max_length=1500)]
    help_vi: Help = ""
    help_en: Help = ""
    show_when: Rule = ""

    def title(self, lang: str) -> str:
        """Return the heading in one language."""
        return self.title_en if lang == "en" else self.title_vi


@dataclass(slots=True)
class Item:
    """A question that is asked, with what is known of its answer.

    ``known`` is what the authoritative source says. ``items`` are the questions of a group or of the person
    who is represented; ``rows`` those of each row.
    """

    path: str
    field: Field
    raw: Any = None
    value: Value | None = None
    error: FieldError | None = None
    known: Value | None = None
    items: "list[Item]" = dataclasses.field(default_factory=list)
    rows: "list[list[Item]]" = dataclasses.field(default_factory=list)

    @property
    def fixed(self) -> bool:
        """Tell whether the answer cannot be typed: a source locks it, or it is computed."""
        return bool(self.field.computed) or (self.field.locked and self.known is not None)


@dataclass(slots=True)
class AskedPage:
    """A page that is asked; ``number`` counts the pages of the whole form from 1."""

    number: int
    page: Page
    items: list[Item]

    def title(self, lang: str) -> str:
        """Return the heading in one language."""
        return self.page.title(lang)

    def every(self) -> Iterable[Item]:
        """Yield its questions at every depth."""
        return every(self.items)


@dataclass(slots=True)
class Spot:
    """Where the walk stands: the form itself, one row, or the person who is represented."""

    raw: Mapping[str, Any]
    values: dict[str, Any]
    own: dict[str, object]
    scope: Mapping[str, object]
    prefix: str = ""


def every(items: Iterable[Item]) -> Iterable[Item]:
    """Yield items at every depth, holders before what they hold."""
    for item in items:
        yield item
        yield from every(item.items)
        for row in item.rows:
            yield from every(row)


class Walk:
    """What one walk found: ``pages``, ``values``, ``facts``, ``provenance`` and ``errors`` by path.

    With ``trusted`` the answers are those of a dossier: read before, and only laid out here.
    """

    def __init__(
        self,
        pages: Sequence[Page],
        raw: Mapping[str, Any],
        sources: Mapping[str, str],
        today: date,
        units: Units | None = None,
        *,
        trusted: bool = False,
    ) -> None:
        self.sources, self.today, self.units, self.trusted = sources, today, units, trusted
        self.values: dict[str, Value] = {}
        self.facts: dict[str, object] = {}
        self.provenance: dict[str, str] = {}
        self.errors: dict[str, FieldError] = {}
        self.pages: list[AskedPage] = []
        spot = Spot(raw, self.values, self.facts, self.facts)
        for number, page in enumerate(pages, 1):
            if shown(page.show_when, self.facts) and (items := self._ask(page.fields, spot)):
                self.pages.append(AskedPage(number, page, items))

    def items(self) -> Iterable[Item]:
        """Yield every question that is asked, at every depth."""
        for page in self.pages:
            yield from page.every()

    def _ask(self, fields: Iterable[Field], spot: Spot) -> list[Item]:
        found: list[Item] = []
        for asked in fields:
            if asked.show_when and not shown(asked.show_when, spot.scope):
                continue
            if asked.kind == "group":
                if items := self._ask(asked.fields, spot):
                    found.append(Item(spot.prefix + asked.key, asked, items=items))
            elif asked.kind in REPEATED:
                found.append(self._rows(asked, spot))
            elif asked.kind == "representative":
                found.append(self._represented(asked, spot))
            else:
                found.append(self._leaf(asked, spot))
        return found

    def _leaf(self, asked: Field, spot: Spot) -> Item:
        item = Item(spot.prefix + asked.key, asked, spot.raw.get(asked.key))
        try:
            item.value = self._value(item, spot)
        except FieldError as wrong:
            self._wrong(item, wrong)
        else:
            self._keep(item, spot)
        return item

    def _value(self, item: Item, spot: Spot) -> Value | None:
        asked = item.field
        if self.trusted:
            return cast(Value | None, item.raw)
        if asked.computed:
            return self._computed(asked, spot)
        if asked.prefill:
            item.known = from_source(asked, self.sources, self.today, self.units)
        value = parse(asked, item.raw, self.today, self.units)
        if asked.locked and item.known is not None:
            value = _locked(value, item.known)
        _demand(asked, value)
        return value

    def _computed(self, asked: Field, spot: Spot) -> Value | None:
        """Work a value out; it has to fit its question, so that a sum can be bounded by ``min`` and ``max``."""
        value = worked_out(asked.computed, spot.scope)
        if value is None:
            return None
        if isinstance(value, Decimal):
            text = format(value, "f")
            value = text.rstrip("0").rstrip(".") if "." in text else text
            if asked.kind == "decimal":
                value = value.replace(".", ",")
        try:
            return parse(asked, str(value), self.today, self.units)
        except FieldError as wrong:
            raise FieldError(
                f"Kết quả tính ({value}) chưa phù hợp: {wrong.vi}",
                f"The computed value ({value}) does not fit: {wrong.en}",
            ) from wrong

    def _keep(self, item: Item, spot: Spot) -> None:
        if item.value is None:
            return
        asked = item.field
        spot.values[asked.key] = item.value
        spot.own[asked.key] = fact(asked, item.value)
        if spot.values is self.values:
            self.provenance[asked.key] = _origin(item)

    def _wrong(self, item: Item, wrong: FieldError) -> None:
        item.error = wrong
        self.errors[item.path] = wrong

    def _rows(self, asked: Field, spot: Spot) -> Item:
        item = Item(spot.prefix + asked.key, asked, spot.raw.get(asked.key))
        given, rows, facts = item.raw or [], [], []
        if not isinstance(given, list | tuple):
            self._wrong(item, FieldError("Mục này gồm nhiều dòng", "This consists of rows"))
            return item
        parts = asked.parts()
        known = {part.key for part in leaves(parts)} | {CONFIRMED}
        standing = [*given[: asked.most], *({} for _ in range(asked.least - len(given)))]
        for number, raw in enumerate(given if self.trusted else standing):
            found = self._row(parts, raw, spot, f"{item.path}.{number}", known)
            if self.trusted and asked.kind == "cosigners":
                found[0].append(_confirmation(f"{item.path}.{number}", raw))
            item.rows.append(found[0])
            if found[1]:
                rows.append(found[1])
                facts.append(found[2])
        item.value = rows
        if not self.trusted:
            self._judge(item, len(given), len(rows))
        spot.values[asked.key] = rows
        spot.own[asked.key] = facts
        self.provenance[asked.key] = APPLICANT
        return item

    def _row(
        self, parts: Sequence[Field], raw: Any, spot: Spot, path: str, known: set[str]
    ) -> tuple[list[Item], Row, dict[str, object]]:
        """Walk one row; a row that is empty counts for nothing and has no errors."""
        row: Row = {}
        own: dict[str, object] = {}
        mapping = raw if isinstance(raw, Mapping) else {}
        outside, self.errors = self.errors, {}
        inner = Spot(mapping, cast(dict[str, Any], row), own, ChainMap(own, spot.scope), f"{path}.")  # type: ignore[arg-type]
        items = self._ask(parts, inner)
        if mapping is not raw:
            self.errors[path] = FieldError("Dòng này chưa đúng", "This row is not right")
        if not self.trusted:
            self.errors |= {f"{path}.{name}": unknown() for name in mapping if name not in known}
        written = blank(raw) or (not self.errors and all(v is False for v in row.values()))
        if written and mapping is raw:
            for item in every(items):
                item.error = None
            self.errors = outside
            return items, {}, {}
        self.errors = outside | self.errors if outside else self.errors
        return items, row, own

    def _judge(self, item: Item, given: int, filled: int) -> None:
        """Say what is wrong with the rows as a whole."""
        asked = item.field
        if given > asked.most:
            wrong = f"Nhiều nhất {asked.most} dòng", f"At most {asked.most} rows"
            self._wrong(item, FieldError(*wrong))
        elif filled < asked.least:
            wrong = f"Cần ít nhất {asked.least} dòng", f"At least {asked.least} row(s)"
            self._wrong(item, FieldError(*wrong))
        if asked.kind != "cosigners":
            return
        seen = {self.sources.get("person.pid", "")}
        for row in item.rows:
            for part in row:
                if part.field.key == "pid" and part.value:
                    if part.value in seen:
                        self._wrong(part, _TWICE)
                    seen.add(str(part.value))

    def _represented(self, asked: Field, spot: Spot) -> Item:
        """Read who is represented; nobody is as long as the submitter acts for himself."""
        path = spot.prefix + asked.key
        item = Item(path, asked, spot.raw.get(asked.key))
        if item.raw is not None and not isinstance(item.raw, Mapping):
            self._wrong(item, FieldError("Mục này chưa đúng", "This is not right"))
            return item
        mapping: Mapping[str, Any] = item.raw or {}
        values: dict[str, Any] = {}
        own: dict[str, object] = {}
        parts = asked.parts()
        inner = Spot(mapping, values, own, ChainMap(own, spot.scope), f"{path}.")  # type: ignore[arg-type]
        item.items = self._ask(parts, inner)
        if not self.trusted:
            known = {part.key for part in leaves(parts)}
            self.errors |= {f"{path}.{name}": unknown() for name in mapping if name not in known}
        if asked.required or values.get("acting") is True:
            item.value = cast(Row, values)
            spot.values[asked.key] = item.value
            spot.own[asked.key] = own
            self.provenance[asked.key] = APPLICANT
        return item


_CONFIRMATION = Field(
    key=CONFIRMED,
    kind="choice",
    label_vi="Xác nhận cùng ký",
    label_en="Confirmed as co-signer",
    choices=(Choice(value="no", vi="chưa xác nhận", en="not confirmed"),),
)


def _confirmation(path: str, row: Mapping[str, Any]) -> Item:
    """Return when a co-signer confirmed, as one more answer of his row."""
    at = row.get(CONFIRMED)
    value = vn_moment(datetime.fromisoformat(at)) if at else "no"
    return Item(f"{path}.{CONFIRMED}", _CONFIRMATION, value=value)


_TWICE = FieldError(
    "Người này đã có trong hồ sơ; người cùng ký phải là người khác",
    "This person is in the dossier already; a co-signer must be somebody else",
)


def unknown() -> FieldError:
    """Return what is said of a name that the form does not have."""
    return FieldError("Mục này không có trong biểu mẫu", "The form has no such question")


def from_source(
    asked: Field, sources: Mapping[str, str], today: date, units: Units | None = None
) -> Value | None:
    """Read a source's value; one that does not fit the field is as good as none, the person types it."""
    if not asked.prefill or asked.prefill not in sources:
        return None
    try:
        return parse(asked, sources[asked.prefill], today, units)
    except FieldError:
        return None


def _origin(item: Item) -> str:
    if item.field.computed:
        return COMPUTED
    return item.field.prefill if item.known is not None and item.value == item.known else APPLICANT


def _empty(value: Value | None) -> bool:
    """Whether nothing was answered, or a box was left unticked; a number 0 is an answer."""
    return value is None or value is False


def _locked(value: Value | None, known: Value) -> Value:
    """Give the source's value; a form that was sent with another one has been tampered with or is stale."""
    if not _empty(value) and value != known:
        raise FieldError(
            "Thông tin này lấy từ nguồn có thẩm quyền, không sửa được tại đây",
            "This comes from an authoritative source and cannot be changed here",
        )
    return known


def _demand(asked: Field, value: Value | None) -> None:
    if asked.kind == "declaration" and value is not True:
        raise FieldError("Cần xác nhận mục này để tiếp tục", "Confirm this to continue")
    if asked.required and _empty(value):
        raise FieldError("Mục này bắt buộc", "This is required")
