"""The tree of an expression; every node knows its place and computes itself within a budget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Literal

from motcua.rules.errors import RuleError
from motcua.rules.functions import Function
from motcua.rules.values import MATHS, Range, both, compare, either, equal, inward, weight, within

MAX_STEPS = 100_000
MAX_LENGTH = 100_000
Unknown = Literal["error", "null"]
_ORDER: Mapping[str, tuple[int, ...]] = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}
_MATHS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": MATHS.add, "-": MATHS.subtract, "*": MATHS.multiply, "/": MATHS.divide, "**": MATHS.power,
}  # fmt: skip


@dataclass(slots=True)
class Run:
    """One computation: the names in force, what an unknown name means, the steps that are left."""

    context: Mapping[str, object]
    unknown: Unknown = "error"
    local: dict[str, object] = field(default_factory=dict)
    left: int = MAX_STEPS

    def spend(self, node: "Node", steps: int = 1) -> None:
        """Take steps from the budget; raises RuleError when it is spent."""
        self.left -= steps
        if self.left < 0:
            raise RuleError(*node.at, "too much work", "biểu thức tính quá nhiều bước")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; ``at`` is its line and column."""

    at: tuple[int, int]

    def parts(self) -> tuple["Node", ...]:
        """Return the nodes directly below."""
        return ()

    def value(self, run: Run) -> object:
        """Compute; null where FEEL says null; RuleError for an unknown name or a spent budget."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value written in the text."""

    content: object

    def value(self, run: Run) -> object:
        """Return it."""
        run.spend(self)
        return self.content


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable of the context or of a loop."""

    name: str

    def known(self, run: Run) -> bool:
        """Return whether the name has a value, be it null."""
        return self.name in run.local or self.name in run.context

    def value(self, run: Run) -> object:
        """Look up; loops shadow the context."""
        run.spend(self)
        if self.name in run.local:
            return run.local[self.name]
        if self.name in run.context:
            found = inward(run.context[self.name])
            run.spend(self, weight(found))
            return found
        if run.unknown == "null":
            return None
        raise RuleError(
            *self.at, f"unknown name '{self.name}'", f"không có thông tin tên '{self.name}'"
        )


@dataclass(frozen=True, slots=True)
class Path(Node):
    """``a.b``: an entry of a context, a part of a date, or that of each item of a list."""

    of: Node
    name: str

    def parts(self) -> tuple[Node, ...]:
        """Return the owner."""
        return (self.of,)

    def value(self, run: Run) -> object:
        """Return null where the owner has no such entry."""
        run.spend(self)
        owner = self.of.value(run)
        if isinstance(owner, tuple):
            run.spend(self, len(owner))
            return tuple(_entry(each, self.name) for each in owner)
        return _entry(owner, self.name)


def _entry(owner: object, name: str) -> object:
    if isinstance(owner, Mapping):
        return inward(owner.get(name))
    if isinstance(owner, date) and name in ("year", "month", "day"):
        return Decimal(getattr(owner, name))
    return None


@dataclass(frozen=True, slots=True)
class IsDefined(Node):
    """``is defined(a.b)``: whether a name or an entry exists, even when it is null."""

    what: Node

    def parts(self) -> tuple[Node, ...]:
        """Return what is asked about."""
        return (self.what,)

    def value(self, run: Run) -> object:
        """Never an error, whatever unknown names mean elsewhere."""
        run.spend(self)
        return _defined(self.what, run)


def _defined(what: Node, run: Run) -> bool:
    if isinstance(what, Name):
        return what.known(run)
    if isinstance(what, Path):
        if not _defined(what.of, run):
            return False
        owner = what.of.value(run)
        return (
            what.name in owner
            if isinstance(owner, Mapping)
            else _entry(owner, what.name) is not None
        )
    return True


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """``and`` or ``or`` over two or more parts, three-valued."""

    word: str
    items: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Return the operands."""
        return self.items

    def value(self, run: Run) -> object:
        """Stop at the first part that decides."""
        run.spend(self)
        decisive, seen = self.word == "or", []
        for item in self.items:
            seen.append(item.value(run))
            if seen[-1] is decisive:
                return decisive
        return either(seen) if self.word == "or" else both(seen)


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``."""

    sign: str
    left: Node
    right: Node

    def parts(self) -> tuple[Node, ...]:
        """Return both sides."""
        return self.left, self.right

    def value(self, run: Run) -> object:
        """Return null for values that do not compare."""
        run.spend(self)
        left, right = self.left.value(run), self.right.value(run)
        run.spend(self, min(weight(left), weight(right)))
        if self.sign in ("=", "!="):
            same = equal(left, right)
            return None if same is None else same is (self.sign == "=")
        order = compare(left, right)
        return None if order is None else order in _ORDER[self.sign]


@dataclass(frozen=True, slots=True)
class In(Node):
    """``x in y`` where y is a range, a list, a value, or several of them; also ``between``."""

    left: Node
    among: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Return the value, then what it may be in."""
        return self.left, *self.among

    def value(self, run: Run) -> object:
        """Return true if any of the alternatives holds."""
        run.spend(self)
        left = self.left.value(run)
        among = [each.value(run) for each in self.among]
        run.spend(self, weight(left) + sum(map(weight, among)))
        return either([within(left, each) for each in among])


