"""Rules as data: a subset of FEEL (DMN 1.5), the expression language for people who know the law.

Example::

    from motcua.rules import compile_expression, evaluate

    evaluate('if diện tích in [0..100] then "đơn giản" else "thường"', {"diện tích": 80})
    condition = compile_expression('con.tuổi < 6 and not(có thẻ) or lệ phí = 0')
    condition.names                                        # {'con', 'có thẻ', 'lệ phí'}
    evaluate(condition, {"con": {"tuổi": 3}}, unknown="null")           # None: not known
    evaluate("sum(for x in [1, 2] return x * 0.1)", {})                 # Decimal('0.3')
    evaluate('hạn < date("2026-11-22")', {})     # RuleError: line 1, column 1: unknown name 'hạn'

Numbers come back as Decimal, lists as tuples. Pure: no clock, file or network; never runs Python.
"""

from motcua.rules.errors import RuleError
from motcua.rules.expression import Expression, compile_expression, evaluate
from motcua.rules.values import Range

__all__ = ["Expression", "Range", "RuleError", "compile_expression", "evaluate"]
