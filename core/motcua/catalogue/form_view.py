"""A walked form as the blocks that a page draws (``questions.html``): the same for portal and station."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from motcua.catalogue.fields import Field, Units, Value, leaves, written
from motcua.catalogue.form_fields import REPEATED
from motcua.catalogue.form_walk import AskedPage, Item, every
from motcua.text import mask, vn_date

WINDOW = 20
"""Rows of a repeated group that stand on a page at a time."""
_CONTROLS = {
    "name": "text",
    "address": "text",
    "decimal": "text",
    "declaration": "checkbox",
    "tax_code": "pid",
    "insurance": "pid",
}
_FILLS = {"name": "name", "address": "street-address"}
_TEXTS = frozenset({"text", "long_text", "name"})


@dataclass(frozen=True)
class Control:
    """A question as the macro ``ui.field`` takes it; ``key`` is its path."""

    key: str
    kind: str
    label: str
    help: str = ""
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    locked: bool = False
    source: str = ""
    autocomplete: str = ""
    max_length: int = 0
    value: Any = ""
    error: str = ""


@dataclass(frozen=True)
class RowBlock:
    """One row: its path, its heading and its questions."""

    path: str
    title: str
    blocks: "list[Block]"


@dataclass(frozen=True)
class Block:
    """One thing on a page. ``shape``: field, group, rows, address, files or computed.

    ``total`` counts all rows, ``start`` and ``end`` bound those that stand on the page.
    """

    shape: str
    path: str
    label: str
    help: str = ""
    error: str = ""
    control: Control | None = None
    blocks: "list[Block]" = field(default_factory=list)
    rows: list[RowBlock] = field(default_factory=list)
    row: str = ""
    total: int = 0
    start: int = 0
    end: int = 0
    room: bool = False
    slot: Mapping[str, Any] = field(default_factory=dict)
    units: Sequence[tuple[str, str]] = ()
    required: bool = False
    value: Any = ""


def _no_files(item: Item) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Drawing:
    """How a form is drawn.

    ``sources`` says where a known value comes from: one that may be changed, one that may not. ``fills``
    lets browsers help; ``masked`` hides known personal numbers, for screens that others can see. ``at`` is
    the path of a question whose row has to stand on the page. ``files`` describes what is attached.
    ``stated`` says of a path where a typed value comes from, as long as it stands there unchanged.
    """

    lang: str
    sources: tuple[str, str]
    units: Units | None = None
    fills: bool = True
    masked: bool = False
    at: Sequence[str] = ()
    files: Callable[[Item], Mapping[str, Any]] = _no_files
    stated: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def blocks(self, items: Iterable[Item]) -> list[Block]:
        """Return items as blocks."""
        return [self._block(item) for item in items]

    def _block(self, item: Item) -> Block:
        kind = item.field.kind
        if kind in REPEATED:
            return self._rows(item)
        if kind in ("group", "representative"):
            return self._plain(item, "group", blocks=self.blocks(item.items))
        if kind == "attachment":
            return self._plain(item, "files", slot=self.files(item))
        if item.field.computed:
            said = "" if item.value is None else written(item.field, item.value, self.lang)
            return self._plain(item, "computed", value=said)
        if kind == "address2" and not item.fixed:
            chosen = tuple(self.units.items()) if self.units else ()
            return self._plain(item, "address", units=chosen, value=_address(item))
        return self._plain(item, "field", control=self._control(item))

    def _plain(self, item: Item, shape: str, **more: Any) -> Block:
        asked = item.field
        return Block(
            shape,
            item.path,
            asked.label(self.lang),
            asked.help(self.lang),
            item.error.say(self.lang) if item.error else "",
            required=asked.required,
            **more,
        )

    def _rows(self, item: Item) -> Block:
        asked, total = item.field, len(item.rows)
        start = self._start(item.path, total)
        end = min(total, start + WINDOW)
        name = asked.row(self.lang)
        rows = [
            RowBlock(f"{item.path}.{n}", f"{name} {n + 1}", self.blocks(item.rows[n]))
            for n in range(start, end)
        ]
        room = total < asked.most
        return self._plain(
            item, "rows", rows=rows, row=name, total=total, start=start, end=end, room=room
        )

    def _start(self, path: str, total: int) -> int:
        """Return the first row that stands on the page."""
        for wanted in self.at:
            number = wanted.removeprefix(f"{path}.").split(".")[0]
            if wanted.startswith(f"{path}.") and number.isdecimal():
                return min(int(number), max(0, total - 1)) // WINDOW * WINDOW
        return 0

    def _control(self, item: Item) -> Control:
        asked = item.field
        typed = self.typed(item)
        known = item.known is not None and typed == self._as_typed(asked, item.known, item.fixed)
        own = "." not in item.path
        fill = _FILLS.get(asked.kind, "") if self.fills and own else "off"
        return Control(
            key=item.path,
            kind="text" if asked.kind == "address2" else _CONTROLS.get(asked.kind, asked.kind),
            label=asked.label(self.lang),
            help=asked.help(self.lang),
            required=asked.required or asked.kind == "declaration",
            choices=[(c.value, c.en if self.lang == "en" else c.vi) for c in asked.choices],
            locked=item.fixed,
            source=self.source(item.path, typed) or (self.sources[item.fixed] if known else ""),
            autocomplete=fill if asked.kind != "tax_code" else "off",
            max_length=(asked.max or 0) if asked.kind in _TEXTS else 0,
            value=typed,
            error=item.error.say(self.lang) if item.error else "",
        )

    def source(self, path: str, typed: Any) -> str:
        """Return where a value comes from that a paper stated; nothing once it was changed."""
        stated = self.stated.get(path)
        return stated[1] if stated and stated[0] == typed else ""

    def typed(self, item: Item) -> Any:
        """Return what stands in a control: the source's value, or what was typed, right or wrong."""
        if item.fixed and item.known is not None:
            return self._as_typed(item.field, item.known, fixed=True)
        return self._as_typed(item.field, item.raw)

    def _as_typed(self, asked: Field, value: Any, fixed: bool = False) -> Any:
        if self.masked and fixed and asked.kind == "pid":
            return mask(str(value))
        return as_typed(asked, value)


