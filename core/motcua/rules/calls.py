"""Code for calls: of built-in functions, of functions that are values; and what makes those."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from motcua.rules import tree as n
from motcua.rules.builtins import BuiltIn
from motcua.rules.errors import RuleError
from motcua.rules.run import Code, Place, Run
from motcua.rules.types import ANY, Type, coerce
from motcua.rules.values import Function, weight

Order = tuple[int | None, ...]
_AT = (1, 1)


@dataclass(frozen=True)
class Scope:
    """What is known at a place of the text.

    ``bound`` are names of loops, functions and contexts around it; ``filtered`` says that a name
    may be an entry of an item; ``functions`` are variables that may be called; with ``notes`` a
    mistake is noted and gives null, without it is an error.
    """

    bound: frozenset[str] = frozenset()
    filtered: bool = False
    functions: frozenset[str] | None = None
    notes: list[RuleError] | None = field(default=None, compare=False)

    def bind(self, *names: str) -> "Scope":
        """Return the scope with more names bound."""
        return replace(self, bound=self.bound | set(names))


def function_code(
    names: tuple[str, ...], types: tuple[Type, ...], body: Code, own: str, size: tuple[int, int],
    gives: Type = ANY,
) -> Code:  # fmt: skip
    """Return the code that makes a function value, which keeps the names around it."""

    def make(run: Run) -> object:
        run.spend(_AT, len(run.local) // 8)
        around, context, known, strict = dict(run.local), run.context, run.known, run.strict

        def call(now: Run, given: Sequence[object]) -> object:
            now.spend(
                _AT, sum(weight(v) for v, of in zip(given, types, strict=True) if of is not ANY)
            )
            values = [coerce(value, of) for value, of in zip(given, types, strict=True)]
            if any(v is None and g is not None for v, g in zip(values, given, strict=True)):
                return None
            kept = now.local, now.context, now.known, now.strict
            now.local = {**around, **dict(zip(names, values, strict=True))}
            now.context, now.known, now.strict = context, known, strict
            try:
                return coerce(body(now), gives)
            finally:
                now.local, now.context, now.known, now.strict = kept

        made = Function(own, names, call, *size, types=types, gives=gives)
        if own:
            around[own] = made
        return made

    return make


def calling(function: Code, arguments: tuple[Code, ...], names: tuple[str, ...], at: Place) -> Code:
    """Return the code of a call; null for what is no function or has no such parameter.

    Parameters that a call by name leaves out are null (section 10.3.2.13.5).
    """

    def call(run: Run) -> object:
        found = function(run)
        given: Sequence[object] = [argument(run) for argument in arguments]
        if not isinstance(found, Function):
            return None
        if names:
            order = (found.order or _order_in(found.parameters))(names)
            if order is None:
                return None
            given = [None if place is None else given[place] for place in order]
        return run.invoke(found, given, at)

    return call


def _order_in(parameters: tuple[str, ...]) -> Callable[[Sequence[str]], Order | None]:
    def order(names: Sequence[str]) -> Order | None:
        if len(set(names)) != len(names) or not set(names) <= set(parameters):
            return None
        return tuple(names.index(name) if name in names else None for name in parameters)

    return order


def call_built_in(built: BuiltIn, node: n.Call, arguments: tuple[Code, ...], scope: Scope) -> Code:
    """Return the code of a call of a built-in function; its value when all arguments are given."""
    at, name = node.at, built.name
    if node.names:
        order = built.order(node.names)
        if order is None:
            wrong = ", ".join(node.names)
            message = f"'{name}' has no parameters '{wrong}'"
            return mistake(at, message, f"hàm '{name}' không có tham số '{wrong}'", scope)
        arguments = tuple(
            (lambda run: None) if place is None else arguments[place] for place in order
        )
    elif not built.takes(len(arguments)):
        count = len(arguments)
        message = f"'{name}' does not take {count} arguments"
        return mistake(at, message, f"hàm '{name}' không nhận {count} đối số", scope)
    apply = built.apply

    def call(run: Run) -> object:
        return apply(run, [argument(run) for argument in arguments], at)

    if built.constant and all(isinstance(each, n.Constant) for each in node.arguments):
        content = call(Run({}))
        return lambda run: content
    return call


def mistake(at: Place, message: str, message_vi: str, scope: Scope) -> Code:
    """Return null and note the mistake; raises it as RuleError in a scope without notes."""
    error = RuleError(*at, message, message_vi)
    if scope.notes is None:
        raise error
    scope.notes.append(error)
    return lambda run: None


def entries_code(entries: Sequence[tuple[str, Code]]) -> Code:
    """Return the code of a context whose entries see those before them."""

    def context(run: Run) -> object:
        outer = run.local
        run.spend(_AT, len(outer) // 8)
        run.local = scope = dict(outer)
        made: dict[str, object] = {}
        try:
            for name, code in entries:
                made[name] = scope[name] = code(run)
        finally:
            run.local = outer
        return made

    return context
