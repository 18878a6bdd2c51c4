"""The tree of an expression: what the parser reads and the compiler turns into code."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from motcua.rules.types import Type


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of an expression; ``at`` is its line and column."""

    at: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Node):
    """A value written in the text."""

    content: object


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable of the context, of a loop, of a function."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """``a.b``: an entry of a context, a part of a date, or that of each item of a list."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class IsDefined(Node):
    """``is defined(a.b)``: whether a name or an entry exists, even when it is null."""

    what: Node


@dataclass(frozen=True, slots=True, eq=False)
class Logic(Node):
    """``and`` or ``or`` over two or more parts."""

    word: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Node):
    """``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class In(Node):
    """``x in tests``; the tests may speak of the value as ``?``."""

    left: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Between(Node):
    """``x between a and b``."""

    left: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True, eq=False)
class Span(Node):
    """``[a..b]`` and its open forms; a missing end comes from ``< b`` or ``> a``.

    With ``steps`` it is what a loop goes through, which may run downwards.
    """

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool
    steps: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Maths(Node):
    """``+ - * / **``."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Negative(Node):
    """``-x``."""

    of: Node


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """``if c then a else b``; anything but true counts as false."""

    condition: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """``f(a, b)`` or ``f(x: a, y: b)``; a built-in function is called by name.

    A variable that has the name of a built-in function is called when it holds a function.
    """

    built_in: str
    function: Node | None
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ListOf(Node):
    """``[a, b, c]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ContextOf(Node):
    """``{a: 1, b: a + 1}``: each entry sees those before it."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Node):
    """``list[2]``, ``list[-1]`` or ``list[item > 2]``; a single value counts as a list of one."""

    of: Node
    test: Node


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Node):
    """``for``, ``some`` or ``every`` over lists and ranges; each sees the names before it."""

    word: str
    over: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class FunctionOf(Node):
    """``function(x: number) x + 1``."""

    parameters: tuple[tuple[str, Type], ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class External(Node):
    """``function(x) external {...}``: a function in another language, which is never run."""


@dataclass(frozen=True, slots=True, eq=False)
class InstanceOf(Node):
    """``x instance of list<number>``."""

    of: Node
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Tests(Node):
    """The unary tests of a cell: any of them, or none of them, for the value ``?``."""

    tests: tuple[Node, ...]
    negated: bool


def parts(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below."""
    for each in dataclasses.fields(node):
        yield from _nodes(getattr(node, each.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


def measure(node: Node) -> tuple[int, int]:
    """Return the number of nodes and the height; without recursion, as a chain may be long."""
    size, deepest, todo = 0, 0, [(node, 1)]
    while todo:
        each, depth = todo.pop()
        size += 1
        deepest = max(deepest, depth)
        todo += [(part, depth + 1) for part in parts(each)]
    return size, deepest


def free(node: Node, bound: frozenset[str] = frozenset()) -> set[str]:
    """Return the names read from outside; those inside a filter may be entries of its items."""
    if isinstance(node, Name):
        return set() if node.name in bound else {node.name}
    if isinstance(node, IsDefined):
        return set()
    if isinstance(node, Filter):
        return free(node.of, bound)
    if isinstance(node, Loop):
        found, bound = _in_order(node.over, bound)
        return found | free(node.body, bound | {"partial"} if node.word == "for" else bound)
    if isinstance(node, ContextOf):
        return _in_order(node.entries, bound)[0]
    if isinstance(node, FunctionOf):
        return free(node.body, bound | {name for name, _ in node.parameters})
    if isinstance(node, In | Tests):
        bound = bound | {"?"} if isinstance(node, Tests) else bound
    if isinstance(node, In):
        inner = bound | {"?"}
        return free(node.left, bound) | {n for test in node.tests for n in free(test, inner)}
    return {name for part in parts(node) for name in free(part, bound)}


def _in_order(
    pairs: tuple[tuple[str, Node], ...], bound: frozenset[str]
) -> tuple[set[str], frozenset[str]]:
    found: set[str] = set()
    for name, node in pairs:
        own = {name} if isinstance(node, FunctionOf) else set()  # it may call itself
        found |= free(node, bound | own)
        bound = bound | {name}
    return found, bound


def mentions(node: Node, name: str) -> bool:
    """Return whether a name stands anywhere in a tree."""
    todo = [node]
    while todo:
        each = todo.pop()
        if isinstance(each, Name) and each.name == name:
            return True
        todo += parts(each)
    return False


def where(node: Node, name: str) -> tuple[int, int]:
    """Return the first place where a name stands in a tree."""
    places, todo = [], [node]
    while todo:
        each = todo.pop()
        if isinstance(each, Name) and each.name == name:
            places.append(each.at)
        todo += parts(each)
    return min(places, default=node.at)
