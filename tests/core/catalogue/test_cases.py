"""Cases choose limit, fee, papers and way; rules may be expressions or decisions."""

from typing import Any

import pytest

from motcua.catalogue.fees import fee
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from motcua.process import start
from tests.core.catalogue.builders import form_data, package, package_data, question

LIMIT = {"kind": "working_days", "value": 10, "text_vi": "10 ngày"}
PAPERS = [
    {"key": key, "name_vi": f"Giấy {key}", "name_en": f"Paper {key}", "kind": "copy"}
    for key in ("proof", "plan", "map")
]
CASES: list[dict[str, Any]] = [
    {
        "id": "many",
        "name_vi": "Nhiều bản",
        "name_en": "Many copies",
        "when": "copies > 100",
        "papers": ["plan", "map"],
        "time_limit": LIMIT,
        "fee": {"amount": 7, "text_vi": "Trọn gói", "text_en": "Flat"},
        "steps": [{"id": "one", "name_vi": "Làm", "name_en": "Do", "role": "head", "hours": 1}],
    },
    {"id": "some-more", "name_vi": "Vừa", "name_en": "Some", "when": "copies > 10", "papers": []},
    {"id": "few", "name_vi": "Ít bản", "name_en": "Few copies"},
]
DMN = """
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rules" name="r" namespace="n">
  <inputData id="copies-data" name="copies"/>
  <decision id="twice" name="Hai lần">NEEDS<literalExpression id="e1"><text>copies * 2</text>
  </literalExpression></decision>
  <decision id="place" name="Nơi giải quyết">NEEDS<literalExpression id="e2">
    <text>if copies > 10 then "province" else null</text></literalExpression></decision>
  <decision id="asked" name="Giấy tờ">NEEDS<literalExpression id="e3">
    <text>if copies > 10 then ["plan"] else []</text></literalExpression></decision>
</definitions>
""".replace(
    "NEEDS", '<informationRequirement><requiredInput href="#copies-data"/></informationRequirement>'
)


def decided(**changes: Any) -> Package:
    """Build a package with a decision file."""
    return Package.from_data({**package_data(**changes), "decisions": {"rules.dmn": DMN}})


@pytest.fixture(scope="module")
def cased() -> Package:
    return package(cases=CASES, papers=PAPERS)


def test_a_procedure_without_cases_has_one(cased: Package) -> None:
    (only,) = package().cases
    assert (only.id, only.name("vi")) == ("default", "")
    assert package().of_case("default").bpmn() == package().bpmn()


@pytest.mark.parametrize(
    ("answers", "case"),
    [({"copies": 101}, "many"), ({"copies": 11}, "some-more"), ({"copies": 1}, "few"), ({}, "few")],
)
def test_the_first_case_that_holds_is_the_dossiers(
    cased: Package, answers: dict[str, Any], case: str
) -> None:
    assert cased.case_for(answers).id == case


def test_what_a_case_does_not_say_is_as_the_procedure_says(cased: Package) -> None:
    many, some, few = cased.cases
    assert (many.time_limit.value, some.time_limit.value) == (10, 3)
    assert (many.fee.amount, few.fee.expression) == (7, "copies * 8000")
    assert [[p.key for p in case.papers] for case in cased.cases] == [
        ["plan", "map"],
        [],
        ["proof", "plan", "map"],
    ]
    assert [[s.id for s in case.steps] for case in cased.cases] == [
        ["one"],
        ["check", "done"],
        ["check", "done"],
    ]


def test_fee_and_papers_are_those_of_the_case(cased: Package) -> None:
    assert fee(cased, {"copies": 200}).amount == 7
    assert fee(cased, {"copies": 2}).amount == 16_000
    assert [p.key for p in cased.papers_for({"copies": 200})] == ["plan", "map"]
    assert cased.papers_for({"copies": 20}) == []


def test_a_dossier_of_a_case_sees_nothing_of_the_others(cased: Package) -> None:
    own = cased.of_case("many")
    assert own.case_for({"copies": 1}).id == "many", "changed answers change no case any more"
    assert own.procedure.time_limit.value == 10
    assert [p.key for p in own.procedure.papers] == ["plan", "map"]
    assert own.bpmn("many") == cased.bpmn("many")
    assert "one" in own.definition("many").nodes
    assert own is cased.of_case("many")
    with pytest.raises(LookupError):
        cased.of_case("gone")


