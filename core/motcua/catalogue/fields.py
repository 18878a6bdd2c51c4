"""Answers: read from what was typed, written for people, and seen by expressions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from motcua.catalogue.form_fields import (
    COUNTED,
    REPEATED,
    Choice,
    Field,
    Key,
    Kind,
    Line,
    Row,
    Value,
    leaves,
)
from motcua.catalogue.parsers import (
    FieldError,
    parse_count,
    parse_date,
    parse_decimal,
    parse_email,
    parse_insurance,
    parse_money,
    parse_name,
    parse_phone,
    parse_pid,
    parse_tax_code,
)
from motcua.text import nfc, vn_date, vn_money

__all__ = [
    "Choice",
    "Field",
    "Key",
    "Kind",
    "Line",
    "Row",
    "Units",
    "Value",
    "blank",
    "counted",
    "fact",
    "leaves",
    "parse",
    "sample",
    "written",
]
Units = Mapping[str, str]
"""The communes that an address may be in: names by code."""
_LONGEST = {"long_text": 4000}
_TRUE = frozenset({"on", "true", "1", "yes"})
_ADDRESS = ("unit", "area", "text")
_OTHERWISE = frozenset({"date", "decimal", "representative", *REPEATED})
"""Kinds whose answers expressions see as something else than what is stored."""
_UNIT_CODE = 20


def parse(field: Field, raw: object, today: date, units: Units | None = None) -> Value | None:
    """Read what came for a question without questions inside; None means it was left empty.

    ``raw`` is text, a sequence of texts (``multichoice``, ``attachment``), a mapping (``address2``), or a
    number or truth value from JSON. Dates come back as ISO text, ``decimal`` as text with a point. Raises
    ``FieldError``; it does not ask whether the field is required.
    """
    if field.kind == "multichoice":
        return _chosen(field, raw) or None
    if field.kind == "attachment":
        return _files(field, raw) or None
    if field.kind == "address2":
        return _address(raw, units)
    text = _text(field, raw)
    if field.kind in ("checkbox", "declaration"):
        return text.lower() in _TRUE
    if not text:
        return None
    value = _choice(field, text) if field.kind == "choice" else _READERS[field.kind](text)
    _bounds(field, value, today)
    return str(value) if isinstance(value, date | Decimal) else value


def written(field: Field, value: Value, lang: str = "vi") -> str:
    """Write an answer for people: on check pages, receipts and documents."""
    if field.kind == "attachment" and isinstance(value, list):
        return f"{len(value)} {'file(s)' if lang == 'en' else 'tệp'}"
    if isinstance(value, bool):
        return ("Yes" if value else "No") if lang == "en" else ("Có" if value else "Không")
    if isinstance(value, list | dict):
        return _several(field, value, lang)
    if field.kind == "money":
        return vn_money(int(value))
    if field.kind == "date":
        return vn_date(date.fromisoformat(str(value)))
    if field.kind == "decimal":
        return str(value) if lang == "en" else str(value).replace(".", ",")
    return _labels(field, lang).get(str(value), str(value))


def _several(field: Field, value: list[Any] | dict[str, Any], lang: str) -> str:
    """Write what consists of several values on one line."""
    if field.kind == "address2" and isinstance(value, dict):
        return ", ".join(t for t in (value.get("text", ""), value.get("area", "")) if t)
    if isinstance(value, dict):
        inside = ((p, value[p.key]) for p in leaves(field.parts()) if p.key in value)
        return ", ".join(f"{p.label(lang)}: {written(p, v, lang)}" for p, v in inside)
    if field.kind in REPEATED:
        return "; ".join(_several(field, row, lang) for row in value)
    labels = _labels(field, lang)
    return ", ".join(labels.get(v, v) for v in value)


def _labels(field: Field, lang: str) -> dict[str, str]:
    return {c.value: c.en if lang == "en" else c.vi for c in field.choices}


def fact(field: Field, value: Value) -> object:
    """Return the answer as expressions see it: a date is a date and a decimal a number, also in rows."""
    if field.kind not in _OTHERWISE:
        return value
    if field.kind == "date":
        return date.fromisoformat(str(value))
    if field.kind == "decimal":
        return Decimal(str(value))
    if field.kind in REPEATED and isinstance(value, list):
        return [facts_of(field.parts(), row) for row in value if isinstance(row, dict)]
    if field.kind == "representative" and isinstance(value, dict):
        return facts_of(field.parts(), value)
    return value


def facts_of(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, object]:
    """Return the answers of some questions as expressions see them; unknown keys are left out."""
    return {f.key: fact(f, values[f.key]) for f in leaves(fields) if f.key in values}


def sample(field: Field) -> object:
    """Return some value of the right type, to try an expression before anybody answers it."""
    first = field.choices[0].value if field.choices else ""
    of_kind: Mapping[str, object] = {
        "date": date(2000, 1, 1),
        "choice": first,
        "multichoice": [first],
        "integer": max(1, field.min or 1),
        "decimal": Decimal(max(1, field.min or 1)),
        "money": max(1000, field.min or 0),
        "checkbox": True,
        "declaration": True,
        "attachment": ["x"],
        "address2": {"unit": "00000", "area": "x", "text": "x"},
    }
    if field.kind in REPEATED:
        return [{part.key: sample(part) for part in leaves(field.parts())}]
    if field.kind == "representative":
        return {part.key: sample(part) for part in leaves(field.parts())}
    return of_kind.get(field.kind, "x")


def counted(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, object]:
    """Return only what may go to statistics: of a date the year, of rows the marked questions."""
    found: dict[str, object] = {}
    for field in leaves(fields):
        if (value := values.get(field.key)) is None:
            continue
        if field.kind in REPEATED:
            if any(part.statistics for part in leaves(field.parts())):
                found[field.key] = [counted(field.parts(), row) for row in value]
        elif field.kind == "representative":
            if inside := counted(field.parts(), value):
                found[field.key] = inside
        elif field.statistics and field.kind in COUNTED:
            found[field.key] = int(str(value)[:4]) if field.kind == "date" else value
    return found


def blank(raw: object) -> bool:
    """Tell whether somebody left this empty, however deep."""
    if isinstance(raw, Mapping):
        return all(blank(inside) for inside in raw.values())
    if isinstance(raw, list | tuple):
        return all(blank(inside) for inside in raw)
    return raw is None or raw is False or (isinstance(raw, str) and not raw.strip())


def _text(field: Field, raw: object) -> str:
    text = raw if isinstance(raw, str) else _as_text(field, raw)
    if field.kind == "long_text":
        return "\n".join(nfc(line) for line in text.splitlines()).strip()
    return nfc(text)


def _as_text(field: Field, raw: object) -> str:
    """Return what came as something else than text: from JSON, or from a form with the name twice."""
    if raw is None:
        return ""
    if isinstance(raw, Sequence) and not isinstance(raw, bytes) and len(raw) < 2:
        return _text(field, raw[0] if raw else "")
    if isinstance(raw, bool):
        return "true" if raw else ""
    if field.kind == "decimal" and isinstance(raw, float):
        return format(Decimal(repr(raw)), "f")
    if not isinstance(raw, int):
        raise FieldError("Chỉ được có một giá trị", "There must be one value")
    return str(raw)


def _list(raw: object) -> list[str]:
    many = raw if isinstance(raw, list | tuple) else [raw]
    return list(dict.fromkeys(nfc(str(item)) for item in many if item not in (None, "")))


def _chosen(field: Field, raw: object) -> list[str]:
    wanted = set(_list(raw))
    for item in wanted:
        _choice(field, item)
    return [choice.value for choice in field.choices if choice.value in wanted]


def _files(field: Field, raw: object) -> list[str]:
    """Return the ids of uploaded files in the order in which they were added."""
    wanted = _list(raw)
    if len(wanted) > field.most:
        raise FieldError(f"Nhiều nhất {field.most} tệp", f"At most {field.most} files")
    try:
        return [str(UUID(item)) for item in wanted]
    except ValueError as strange:
        raise FieldError(
            "Tệp chưa được tải lên, hãy tải lại", "The file was not uploaded; upload it again"
        ) from strange


def _address(raw: object, units: Units | None) -> dict[str, str] | None:
    """Read a two-level address: a commune chosen from ``units``, or named for another province."""
    given = {"text": raw} if isinstance(raw, str) else raw
    if given is None:
        return None
    if not isinstance(given, Mapping) or set(given) - set(_ADDRESS):
        raise FieldError("Địa chỉ chưa đúng", "The address is not right")
    unit, area, text = (nfc(str(given.get(part) or ""))[:301] for part in _ADDRESS)
    if not (unit or area or text):
        return None
    if unit and units is not None:
        if unit not in units:
            raise FieldError(
                "Hãy chọn xã, phường trong danh sách", "Choose a commune or ward of the list"
            )
        area = units[unit]
    if not area or len(unit) > _UNIT_CODE:
        raise FieldError(
            "Hãy chọn xã, phường; nếu ở tỉnh khác thì ghi tên xã, phường và tỉnh",
            "Choose the commune or ward; in another province write commune and province",
        )
    if not text:
        raise FieldError(
            "Nhập số nhà, đường, thôn hoặc tổ dân phố", "Enter house number, street or hamlet"
        )
    if max(len(area), len(text)) > 300:
        raise FieldError("Quá dài: tối đa 300 ký tự", "Too long: at most 300 characters")
    return {"unit": unit, "area": area, "text": text}


def _choice(field: Field, text: str) -> str:
    if all(text != choice.value for choice in field.choices):
        raise FieldError("Hãy chọn một mục trong danh sách", "Choose one of the list")
    return text


def _bounds(field: Field, value: str | int | date | Decimal, today: date) -> None:
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


_READERS: Mapping[str, Callable[[str], str | int | date | Decimal]] = {
    "text": str,
    "long_text": str,
    "address": str,
    "name": parse_name,
    "pid": parse_pid,
    "phone": parse_phone,
    "email": parse_email,
    "tax_code": parse_tax_code,
    "insurance": parse_insurance,
    "date": parse_date,
    "integer": parse_count,
    "decimal": parse_decimal,
    "money": parse_money,
}
