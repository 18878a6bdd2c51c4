"""Decision files: requirements, types, boxed expressions, knowledge models, services."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from motcua.errors import NotFound
from motcua.rules import DecisionError, decide, explain, lint_decisions, load_decisions
from tests.core.rules.dmn import (
    data,
    decision,
    item,
    knowledge,
    literal,
    model,
    service,
    table,
)


def one(body: str, *elements: str, of: str = "", **inputs: object) -> object:
    """Compute a file of one decision that reads the inputs given."""
    declared = [data(name) for name in inputs]
    knows = [e.split('name="')[1].split('"')[0] for e in elements if e.startswith("<business")]
    made = decision("Kết quả", body, inputs=list(inputs), knows=knows, of=of)
    return decide(model(*elements, *declared, made), "Kết quả", inputs)


def test_a_literal_expression_reads_input_data() -> None:
    assert one('"Xin chào " + tên', tên="An") == "Xin chào An"


def test_a_missing_input_is_null() -> None:
    xml = model(data("a"), decision("x", "a = null", inputs=["a"]))
    assert decide(xml, "x", {}) is True


@pytest.mark.parametrize(
    "space",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_every_version_of_the_standard_is_read(space: str) -> None:
    assert decide(model(decision("x", "1 + 1"), space=space), "x", {}) == 2


def test_a_graph_is_computed_from_its_inputs_up() -> None:
    xml = model(
        decision("c", "a + b", decisions=["a", "b"]),
        decision("b", "a * 10", decisions=["a"]),
        decision("a", "n + 1", inputs=["n"]),
        data("n", "number"),
    )
    assert decide(xml, "c", {"n": 1}) == 22
    assert load_decisions(xml).needs("c") == ("n",)


def test_a_shared_decision_is_computed_once() -> None:
    layers = [decision("d0", "sum(for i in 1..2000 return i)")]
    for n in range(1, 30):
        layers.append(decision(f"d{n}", f"d{n - 1} + d{n - 1}", decisions=[f"d{n - 1}"]))
    assert decide(model(*layers), "d29", {}) == 2001000 * 2**29


def test_a_decision_is_found_by_id_or_name() -> None:
    xml = model(decision("Lệ phí", "5"))
    assert decide(xml, "e_Lệ_phí", {}) == decide(xml, "Lệ  phí", {}) == 5
    with pytest.raises(NotFound):
        decide(xml, "khác", {})


def test_names_with_signs_and_keywords_are_read() -> None:
    xml = model(
        data("thu nhập/người"), data("số bản in"), data("tầng 2"),
        decision("x", "thu nhập/người / số bản in + tầng 2",
                 inputs=["thu nhập/người", "số bản in", "tầng 2"]),
    )  # fmt: skip
    assert decide(xml, "x", {"thu nhập/người": 8, "số bản in": 2, "tầng 2": 1}) == 5


def test_texts_become_what_the_file_declares() -> None:
    xml = model(
        data("ngày", "date"), data("hạn", "dayTimeDuration"),
        decision("x", "ngày + hạn", inputs=["ngày", "hạn"], of="date"),
    )  # fmt: skip
    assert decide(xml, "x", {"ngày": "2026-11-22", "hạn": "P3D"}) == date(2026, 11, 25)
    given = {"ngày": date(2026, 11, 22), "hạn": timedelta(days=1)}
    assert decide(xml, "x", given) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("of", "text", "expected"),
    [
        ("number", '"a"', None),
        ("number", "[7]", Decimal(7)),
        ("number", "[7, 8]", None),
        ("tDs", "7", (Decimal(7),)),
        ("tDs", '"a"', None),
        ("tNgười", '{"tên": "An", tuổi: 3}', {"tên": "An", "tuổi": Decimal(3)}),
        ("tNgười", '{"tên": "An"}', None),
        ("tNgười", '{"tên": 1, tuổi: 3}', None),
        ("tMức", '"cao"', "cao"),
        ("tMức", '"khác"', None),
        ("tĐiểm", "5", Decimal(5)),
        ("tĐiểm", "11", None),
        ("date and time", '@"2026-11-22"', datetime(2026, 11, 22, tzinfo=UTC)),
        ("Any", '"a"', "a"),
    ],
)
def test_a_result_of_another_type_is_converted_or_null(
    of: str, text: str, expected: object
) -> None:
    items = (
        item("tDs", "number", many=True), item("tMức", "string", allowed='"cao", "thấp"'),
        item("tĐiểm", "number", allowed="[0..10]"),
        item("tNgười", parts=[("tên", "string"), ("tuổi", "number")]),
    )  # fmt: skip
    found = decide(model(*items, decision("x", text, of=of)), "x", {})
    assert found == expected
    assert type(found) is type(expected)


def test_an_input_outside_the_values_allowed_is_null() -> None:
    xml = model(
        item("tMức", "string", allowed='"cao", "thấp"'), data("m", "tMức"),
        decision("x", "m", inputs=["m"]),
    )  # fmt: skip
    assert decide(xml, "x", {"m": "cao"}) == "cao"
    assert decide(xml, "x", {"m": "khác"}) is None


def test_an_input_with_a_part_that_does_not_conform_is_null() -> None:
    items = (
        item("tMức", "string", allowed='"cao", "thấp"', many=True),
        item("tCon", parts=[("tên", "string"), ("tuổi", "number")]),
    )  # fmt: skip
    levels = model(*items, data("m", "tMức"), decision("x", "m", inputs=["m"]))
    assert decide(levels, "x", {"m": ["cao", "thấp"]}) == ("cao", "thấp")
    assert decide(levels, "x", {"m": ["cao", "khác"]}) is None
    child = model(*items, data("c", "tCon"), decision("x", "c", inputs=["c"]))
    assert decide(child, "x", {"c": {"tên": "An", "tuổi": "ba"}}) is None


def test_parts_missing_in_an_input_are_null() -> None:
    xml = model(
        item("tCon", parts=[("tên", "string"), ("ngày sinh", "date")]),
        item("tCác con", "tCon", many=True), data("con", "tCác con"),
        decision("x", "for c in con return c.ngày sinh.year", inputs=["con"]),
    )  # fmt: skip
    given = {"con": [{"tên": "An", "ngày sinh": "2020-02-03"}, {"tên": "Bình"}]}
    assert decide(xml, "x", given) == (Decimal(2020), None)


CONTEXT = (
    "<context>"
    f'<contextEntry><variable name="một bản"/>{literal("2000 * trang")}</contextEntry>'
    f'<contextEntry><variable name="hai bản"/>{literal("một bản * 2")}</contextEntry>'
    "{result}</context>"
)


def test_entries_of_a_boxed_context_see_those_before_them() -> None:
    found = one(CONTEXT.format(result=""), trang=3)
    assert found == {"một bản": Decimal(6000), "hai bản": Decimal(12000)}
    result = f"<contextEntry>{literal('hai bản + 1')}</contextEntry>"
    assert one(CONTEXT.format(result=result), trang=3) == 12001


def test_a_function_in_a_context_may_call_itself() -> None:
    body = literal("if n <= 1 then 1 else n * giai thừa(n - 1)")
    xml = (
        '<context><contextEntry><variable name="giai thừa"/><functionDefinition>'
        f'<formalParameter name="n"/>{body}</functionDefinition></contextEntry>'
        f"<contextEntry>{literal('giai thừa(10)')}</contextEntry></context>"
    )
    assert one(xml) == 3628800


def test_a_list_and_a_relation_are_values() -> None:
    assert one(f"<list>{literal('a')}{literal('a + 1')}</list>", a=1) == (1, 2)
    rows = (('"A"', "1"), ('"B"', "a"))
    cells = "".join(f"<row>{literal(name)}{literal(fee)}</row>" for name, fee in rows)
    relation = f'<relation><column name="tên"/><column name="phí"/>{cells}</relation>'
    assert one(relation, a=5) == ({"tên": "A", "phí": 1}, {"tên": "B", "phí": 5})


FEE = knowledge("tính phí", "đơn giá * số trang", [("đơn giá", "number"), ("số trang", "number")])


def test_a_knowledge_model_is_called_in_every_way() -> None:
    binding = '<binding><parameter name="{}"/>{}</binding>'
    invocation = (
        f"<invocation>{literal('tính phí')}{binding.format('số trang', literal('n'))}"
        f"{binding.format('đơn giá', literal('2000'))}</invocation>"
    )
    assert one(invocation, FEE, n=3) == 6000
    assert one("tính phí(2000, n)", FEE, n=3) == 6000
    assert one("tính phí(số trang: n, đơn giá: 1000)", FEE, n=3) == 3000
    assert one("tính phí(số: n, đơn giá: 1000)", FEE, n=3) is None
    assert one("tính phí(số trang: n)", FEE, n=3) is None
    either = knowledge("một trong hai", "if b = null then a else b", [("a", ""), ("b", "")])
    assert one("một trong hai(a: n)", either, n=3) == 3
    assert one("tính phí(n)", FEE, n=3) is None
    assert one('tính phí("a", n)', FEE, n=3) is None
    assert one("tính phí([2000], n)", FEE, n=3) == 6000
    assert decide(model(FEE), "tính phí", {"đơn giá": 2, "số trang": 3}) == 6


def test_a_knowledge_model_may_use_others_and_itself() -> None:
    xml = model(
        knowledge("chẵn", "if n = 0 then true else lẻ(n - 1)", [("n", "number")], knows=["lẻ"]),
        knowledge("lẻ", "n != 0", [("n", "number")]),
        knowledge("fib", "if n < 2 then n else fib(n - 1) + fib(n - 2)", [("n", "number")]),
        decision("x", "fib(12)", knows=["fib"]),
        decision("y", "chẵn(1)", knows=["chẵn"]),
    )
    assert decide(xml, "x", {}) == 144
    assert decide(xml, "y", {}) is False


def test_a_result_of_a_knowledge_model_has_its_type() -> None:
    assert one("f(1)", knowledge("f", '"a"', [("n", "")], of="number")) is None
    assert one('f("a")', knowledge("f", "n", [("n", "number")])) is None


SERVICE = (
    data("n"), decision("cơ sở", "n * 2", inputs=["n"]),
    decision("tổng", "cơ sở + 1", decisions=["cơ sở"]),
    decision("hiệu", "cơ sở - 1", decisions=["cơ sở"]),
)  # fmt: skip


def test_a_decision_service_hides_what_is_inside() -> None:
    whole = service("dịch vụ", outputs=["tổng"], hidden=["cơ sở"], inputs=["n"])
    late = service("muộn", outputs=["tổng", "hiệu"], decisions=["cơ sở"])
    call = decision("gọi", "dịch vụ(10) + muộn(3).hiệu", knows=["dịch vụ", "muộn"])
    xml = model(*SERVICE, whole, late, call)
    assert lint_decisions(xml) == ()
    assert decide(xml, "dịch vụ", {"n": 5}) == 11
    assert decide(xml, "muộn", {"cơ sở": 5}) == {"tổng": 6, "hiệu": 4}
    assert decide(xml, "gọi", {}) == 23
    typed = model(
        data("n", "number"), decision("tổng", "if n = null then 1 else n", inputs=["n"]),
        service("dịch vụ", outputs=["tổng"], inputs=["n"]),
        decision("gọi", 'dịch vụ("a")', knows=["dịch vụ"]),
    )  # fmt: skip
    assert decide(typed, "gọi", {}) is None


def test_boxed_conditions_filters_and_loops() -> None:
    parts = {tag: f"<{tag}>{literal(text)}</{tag}>" for tag, text in
             {"if": "n > 1", "then": '"nhiều"', "else": '"ít"'}.items()}  # fmt: skip
    assert one(f"<conditional>{''.join(parts.values())}</conditional>", n=2) == "nhiều"
    among = f"<in>{literal('n')}</in>"
    found = one(f"<filter>{among}<match>{literal('item > 1')}</match></filter>", n=[1, 2])
    assert found == (2,)
    found = one(f"<filter>{among}<match>{literal('giá > 1')}</match></filter>", n=[{"giá": 2}])
    assert found == ({"giá": 2},)
    steps = f"<in>{literal('1..n')}</in><return>{literal('i * 2')}</return>"
    assert one(f'<for iteratorVariable="i">{steps}</for>', n=2) == (2, 4)
    loop = '<{0} iteratorVariable="x">{1}<{2}>{3}</{2}></{0}>'
    assert one(loop.format("for", among, "return", literal("x * 2")), n=[1, 2]) == (2, 4)
    assert one(loop.format("some", among, "satisfies", literal("x = 2")), n=[1, 2]) is True
    assert one(loop.format("every", among, "satisfies", literal("x = 2")), n=[1, 2]) is False


def test_a_file_may_import_another() -> None:
    shared = model(
        item("tPhí", "number"), data("n"), knowledge("f", "x + 1", [("x", "")]),
        decision("gốc", "n * 2", inputs=["n"]), namespace="urn:shared",
    )  # fmt: skip
    xml = model(
        '<import name="chung" namespace="urn:shared" importType="https://x/DMN/"/>',
        decision("x", "chung.f(chung.gốc)", decisions=["urn:shared#e_gốc"],
                 knows=["urn:shared#e_f"], of="chung.tPhí"),
    )  # fmt: skip
    found = load_decisions(xml, imports=[shared], strict=True)
    assert decide(found, "x", {"n": 4}) == 9
    assert decide(found, "x", {"chung": {"n": 4}}) == 9
    with pytest.raises(DecisionError):
        load_decisions(xml)


def test_a_file_may_import_one_that_imports_another() -> None:
    inner = model(
        item("tPhí", "number", allowed="> 0"), data("n"), decision("gốc", "n * 2", inputs=["n"]),
        namespace="urn:inner",
    )  # fmt: skip
    middle = model(
        '<import name="bên trong" namespace="urn:inner" importType="https://x/DMN/"/>',
        item("tMức", parts=[("phí", "bên trong.tPhí")]),
        decision("giữa", "bên trong.gốc + 1", decisions=["urn:inner#e_gốc"]),
        namespace="urn:middle",
    )
    xml = model(
        '<import name="giữa" namespace="urn:middle" importType="https://x/DMN/"/>',
        data("m", "giữa.tMức"),
        decision("x", "giữa.giữa", decisions=["urn:middle#e_giữa"]),
        decision("mức", "m.phí", inputs=["m"]),
    )
    for order in ([inner, middle], [middle, inner]):
        found = load_decisions(xml, imports=order, strict=True)
        assert decide(found, "x", {"n": 4}) == 9
        assert decide(found, "x", {"giữa": {"bên trong": {"n": 4}}}) == 9
        assert decide(found, "mức", {"m": {"phí": 5}}) == 5
        assert decide(found, "mức", {"m": {"phí": -5}}) is None


def test_a_name_means_the_files_own_decision_before_an_imported_one() -> None:
    other = model(decision("x", "1"), namespace="urn:other")
    xml = model(
        '<import name="khác" namespace="urn:other" importType="https://x/DMN/"/>',
        decision("x", "khác.x + 1", decisions=["urn:other#e_x"]),
    )
    assert decide(load_decisions(xml, imports=[other]), "x", {}) == 2


def test_a_function_in_another_language_is_null_and_told() -> None:
    xml = model(decision("x", '{f: function(a) external {java: {class: "M"}}, r: f(1), s: 5}'))
    assert decide(xml, "x", {}) == {"f": None, "r": None, "s": 5}
    assert [each.en for each in lint_decisions(xml)] == [
        "line 1, column 17: functions in another language are not run"
    ]


def test_a_recursive_function_of_a_context_is_not_unknown() -> None:
    text = "{f: function(n) if n = 0 then 0 else f(n - 1), r: f(3)}.r"
    assert lint_decisions(model(decision("x", text))) == ()


def test_a_wrong_expression_gives_null_and_a_finding() -> None:
    xml = model(
        data("phí"), decision("hỏng", "1 +"), decision("lạ", "phí + lệ phí", inputs=["phí"]),
        decision("hàm", "tăng(1)"), decision("đúng", "abs(-1)"), decision("kiểu", "1", of="tX"),
    )  # fmt: skip
    found = load_decisions(xml)
    assert [decide(found, n, {"phí": 1}) for n in ("hỏng", "lạ", "hàm", "đúng")] == [
        None, None, None, 1,
    ]  # fmt: skip
    places = [(f.element, f.name, f.en) for f in found.findings]
    assert ("e_hỏng", "hỏng", "line 1, column 4: unexpected the end: 1 +") in places
    assert ("e_lạ", "lạ", "line 1, column 7: unknown name 'lệ phí'") in places
    assert ("e_hàm", "hàm", "line 1, column 1: unknown function 'tăng'") in places
    assert ("e_kiểu", "kiểu", "there is no type 'tX'") in places
    assert lint_decisions(xml) == found.findings
    with pytest.raises(DecisionError) as caught:
        load_decisions(xml, strict=True)
    assert len(caught.value.findings) == 4
    assert str(caught.value).startswith("variable 'kiểu' (e_kiểu)") or caught.value.vi


def test_a_table_without_a_hit_policy_is_a_warning() -> None:
    body = table(["a"], ["x"], [["1", "2"]]).replace(' hitPolicy="UNIQUE"', "")
    xml = model(data("a"), decision("x", body, inputs=["a"]))
    (found,) = lint_decisions(xml)
    assert found.level == "warning"
    assert found.place == "decisionTable 'x' (t)"
    assert decide(load_decisions(xml, strict=True), "x", {"a": 1}) == 2


def test_a_null_of_a_table_is_explained() -> None:
    body = table(["a"], ["x"], [["> 1", "1"], ["> 2", "2"]])
    answer = explain(model(data("a"), decision("x", body, inputs=["a"])), "x", {"a": 3})
    assert answer.value is None
    assert "rules 1, 2 hold together" in answer.notes[0].en
