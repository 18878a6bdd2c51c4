"""Decision tables: tests in cells, hit policies, aggregation, defaults."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.rules import decide, lint_decisions, load_decisions
from tests.core.rules.dmn import data, decision, model, table


def run(body: str, **inputs: object) -> object:
    """Compute a file of one table."""
    made = decision("x", body, inputs=list(inputs))
    return decide(model(*map(data, inputs), made), "x", inputs)


@pytest.mark.parametrize(
    ("cell", "value", "holds"),
    [
        ("-", None, True),
        ("", 1, True),
        ("5", 5, True),
        ("5", 6, False),
        ('"a"', "a", True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a", "b")', "c", True),
        ("< 5", 4, True),
        ("<= 5, > 10", 11, True),
        ("[1..5)", 5, False),
        ("]1..5]", 1, False),
        ("not([1..5])", 6, True),
        ("not(< 5)", 4, False),
        ("true", True, True),
        ("false", False, True),
        ("true", False, False),
        ("null", None, True),
        ("null", 1, False),
        ("? > 3 and ? < 6", 5, True),
        ('starts with(?, "Hạ")', "Hạ Long", True),
        ("? in (1, 2)", 2, True),
        ("[1, 2, 3]", 2, True),
        ("giới hạn", 7, True),
        ("< giới hạn", 6, True),
        ("< giới hạn", 8, False),
        ("giới hạn > 5", 99, True),
        ('date("2026-01-01")', "x", False),
        ("> 5", None, False),
        ("> 5", "a", False),
        ("= 5", 5, True),
        ("!= 5", 5, False),
    ],
)
def test_a_cell_tests_its_input(cell: str, value: object, holds: bool) -> None:
    body = table(["v"], ["x"], [[cell, '"có"']])
    inputs: dict[str, object] = {"v": value, "giới hạn": 7}
    xml = model(data("v"), data("giới hạn"), decision("x", body, inputs=list(inputs)))
    assert lint_decisions(xml) == ()
    assert (decide(xml, "x", inputs) == "có") is holds


AREA = [
    ["<= 100", "-", '"nhỏ"', "1"],
    ["<= 200", "-", '"vừa"', "2"],
    ["-", "true", '"gấp"', "9"],
]


def test_unique_gives_the_only_rule_and_null_for_two() -> None:
    body = table(["a", "g"], ["loại", "mức"], AREA, policy="UNIQUE")
    assert run(body, a=150, g=False) == {"loại": "vừa", "mức": Decimal(2)}
    assert run(body, a=50, g=False) is None
    assert run(body, a=900, g=False) is None


def test_any_needs_rules_that_agree() -> None:
    body = table(["a"], ["x"], [["> 1", "5"], ["> 2", "5.0"], ["> 9", "6"]], policy="ANY")
    assert run(body, a=3) == 5
    assert run(body, a=10) is None


def test_first_takes_the_first_rule() -> None:
    body = table(["a", "g"], ["loại", "mức"], AREA, policy="FIRST")
    assert run(body, a=50, g=True) == {"loại": "nhỏ", "mức": 1}


ORDERS = ['"gấp", "vừa", "nhỏ"', "1, 2, 9"]


def test_priority_takes_the_most_wanted_result() -> None:
    body = table(["a", "g"], ["loại", "mức"], AREA, policy="PRIORITY", orders=ORDERS)
    assert run(body, a=50, g=True) == {"loại": "gấp", "mức": 9}
    assert run(body, a=50, g=False) == {"loại": "vừa", "mức": 2}


def test_rule_order_and_output_order_give_lists() -> None:
    rules = [["> 1", '"c"'], ["> 2", '"a"'], ["> 3", '"b"']]
    assert run(table(["a"], ["x"], rules, policy="RULE ORDER"), a=5) == ("c", "a", "b")
    body = table(["a"], ["x"], rules, policy="OUTPUT ORDER", orders=['"a", "b", "c"'])
    assert run(body, a=5) == ("a", "b", "c")
    assert run(body, a=0) is None


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("", (10, 20, 10)), ("SUM", 40), ("MIN", 10), ("MAX", 20), ("COUNT", 3)],
)
def test_collect_gathers_all_rules(aggregation: str, expected: object) -> None:
    rules = [["> 1", "10"], ["> 2", "20"], ["> 3", "10"], ["> 99", "7"]]
    body = table(["a"], ["x"], rules, policy="COLLECT", aggregation=aggregation)
    assert run(body, a=5) == expected
    assert run(body, a=0) == (0 if aggregation == "COUNT" else None)


def test_a_default_stands_where_no_rule_holds() -> None:
    body = table(["a"], ["x", "y"], [["1", "2", "3"]], defaults=['"không"', "a + 1"])
    assert run(body, a=5) == {"x": "không", "y": 6}
    assert run(body, a=1) == {"x": 2, "y": 3}


def test_an_input_value_that_is_not_allowed_gives_null() -> None:
    body = table(["a"], ["x"], [["-", "1"]], limits=['"có", "không"'])
    assert run(body, a="có") == 1
    assert run(body, a="khác") is None


def test_a_result_that_is_not_allowed_gives_null() -> None:
    body = table(["a"], ["x"], [["1", '"a"'], ["2", '"z"']], orders=['"a", "b"'])
    assert run(body, a=1) == "a"
    assert run(body, a=2) is None


def test_priority_without_an_order_is_told() -> None:
    body = table(["a"], ["x"], [["1", "2"]], policy="PRIORITY")
    findings = lint_decisions(model(data("a"), decision("x", body, inputs=["a"])))
    assert [f.en for f in findings] == ["hit policies P and O need the output values in order"]


def test_a_wrong_policy_and_a_missing_cell_are_told() -> None:
    body = table(["a"], ["x"], [["1"]], policy="BEST")
    findings = lint_decisions(model(data("a"), decision("x", body, inputs=["a"])))
    assert [f.en for f in findings] == ["no hit policy 'BEST'", "rule 1 lacks a cell"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=6),
    st.integers(-1, 10),
)
def test_hit_policies_agree_with_a_plain_search(rows: list[tuple[int, int, int]], x: int) -> None:
    hits = [out for low, high, out in rows if low <= x <= high]
    rules = [[f"[{low}..{high}]", str(out)] for low, high, out in rows]
    expected = {
        "FIRST": hits[0] if hits else None,
        "RULE ORDER": tuple(hits) or None,
        "UNIQUE": hits[0] if len(hits) == 1 else None,
        "ANY": hits[0] if len(set(hits)) == 1 else None,
        "PRIORITY": min(hits) if hits else None,
        "OUTPUT ORDER": tuple(sorted(hits)) or None,
    }
    for policy, value in expected.items():
        body = table(["x"], ["y"], rules, policy=policy, orders=["0, 1, 2, 3"])
        file = load_decisions(model(data("x"), decision("d", body, inputs=["x"])))
        assert decide(file, "d", {"x": x}) == value
