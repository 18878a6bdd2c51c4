"""Rules as data: FEEL and DMN (1.1 to 1.5), for people who know the law and do not program.

Example::

    from motcua.rules import compile_expression, decide, evaluate

    evaluate('if diện tích in [0..100] then "đơn giản" else "thường"', {"diện tích": 80})
    condition = compile_expression('con.tuổi < 6 and not(có thẻ) or lệ phí = 0')
    condition.names                                        # {'con', 'có thẻ', 'lệ phí'}
    evaluate(condition, {"con": {"tuổi": 3}}, unknown="null")           # None: not known
    evaluate("sum(for x in [1, 2] return x * 0.1)", {})                 # Decimal('0.3')
    evaluate('hạn < date("2026-11-22")', {})     # RuleError: line 1, column 1: unknown name 'hạn'
    dmn = Path("fee.dmn").read_bytes()                     # drawn in any modeller
    decide(dmn, "Lệ phí", {"số trang": 5, "số bản": 2})                 # Decimal('14000')

Numbers come back as Decimal, lists as tuples, contexts as dicts, days and time durations as
timedelta. Pure: no clock, file or network; never runs Python. ``lint_decisions`` tells an author
what is wrong with a file, ``explain`` why a table gave null.
"""

from motcua.rules.decisions import (
    Answer,
    Decisions,
    decide,
    explain,
    lint_decisions,
    load_decisions,
)
from motcua.rules.durations import YearsMonths
from motcua.rules.errors import DecisionError, Finding, RuleError
from motcua.rules.expression import Expression, compile_expression, evaluate
from motcua.rules.values import Range

__all__ = [
    "Answer",
    "DecisionError",
    "Decisions",
    "Expression",
    "Finding",
    "Range",
    "RuleError",
    "YearsMonths",
    "compile_expression",
    "decide",
    "evaluate",
    "explain",
    "lint_decisions",
    "load_decisions",
]
