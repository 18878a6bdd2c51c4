"""Boxed expressions: literal expressions, tables, contexts, invocations, lists, and so on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from lxml import etree  # type: ignore[import-untyped]

from motcua.rules import loops
from motcua.rules import tree as n
from motcua.rules.builtins import BUILT_IN
from motcua.rules.calls import Scope, calling, function_code
from motcua.rules.compiler import compile_tree
from motcua.rules.dmn import tables
from motcua.rules.dmn.items import Items
from motcua.rules.dmn.xml import child, children, finding, local, name_of, text_in
from motcua.rules.errors import RuleError
from motcua.rules.parser import Parser
from motcua.rules.run import Code, Run
from motcua.rules.types import ANY, Type, coerce

EXPRESSIONS = (
    "literalExpression", "decisionTable", "context", "invocation", "list", "relation",
    "functionDefinition", "conditional", "filter", "for", "some", "every",
)  # fmt: skip
_MAX_DEPTH = 30
_MAX_RULES = 2_000
_AT = (1, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled expression, with how many nodes it has and how high it stands."""

    code: Code
    size: int = 1
    height: int = 1


_NULL = Part(lambda run: None)


def _around(parts: Iterable[Part], code: Code) -> Part:
    found = list(parts)
    height = max((p.height for p in found), default=0) + 4
    return Part(code, sum(p.size for p in found) + 1, height)


