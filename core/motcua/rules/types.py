"""Types of values: ``instance of``, declared types of decisions, and the conversions they allow."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from motcua.rules.durations import YearsMonths
from motcua.rules.temporal import parse_moment, parse_temporal
from motcua.rules.values import Function, Range, kind

SIMPLE: Mapping[str, str] = {
    "Any": "Any", "Null": "null", "number": "number", "string": "string", "boolean": "boolean",
    "date": "date", "time": "time", "date and time": "date and time", "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration", "list": "list", "context": "context",
    "function": "function", "range": "range",
}  # fmt: skip
_MAX_DEPTH = 20
_TEMPORAL: Mapping[str, type] = {
    "date": date, "time": time, "date and time": datetime, "days and time duration": timedelta,
    "years and months duration": YearsMonths,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """A type: its kind, the type of a list's items, a context's entries, a function's values.

    ``allowed`` tells whether a value that is not null is one of the values allowed.
    """

    kind: str = "Any"
    of: "Type | None" = None
    fields: Mapping[str, "Type"] = field(default_factory=dict)
    takes: "tuple[Type, ...] | None" = None
    allowed: Callable[[object], bool] | None = None


ANY = Type()
NAMED: Mapping[str, Type] = {name: Type(of) for name, of in SIMPLE.items()}


def conforms(value: object, to: Type, depth: int = 0) -> bool:
    """Return whether a value is of a type; null is of every type."""
    if value is None or to is ANY:
        return True
    if depth > _MAX_DEPTH:
        return False
    if to.allowed is not None and not to.allowed(value):
        return False
    if to.kind == "Any":
        return True
    if kind(value) != to.kind:
        return False
    if to.of is not None and isinstance(value, tuple):
        return all(conforms(each, to.of, depth + 1) for each in value)
    if to.of is not None and isinstance(value, Range):
        return conforms(value.low, to.of) and conforms(value.high, to.of)
    if to.fields and isinstance(value, Mapping):
        return all(
            name in value and conforms(value[name], of, depth + 1) for name, of in to.fields.items()
        )
    return to.takes is None or not isinstance(value, Function) or _may_stand_for(value, to)


def _may_stand_for(function: Function, to: Type) -> bool:
    """Return whether a function takes at least and gives at most what a type asks for."""
    wanted = to.takes or ()
    if len(function.parameters) != len(wanted):
        return False
    takes = zip(wanted, function.types, strict=False)
    pairs = [(s, t) for s, t in takes if isinstance(t, Type)]
    if isinstance(function.gives, Type) and to.of is not None:
        pairs.append((function.gives, to.of))
    return all(_narrower(one, other) for one, other in pairs)


def _narrower(one: Type, other: Type, depth: int = 0) -> bool:
    """Return whether a type conforms to another (10.3.2.9.2); one not declared is not judged."""
    if one is ANY or other.kind == "Any" or one.kind == "null":
        return True
    if one.kind != other.kind or depth > _MAX_DEPTH:
        return False
    fields = all(
        name in one.fields and _narrower(one.fields[name], of, depth + 1)
        for name, of in other.fields.items()
    )
    takes = other.takes is None or (
        one.takes is not None
        and len(one.takes) == len(other.takes)
        and all(_narrower(s, t, depth + 1) for s, t in zip(other.takes, one.takes, strict=True))
    )
    inner = other.of is None or (one.of is not None and _narrower(one.of, other.of, depth + 1))
    return fields and takes and inner


def instance_of(value: object, to: Type) -> bool:
    """Return what ``value instance of type`` says: null is only of the type Null."""
    if value is None:
        return to.kind == "null"
    return conforms(value, to)


def coerce(value: object, to: Type, depth: int = 0) -> object:
    """Return a value as one of the type, by the implicit conversions (section 10.3.2.9.4).

    A list of one becomes its item, an item a list of one, a date its midnight in UTC. Null when
    it stays of another type.
    """
    if value is None or to is ANY or conforms(value, to):
        return value
    if isinstance(value, tuple) and to.kind != "list" and len(value) == 1:
        return coerce(value[0], to, depth + 1) if depth < 3 else None
    if to.kind == "list" and not isinstance(value, tuple) and conforms((value,), to):
        return (value,)
    if to.kind == "date and time" and kind(value) == "date":
        assert isinstance(value, date)  # noqa: S101 -- what kind() has said
        return datetime.combine(value, time(tzinfo=UTC))
    return None


def enter(value: object, to: Type, depth: int = 0) -> object:
    """Return a value that comes from outside as one of the type; null when it cannot be.

    Beyond ``coerce`` this reads dates, times and durations written as text, as forms and JSON hold
    them, on every level of lists and contexts; entries that are missing become null.
    """
    if value is None or to is ANY or depth > _MAX_DEPTH:
        return value
    if isinstance(value, str) and to.kind in _TEMPORAL:
        found = (parse_moment if to.kind == "date and time" else parse_temporal)(value)
        value = found if found is not None else value
    if to.kind == "date" and isinstance(value, datetime):
        return value.date() if value.time() == time() else None
    if isinstance(value, tuple) and to.of is not None and to.kind == "list":
        items = tuple(enter(each, to.of, depth + 1) for each in value)
        return None if _lost(value, items) else coerce(items, to)
    if isinstance(value, Mapping) and to.fields:
        entries = {**dict.fromkeys(to.fields), **value}
        made = {k: enter(v, to.fields.get(k, ANY), depth + 1) for k, v in entries.items()}
        return None if _lost(entries.values(), made.values()) else coerce(made, to)
    return coerce(value, to)


def _lost(before: Iterable[object], after: Iterable[object]) -> bool:
    """Return whether a part could not be entered, so that the whole does not conform."""
    return any(a is None and b is not None for b, a in zip(before, after, strict=True))
