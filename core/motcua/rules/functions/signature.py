"""How a built-in function says what it takes, and how arguments are fitted to it.

``"string s, start position n, length n?"`` names three parameters, the last one optional; ``...``
behind the last lets it repeat. The letters: x anything, s string, n number, b boolean, l list,
c context, f function, r range, d date or moment, t time, u days and time duration, v any duration.
A list of one fits where its item does, a single value where a list does (section 10.3.2.9.4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from motcua.rules.durations import YearsMonths
from motcua.rules.run import Place, Run
from motcua.rules.values import Function, Range, weight

_TYPES: Mapping[str, tuple[type, ...]] = {
    "x": (object,), "s": (str,), "n": (Decimal,), "b": (bool,), "l": (tuple,), "c": (Mapping,),
    "f": (Function,), "r": (Range,), "d": (date,), "t": (time,), "u": (timedelta,),
    "v": (timedelta, YearsMonths),
}  # fmt: skip
_HEAVY = (str, tuple, Mapping)
_NO = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, the letter of its type, whether it may be left out."""

    name: str
    letter: str
    optional: bool

    def accept(self, value: object) -> object:
        """Return the value fitted to the parameter, or the mark that it does not fit."""
        types = _TYPES[self.letter]
        if value is None:
            return None if self.optional or self.letter == "x" else _NO
        if isinstance(value, types):
            return value
        if self.letter == "l":
            return (value,)
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], types):
            return value[0]
        return _NO


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function; ``with_run`` passes the run and the place before the values."""

    parameters: tuple[Parameter, ...]
    repeats: bool
    call: Callable[..., object]
    with_run: bool = False

    @property
    def least(self) -> int:
        """The number of arguments that must be given."""
        return sum(not each.optional for each in self.parameters)

    def takes(self, count: int) -> bool:
        """Return whether it can be called with so many arguments."""
        return self.least <= count and (self.repeats or count <= len(self.parameters))

    def fit(self, given: Sequence[object]) -> list[object] | None:
        """Return the arguments fitted to the parameters, None if one does not fit."""
        fitted = []
        last = len(self.parameters) - 1
        for place, value in enumerate(given):
            found = self.parameters[min(place, last)].accept(value)
            if found is _NO:
                return None
            fitted.append(found)
        return fitted


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A built-in function with all its signatures; ``constant`` if only its arguments count."""

    name: str
    signatures: tuple[Signature, ...]
    constant: bool = True

    def takes(self, count: int) -> bool:
        """Return whether some signature can be called with so many arguments."""
        return any(each.takes(count) for each in self.signatures)

    def order(self, names: Sequence[str]) -> tuple[int | None, ...] | None:
        """Return for each parameter the place of the argument given by name; None if none fits."""
        if len(set(names)) != len(names):
            return None
        for each in self.signatures:
            known = [p.name for p in each.parameters]
            needed = {p.name for p in each.parameters if not p.optional}
            if set(names) <= set(known) and needed <= set(names):
                places = [names.index(name) if name in names else None for name in known]
                while places and places[-1] is None:
                    places.pop()
                return tuple(places)
        return None

    def apply(self, run: Run, given: Sequence[object], at: Place) -> object:
        """Return the value; null for arguments of other types; raises RuleError for the budget."""
        for value in given:
            if isinstance(value, _HEAVY):
                run.spend(at, weight(value))
        for each in self.signatures:
            if not each.takes(len(given)):
                continue
            fitted = each.fit(given)
            if fitted is not None:
                return each.call(run, at, *fitted) if each.with_run else each.call(*fitted)
        return None

    def as_value(self) -> Function:
        """Return the function as a value, to be passed to another one."""
        first = self.signatures[0]
        names = tuple(p.name for p in first.parameters if not p.optional)
        return Function(
            self.name, names, lambda run, given: self.apply(run, given, (1, 1)),
            takes=self.takes, order=self.order,
        )  # fmt: skip


def built_in(
    name: str, *ways: tuple[str, Callable[..., object]], run: bool = False, constant: bool = True
) -> BuiltIn:
    """Return a function made of pairs of a signature's text and its code."""
    made = []
    for text, call in ways:
        repeats = text.endswith("...")
        each = [one.strip() for one in text.removesuffix("...").split(",") if one.strip()]
        made.append(Signature(tuple(map(_parameter, each)), repeats, call, run))
    return BuiltIn(name, tuple(made), constant)


def _parameter(text: str) -> Parameter:
    name, _, letter = text.rpartition(" ")
    return Parameter(name, letter[0], letter.endswith("?"))
