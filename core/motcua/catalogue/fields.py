"""One field of a form: how it is described in data, read from what was typed, and written again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from motcua.catalogue.parsers import (
    FieldError,
    parse_count,
    parse_date,
    parse_money,
    parse_name,
    parse_phone,
    parse_pid,
)
from motcua.catalogue.reading import Record
from motcua.text import nfc, vn_date, vn_money

Kind = Literal[
    "text",
    "long_text",
    "name",
    "address",
    "pid",
    "phone",
    "date",
    "choice",
    "multichoice",
    "integer",
    "money",
    "checkbox",
    "declaration",
]
Value = str | int | bool | list[str]
Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
_LONGEST = {"long_text": 4000}


class Choice(Record, frozen=True):
    """One answer that may be chosen."""

    value: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_.-]{0,39}$")]
    vi: Line
    en: Line


class Field(Record, frozen=True):
    """One question.

    ``min`` and ``max`` bound a number, or the length of a text. ``past`` refuses a date after today.
    ``show_when`` is FEEL over the answers before it. ``prefill`` names a source such as
    ``person.full_name``; with ``locked`` a value from there cannot be changed.
    """

    key: Key
    kind: Kind
    label_vi: Line
    label_en: Line
    help_vi: str = ""
    help_en: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    show_when: str = ""
    prefill: Annotated[str, Meta(pattern=r"^([a-z_]+(\.[a-z_]+)+)?$")] = ""
    locked: bool = False
    min: int | None = None
    max: int | None = None
    past: bool = False

    def label(self, lang: str) -> str:
        """Return the question in one language."""
        return self.label_en if lang == "en" else self.label_vi

    def help(self, lang: str) -> str:
        """Return the hint below the question, or nothing."""
        return self.help_en if lang == "en" else self.help_vi


def parse(field: Field, raw: object, today: date) -> Value | None:
    """Read what came for a field; None means it was left empty.

    ``raw`` is text, a sequence of texts (``multichoice``), or a number or truth value from JSON. Dates come
    back as ISO text. Raises ``FieldError``; it does not ask whether the field is required.
    """
    if field.kind == "multichoice":
        return _chosen(field, raw) or None
    text = _text(field, raw)
    if field.kind in ("checkbox", "declaration"):
        return text.lower() in ("on", "true", "1", "yes")
    if not text:
        return None
    value = _READERS[field.kind](field, text)
    _bounds(field, value, today)
    return value.isoformat() if isinstance(value, date) else value


def written(field: Field, value: Value, lang: str = "vi") -> str:
    """Write an answer for people: on check pages, receipts and documents."""
    labels = {c.value: c.en if lang == "en" else c.vi for c in field.choices}
    if isinstance(value, list):
        return ", ".join(labels.get(v, v) for v in value)
    if isinstance(value, bool):
        return ("Yes" if value else "No") if lang == "en" else ("Có" if value else "Không")
    if field.kind == "money":
        return vn_money(int(value))
    if field.kind == "date":
        return vn_date(date.fromisoformat(str(value)))
    return labels.get(str(value), str(value))


def fact(field: Field, value: Value) -> object:
    """Return the answer as expressions see it: a date is a date and not text."""
    return date.fromisoformat(str(value)) if field.kind == "date" else value


def sample(field: Field) -> object:
    """Return some value of the right type, to try an expression before anybody answers it."""
    first = field.choices[0].value if field.choices else ""
    of_kind: Mapping[str, object] = {
        "date": date(2000, 1, 1),
        "choice": first,
        "multichoice": [first],
        "integer": max(1, field.min or 1),
        "money": max(1000, field.min or 0),
        "checkbox": True,
        "declaration": True,
    }
    return of_kind.get(field.kind, "x")


def _text(field: Field, raw: object) -> str:
    if isinstance(raw, Sequence) and not isinstance(raw, str | bytes) and len(raw) < 2:
        raw = raw[0] if raw else ""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else ""
    if not isinstance(raw, str | int):
        raise FieldError("Chỉ được có một giá trị", "There must be one value")
    if field.kind == "long_text":
        return "\n".join(nfc(line) for line in str(raw).splitlines()).strip()
    return nfc(str(raw))


def _chosen(field: Field, raw: object) -> list[str]:
    many = raw if isinstance(raw, list | tuple) else [raw]
    wanted = {nfc(str(item)) for item in many if item not in (None, "")}
    for item in wanted:
        _choice(field, item)
    return [choice.value for choice in field.choices if choice.value in wanted]


def _choice(field: Field, text: str) -> str:
    if text not in {choice.value for choice in field.choices}:
        raise FieldError("Hãy chọn một mục trong danh sách", "Choose one of the list")
    return text


def _bounds(field: Field, value: str | int | date, today: date) -> None:
    if isinstance(value, date):
        if field.past and value > today:
            raise FieldError("Ngày không được sau hôm nay", "The date cannot be after today")
        return
    if isinstance(value, str):
        _length(field, len(value))
    elif field.min is not None and value < field.min:
        raise FieldError(f"Không được nhỏ hơn {field.min}", f"This cannot be less than {field.min}")
    elif field.max is not None and value > field.max:
        raise FieldError(f"Không được lớn hơn {field.max}", f"This cannot be more than {field.max}")


def _length(field: Field, length: int) -> None:
    longest = field.max or _LONGEST.get(field.kind, 300)
    if length > longest:
        raise FieldError(
            f"Quá dài: tối đa {longest} ký tự", f"Too long: at most {longest} characters"
        )
    if field.min is not None and length < field.min:
        raise FieldError(
            f"Quá ngắn: ít nhất {field.min} ký tự", f"Too short: at least {field.min} characters"
        )


def _as_typed(field: Field, text: str) -> str:
    return text


_READERS: Mapping[str, Callable[[Field, str], str | int | date]] = {
    "text": _as_typed,
    "long_text": _as_typed,
    "address": _as_typed,
    "choice": _choice,
    "name": lambda field, text: parse_name(text),
    "pid": lambda field, text: parse_pid(text),
    "phone": lambda field, text: parse_phone(text),
    "date": lambda field, text: parse_date(text),
    "integer": lambda field, text: parse_count(text),
    "money": lambda field, text: parse_money(text),
}
