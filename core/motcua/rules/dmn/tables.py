"""Decision tables: hit policies U A P F R O C with aggregation (DMN 1.5 chapter 8)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from motcua.rules.builtins import BUILT_IN
from motcua.rules.errors import Finding
from motcua.rules.run import Code, Run
from motcua.rules.types import Type, coerce
from motcua.rules.values import equal, within

POLICIES: Mapping[str, str] = {
    "UNIQUE": "U", "ANY": "A", "PRIORITY": "P", "FIRST": "F", "RULE ORDER": "R",
    "OUTPUT ORDER": "O", "COLLECT": "C", "U": "U", "A": "A", "P": "P", "F": "F", "R": "R",
    "O": "O", "C": "C",
}  # fmt: skip
AGGREGATIONS: Mapping[str, str] = {
    "SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count",
    "+": "sum", "<": "min", ">": "max", "#": "count",
}  # fmt: skip
_AT = (1, 1)


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of conditions: the value asked for and the values allowed."""

    text: str
    code: Code
    type: Type
    allowed: Code | None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of results; ``order`` are the values allowed, the most wanted first."""

    name: str
    type: Type
    order: tuple[object, ...] | None
    default: Code | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one test for each input, one result for each output."""

    number: int
    tests: tuple[Code, ...]
    results: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table ready to run; ``note`` makes the explanation of a null."""

    policy: str
    aggregation: str
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    note: Callable[[str, str], Finding]

    def run(self, run: Run) -> object:
        """Return the value of the table; null with a note where the rules do not agree."""
        run.spend(_AT, len(self.rules) + 1)
        outer = run.local
        try:
            values = self._values(run)
            if values is None:
                return None
            hits = self._hits(run, values)
        finally:
            run.local = outer
        if not hits:
            return self._nothing(run)
        return self._answer(run, hits)

    def _values(self, run: Run) -> list[object] | None:
        values = []
        for clause in self.inputs:
            value = coerce(clause.code(run), clause.type)
            values.append(value)
            if clause.allowed is not None and not self._passes(run, clause.allowed, value):
                run.notes.append(
                    self.note(
                        f"giá trị của '{clause.text}' không được phép",
                        f"the value of '{clause.text}' is not allowed",
                    )
                )
                return None
        return values

    def _passes(self, run: Run, test: Code, value: object) -> bool:
        outer = run.local
        run.local = {**outer, "?": value}
        try:
            return test(run) is True
        finally:
            run.local = outer

    def _hits(self, run: Run, values: list[object]) -> list[Rule]:
        outer, hits = run.local, []
        scopes = [{**outer, "?": value} for value in values]
        for rule in self.rules:
            for scope, test in zip(scopes, rule.tests, strict=True):
                run.local = scope
                if test(run) is not True:
                    break
            else:
                hits.append(rule)
                if self.policy == "F":
                    break
        return hits

    def _nothing(self, run: Run) -> object:
        if any(clause.default for clause in self.outputs):
            row = tuple(clause.default(run) if clause.default else None for clause in self.outputs)
            return self._shape(row)
        return Decimal(0) if self.policy == "C" and self.aggregation == "count" else None

    def _answer(self, run: Run, hits: list[Rule]) -> object:
        if self.policy == "U" and len(hits) > 1:
            self._disagree(run, hits, "U")
            return None
        rows = [self._row(run, rule) for rule in hits]
        if any(row is None for row in rows):
            return None
        found = [row for row in rows if row is not None]
        if self.policy == "A":
            same = all(equal(found[0], row) is True for row in found)
            if not same:
                self._disagree(run, hits, "A")
            return self._shape(found[0]) if same else None
        if self.policy in ("P", "O"):
            found.sort(key=self._rank)
        if self.policy in ("R", "O") or (self.policy == "C" and not self.aggregation):
            return tuple(self._shape(row) for row in found)
        return self._collect(run, found) if self.policy == "C" else self._shape(found[0])

    def _row(self, run: Run, rule: Rule) -> tuple[object, ...] | None:
        row = []
        for clause, code in zip(self.outputs, rule.results, strict=True):
            value = coerce(code(run), clause.type)
            if clause.order is not None and _place(clause.order, value) is None:
                name = clause.name or str(rule.number)
                run.notes.append(
                    self.note(
                        f"dòng {rule.number}: kết quả '{name}' không nằm trong giá trị cho phép",
                        f"rule {rule.number}: the result '{name}' is not one of the values allowed",
                    )
                )
                return None
            row.append(value)
        return tuple(row)

    def _rank(self, row: tuple[object, ...]) -> tuple[int, ...]:
        pairs = zip(self.outputs, row, strict=True)
        return tuple(_place(clause.order or (), value) or 0 for clause, value in pairs)

    def _shape(self, row: Sequence[object]) -> object:
        if len(self.outputs) == 1:
            return row[0]
        return {clause.name: value for clause, value in zip(self.outputs, row, strict=True)}

    def _collect(self, run: Run, rows: list[tuple[object, ...]]) -> object:
        collect = BUILT_IN[self.aggregation]
        columns = list(zip(*rows, strict=True))
        if self.aggregation == "count":
            return Decimal(len(rows))
        return self._shape([collect.apply(run, [column], _AT) for column in columns])

    def _disagree(self, run: Run, hits: list[Rule], policy: str) -> None:
        numbers = ", ".join(str(rule.number) for rule in hits)
        run.notes.append(
            self.note(
                f"các dòng {numbers} cùng đúng, trái với cách chọn '{policy}' của bảng",
                f"rules {numbers} hold together, against the hit policy '{policy}'",
            )
        )


def _place(order: tuple[object, ...], value: object) -> int | None:
    return next((n for n, each in enumerate(order) if within(value, each) is True), None)
