"""The answers of a form as JSON Schema (draft 2020-12)."""

from collections.abc import Iterable
from typing import Any

from motcua.catalogue.fields import Field

_TYPES: dict[str, dict[str, Any]] = {
    "pid": {"type": "string", "pattern": "^0[0-9]{11}$"},
    "phone": {"type": "string", "pattern": "^0[0-9]{9,10}$"},
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "money": {"type": "integer"},
    "checkbox": {"type": "boolean"},
    "declaration": {"const": True},
}


def schema_of(
    fields: Iterable[Field], conditional: Iterable[str], title: str, lang: str
) -> dict[str, Any]:
    """Describe answers as an object.

    A field that is asked only under a condition is never in ``required``; the condition stands beside it
    as ``x-show-when`` (FEEL) and is checked by the server.
    """
    asked, maybe = list(fields), set(conditional)
    must = [f.key for f in asked if (f.required or f.kind == "declaration") and f.key not in maybe]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {f.key: _property(f, lang) for f in asked},
        "required": must,
        "additionalProperties": False,
    }


def _property(field: Field, lang: str) -> dict[str, Any]:
    found: dict[str, Any] = {"title": field.label(lang)}
    if field.help(lang):
        found["description"] = field.help(lang)
    found |= _type(field, lang)
    if field.show_when:
        found["x-show-when"] = field.show_when
    return found


def _type(field: Field, lang: str) -> dict[str, Any]:
    options = [{"const": c.value, "title": c.en if lang == "en" else c.vi} for c in field.choices]
    if field.kind == "choice":
        return {"oneOf": options}
    if field.kind == "multichoice":
        return {"type": "array", "items": {"oneOf": options}, "uniqueItems": True}
    found = dict(_TYPES.get(field.kind, {"type": "string"}))
    low, high = (
        ("minimum", "maximum") if found.get("type") == "integer" else ("minLength", "maxLength")
    )
    if field.min is not None:
        found[low] = field.min
    if field.max is not None:
        found[high] = field.max
    return found
