"""From text to tree: recursive descent with precedence climbing (DMN 1.5 section 10.3.1, grammar).

Adjacent words form one name, as FEEL has no operator without a sign or a keyword; so ``lệ phí > 0``
needs no declaration. Names that hold a keyword or a sign must be announced (see ``tokens``), or are
keys of a context in the same text.
"""

from collections.abc import Mapping
from decimal import Decimal

from motcua.rules import tree as n
from motcua.rules.errors import RuleError
from motcua.rules.reading import MAX_NESTING, Reading
from motcua.rules.temporal import parse_temporal
from motcua.rules.types import ANY, NAMED, Type
from motcua.rules.values import number

MAX_DEPTH = 150
_LEVELS: Mapping[str, int] = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "between": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}
_BARE = frozenset(NAMED[name] for name in ("list", "range", "context", "function"))


class Parser(Reading):
    """Reads one text; ``functions`` are the built-in ones, ``types`` those with a name."""

    def whole(self) -> n.Node:
        """Read all of the text as one expression."""
        return self._ended(self.expression())

    def whole_tests(self) -> n.Node:
        """Read all of the text as the unary tests of a cell."""
        at = self.at
        if self.now.value == "-" and self.words_of.read(self.now.end).kind == "end":
            return n.Constant(at, True)
        negated, start = False, self.now
        if self.now.kind == "name" and self.now.value == "not":
            self.take()
            negated = self.skip("(")
            if not negated:
                self.back(start)
        tests = self.tests()
        if negated:
            self.need(")")
            if self.now.kind != "end":  # not(...) was the beginning of an expression
                self.back(start)
                negated, tests = False, self.tests()
        return self._ended(n.Tests(at, tests, negated))

    def _ended(self, found: n.Node) -> n.Node:
        if self.now.kind != "end":
            raise self.unexpected()
        if n.measure(found)[1] > MAX_DEPTH:
            raise RuleError(*found.at, "too deeply nested", "biểu thức lồng quá sâu")
        return found

    def expression(self) -> n.Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise RuleError(*self.at, "too deeply nested", "biểu thức lồng quá sâu")
        kept, self.plain_ends = self.plain_ends, False
        found = self.binary(1)
        self.plain_ends = kept
        self.nesting -= 1
        return found

    def binary(self, least: int) -> n.Node:
        left = self.unary()
        while self.now.kind in ("sign", "keyword"):
            level = _LEVELS.get(self.now.value, 0)
            if level < least:
                break
            left = self.operator(left, level)
        return left

    def operator(self, left: n.Node, level: int) -> n.Node:
        at, sign = self.at, self.take().value
        if sign == "between":
            low = self.binary(4)
            self.need("and")
            return n.Between(at, left, low, self.binary(4))
        if sign == "in":
            return n.In(at, left, self.after_in())
        if sign in ("and", "or"):
            items = [left, self.binary(level + 1)]
            while self.skip(sign):
                items.append(self.binary(level + 1))
            return n.Logic(at, sign, tuple(items))
        right = self.binary(level + 1)
        return (n.Compare if level == 3 else n.Maths)(at, sign, left, right)

    def after_in(self) -> tuple[n.Node, ...]:
        at = self.at
        if not self.skip("("):
            return (self.test(),)
        first = self.test_inside()
        if self.skip(".."):
            return (self.range_to(at, first, False),)
        tests = [first]
        while self.skip(","):
            tests.append(self.test_inside())
        self.need(")")
        return tuple(tests)

    def tests(self) -> tuple[n.Node, ...]:
        found = [self.test_inside()]
        while self.skip(","):
            found.append(self.test_inside())
        return tuple(found)

    def test_inside(self, alone: bool = False) -> n.Node:
        signs = ("<", "<=", ">", ">=", "=", "!=")
        return self.test(alone) if self.sees(*signs) else self.expression()

    def test(self, alone: bool = False) -> n.Node:
        """Read one test; ``alone`` in brackets ``(= 5)`` is the range of that one value."""
        at = self.at
        if alone and self.skip("="):
            only = self.binary(4)
            return n.Span(at, only, only, True, True)
        if self.sees("=", "!="):
            return n.Compare(at, self.take().value, n.Name(at, "?"), self.binary(4))
        if self.sees("<", "<=", ">", ">="):
            sign = self.take().value
            end = self.binary(4)
            below, closed = sign[0] == "<", len(sign) == 2
            low, high = (None, end) if below else (end, None)
            return n.Span(at, low, high, closed and not below, closed and below)
        return self.binary(4)

    def unary(self) -> n.Node:
        at, minus = self.at, 0
        while self.skip("-"):
            minus += 1
        found = self.postfix()
        if minus and isinstance(found, n.Constant) and isinstance(found.content, Decimal):
            return n.Constant(at, found.content.copy_negate()) if minus % 2 else found
        # Two signs cancel for numbers and give null for the rest; one or two nodes keep that.
        for _ in range(2 - minus % 2 if minus else 0):
            found = n.Negative(at, found)
        return self.instance(found)

    def instance(self, found: n.Node) -> n.Node:
        while self.sees("instance of"):
            at, of = self.at, self.type_after(self.now.end)
            # ``instance of list`` is null: a list type needs its parameter (table 61).
            bare = of in _BARE
            found = n.Constant(at, None) if bare else n.InstanceOf(at, found, of)
        return found

    def postfix(self) -> n.Node:
        found = self.primary()
        while self.now.kind == "sign":
            at = self.at
            if self.skip("."):
                found = n.Path(at, found, self.words())
            elif self.sees("("):
                found = self.call(at, found)
            elif not self.plain_ends and self.skip("["):
                found = n.Filter(at, found, self.expression())
                self.need("]")
            else:
                break
        return self.instance(found)

    def primary(self) -> n.Node:
        at, token = self.at, self.now
        if token.kind == "name":
            return self.name_or_call(at)
        if token.kind == "number":
            return n.Constant(at, self.number())
        if token.kind == "string":
            return n.Constant(at, self.take().value)
        if token.kind == "keyword" and token.value in _CONSTANTS:
            return n.Constant(at, _CONSTANTS[self.take().value])
        if self.sees("(", "[", "]"):
            return self.bracket(at)
        if self.skip("@"):
            return self.literal(at)
        if self.sees("{"):
            return self.context(at)
        if self.skip("if"):
            return self.if_else(at)
        if self.sees("for", "some", "every"):
            return self.loop(at)
        if self.skip("function"):
            return self.function(at)
        raise self.unexpected()

    def number(self) -> object:
        text = self.take().value
        return number(Decimal(text)) if len(text.partition("e")[2].partition("E")[2]) < 6 else None

    def literal(self, at: tuple[int, int]) -> n.Node:
        if self.now.kind != "string":
            raise self.unexpected('"')
        found = parse_temporal(self.take().value)
        if found is None:
            raise RuleError(*at, "no date, time or duration", "không phải ngày, giờ hay khoảng")
        return n.Constant(at, found)

    def name_or_call(self, at: tuple[int, int]) -> n.Node:
        name = self.words()
        if name in self.functions and self.sees("("):
            arguments, names = self.arguments()
            variable = n.Name(at, name) if name in self.bound else None
            return n.Call(at, name, variable, arguments, names)
        if name == "is defined" and self.sees("("):
            arguments, names = self.arguments()
            if len(arguments) != 1:
                raise self.unexpected()
            return n.IsDefined(at, arguments[0])
        return n.Name(at, name)

    def call(self, at: tuple[int, int], function: n.Node) -> n.Node:
        arguments, names = self.arguments()
        place = function.at if isinstance(function, n.Name) else at
        return n.Call(place, "", function, arguments, names)

    def arguments(self) -> tuple[tuple[n.Node, ...], tuple[str, ...]]:
        """Read ``(a, b)`` or ``(x: a, y: b)``."""
        self.need("(")
        found: list[n.Node] = []
        names: list[str] = []
        while not self.sees(")"):
            if found:
                self.need(",")
            key = (
                self.words_of.key(self.now.start) if self.now.kind in ("name", "keyword") else None
            )
            if key and (names or not found):
                self.now = self.words_of.read(key.end)
                self.need(":")
                names.append(key.value)
            elif names:
                raise self.unexpected(":")
            found.append(self.expression())
        self.need(")")
        return tuple(found), tuple(names)

    def bracket(self, at: tuple[int, int]) -> n.Node:
        """``(x)``, ``[a, b]``, and ranges, whose brackets may point either way."""
        opened = self.take().value
        if opened == "[" and self.skip("]"):
            return n.ListOf(at, ())
        first = self.test_inside(alone=opened == "(") if opened in "([" else self.expression()
        if self.skip(".."):
            return self.range_to(at, first, opened == "[")
        if opened == "(":
            self.need(")")
            return first
        if opened == "]":
            raise self.unexpected("..")
        items = [first]
        while self.skip(","):
            items.append(self.test_inside())
        self.need("]")
        return n.ListOf(at, tuple(items))

    def range_to(self, at: tuple[int, int], low: n.Node, low_closed: bool) -> n.Node:
        high = self.end_of_range()
        if not self.sees("]", ")", "["):
            raise self.unexpected("]")
        return n.Span(at, low, high, low_closed, self.take().value == "]")

    def end_of_range(self) -> n.Node:
        kept, self.plain_ends = self.plain_ends, True
        found = self.binary(4)
        self.plain_ends = kept
        return found

    def context(self, at: tuple[int, int]) -> n.Node:
        self.need("{")
        entries: dict[str, n.Node] = {}
        depth = len(self.bound)
        while not self.sees("}"):
            if entries:
                self.need(",")
            key, place = self.key(), self.at
            self.need(":")
            if key in entries:
                raise RuleError(*place, f"'{key}' stands twice", f"'{key}' có hai lần")
            entries[key] = self.expression()
            self.words_of.announce(key)
            self.bound.append(key)
            self.now = self.words_of.read(self.now.start)
        del self.bound[depth:]
        self.need("}")
        return n.ContextOf(at, tuple(entries.items()))

    def if_else(self, at: tuple[int, int]) -> n.Node:
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return n.If(at, condition, then, self.expression())

    def loop(self, at: tuple[int, int]) -> n.Node:
        word, depth = self.take().value, len(self.bound)
        over = [self.one_loop()]
        while self.skip(","):
            over.append(self.one_loop())
        self.need("return" if word == "for" else "satisfies")
        body = self.expression()
        del self.bound[depth:]
        return n.Loop(at, word, tuple(over), body)

    def one_loop(self) -> tuple[str, n.Node]:
        name = self.words()
        self.need("in")
        at, low = self.at, self.expression()
        self.bound.append(name)
        return name, self.steps_from(at, low)

    def steps_from(self, at: tuple[int, int], low: n.Node) -> n.Node:
        if not self.skip(".."):
            return low
        return n.Span(at, low, self.end_of_range(), True, True, steps=True)

    def whole_steps(self) -> n.Node:
        """Read all of the text as what a loop goes through: a list, or ``1..n``."""
        at = self.at
        return self._ended(self.steps_from(at, self.expression()))

    def function(self, at: tuple[int, int]) -> n.Node:
        self.need("(")
        depth = len(self.bound)
        parameters: list[tuple[str, Type]] = []
        while not self.sees(")"):
            if parameters:
                self.need(",")
            name = self.words()
            of = self.type_after(self.now.end) if self.sees(":") else ANY
            parameters.append((name, of))
        self.need(")")
        self.bound += [name for name, _ in parameters]
        if self.now.kind == "name" and self.now.value == "external":
            at = self.at
            self.take()
            self.expression()  # what it maps to
            del self.bound[depth:]
            return n.External(at)
        body = self.expression()
        del self.bound[depth:]
        return n.FunctionOf(at, tuple(parameters), body)
