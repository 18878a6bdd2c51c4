"""From tree to closures: each node becomes one function of a run, made once, called often.

Straight-line code costs no steps, as the length of the text bounds it; loops, filters, calls and
large values do.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from motcua.rules import loops, maths
from motcua.rules import tree as n
from motcua.rules.builtins import BUILT_IN
from motcua.rules.calls import (
    Scope,
    call_built_in,
    calling,
    entries_code,
    function_code,
    mistake,
)
from motcua.rules.errors import RuleError
from motcua.rules.run import Code, Run
from motcua.rules.temporal import part
from motcua.rules.types import instance_of
from motcua.rules.values import (
    Function,
    Range,
    compare,
    either,
    lies_between,
    weight,
    within,
)


def compile_tree(node: n.Node, scope: Scope) -> Code:
    """Return the code of a tree; raises RuleError for a call that can never work."""
    return _MAKERS[type(node)](node, scope)


def _constant(node: n.Constant, scope: Scope) -> Code:
    content = node.content
    return lambda run: content


def _name(node: n.Name, scope: Scope) -> Code:
    name, at = node.name, node.at
    if name in scope.bound:
        return lambda run: run.local[name]

    def outer(run: Run) -> object:
        if name in run.known:
            return run.known[name]
        if name in BUILT_IN and name not in run.context:
            return BUILT_IN[name].as_value()
        return run.fetch(name, at)

    def inner(run: Run) -> object:
        return run.local[name] if name in run.local else outer(run)

    return inner if scope.filtered else outer


def _path(node: n.Path, scope: Scope) -> Code:
    of, name, at = compile_tree(node.of, scope), node.name, node.at

    def path(run: Run) -> object:
        owner = of(run)
        if type(owner) is dict:
            return owner.get(name)
        if isinstance(owner, tuple):
            run.spend(at, len(owner))
            return tuple(entry(each, name) for each in owner)
        return entry(owner, name)

    return path


def entry(owner: object, name: str) -> object:
    """Return an entry of a context or a part of a date, time, duration or range; else null."""
    return owner.get(name) if isinstance(owner, Mapping) else part(owner, name)


def _is_defined(node: n.IsDefined, scope: Scope) -> Code:
    return _defined(node.what, scope)


def _defined(what: n.Node, scope: Scope) -> Code:
    if isinstance(what, n.Name):
        name = what.name
        return lambda run: name in run.local or name in run.context
    if not isinstance(what, n.Path):
        return lambda run: True
    above, of, name = _defined(what.of, scope), compile_tree(what.of, scope), what.name

    def defined(run: Run) -> object:
        if not above(run):
            return False
        owner = of(run)
        return name in owner if isinstance(owner, Mapping) else entry(owner, name) is not None

    return defined


def _logic(node: n.Logic, scope: Scope) -> Code:
    items = tuple(compile_tree(item, scope) for item in node.items)
    decisive = node.word == "or"

    def logic(run: Run) -> object:
        result: bool | None = not decisive
        for item in items:
            found = item(run)
            if found is decisive:
                return decisive
            if found is not True and found is not False:
                result = None
        return result

    return logic


def _compare(node: n.Compare, scope: Scope) -> Code:
    left, right = compile_tree(node.left, scope), compile_tree(node.right, scope)
    return maths.comparison(node.sign, left, right, node.at)


def _maths(node: n.Maths, scope: Scope) -> Code:
    left, right = compile_tree(node.left, scope), compile_tree(node.right, scope)
    return maths.arithmetic(node.sign, left, right, node.at)


def _negative(node: n.Negative, scope: Scope) -> Code:
    of = compile_tree(node.of, scope)
    return lambda run: maths.negative(of(run))


def _between(node: n.Between, scope: Scope) -> Code:
    of, low, high = (compile_tree(each, scope) for each in (node.left, node.low, node.high))

    def between(run: Run) -> object:
        value, least, most = of(run), low(run), high(run)
        return lies_between(value, Range(least, most))

    return between


def _in(node: n.In, scope: Scope) -> Code:
    of, at = compile_tree(node.left, scope), node.at
    tests = tuple(_test(test, scope.bind("?")) for test in node.tests)
    asks = any(n.mentions(test, "?") for test in node.tests)

    def find(run: Run) -> object:
        value = of(run)
        if not asks:
            return either([test(run, value) for test in tests])
        outer = run.local
        run.spend(at, len(outer) // 8)
        run.local = {**outer, "?": value}
        try:
            return either([test(run, value) for test in tests])
        finally:
            run.local = outer

    return find


Test = Callable[[Run, object], bool | None]


def _test(node: n.Node, scope: Scope) -> Test:
    """Return the code of one test for a value; a test with ``?`` is its own answer."""
    code, at = compile_tree(node, scope), node.at
    if isinstance(node, n.Span) and node.low and node.high:
        return _test_of_span(node, compile_tree(node.low, scope), compile_tree(node.high, scope))
    if n.mentions(node, "?"):

        def own(run: Run, value: object) -> bool | None:
            found = code(run)
            return found if isinstance(found, bool) else None

        return own

    def test(run: Run, value: object) -> bool | None:
        found = code(run)
        if isinstance(found, tuple | Mapping):
            run.spend(at, weight(value) + weight(found))
        return within(value, found)

    return test


def _test_of_span(node: n.Span, low: Code, high: Code) -> Test:
    """Return the code of ``in [a..b]``: two comparisons, also where the ends make no range."""
    low_closed, high_closed = node.low_closed, node.high_closed
    return lambda run, value: lies_between(
        value, Range(low(run), high(run), low_closed, high_closed)
    )


def _tests(node: n.Tests, scope: Scope) -> Code:
    scope = scope.bind("?")
    tests = tuple(_cell_test(test, scope) for test in node.tests)
    negated = node.negated

    def cell(run: Run) -> object:
        value = run.local["?"]
        found = either([test(run, value) for test in tests])
        return (None if found is None else not found) if negated else found

    return cell


def _cell_test(node: n.Node, scope: Scope) -> Test:
    """Return the code of one test of a cell, where an expression that is true also counts."""
    if n.mentions(node, "?") or isinstance(node, n.Constant | n.Span):
        return _test(node, scope)
    code, test = compile_tree(node, scope), _test(node, scope)

    def cell(run: Run, value: object) -> bool | None:
        if not isinstance(value, bool) and code(run) is True:
            return True
        return test(run, value)

    return cell


def _span(node: n.Span, scope: Scope) -> Code:
    low = compile_tree(node.low, scope) if node.low else None
    high = compile_tree(node.high, scope) if node.high else None
    low_closed, high_closed = node.low_closed, node.high_closed

    def span(run: Run) -> object:
        least = low(run) if low else None
        most = high(run) if high else None
        if (low and least is None) or (high and most is None):
            return None
        if low and high and not node.steps and compare(least, most) not in (-1, 0):
            return None  # of two types, or the wrong way round (section 10.3.2.7)
        return Range(least, most, low_closed, high_closed)

    if all(end is None or isinstance(end, n.Constant) for end in (node.low, node.high)):
        content = span(Run({}))
        return lambda run: content
    return span


def _if(node: n.If, scope: Scope) -> Code:
    parts = (node.condition, node.then, node.other)
    condition, then, other = (compile_tree(each, scope) for each in parts)
    return lambda run: then(run) if condition(run) is True else other(run)


def _list(node: n.ListOf, scope: Scope) -> Code:
    items = tuple(compile_tree(item, scope) for item in node.items)
    if all(isinstance(item, n.Constant) for item in node.items):
        content = tuple(item.content for item in node.items if isinstance(item, n.Constant))
        return lambda run: content
    return lambda run: tuple([item(run) for item in items])


def _context(node: n.ContextOf, scope: Scope) -> Code:
    entries = []
    for name, each in node.entries:
        if isinstance(each, n.FunctionOf):
            entries.append((name, _function(each, scope, name)))
        else:
            entries.append((name, compile_tree(each, scope)))
        scope = scope.bind(name)
    return entries_code(entries)


def _filter(node: n.Filter, scope: Scope) -> Code:
    of = compile_tree(node.of, scope)
    if isinstance(node.test, n.Constant) and isinstance(node.test.content, Decimal):
        return loops.at_index(of, node.test.content)
    inner = replace(scope.bind("item"), filtered=True, bound=(scope.bound | {"item"}))
    names = frozenset(loops.names_in(node.test))
    # A name of a loop outside may be hidden by an entry of the item: both stand in ``local``.
    return loops.filtering(
        of, compile_tree(node.test, inner), names, n.measure(node.test)[0], node.at
    )


def _loop(node: n.Loop, scope: Scope) -> Code:
    over = []
    for name, among in node.over:
        over.append((name, compile_tree(among, scope)))
        scope = scope.bind(name)
    partial = node.word == "for" and n.mentions(node.body, "partial")
    body = compile_tree(node.body, scope.bind("partial") if partial else scope)
    return loops.looping(node.word, over, body, partial, n.measure(node.body)[0], node.at)


def _function(node: n.FunctionOf, scope: Scope, own: str = "") -> Code:
    names = tuple(name for name, _ in node.parameters)
    types = tuple(of for _, of in node.parameters)
    inner = scope.bind(*names, *([own] if own else []))
    body = compile_tree(node.body, inner)
    size, height = n.measure(node.body)
    return function_code(names, types, body, own, (size + 1, height + 3))


def _external(node: n.External, scope: Scope) -> Code:
    message = "functions in another language are not run"
    return mistake(node.at, message, "không chạy hàm viết bằng ngôn ngữ khác", scope)


def _instance(node: n.InstanceOf, scope: Scope) -> Code:
    of, to = compile_tree(node.of, scope), node.type
    return lambda run: instance_of(of(run), to)


def _call(node: n.Call, scope: Scope) -> Code:
    arguments = tuple(compile_tree(each, scope) for each in node.arguments)
    if node.built_in and node.function is None:
        return call_built_in(BUILT_IN[node.built_in], node, arguments, scope)
    if node.built_in:
        return _call_either(node, arguments, scope)
    if node.function is None:
        raise RuleError(*node.at, "nothing to call", "không có gì để gọi")
    called = node.function
    if isinstance(called, n.Name) and scope.functions is not None:
        known = called.name in scope.bound or called.name in scope.functions or scope.filtered
        if not known:
            return mistake(
                node.at, f"unknown function '{called.name}'", f"không có hàm tên '{called.name}'",
                scope,
            )  # fmt: skip
    return calling(compile_tree(called, scope), arguments, node.names, node.at)


def _call_either(node: n.Call, arguments: tuple[Code, ...], scope: Scope) -> Code:
    assert node.function is not None  # noqa: S101 -- what the caller has seen
    own = compile_tree(node.function, scope)
    built = call_built_in(BUILT_IN[node.built_in], node, arguments, replace(scope, notes=[]))
    called = calling(own, arguments, node.names, node.at)
    return lambda run: (called if isinstance(own(run), Function) else built)(run)


_MAKERS: Mapping[type[n.Node], Callable[..., Code]] = {
    n.Constant: _constant, n.Name: _name, n.Path: _path, n.IsDefined: _is_defined,
    n.Logic: _logic, n.Compare: _compare, n.In: _in, n.Between: _between, n.Span: _span,
    n.Maths: _maths, n.Negative: _negative, n.If: _if, n.Call: _call, n.ListOf: _list,
    n.ContextOf: _context, n.Filter: _filter, n.Loop: _loop, n.FunctionOf: _function,
    n.External: _external, n.InstanceOf: _instance, n.Tests: _tests,
}  # fmt: skip
