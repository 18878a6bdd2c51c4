"""The page rule of certified copies (2.000815) as one expression and as a decision graph."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.rules import decide, evaluate, lint_decisions, load_decisions
from tests.core.rules.dmn import data, decision, knowledge, model, table

RULE = "số bản * min(200000, 2000 * min(số trang, 2) + 1000 * max(số trang - 2, 0))"
GRAPH = model(
    data("số trang", "number"), data("số bản", "number"),
    knowledge(
        "phí theo trang",
        table(["n"], ["phí"], [["<= 0", "0"], ["[1..2]", "2000 * n"], ["> 2", "4000 + 1000 * (n - 2)"]],
              policy="UNIQUE"),
        [("n", "number")], of="number",
    ),
    decision("Phí một bản", "min(200000, phí theo trang(số trang))", inputs=["số trang"],
             knows=["phí theo trang"], of="number"),
    decision("Lệ phí", "Phí một bản * số bản", inputs=["số bản"], decisions=["Phí một bản"],
             of="number"),
)  # fmt: skip
LOADED = load_decisions(GRAPH, strict=True)


def test_the_graph_has_no_fault() -> None:
    assert lint_decisions(GRAPH) == ()
    assert LOADED.needs("Lệ phí") == ("số trang", "số bản")


@pytest.mark.parametrize(
    ("pages", "copies", "fee"), [(5, 2, 14_000), (250, 1, 200_000), (1, 1, 2000)]
)
def test_known_fees(pages: int, copies: int, fee: int) -> None:
    answers = {"số trang": pages, "số bản": copies}
    assert evaluate(RULE, answers) == decide(GRAPH, "Lệ phí", answers) == Decimal(fee)


@given(st.integers(0, 2000), st.integers(0, 500))
def test_graph_and_expression_agree(pages: int, copies: int) -> None:
    answers = {"số trang": pages, "số bản": copies}
    plain = copies * min(200_000, 2000 * min(pages, 2) + 1000 * max(pages - 2, 0))
    assert evaluate(RULE, answers) == plain
    assert decide(LOADED, "Lệ phí", answers) == plain