class Boxes:
    """Compiles the expressions of one file; mistakes become findings, and null when it runs.

    ``announced`` are names that cannot be told from the text alone; a scope's ``functions`` are all
    names that an expression may read besides those bound around it.
    """

    def __init__(self, items: Items, announced: frozenset[str], language: str) -> None:
        self.items, self.announced, self.language = items, announced, language
        self.depth = 0

    def inside(self, owner: etree._Element, scope: Scope) -> Part:
        """Return the only expression in an element; null when there is none."""
        found = child(owner, *EXPRESSIONS)
        if found is None:
            self.items.note(owner, "thiếu biểu thức", "has no expression")
            return _NULL
        return self.part(found, scope)

    def part(self, element: etree._Element, scope: Scope) -> Part:
        """Return an expression, converted to the type it declares."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.items.note(element, "biểu thức lồng quá sâu", "too deeply nested")
            return _NULL
        made = _MAKERS[local(element)](self, element, scope)
        self.depth -= 1
        to = self.items.of(element)
        if to is ANY or local(element) == "functionDefinition":
            return made
        code = made.code
        return replace(made, code=lambda run: coerce(code(run), to))

    def text(
        self, at: etree._Element, text: str, scope: Scope, whole: Callable[[Parser], n.Node]
        = Parser.whole,
    ) -> Part:  # fmt: skip
        """Return a FEEL text; one that is wrong is a finding and gives null."""
        notes: list[RuleError] = []
        scope = replace(scope, notes=notes)
        names = {*self.announced, *scope.bound, *(scope.functions or ())}
        try:
            parser = Parser(text, names, BUILT_IN, self.items.types)
            parser.bound += sorted(scope.bound | (scope.functions or frozenset()))
            tree = whole(parser)
            code = compile_tree(tree, scope)
        except RuleError as error:
            self.items.note(at, f"{error.vi}: {text[:80]}", f"{error.en}: {text[:80]}")
            return _NULL
        for note in notes:
            self.items.note(at, note.vi, note.en)
        self._unknown(at, tree, scope, {(e.line, e.column) for e in notes})
        return Part(code, *n.measure(tree))

    def _unknown(
        self, at: etree._Element, tree: n.Node, scope: Scope, told: set[tuple[int, int]]
    ) -> None:
        known = scope.bound | (scope.functions or frozenset()) | BUILT_IN.keys()
        if scope.filtered:
            return
        for name in sorted(n.free(tree) - known):
            place = n.where(tree, name)
            if place not in told:
                error = RuleError(*place, f"unknown name '{name}'", f"không có tên '{name}'")
                self.items.note(at, error.vi, error.en)

    def literal(self, element: etree._Element, scope: Scope) -> Part:
        language = element.get("expressionLanguage") or self.language
        if language and "feel" not in language.casefold():
            self.items.note(element, f"ngôn ngữ '{language}'", f"language '{language}': write FEEL")
            return _NULL
        return self.text(element, text_in(element) or "null", scope)

    def context(self, element: etree._Element, scope: Scope) -> Part:
        entries: list[tuple[str, Part]] = []
        result: Part | None = None
        for each in children(element, "contextEntry"):
            variable = child(each, "variable")
            found = child(each, *EXPRESSIONS)
            if variable is None:
                result = self.inside(each, scope)
                continue
            name = name_of(variable)
            own = found is not None and local(found) == "functionDefinition"
            part = self.function(found, scope, name) if own else self.inside(each, scope)
            entries.append((name, self.typed(part, self.items.of(variable))))
            scope = scope.bind(name)
        every = [part for _, part in entries] + ([result] if result else [])
        return _around(every, _context_code([(k, p.code) for k, p in entries], result))

    def typed(self, part: Part, to: Type) -> Part:
        """Return a part whose value is converted to a type."""
        code = part.code
        return part if to is ANY else replace(part, code=lambda run: coerce(code(run), to))

    def invocation(self, element: etree._Element, scope: Scope) -> Part:
        function = self.inside(element, scope)
        names, parts = [], []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            names.append("" if parameter is None else name_of(parameter))
            part = (
                self.inside(binding, scope) if child(binding, *EXPRESSIONS) is not None else _NULL
            )
            parts.append(self.typed(part, self.items.of(parameter)))
        codes = tuple(part.code for part in parts)
        return _around([function, *parts], calling(function.code, codes, tuple(names), _AT))

    def listed(self, element: etree._Element, scope: Scope) -> Part:
        parts = [self.part(each, scope) for each in children(element, *EXPRESSIONS)]
        return _around(parts, lambda run: tuple(part.code(run) for part in parts))

    def relation(self, element: etree._Element, scope: Scope) -> Part:
        columns = [(name_of(c), self.items.of(c)) for c in children(element, "column")]
        rows, every = [], []
        for row in children(element, "row"):
            cells = [self.part(each, scope) for each in children(row, *EXPRESSIONS)]
            if len(cells) != len(columns):
                self.items.note(row, "số ô khác số cột", "has not as many cells as columns")
                return _NULL
            cells = [self.typed(cell, to) for cell, (_, to) in zip(cells, columns, strict=True)]
            every += cells
            rows.append([(name, cell.code) for cell, (name, _) in zip(cells, columns, strict=True)])
        return _around(
            every, lambda run: tuple({name: code(run) for name, code in row} for row in rows)
        )

    def function(self, element: etree._Element, scope: Scope, own: str = "") -> Part:
        """Return a function definition, also the logic of a business knowledge model."""
        if element.get("kind", "FEEL").upper() not in ("FEEL", "F"):
            message = "functions in another language are not run"
            self.items.note(element, "không chạy hàm viết bằng ngôn ngữ khác", message)
            return _NULL
        parameters = [(name_of(p), self.items.of(p)) for p in children(element, "formalParameter")]
        names = tuple(name for name, _ in parameters)
        body = self.inside(element, scope.bind(*names, *([own] if own else [])))
        gives = self.items.of(element)
        gives = gives.of or ANY if gives.kind == "function" else gives
        size = body.size + 1, body.height + 4
        types = tuple(of for _, of in parameters)
        return replace(body, code=function_code(names, types, body.code, own, size, gives))

    def conditional(self, element: etree._Element, scope: Scope) -> Part:
        parts = [self._in(element, tag, scope) for tag in ("if", "then", "else")]
        condition, then, other = (part.code for part in parts)
        return _around(parts, lambda r: then(r) if condition(r) is True else other(r))

    def _in(self, element: etree._Element, tag: str, scope: Scope) -> Part:
        found = child(element, tag)
        if found is None:
            self.items.note(element, f"thiếu '{tag}'", f"has no '{tag}'")
            return _NULL
        return self.inside(found, scope)

    def _among(self, element: etree._Element, scope: Scope) -> Part:
        """Return what a loop goes through, where a text may be ``1..n``."""
        found = child(element, "in")
        text = None if found is None else child(found, "literalExpression")
        if text is None or ".." not in text_in(text):
            return self._in(element, "in", scope)
        return self.text(text, text_in(text), scope, Parser.whole_steps)

    def filtered(self, element: etree._Element, scope: Scope) -> Part:
        among = self._in(element, "in", scope)
        inner = replace(scope.bind("item"), filtered=True)
        test = self._in(element, "match", inner)
        names = frozenset(_names_below(child(element, "match"), self.announced))
        code = loops.filtering(among.code, test.code, names, test.size, _AT)
        return _around([among, test], code)

    def loop(self, element: etree._Element, scope: Scope) -> Part:
        word = local(element)
        among = self._among(element, scope)
        name = " ".join(element.get("iteratorVariable", "").split())
        bound = scope.bind(name, "partial") if word == "for" else scope.bind(name)
        body = self._in(element, "return" if word == "for" else "satisfies", bound)
        over = [(name, among.code)]
        partial = word == "for"
        code = loops.looping(word, over, body.code, partial, body.size, _AT)
        return _around([among, body], code)

    def table(self, element: etree._Element, scope: Scope) -> Part:
        inputs = [self._input(each, scope) for each in children(element, "input")]
        policy, aggregation = self._policy(element)
        outputs = [self._output(each, scope, policy) for each in children(element, "output")]
        if policy in ("P", "O") and all(clause.order is None for clause in outputs):
            vi = "cách chọn P và O cần danh sách giá trị kết quả theo thứ tự"
            self.items.note(element, vi, "hit policies P and O need the output values in order")
        rows = children(element, "rule")
        if not outputs or len(rows) > _MAX_RULES:
            vi, en = f"bảng cần kết quả, tối đa {_MAX_RULES} dòng", "the table has no output"
            self.items.note(element, vi, f"{en}, or more than {_MAX_RULES} rules")
            return _NULL
        rules, size, height = [], len(rows), 1
        for number, row in enumerate(rows, 1):
            tests = [self._test(e, scope) for e in children(row, "inputEntry")]
            results = [self._result(e, scope) for e in children(row, "outputEntry")]
            if len(tests) != len(inputs) or len(results) != len(outputs):
                self.items.note(row, f"dòng {number} thiếu ô", f"rule {number} lacks a cell")
                return _NULL
            size += sum(p.size for p in (*tests, *results))
            height = max(height, *(p.height for p in (*tests, *results)))
            rules.append(
                tables.Rule(number, tuple(p.code for p in tests), tuple(p.code for p in results))
            )
        made = tables.Table(
            policy, aggregation, tuple(inputs), tuple(outputs),
            tuple(rules), lambda vi, en: finding(element, vi, en, "warning"),
        )  # fmt: skip
        return Part(made.run, size, height + 8)

    def _policy(self, element: etree._Element) -> tuple[str, str]:
        written = element.get("hitPolicy")
        policy = tables.POLICIES.get((written or "UNIQUE").upper(), "")
        aggregation = element.get("aggregation", "")
        if written is None:
            vi, en = "chưa ghi cách chọn (hit policy)", "has no hit policy"
            self.items.findings.append(finding(element, f"{vi}; coi là U", f"{en}: U", "warning"))
        if not policy or (aggregation and aggregation not in tables.AGGREGATIONS):
            wrong = f"{written} {aggregation}".strip()
            self.items.note(element, f"không có cách chọn '{wrong}'", f"no hit policy '{wrong}'")
        return policy or "U", tables.AGGREGATIONS.get(aggregation, "")

    def _input(self, element: etree._Element, scope: Scope) -> tables.InputClause:
        asked = child(element, "inputExpression")
        text = text_in(asked) or "null"
        part = self.text(element if asked is None else asked, text, scope)
        limit = child(element, "inputValues")
        allowed = self._allowed(limit, scope) if limit is not None else None
        return tables.InputClause(text, part.code, self.items.of(asked), allowed)

    def _allowed(self, limit: etree._Element, scope: Scope) -> Code | None:
        text = text_in(limit)
        return self.text(limit, text, scope.bind("?"), Parser.whole_tests).code if text else None

    def _output(self, element: etree._Element, scope: Scope, policy: str) -> tables.OutputClause:
        limit, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
        if limit is None and policy in ("P", "O"):
            limit = self.items.values_of(element)
        order = self._order(limit, scope) if text_in(limit) not in ("", "-") else None
        text = text_in(default)
        code = self.text(default, text, scope).code if default is not None and text else None
        name = name_of(element)
        to = self.items.of(element)
        return tables.OutputClause(name, to, order, code)

    def _order(self, limit: etree._Element, scope: Scope) -> tuple[object, ...] | None:
        text = f"[{text_in(limit)}]"
        found = self.text(limit, text, scope).code(Run({}, strict=False))
        return found if isinstance(found, tuple) else None

    def _test(self, element: etree._Element, scope: Scope) -> Part:
        text = text_in(element) or "-"
        return self.text(element, text, scope.bind("?"), Parser.whole_tests)

    def _result(self, element: etree._Element, scope: Scope) -> Part:
        text = text_in(element)
        return _NULL if text in ("", "-") else self.text(element, text, scope)


def _context_code(entries: list[tuple[str, Code]], result: Part | None) -> Code:
    def context(run: Run) -> object:
        outer = run.local
        run.local = scope = dict(outer)
        made: dict[str, object] = {}
        try:
            for name, code in entries:
                made[name] = scope[name] = code(run)
            return made if result is None else result.code(run)
        finally:
            run.local = outer

    return context


def _names_below(element: etree._Element | None, announced: frozenset[str]) -> set[str]:
    """Return every run of words in the texts below: the names that a filter may look for."""
    texts = () if element is None else (e.text or "" for e in element.iter() if local(e) == "text")
    found: set[str] = set()
    for text in texts:
        try:
            found |= set(loops.names_in(Parser(text, announced, BUILT_IN).whole()))
        except RuleError:
            continue  # already a finding of its own
    return found


_MAKERS: Mapping[str, Callable[[Boxes, etree._Element, Scope], Part]] = {
    "literalExpression": Boxes.literal, "decisionTable": Boxes.table, "context": Boxes.context,
    "invocation": Boxes.invocation, "list": Boxes.listed, "relation": Boxes.relation,
    "functionDefinition": Boxes.function, "conditional": Boxes.conditional,
    "filter": Boxes.filtered, "for": Boxes.loop, "some": Boxes.loop, "every": Boxes.loop,
}  # fmt: skip