def test_the_same_content_is_compiled_once() -> None:
    assert package().definition() is package().definition()


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ([{**CASES[0], "when": ""}, CASES[2]], "cases[0].when", "every case but the last"),
        ([CASES[0]], "cases[0].when", "the last, which has none"),
        ([CASES[2] | {"when": "copies > 1"}, CASES[2]], "cases[1].id", "few"),
        ([CASES[1] | {"when": "copie > 1"}, CASES[2]], "cases[0].when", "copie"),
        ([CASES[1] | {"papers": ["gone"]}, CASES[2]], "cases[0].papers", "gone"),
        (
            [CASES[1] | {"fee": {"text_vi": "a", "text_en": "a"}}, CASES[2]],
            "cases[0].fee",
            "either",
        ),
        ([CASES[0] | {"process": "a.bpmn"}, CASES[2]], "cases[0].steps", "not both"),
        ([CASES[1] | {"process": "gone.bpmn"}, CASES[2]], "cases[0].process", "gone.bpmn"),
        ([CASES[1] | {"process": "../x.bpmn"}, CASES[2]], "cases[0].process", "regex"),
        ([CASES[1] | {"id": "X"}, CASES[2]], "cases[0].id", "regex"),
    ],
)
def test_a_wrong_case_is_refused_with_its_place(
    changes: list[dict[str, Any]], key: str, expected: str
) -> None:
    with pytest.raises(PackageError) as refusal:
        package(cases=changes, papers=PAPERS)
    assert refusal.value.key == key
    assert expected in refusal.value.expected


def test_every_case_needs_a_way() -> None:
    assert package(steps=None, cases=[CASES[0] | {"when": ""}], papers=PAPERS).definition("many")
    with pytest.raises(PackageError, match="for the case few"):
        package(steps=None, cases=CASES[::2], papers=PAPERS)


def test_a_case_may_be_drawn_and_call_another_file_of_its_version() -> None:
    called = package().bpmn().decode()
    caller = """
    <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="n" id="d">
      <process id="p" name="Gọi" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
      <callActivity id="call" name="Phần chung" calledElement="common@1"/>
      <sequenceFlow id="f2" sourceRef="call" targetRef="end"/><endEvent id="end"/></process>
    </definitions>"""
    data = package_data(cases=[CASES[1] | {"process": "big.bpmn"}, CASES[2]], papers=PAPERS)
    files = {"big.bpmn": caller.strip(), "common.bpmn": called}
    found = Package.from_data({**data, "processes": files})
    assert "call/check" in found.definition("some-more").nodes
    assert found.library("some-more").keys() == {"common@1"}
    assert Package.from_data(found.to_data()) == found


def test_a_process_that_cannot_run_is_named_by_its_file() -> None:
    data = {**package_data(steps=None, process="way.bpmn"), "processes": {"way.bpmn": "<x/>"}}
    with pytest.raises(PackageError) as refusal:
        Package.from_data(data)
    assert refusal.value.file == "way.bpmn"


def test_a_package_of_the_first_release_is_read_and_keeps_its_hash() -> None:
    drawn = package().bpmn().decode()
    old = {**package_data(steps=None, process="process.bpmn"), "process": drawn}
    found = Package.from_data(old)
    assert found.processes == {"process.bpmn": drawn}
    assert found.to_data()["process"] == drawn
    assert "processes" not in found.to_data()
    assert "decisions" not in package().to_data()


def test_rules_may_be_decisions() -> None:
    found = decided(
        fee={"decision": "rules.dmn#Hai lần", "text_vi": "a", "text_en": "a"},
        routing={"decision": "rules.dmn#Nơi giải quyết"},
        priority={"decision": "rules.dmn#twice"},
        required_papers={"decision": "rules.dmn#Giấy tờ"},
        level=["commune", "province"],
        papers=PAPERS,
    )
    assert fee(found, {"copies": 30}).amount == 60
    assert (found.route({"copies": 30}), found.route({"copies": 3})) == ("province", "")
    assert found.priority({"copies": 30}) == 60
    assert [p.key for p in found.papers_for({"copies": 30})] == ["plan"]
    assert found.papers_for({"copies": 3}) == []


def test_a_limit_may_be_a_decision_below_what_is_announced() -> None:
    found = decided(time_limit={**LIMIT, "decision": "rules.dmn#Hai lần"})
    assert found.case_for({"copies": 3}).time_limit.value == 6
    assert found.case_for({"copies": 30}).time_limit.value == 10
    assert found.case_for({}).time_limit.value == 10
    assert found.of_case("default", 6).procedure.time_limit.value == 6
    assert not found.of_case("default", 6).procedure.time_limit.decision


@pytest.mark.parametrize(
    ("changes", "file", "key"),
    [
        ({"routing": {"decision": "gone.dmn#x"}}, "procedure.toml", "routing.decision"),
        ({"routing": {"decision": "rules.dmn#Không có"}}, "rules.dmn", "Không có"),
        ({"routing": {"decision": "../rules.dmn#x"}}, "procedure.toml", "routing.decision"),
        ({"routing": {}}, "procedure.toml", "routing"),
        (
            {"routing": {"expression": "1", "decision": "rules.dmn#twice"}},
            "procedure.toml",
            "routing",
        ),
        ({"priority": {"expression": "copie"}}, "procedure.toml", "priority.expression"),
        (
            {"fee": {"decision": "rules.dmn#Gone", "text_vi": "a", "text_en": "a"}},
            "rules.dmn",
            "Gone",
        ),
        ({"time_limit": {**LIMIT, "decision": "rules.dmn#Gone"}}, "rules.dmn", "Gone"),
    ],
)
def test_a_wrong_rule_is_refused_with_file_and_key(
    changes: dict[str, Any], file: str, key: str
) -> None:
    with pytest.raises(PackageError) as refusal:
        decided(**changes)
    assert (refusal.value.file, refusal.value.key) == (file, key)


