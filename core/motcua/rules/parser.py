"""From text to tree: recursive descent with precedence climbing (DMN 1.5 section 10.3.1, grammar).

Adjacent words form one name, as FEEL has no operator without a sign or a keyword; so ``lệ phí > 0``
needs no declaration. Names that hold a keyword or a sign must be announced (see ``tokens``).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from motcua.rules import nodes as n
from motcua.rules.errors import RuleError
from motcua.rules.functions import FUNCTIONS
from motcua.rules.lists import Filter, ListOf, Loop
from motcua.rules.tokens import Token, plain, tokenize
from motcua.rules.values import number

MAX_NESTING = 40
MAX_DEPTH = 150
_LEVELS: Mapping[str, int] = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "between": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


def parse(text: str, names: Iterable[str] = ()) -> n.Node:
    """Return the tree of an expression; raises RuleError with the place of the first mistake."""
    announced = [*names, *(name for name in FUNCTIONS if not plain(name))]
    reader = _Parser(tokenize(text, announced))
    tree = reader.expression()
    if reader.now.kind != "end":
        raise reader.unexpected()
    if _depth(tree) > MAX_DEPTH:
        raise RuleError(*tree.at, "too deeply nested", "biểu thức lồng quá sâu")
    return tree


def _depth(tree: n.Node) -> int:
    """Return the height of a tree without recursion, as a chain of operators may be long."""
    deepest, todo = 0, [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        deepest = max(deepest, depth)
        todo += [(part, depth + 1) for part in node.parts()]
    return deepest


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.index, self.nesting = tokens, 0, 0
        self.plain_ends = False  # inside the end of a range, '[' closes and does not filter

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    @property
    def at(self) -> tuple[int, int]:
        return self.now.line, self.now.column

    def unexpected(self, wanted: str = "") -> RuleError:
        found = f"'{self.now.value}'" if self.now.kind != "end" else "the end"
        found_vi = f"'{self.now.value}'" if self.now.kind != "end" else "hết biểu thức"
        more, more_vi = (f", expected '{wanted}'", f", cần '{wanted}'") if wanted else ("", "")
        return RuleError(*self.at, f"unexpected {found}{more}", f"không hiểu {found_vi}{more_vi}")

    def take(self) -> Token:
        token = self.now
        self.index += token.kind != "end"
        return token

    def sees(self, *values: str) -> bool:
        return self.now.kind in ("sign", "keyword") and self.now.value in values

    def skip(self, value: str) -> bool:
        if self.sees(value):
            self.index += 1
            return True
        return False

    def need(self, value: str) -> None:
        if not self.skip(value):
            raise self.unexpected(value)

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
            return n.In(at, left, (n.Span(at, low, self.binary(4), True, True),))
        if sign == "in":
            return n.In(at, left, self.alternatives())
        right = self.binary(level + 1)
        if level == 3:
            return n.Compare(at, sign, left, right)
        if level > 3:
            return n.Maths(at, sign, left, right)
        # A chain becomes one node, so that a long one is not deep.
        items = left.items if isinstance(left, n.Logic) and left.word == sign else (left,)
        return n.Logic(at, sign, (*items, right))

    def alternatives(self) -> tuple[n.Node, ...]:
        """After ``in``: one test, or several in parentheses; ``(a..b)`` is an open range."""
        if not self.sees("("):
            return (self.test(),)
        at = self.at
        self.take()
        tests = [self.test()]
        if self.skip(".."):
            return (self.range_to(at, tests[0], False),)
        while self.skip(","):
            tests.append(self.test())
        self.need(")")
        return tuple(tests)

    def test(self) -> n.Node:
        at = self.at
        if self.sees("<", "<=", ">", ">="):
            sign = self.take().value
            end = self.binary(4)
            below = sign[0] == "<"
            closed = len(sign) == 2
            return n.Span(at, None if below else end, end if below else None, closed, closed)
        return self.binary(4)

    def unary(self) -> n.Node:
        at, minus = self.at, 0
        while self.skip("-"):
            minus += 1
        found = self.postfix()
        # Two signs cancel for numbers and give null for the rest; one or two nodes keep that.
        for _ in range(2 - minus % 2 if minus else 0):
            found = n.Negative(at, found)
        return found

    def postfix(self) -> n.Node:
        found = self.primary()
        while True:
            at = self.at
            if self.skip("."):
                found = n.Path(at, found, self.words())
            elif not self.plain_ends and self.skip("["):
                found = Filter(at, found, self.expression())
                self.need("]")
            else:
                return found

    def words(self) -> str:
        if self.now.kind != "name":
            raise self.unexpected()
        found = [self.take().value]
        while self.now.kind == "name":
            found.append(self.take().value)
        return " ".join(found)

    def primary(self) -> n.Node:
        at, token = self.at, self.now
        if token.kind == "name":
            return self.name_or_call(at)
        if token.kind == "number":
            return n.Constant(at, number(Decimal(self.take().value)))
        if token.kind == "string":
            return n.Constant(at, self.take().value)
        if token.kind == "keyword" and token.value in _CONSTANTS:
            return n.Constant(at, _CONSTANTS[self.take().value])
        if self.sees("(", "[", "]"):
            return self.bracket(at)
        if self.skip("if"):
            return self.if_else(at)
        if self.sees("for", "some", "every"):
            return self.loop(at)
        raise self.unexpected()

    def name_or_call(self, at: tuple[int, int]) -> n.Node:
        name = self.words()
        if not self.skip("("):
            return n.Name(at, name)
        given = () if self.sees(")") else self.commas()
        self.need(")")
        if name == "is defined" and len(given) == 1:
            return n.IsDefined(at, given[0])
        function = FUNCTIONS.get(name)
        if function is None:
            raise RuleError(*at, f"unknown function '{name}'", f"không có hàm tên '{name}'")
        if not function.least <= len(given) <= function.most:
            message = f"'{name}' does not take {len(given)} arguments"
            raise RuleError(*at, message, f"hàm '{name}' không nhận {len(given)} đối số")
        return n.Call(at, function, given)

    def commas(self) -> tuple[n.Node, ...]:
        found = [self.expression()]
        while self.skip(","):
            found.append(self.expression())
        return tuple(found)

    def bracket(self, at: tuple[int, int]) -> n.Node:
        """``(x)``, ``[a, b]``, and ranges, whose brackets may point either way."""
        opened = self.take().value
        if opened == "[" and self.skip("]"):
            return ListOf(at, ())
        first = self.expression()
        if self.skip(".."):
            return self.range_to(at, first, opened == "[")
        if opened == "(":
            self.need(")")
            return first
        if opened == "]":
            raise self.unexpected("..")
        items = [first]
        while self.skip(","):
            items.append(self.expression())
        self.need("]")
        return ListOf(at, tuple(items))

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

    def if_else(self, at: tuple[int, int]) -> n.Node:
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return n.If(at, condition, then, self.expression())

    def loop(self, at: tuple[int, int]) -> n.Node:
        word = self.take().value
        over = [self.one_loop()]
        while self.skip(","):
            over.append(self.one_loop())
        self.need("return" if word == "for" else "satisfies")
        return Loop(at, word, tuple(over), self.expression())

    def one_loop(self) -> tuple[str, n.Node]:
        name = self.words()
        self.need("in")
        at, low = self.at, self.expression()
        if self.skip(".."):
            return name, n.Span(at, low, self.end_of_range(), True, True)
        return name, low
