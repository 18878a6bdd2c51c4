"""Start from last time: what of earlier answers can stand in a new form."""

from collections.abc import Iterable, Mapping
from typing import Any

from motcua.catalogue.fields import Field, Units, Value, leaves
from motcua.catalogue.form_fields import REPEATED
from motcua.catalogue.forms import Form

_ANEW = frozenset({"declaration", "attachment", "representative"})
"""What has to be said again each time: under whose responsibility, with which papers, for whom."""


def carry_over(
    form: Form, previous_values: Mapping[str, Value], units: Units | None = None
) -> dict[str, Any]:
    """Return raw answers for a fresh form: what was answered before, is still asked and still valid.

    ``previous_values`` may be of an older version of the form. Nothing is taken over that is computed,
    locked to a source, declared, attached, or said about whom one acts for; in rows likewise, and nobody's
    confirmation. The person sees everything on the pages again and may change it.
    """
    known = {field.key: field for field in form.fields()}
    former = {k: v for k, v in previous_values.items() if k in known}
    found = form.read(former, units=units)
    return {
        key: value
        for key, value in _kept(known.values(), found).items()
        if value is not None and value != []
    }


def _kept(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for field in leaves(fields):
        if field.key not in values or field.kind in _ANEW or field.computed or field.locked:
            continue
        value = values[field.key]
        if field.kind in REPEATED:
            rows = (_kept(field.parts(), row) for row in value)
            value = [row for row in rows if row]
        kept[field.key] = value
    return kept