@dataclass(frozen=True, slots=True)
class Span(Node):
    """``[a..b]`` and its open forms; a missing end comes from ``< b`` or ``> a``."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool

    def parts(self) -> tuple[Node, ...]:
        """Return the ends that are there."""
        return tuple(end for end in (self.low, self.high) if end is not None)

    def value(self, run: Run) -> object:
        """Return a Range, or null when an end that is written is null."""
        run.spend(self)
        low = self.low.value(run) if self.low else None
        high = self.high.value(run) if self.high else None
        if (self.low and low is None) or (self.high and high is None):
            return None
        return Range(low, high, self.low_closed, self.high_closed)


@dataclass(frozen=True, slots=True)
class Maths(Node):
    """Arithmetic of two numbers; ``+`` also joins texts."""

    sign: str
    left: Node
    right: Node

    def parts(self) -> tuple[Node, ...]:
        """Return both sides."""
        return self.left, self.right

    def value(self, run: Run) -> object:
        """Return null for other types, division by zero and results out of range."""
        run.spend(self)
        left, right = self.left.value(run), self.right.value(run)
        if self.sign == "+" and isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > MAX_LENGTH:
                raise RuleError(*self.at, "text too long", "chuỗi quá dài")
            run.spend(self, weight(left) + weight(right))
            return left + right
        if not isinstance(left, Decimal) or not isinstance(right, Decimal):
            return None
        try:
            result = _MATHS[self.sign](left, right)
        except (InvalidOperation, DivisionByZero):
            return None
        return result if result.is_finite() else None


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """``-x``."""

    of: Node

    def parts(self) -> tuple[Node, ...]:
        """Return the operand."""
        return (self.of,)

    def value(self, run: Run) -> object:
        """Return null for anything but a number."""
        run.spend(self)
        found = self.of.value(run)
        return MATHS.minus(found) if isinstance(found, Decimal) else None


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if c then a else b``; null counts as false."""

    condition: Node
    then: Node
    other: Node

    def parts(self) -> tuple[Node, ...]:
        """Return the three parts."""
        return self.condition, self.then, self.other

    def value(self, run: Run) -> object:
        """Compute only the branch that is taken."""
        run.spend(self)
        return (self.then if self.condition.value(run) is True else self.other).value(run)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A built-in function."""

    function: Function
    arguments: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Return the arguments."""
        return self.arguments

    def value(self, run: Run) -> object:
        """Call with computed arguments."""
        run.spend(self)
        given = [argument.value(run) for argument in self.arguments]
        run.spend(self, sum(map(weight, given)))
        return self.function.call(*given)