def test_a_rule_that_gives_something_else_is_refused_when_it_is_asked() -> None:
    for rule, ask in (
        ({"routing": {"expression": '"village"'}}, None),
        ({"routing": {"expression": "copies"}}, "routing"),
        ({"routing": {"expression": '"province"'}}, "routing"),
        ({"priority": {"expression": "copies / 4"}}, "priority"),
        ({"priority": {"expression": "copies * 100"}}, "priority"),
        ({"required_papers": {"expression": '["gone"]'}}, "required_papers"),
        ({"required_papers": {"expression": "[copies]"}}, "required_papers"),
    ):
        found = package(**rule)
        if ask is None:
            assert found.route({"copies": 2}) == "village", "a unit's code"
            continue
        asked = {"routing": found.route, "priority": found.priority}.get(ask, found.papers_for)
        with pytest.raises(PackageError) as refusal:
            asked({"copies": 2})
        assert refusal.value.key == ask


def test_a_process_learns_its_case_and_the_answers_that_its_conditions_name() -> None:
    drawn = """
    <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="n" id="d"
      xmlns:mc="https://motcua.org/bpmn">
      <process id="p" name="Đường" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="g"/>
      <exclusiveGateway id="g" name="Nhiều?" default="f3"/>
      <sequenceFlow id="f2" sourceRef="g" targetRef="a">
        <conditionExpression>copies > 5 and date(day) > date("2026-01-01")</conditionExpression>
      </sequenceFlow>
      <sequenceFlow id="f3" sourceRef="g" targetRef="end"/>
      <userTask id="a" name="A" mc:role="head"/>
      <sequenceFlow id="f4" sourceRef="a" targetRef="end"/><endEvent id="end"/></process>
    </definitions>"""
    data = package_data(steps=None, process="way.bpmn")
    data["form"] = form_data(
        question("copies", "integer"), question("day", "date"), question("secret")
    )
    found = Package.from_data({**data, "processes": {"way.bpmn": drawn.strip()}})
    answers: dict[str, Any] = {"copies": 7, "day": "2026-02-01", "secret": "x"}
    variables = found.variables("default", answers, channel="online", unit_level="commune")
    assert variables == {
        "case": "default",
        "channel": "online",
        "unit_level": "commune",
        "copies": 7,
        "day": "2026-02-01",
    }


def test_no_question_is_called_what_the_process_calls_something_else() -> None:
    data = package_data(fee={"amount": 0, "text_vi": "a", "text_en": "a"})
    data["form"] = form_data(question("channel"))
    with pytest.raises(PackageError) as refusal:
        Package.from_data(data)
    assert (refusal.value.file, refusal.value.key) == ("form.toml", "channel")


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("copies", "pages", "Hai lần", "not 'pages'"),
        ("copies * 2", "copies *", "", "line 1"),
        ("#copies-data", "#gone", "", "not there"),
        ("</definitions>", "", "", "XML"),
    ],
)
def test_a_wrong_decision_file_is_refused_by_its_name(
    old: str, new: str, key: str, expected: str
) -> None:
    data = package_data(priority={"decision": "rules.dmn#Hai lần"})
    with pytest.raises(PackageError) as refusal:
        Package.from_data({**data, "decisions": {"rules.dmn": DMN.replace(old, new)}})
    assert (refusal.value.file, refusal.value.key) == ("rules.dmn", key)
    assert expected in refusal.value.expected


def test_a_business_rule_task_brings_its_decisions_inputs_into_the_process() -> None:
    drawn = """
    <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="n" id="d"
      xmlns:mc="https://motcua.org/bpmn">
      <process id="p" name="Đường" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="rule"/>
      <businessRuleTask id="rule" name="Tính" mc:decision="rules.dmn#Hai lần" mc:result="twice"/>
      <sequenceFlow id="f2" sourceRef="rule" targetRef="a"/>
      <userTask id="a" name="A" mc:role="head"/>
      <sequenceFlow id="f3" sourceRef="a" targetRef="end"/><endEvent id="end"/></process>
    </definitions>"""
    data = package_data(steps=None, process="way.bpmn")
    files = {"processes": {"way.bpmn": drawn.strip()}, "decisions": {"rules.dmn": DMN}}
    found = Package.from_data({**data, **files})
    variables = found.variables("default", {"copies": 3}, channel="post", unit_level="province")
    assert variables["copies"] == 3
    assert start(found.definition(), variables).state.variables["twice"] == 6