def as_typed(asked: Field, value: Value | Any) -> Any:
    """Write a value as a person would type it; what was typed already stays as it is."""
    if value is None or value is False:
        return [] if asked.kind == "multichoice" else ""
    if value is True:
        return "1"
    if isinstance(value, dict):
        return written(asked, value) if asked.kind == "address2" else value
    if asked.kind == "date" and isinstance(value, str):
        try:
            return vn_date(date.fromisoformat(value))
        except ValueError:
            return value
    if asked.kind == "decimal":
        return str(value).replace(".", ",") if str(value).count(".") == 1 else str(value)
    return value if isinstance(value, list) else str(value)


def _address(item: Item) -> dict[str, str]:
    raw = item.raw
    if isinstance(raw, Mapping):
        return {part: str(raw.get(part) or "") for part in ("unit", "area", "text")}
    return {"unit": "", "area": "", "text": str(raw or "")}


def summary(
    items: Iterable[Item], lang: str, *, masked: bool = False
) -> list[tuple[Item, str, str]]:
    """Return (item, label, answer) for a check page; a row is one line, what is empty gives no answer."""
    found: list[tuple[Item, str, str]] = []
    for item in items:
        asked = item.field
        if item.items:
            found += summary(item.items, lang, masked=masked)
        elif asked.kind in REPEATED:
            name = asked.row(lang)
            found += [
                (row[0], f"{name} {n}", said)
                for n, row in enumerate(item.rows, 1)
                if (said := row_line(row, lang, masked=masked))
            ]
            if not item.value:
                found.append((item, asked.label(lang), ""))
        else:
            said = "" if item.value is None else written(asked, item.value, lang)
            hidden = masked and asked.kind == "pid"
            found.append((item, asked.label(lang), mask(said) if hidden else said))
    return found


def named(items: Iterable[Item], errors: Mapping[str, str], lang: str) -> dict[str, str]:
    """Return errors with their questions, as they stand above a form: ``Người 2, Ngày sinh: …``."""
    labels: dict[str, str] = {}
    for item in every(items):
        labels[item.path] = item.field.label(lang)
        for n in range(len(item.rows)):
            labels[f"{item.path}.{n}"] = f"{item.field.row(lang)} {n + 1}"
    found = {}
    for path, said in errors.items():
        where = (labels.get(path.rpartition(".")[0], ""), labels.get(path, ""))
        label = ", ".join(text for text in where if text)
        found[path] = f"{label}: {said}" if label else said
    return found


def row_line(row: Iterable[Item], lang: str, *, masked: bool = False) -> str:
    """Write one row on one line."""
    told = summary(row, lang, masked=masked)
    return "; ".join(f"{label}: {said}" for _, label, said in told if said)


@dataclass(frozen=True)
class Table:
    """A repeated group on paper: one line for each row, its number first, then one cell for each header."""

    title: str
    headers: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A page of the form on paper: lines of (label, answer), and tables."""

    title: str
    lines: list[tuple[str, str]]
    tables: list[Table]


def sections(pages: Iterable[AskedPage], lang: str) -> list[Section]:
    """Return answered pages as they are printed; what was left empty is left out."""
    found = []
    for asked in pages:
        flat = list(_flat(asked.items))
        repeated = [i for i in flat if i.field.kind in REPEATED and i.value]
        single = [i for i in flat if i.field.kind not in REPEATED]
        lines = [(label, said) for _, label, said in summary(single, lang) if said]
        if lines or repeated:
            tables = [_table(item, lang) for item in repeated]
            found.append(Section(asked.title(lang), lines, tables))
    return found


def _flat(items: Iterable[Item]) -> Iterable[Item]:
    for item in items:
        if item.field.kind in ("group", "representative"):
            yield from _flat(item.items)
        else:
            yield item


def _table(item: Item, lang: str) -> Table:
    """Lay rows out as a table; a question that nobody answered has no column."""
    heads: dict[str, str] = {}
    rows: list[dict[str, str]] = []
    for row in item.rows:
        told = {i.field.key: (label, said) for i, label, said in summary(row, lang) if said}
        heads |= {key: label for key, (label, _) in told.items()}
        if told:
            rows.append({key: said for key, (_, said) in told.items()})
    order = [part.key for part in leaves(item.field.parts())]
    keys = sorted(heads, key=lambda key: order.index(key) if key in order else len(order))
    cells = [[str(n), *(row.get(key, "") for key in keys)] for n, row in enumerate(rows, 1)]
    return Table(item.field.label(lang), [heads[key] for key in keys], cells)
