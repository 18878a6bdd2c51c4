"""What expressions cannot do, and how mistakes are told."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.errors import Invalid
from motcua.rules import RuleError, compile_expression, evaluate

MISTAKES = [
    ("x = 1 or y = lệ phí", "line 1, column 14: unknown name 'lệ phí'"),
    ("1 +\n  foo(2)", "line 2, column 3: unknown function 'foo'"),
    ("1 +", "line 1, column 4: unexpected the end"),
    ('"abc', "line 1, column 1: a string without its end"),
    ("1 $ 2", "line 1, column 3: unexpected character '$'"),
    ("count(1, 2)", "line 1, column 1: 'count' does not take 2 arguments"),
    ("if true then 1", "line 1, column 15: unexpected the end, expected 'else'"),
    ("a b c +* 1", "line 1, column 8: unexpected '*'"),
    ("(1, 2)", "line 1, column 3: unexpected ',', expected ')'"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        evaluate(text, {"x": 2, "y": 3})
    assert str(caught.value) == message
    assert caught.value.vi.startswith("dòng ")
    assert isinstance(caught.value, Invalid)


def test_an_unknown_name_may_be_null() -> None:
    assert evaluate("tuổi < 6", {}, unknown="null") is None
    assert evaluate("tuổi < 6 or true", {}, unknown="null") is True


@pytest.mark.parametrize(
    "text",
    [
        "some x in 1..99999999 satisfies false",
        "for x in 1..999, y in 1..999 return x",
        "for x in a, y in a return a = a",
        "for x in [a], y in 1..9999 return x = x",
        'for x in 1..9999 return contains(t, "y")',
    ],
)
def test_work_is_bounded(text: str) -> None:
    context = {"a": list(range(1000)), "t": "x" * 90_000}
    with pytest.raises(RuleError, match="too much work"):
        evaluate(text, context)


@pytest.mark.parametrize(
    "text", ["(" * 100 + "1" + ")" * 100, "+".join("1" * 400), "1" * 10_001, "not(" * 90 + ")" * 90]
)
def test_size_and_depth_are_bounded(text: str) -> None:
    with pytest.raises(RuleError):
        compile_expression(text)


def test_a_long_chain_of_conditions_is_fine() -> None:
    assert evaluate(" and ".join(["x = 1"] * 800), {"x": 1}) is True


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "x.__class__", "().__class__", "open(1)", "lambda: 1", "x.real", "f'{x}'"],
)
def test_python_is_out_of_reach(text: str) -> None:
    with suppress(RuleError):
        assert evaluate(text, {"x": 1}) is None


WORDS = st.sampled_from(
    [
        "1",
        "2.5",
        '"a"',
        "x",
        "lệ_phí",
        "null",
        "true",
        "(",
        ")",
        "[",
        "]",
        "..",
        ",",
        "+",
        "-",
        "*",
        "/",
        "**",
        "<",
        ">=",
        "=",
        "!=",
        "and",
        "or",
        "in",
        "between",
        "if",
        "then",
        "else",
        "for",
        "return",
        "some",
        "satisfies",
        "not(",
        "min(",
        "date(",
        "is_defined(",
        ".",
        "a.b",
        "item",
        "?",
        "{",
        "}",
        "a:",
        "function(x)",
        "instance_of",
        "list<",
        '@"P1D"',
        "sort(",
        "string_join(",
        "**_9999",
    ]
).map(lambda word: word.replace("_", " "))


@settings(max_examples=1200, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_gives_a_value_or_a_rule_error(text: str) -> None:
    context = {"x": [1, {"b": 2}], "lệ phí": 3, "a": {"b": "c"}}
    with suppress(RuleError):
        found = evaluate(text, context, unknown="null")
        assert not isinstance(found, Decimal) or found.is_finite()


def _sums(depth: int) -> st.SearchStrategy[tuple[str, Fraction]]:
    leaf = st.integers(0, 99).map(lambda n: (str(n), Fraction(n)))
    if not depth:
        return leaf
    below = _sums(depth - 1)

    def join(parts: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
        (left, a), sign, (right, b) = parts
        return f"({left} {sign} {right})", a + b if sign == "+" else a - b if sign == "-" else a * b

    return leaf | st.tuples(below, st.sampled_from("+-*"), below).map(join)


@given(_sums(4))
def test_arithmetic_agrees_with_fractions(case: tuple[str, Fraction]) -> None:
    text, exact = case
    if abs(exact) < 10**30:
        assert evaluate(text, {}) == Decimal(exact.numerator)


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50), st.booleans())
def test_between_and_closed_ranges_agree(x: int, low: int, high: int, negate: bool) -> None:
    context = {"x": x, "a": low, "b": high}
    expected = low <= x <= high
    wrap = "not({})" if negate else "{}"
    for text in ("x between a and b", "x in [a..b]", "x >= a and x <= b"):
        assert evaluate(wrap.format(text), context) is (expected is not negate)
