"""The answers of a form as JSON Schema (draft 2020-12)."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from motcua.catalogue.form_fields import REPEATED, Field

_TYPES: dict[str, dict[str, Any]] = {
    "pid": {"type": "string", "pattern": "^0[0-9]{11}$"},
    "phone": {"type": "string", "pattern": "^0[0-9]{9,10}$"},
    "email": {"type": "string", "format": "email"},
    "tax_code": {"type": "string", "pattern": "^[0-9]{10}(-[0-9]{3})?$"},
    "insurance": {"type": "string", "pattern": "^[0-9]{10}$"},
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"},
    "money": {"type": "integer"},
    "checkbox": {"type": "boolean"},
    "declaration": {"const": True},
    "address2": {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "description": "Code of the commune; empty elsewhere"},
            "area": {"type": "string", "minLength": 1, "maxLength": 300},
            "text": {"type": "string", "minLength": 1, "maxLength": 300},
        },
        "required": ["text"],
        "additionalProperties": False,
    },
}
_NUMBERS = frozenset({"integer", "money"})
_BOUNDED = frozenset({"text", "long_text", "name", "address"}) | _NUMBERS


class Titled(Protocol):
    """What is needed of a page."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its questions."""

    @property
    def show_when(self) -> str:
        """Its condition."""


def schema_of(pages: Sequence[Titled], title: str, lang: str) -> dict[str, Any]:
    """Describe answers as an object.

    A field that is asked only under a condition is never in ``required``; the condition stands beside it
    as ``x-show-when`` (FEEL) and is checked by the server. What is computed is ``readOnly``.
    """
    found = _Object(lang)
    for page in pages:
        found.add(page.fields, (page.show_when,) if page.show_when else ())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **found.described(),
    }


class _Object:
    """An object with a property for each question."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.properties: dict[str, Any] = {}
        self.required: list[str] = []

    def add(self, fields: Iterable[Field], conditions: tuple[str, ...] = ()) -> None:
        """Add questions that are asked when all these conditions hold; groups leave no trace."""
        for field in fields:
            when = (*conditions, field.show_when) if field.show_when else conditions
            if field.kind == "group":
                self.add(field.fields, when)
                continue
            self.properties[field.key] = self._property(field, when)
            must = (
                field.required
                or field.kind == "declaration"
                or (field.least and field.kind in REPEATED)
            )
            if must and not when:
                self.required.append(field.key)

    def described(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": False,
        }

    def _property(self, field: Field, when: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {"title": field.label(self.lang)}
        if field.help(self.lang):
            found["description"] = field.help(self.lang)
        found |= _type(field, self.lang)
        if field.computed:
            found |= {"readOnly": True, "x-computed": field.computed}
        if when:
            found["x-show-when"] = (
                when[0] if len(when) == 1 else " and ".join(f"({w})" for w in when)
            )
        if field.slot:
            found["x-paper"] = field.slot
        return found


def _type(field: Field, lang: str) -> dict[str, Any]:
    if field.kind == "choice":
        return {"oneOf": _options(field, lang)}
    if field.kind == "multichoice":
        return {"type": "array", "items": {"oneOf": _options(field, lang)}, "uniqueItems": True}
    if field.kind == "attachment":
        items = {"type": "string", "format": "uuid"}
        return {"type": "array", "items": items, "maxItems": field.most, "uniqueItems": True}
    if field.kind in REPEATED or field.kind == "representative":
        inside = _Object(lang)
        inside.add(field.parts())
        if field.kind == "representative":
            return inside.described()
        rows = {"type": "array", "items": inside.described(), "maxItems": field.most}
        return rows | ({"minItems": field.least} if field.least else {})
    found = dict(_TYPES.get(field.kind, {"type": "string"}))
    if field.kind in _BOUNDED:
        low, high = _bounds(field)
        found |= {name: n for name, n in (low, high) if n is not None}
    return found


def _bounds(field: Field) -> tuple[tuple[str, int | None], tuple[str, int | None]]:
    numeric = field.kind in _NUMBERS
    names = ("minimum", "maximum") if numeric else ("minLength", "maxLength")
    return (names[0], field.min), (names[1], field.max)


def _options(field: Field, lang: str) -> list[dict[str, str]]:
    return [{"const": c.value, "title": c.en if lang == "en" else c.vi} for c in field.choices]
