"""Decision files from outside: what is refused, what is bounded."""

import re

import pytest

from motcua.errors import TooLarge
from motcua.rules import DecisionError, RuleError, decide, lint_decisions, load_decisions
from tests.core.rules.dmn import data, decision, item, knowledge, literal, model, table

LAUGHS = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def _with(head: str, text: str) -> bytes:
    body = model(decision("x", "1")).decode().replace("<text>1<", f"<text>{text}<")
    return body.replace("?>", f"?>{head}", 1).encode()


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b"", "not well-formed XML"),
        (b"<a/>", "not DMN 1.1 to 1.5"),
        (b"\xff\xfe\x00", "not well-formed XML"),
        (_with(LAUGHS, "&b;"), "DOCTYPE"),
        (_with('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "&a;"), "DOCTYPE"),
        (b"<a>" * 5000, "not well-formed XML"),
        (model(), "there is no decision"),
        (model(decision("x", "y", decisions=["y"])), "requires an element that is not there"),
        (model(decision("x", "x", decisions=["x"])), "requires its own result"),
        (
            model(
                decision("a", "b", decisions=["b"]), decision("b", "c", decisions=["c"]),
                decision("c", "a", decisions=["a"]),
            ),
            "requires its own result",
        ),
        (
            model(knowledge("f", "g(1)", [("x", "")], knows=["g"]),
                  knowledge("g", "f(1)", [("x", "")], knows=["f"])),
            "requires its own result",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused(xml: bytes, message: str) -> None:
    with pytest.raises(DecisionError, match=re.escape(message)) as caught:
        load_decisions(xml)
    assert caught.value.vi
    assert lint_decisions(xml) == caught.value.findings


def test_a_large_file_is_refused() -> None:
    with pytest.raises(TooLarge):
        load_decisions(b" " * 1_000_001)


def test_deep_boxes_and_types_are_bounded() -> None:
    body = literal("1")
    for _ in range(60):
        body = f"<list>{body}</list>"
    assert any(f.en == "too deeply nested" for f in lint_decisions(model(decision("x", body))))
    own = model(item("tA", "tB"), item("tB", "tA"), decision("x", "1", of="tA"))
    assert any("contains itself" in f.en for f in lint_decisions(own))


@pytest.mark.parametrize(
    "body",
    [
        "f(1)",
        "count(for i in 1..1000, j in 1..1000 return i)",
        "count(for i in 1..100000 return f2(i))",
    ],
)
def test_endless_work_is_stopped(body: str) -> None:
    xml = model(
        knowledge("f", "f(x + 1)", [("x", "")]), knowledge("f2", "x * 2", [("x", "")]),
        decision("x", body, knows=["f", "f2"]),
    )  # fmt: skip
    with pytest.raises(RuleError):
        decide(xml, "x", {})


def test_the_budget_is_one_for_the_whole_graph() -> None:
    body = "count(for i in 1..20000 return i)"
    names = [f"d{n}" for n in range(60)]
    xml = model(*(decision(n, body) for n in names), decision("x", "d0", decisions=names))
    with pytest.raises(RuleError, match="too much work"):
        decide(xml, "x", {})


def test_values_that_hold_themselves_many_times_are_stopped() -> None:
    entries = ["a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    entries += [f"a{n}: [{', '.join([f'a{n - 1}'] * 10)}]" for n in range(1, 9)]
    for last in ("a8", "a8 = a8", "count(flatten(a8))", "string(a8)", "string length(string(a8))"):
        with pytest.raises(RuleError):
            decide(model(decision("x", f"{{{', '.join(entries)}, z: {last}}}.z")), "x", {})


def test_a_long_chain_of_decisions_is_fine() -> None:
    chain = [decision("d0", "1")]
    chain += [decision(f"d{n}", f"d{n - 1} + 1", decisions=[f"d{n - 1}"]) for n in range(1, 900)]
    assert decide(model(*chain), "d899", {}) == 900


def test_code_of_another_language_is_not_run() -> None:
    java = literal("1").replace(
        "<literalExpression", '<literalExpression expressionLanguage="java"'
    )
    found = lint_decisions(model(decision("x", java)))
    assert [f.en for f in found] == ["language 'java': write FEEL"]
    external = 'function(x) external {java: {class: "java.lang.Math"}}'
    assert decide(model(decision("x", external)), "x", {}) is None


def test_python_is_out_of_reach_of_a_cell() -> None:
    body = table(["a.__class__"], ["x"], [["-", "a.__class__.__mro__"]])
    assert decide(model(data("a"), decision("x", body, inputs=["a"])), "x", {"a": "s"}) is None
